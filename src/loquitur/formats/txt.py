"""Plain text: a line per utterance or cue, with its time, speaker and, where known, the mood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.formats.losing import Losses, PlainTexts
from loquitur.formats.reading import draft_notice, losses, voice
from loquitur.formats.written import Written, one_line
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from loquitur.model.captions import CaptionTrack
    from loquitur.model.speech import Transcript


def write(transcript: Transcript) -> Written:
    """A transcript as plain text; a draft says so in the first line."""
    heads = [draft_notice(transcript), one_line(transcript.title)]
    lines = [
        f"[{short_clock(utterance.start_ms)}] {voice(transcript, utterance)}: "
        + one_line(utterance.text)
        for utterance in transcript.utterances
    ]
    blocks = [head for head in heads if head] + (["\n".join(lines)] if lines else [])
    return Written(text="\n\n".join(blocks) + "\n", losses=losses(transcript))


def write_track(track: CaptionTrack) -> Written:
    """Captions as plain text, a line for each cue; names stand where the speaker changes."""
    told = Losses()
    told.of_track(track, form="txt")
    texts, lines = PlainTexts(track, told), []
    for cue in track.cues:
        told.of_cue(cue)
        if said := " ".join(texts.lines(cue)):
            lines.append(f"[{short_clock(max(cue.start_ms, 0))}] {said}")
    if lines:
        told.add("the ends of cues, their line breaks, and parts of seconds")
    return Written(text="\n".join(lines) + "\n", losses=told.all())
