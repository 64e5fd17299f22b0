"""Turns of a diarizer that says twice who speaks: with overlaps, and one speaker at a time.

A word is labelled by the speaker who is heard best at its moment: that is what the second answer
is for. The first keeps who else speaks then. Both become one list of turns here, in the order by
which `speech.assignment` decides: of two turns that hold a word alike, the one that begins earlier.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from loquitur.model.speech import Turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def merge(exclusive: Iterable[Turn], overlapping: Iterable[Turn]) -> tuple[Turn, ...]:
    """The exclusive turns, and beside them what else is said, sorted by start.

    What the overlapping turns add is cut where an exclusive turn begins, and starts 1 ms after it:
    so a word inside both belongs to the exclusive one.

    Args:
        exclusive: Turns of which no two overlap.
        overlapping: Turns of the same speakers, with overlaps.
    """
    leading = sorted(exclusive, key=lambda turn: (turn.start_ms, turn.end_ms))
    starts = [turn.start_ms for turn in leading]
    own: dict[str, list[Turn]] = {}
    for turn in leading:
        own.setdefault(turn.speaker, []).append(turn)
    beside = [
        piece
        for turn in overlapping
        for start_ms, end_ms in _rests(turn, own.get(turn.speaker, []))
        for piece in _cut(turn, start_ms, end_ms, starts)
    ]
    return tuple(
        sorted([*leading, *beside], key=lambda turn: (turn.start_ms, turn.end_ms, turn.speaker))
    )


def _rests(turn: Turn, own: Sequence[Turn]) -> Iterator[tuple[int, int]]:
    """What is left of a turn without its speaker's exclusive ones, which are sorted."""
    left_ms = turn.start_ms
    first = max(0, bisect_right([item.start_ms for item in own], turn.start_ms) - 1)
    for item in own[first:]:
        if item.start_ms >= turn.end_ms:
            break
        if item.start_ms > left_ms:
            yield left_ms, item.start_ms
        left_ms = max(left_ms, item.end_ms)
    if left_ms < turn.end_ms:
        yield left_ms, turn.end_ms


def _cut(turn: Turn, start_ms: int, end_ms: int, starts: Sequence[int]) -> Iterator[Turn]:
    """A stretch as turns that begin just after the exclusive ones within it."""
    inner = starts[bisect_left(starts, start_ms) : bisect_left(starts, end_ms)]
    borders = [start_ms, *(at for at in inner if at > start_ms), end_ms]
    taken = set(inner)
    for begin_ms, until_ms in pairwise(borders):
        first_ms = begin_ms + 1 if begin_ms in taken else begin_ms
        if first_ms < until_ms:
            yield Turn(start_ms=first_ms, end_ms=until_ms, speaker=turn.speaker, score=turn.score)
