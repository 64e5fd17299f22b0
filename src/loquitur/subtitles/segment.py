"""A transcript cut into cues: what stands together on screen, and from when to when.

Cues and lines are one problem (`cutting`), within the limits of a guideline (`limits`), by what is
known of the language (`grammar`) and what was fitted on captions made by professionals (`weights`);
spans are made by `fit` alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loquitur.model.captions import CaptionTrack, notes_of
from loquitur.model.speech import UNKNOWN_MOOD
from loquitur.subtitles.limits import Limits
from loquitur.subtitles.phrases import joins
from loquitur.subtitles.recut import recut
from loquitur.subtitles.rules import DEFAULT_RULES, digest_of, load_rules
from loquitur.subtitles.units import TimedText

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.speech import Transcript, Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentOptions:
    """How a transcript is cut.

    Args:
        rules: The guideline, or a TOML file of the user's own.
        audience: One of the guideline's; empty for its first.
        fps: Frames per second, for limits in frames.
        max_chars: Characters on a line, in place of the guideline's.
        max_lines: Lines of a cue, in place of the guideline's.
        max_cps: Characters a second, in place of the guideline's.
        dialogues: Whether two speakers of a short exchange share a cue, a line each behind dashes.
        karaoke: Whether each word has its moment before it.
        shots: Whether starts and ends heed the cuts of the pictures.
        digest: Of what the guideline says, found out here: the same name may come to say other
            things, and what is kept of it must not outlive that.
    """

    rules: str = DEFAULT_RULES
    audience: str = ""
    fps: float = 24.0
    max_chars: float | None = None
    max_lines: int | None = None
    max_cps: float | None = None
    dialogues: bool = True
    karaoke: bool = False
    shots: bool = False
    digest: str = ""

    def __post_init__(self) -> None:
        given = (self.max_chars, self.max_lines, self.max_cps)
        if any(one is not None and one <= 0 for one in given):
            raise ValueError(f"segmentation limits must be positive: {self}")
        object.__setattr__(self, "digest", digest_of(self.rules))
        self.limits("")

    def limits(self, language: str) -> Limits:
        """The guideline's limits for a language, with what is given here in their place.

        Raises:
            UsageError: The guideline has no such audience, or there is no such frame rate.
        """
        limits = load_rules(self.rules).limits(language, self.audience, self.fps)
        return replace(
            limits,
            line_width=limits.line_width if self.max_chars is None else self.max_chars,
            line_count=limits.line_count if self.max_lines is None else self.max_lines,
            speed_cps=limits.speed_cps if self.max_cps is None else self.max_cps,
        )


def segment(
    transcript: Transcript,
    *,
    limits: Limits | None = None,
    cuts: Sequence[int] = (),
    dialogues: bool = True,
    karaoke: bool = False,
) -> CaptionTrack:
    """Cut a transcript into a caption track: every word once, in order.

    A new cue begins with each utterance (another speaker, another mood), at a pause, and where one
    reads best. Cues are sorted and never overlap; a cue that begins while another is said ends that
    one.

    Args:
        transcript: What to show.
        limits: The guideline's numbers; the defaults of the language where None.
        cuts: Where the picture changes, ms.
        dialogues: Whether two speakers of a short exchange share a cue, as `limits.dashes` says.
        karaoke: Whether each word has its moment before it.

    Returns:
        Cues whose voice nodes are annotated `Name (feeling)`; the notes say where the transcript is
        of draft quality, and all that it says of itself.
    """
    names = {speaker.id: speaker.name or speaker.id for speaker in transcript.speakers}
    words: list[TimedText] = []
    ends = set()
    for utterance in transcript.utterances:
        words += _words(utterance, names.get(utterance.speaker, utterance.speaker))
        ends.add(len(words) - 1)
    cues = recut(
        words,
        limits=limits,
        language=transcript.language,
        cuts=cuts,
        duration_ms=transcript.duration_ms,
        dialogues=dialogues,
        inner_times=karaoke,
        ends=ends,
    )
    return CaptionTrack(
        language=transcript.language, cues=cues, blocks=notes_of(_notes(transcript))
    )


def _words(utterance: Utterance, name: str) -> list[TimedText]:
    label = utterance.feeling.label if utterance.feeling else ""
    voice = f"{name} ({label})" if label not in ("", UNKNOWN_MOOD) else name
    found, before = [], ""
    for word in utterance.words:
        text = word.text.strip()
        found.append(
            TimedText(
                start_ms=word.start_ms,
                end_ms=word.end_ms,
                text=text,
                voice=voice,
                joined=joins(before, text),
            )
        )
        before = text
    return found


def _notes(transcript: Transcript) -> tuple[str, ...]:
    drafts = dict.fromkeys(item.engine for item in transcript.provenance if item.draft)
    if not drafts:
        return transcript.notes
    return (f"Draft quality: made by {', '.join(drafts)}; check before use.", *transcript.notes)
