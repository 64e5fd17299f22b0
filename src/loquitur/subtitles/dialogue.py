"""Two speakers in one cue: short exchanges as two lines with dashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.subtitles.graphemes import measure
from loquitur.subtitles.pieces import DASHES, Piece

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.subtitles.limits import Limits

ANSWER_WORDS = 3
_ENDS = (".", "!", "?", "…", "。", "！", "？", "؟", "।", "—", "-")
TOGETHER_MS = 1_000
"""A longer silence between the two, and they are shown one after the other."""


def share(pieces: Sequence[Piece], limits: Limits) -> list[Piece]:
    """Pieces in the order of their speech, with those of a short exchange in one.

    Two neighbours of two voices share a cue where each is one line and one of them could not stay
    on screen for the least time alone, or a question has an answer of up to three words; never a
    sentence and a fragment. No cue has a third voice.
    """
    if limits.dashes == "none" or limits.line_count < 2:
        return list(pieces)
    made: list[Piece] = []
    index = 0
    while index < len(pieces):
        one = pieces[index]
        two = pieces[index + 1] if index + 1 < len(pieces) else None
        after = pieces[index + 2] if index + 2 < len(pieces) else None
        if two is not None and _may(one, two, limits) and _should(one, two, after, limits):
            made.append(one.dashed(two, limits.dashes))
            index += 2
        else:
            made.append(one)
            index += 1
    return made


def _may(one: Piece, two: Piece, limits: Limits) -> bool:
    if len(one.lines) > 1 or len(two.lines) > 1:
        return False
    if not one.lines[0].voice or not two.lines[0].voice or one.lines[0].voice == two.lines[0].voice:
        return False
    if _ends(one) != _ends(two):  # a fragment is no speech of its own
        return False
    early, late = one.spoken, two.spoken
    if late.start_ms - early.end_ms >= TOGETHER_MS:
        return False
    if max(early.end_ms, late.end_ms) - early.start_ms > limits.longest_ms:
        return False
    return all(
        measure(dash + line, limits.counting) <= limits.line_width
        for dash, line in zip(DASHES[limits.dashes], (one.texts[0], two.texts[0]), strict=True)
    )


def _ends(piece: Piece) -> bool:
    """Whether a sentence ends with it; in a text without marks none does."""
    return piece.texts[-1].rstrip("\"'”’»)").endswith(_ENDS)


def _should(one: Piece, two: Piece, after: Piece | None, limits: Limits) -> bool:
    begins_ms = two.spoken.start_ms
    room_ms = begins_ms - limits.gap_ms - one.spoken.start_ms
    if after is not None:
        room_ms = min(room_ms, after.spoken.start_ms - limits.gap_ms - begins_ms)
    if room_ms < limits.shortest_ms:
        return True
    asks = one.texts[0].rstrip("\"'”’»").endswith(("?", "？", "؟"))
    return asks and two.lines[0].end - two.lines[0].start <= ANSWER_WORDS
