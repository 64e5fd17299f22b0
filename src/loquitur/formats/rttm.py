"""RTTM (NIST, "Rich Transcription Time Marked"): who speaks when, one turn on a line, no words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.formats.ctm import token
from loquitur.formats.losing import Losses
from loquitur.formats.reading import display_name
from loquitur.formats.voices import speaker_of
from loquitur.formats.written import Written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loquitur.model.captions import CaptionTrack
    from loquitur.model.speech import Transcript

_JOINED_MS = 1
"""Turns of one speaker with no more between them are one."""


def write_transcript(transcript: Transcript) -> Written:
    """The turns of a transcript: a speaker's utterances, joined where they meet."""
    names = {one.id: token(display_name(one)) for one in transcript.speakers}
    turns = [
        (said.start_ms, said.end_ms, names.get(said.speaker, token(said.speaker)) or "speaker")
        for said in transcript.utterances
    ]
    losses = ("words", "feelings", "provenance and notes") if turns else ()
    return Written(text=_text(token(transcript.title) or "media", turns), losses=losses)


def write(track: CaptionTrack) -> Written:
    """The turns of captions with voices; cues without one belong to nobody and are left out."""
    losses = Losses()
    losses.of_track(track, form="rttm")
    turns = []
    for cue in track.cues:
        start_ms, end_ms = losses.times(cue)
        name = token(speaker_of(cue))
        if not name:
            losses.add("cues without a voice")
        elif end_ms > start_ms:
            turns.append((start_ms, end_ms, name))
    if turns:
        losses.add("the text")
    return Written(text=_text(token(track.name) or "media", turns), losses=losses.all())


def _text(name: str, turns: Iterable[tuple[int, int, str]]) -> str:
    joined: list[tuple[int, int, str]] = []
    last: dict[str, int] = {}
    for start, end, who in sorted(turns):
        at = last.get(who)
        if at is not None and start - joined[at][1] <= _JOINED_MS:
            joined[at] = (joined[at][0], max(end, joined[at][1]), who)
        else:
            last[who] = len(joined)
            joined.append((start, end, who))
    return (
        "".join(
            f"SPEAKER {name} 1 {start / 1000:.3f} {(end - start) / 1000:.3f}"
            f" <NA> <NA> {who} <NA> <NA>\n"
            for start, end, who in joined
        )
        or "\n"
    )
