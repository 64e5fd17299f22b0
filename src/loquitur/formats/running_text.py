"""Captions as text to read: plain text and Markdown, with the time at which each cue begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.formats.losing import Losses, PlainTexts
from loquitur.formats.md import escaped
from loquitur.formats.voices import speaker_of
from loquitur.formats.written import Written, one_line
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from loquitur.model.captions import CaptionTrack

_LOST = "the ends of cues, their line breaks, and parts of seconds"


def write_txt(track: CaptionTrack) -> Written:
    """Captions as plain text, a line for each cue; names stand where the speaker changes."""
    told = Losses()
    told.of_track(track, form="txt")
    texts, lines = PlainTexts(track, told), []
    for cue in track.cues:
        told.of_cue(cue)
        if said := " ".join(texts.lines(cue)):
            lines.append(f"[{short_clock(max(cue.start_ms, 0))}] {said}")
    if lines:
        told.add(_LOST)
    return Written(text="\n".join(lines) + "\n", losses=told.all())


def write_md(track: CaptionTrack) -> Written:
    """Captions as Markdown, a paragraph for each cue."""
    told = Losses()
    told.of_track(track, form="md", kept=("note",))
    texts, speaking = PlainTexts(track, told), ""
    blocks = ["# " + (escaped(one_line(track.name)) or "Captions")]
    blocks += [f"> {escaped(one_line(note))}" for note in track.notes if note.strip()]
    if track.language:
        blocks.append(f"- Language: {escaped(one_line(track.language))}")
    for cue in track.cues:
        told.of_cue(cue)
        said, who = " ".join(texts.lines(cue)), speaker_of(cue)
        if not said:
            continue
        said = said.removeprefix(f"{who}: ") if who else said
        head = f"**{escaped(who)}** " if who and who != speaking else ""
        speaking = who or speaking
        blocks.append(f"{head}`{short_clock(max(cue.start_ms, 0))}`\n{escaped(said)}")
    if track.cues:
        told.add(_LOST)
    return Written(text="\n\n".join(blocks) + "\n", losses=told.all())
