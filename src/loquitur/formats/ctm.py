"""CTM (NIST, "Conversation Time Marked"): a word on each line with its start and length in seconds.

`file channel start duration word [confidence]`; comments begin with `;;`. Words are read from it by
`formats.words`; as captions it is only written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.formats.losing import Losses
from loquitur.formats.voices import speaker_of
from loquitur.formats.words.captions import words_of
from loquitur.formats.written import Written, encodable, one_line

if TYPE_CHECKING:
    from loquitur.model.captions import CaptionTrack
    from loquitur.model.speech import Transcript

_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
CHANNEL = "1"


def write_transcript(transcript: Transcript) -> Written:
    """A transcript's words as CTM."""
    losses = Losses()
    name, lines = token(transcript.title) or "media", []
    for said in transcript.utterances:
        for word in said.words:
            if word.overlap or said.feeling:
                losses.add("feelings, and who speaks at the same time")
            end = "" if word.confidence is None else f" {word.confidence:.3f}"
            lines.append((word.start_ms, word.end_ms, f"{token(word.text)}{end}"))
    if len(transcript.speakers) > 1:
        losses.add("who speaks")
    if transcript.provenance or transcript.notes:
        losses.add("provenance and notes")
    return Written(text=_text(name, lines), losses=losses.all())


def write(track: CaptionTrack) -> Written:
    """The words of captions as CTM: by the times inside cues, else shared out by their letters."""
    losses = Losses()
    losses.of_track(track, form="ctm")
    for cue in track.cues:
        losses.of_cue(cue)
        losses.of_tags(cue, kept=("v", "time"))
        losses.times(cue)
        if speaker_of(cue):
            losses.add("who speaks")
    words = words_of(track).words
    if words:
        losses.add("cues and their lines")
    if any(word.estimated for word in words):
        losses.add("true word times (a cue's time is shared out where it says none)")
    lines = [(word.start_ms, word.end_ms, token(word.text)) for word in words]
    return Written(text=_text(token(track.name) or "media", lines), losses=losses.all())


def token(text: str) -> str:
    """A text without blanks, for a field of a table that blanks separate."""
    found = _BLANKS.sub("_", one_line(encodable(text)))
    return "\\" + found if found.startswith(";;") else found


def _text(name: str, lines: list[tuple[int, int, str]]) -> str:
    rows = [
        f"{name} {CHANNEL} {start / 1000:.3f} {(end - start) / 1000:.3f} {rest}"
        for start, end, rest in sorted(lines, key=lambda line: line[0])
    ]
    return "\n".join([f";; {name}", *rows]) + "\n"
