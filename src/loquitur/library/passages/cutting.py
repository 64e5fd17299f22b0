"""Where passages begin and end: windows along sentences and speakers, with overlap.

A passage has about 80 words: enough to hold a thought and what it is about, and few enough that a
sentence encoder reads all of it (one that reads 256 tokens ends after some 180 words). Neighbours
share about a quarter, so that what is said across a border is whole in one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION = "1"
"""Of these rules; what was cut by others is cut anew."""
WORD = 2
"""Weights are counted in halves of a word: a character of a script without blanks is half one."""
USUAL, MOST = 80 * WORD, 120 * WORD
MOST_MS = 45_000
"""A passage's weight, at most, and its longest time."""
_LEAST = 0.6
"""A passage ends after this part of the usual weight at the earliest, where it may."""
_SHARED, _MOST_SHARED = 0.25, 0.4
"""What neighbours share, of the usual weight; at most."""
_REST = 0.4
"""What is less than this part of the usual weight is no passage by itself, where it need not be."""
_PAUSE_MS = 2_000
_FOR_SPEAKER, _FOR_PAUSE, _FOR_REST = 0.4, 0.15, 0.4
"""What a change of speaker or a pause is worth at a border, and a small rest costs, beside how far
a passage is from the usual weight as a part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A sentence, or a piece of one that is longer than a passage: never cut further.

    Args:
        first: Its first piece of the timeline.
        end: The piece after its last.
        weight: In halves of a word.
        start_ms: When it begins.
        end_ms: When it ends.
        speaker: Who says it.
        opens: Whether a sentence begins with it.
        walled: Whether no passage goes across the place before it.
    """

    first: int
    end: int
    weight: int
    start_ms: int
    end_ms: int
    speaker: str
    opens: bool = True
    walled: bool = False


def windows(units: Sequence[Unit]) -> list[tuple[int, int]]:
    """The half-open ranges of units that are a passage each: every unit in one at least, in order.

    Linear in the number of units: a passage looks ahead as far as it may reach.
    """
    ranges: list[tuple[int, int]] = []
    first = 0
    for at in range(1, len(units) + 1):
        if at == len(units) or units[at].walled:
            ranges += _block(units, first, at)
            first = at
    return ranges


def _block(units: Sequence[Unit], first: int, last: int) -> list[tuple[int, int]]:
    """The passages between two walls."""
    rests = _rests(units, first, last)
    ranges: list[tuple[int, int]] = []
    at = first
    reached = first
    while reached < last:
        end = _end(units, at, last, rests, first)
        if end <= reached:  # what is shared leaves no room for the next sentence
            at = reached
            continue
        ranges.append((at, end))
        reached = end
        at = _next(units, ranges[-1], last, rests, first)
    return ranges


def _rests(units: Sequence[Unit], first: int, last: int) -> list[int]:
    """The weight from each unit to the end of the block."""
    found = [0] * (last - first + 1)
    for at in range(last - 1, first - 1, -1):
        found[at - first] = found[at - first + 1] + units[at].weight
    return found


def _end(units: Sequence[Unit], at: int, last: int, rests: Sequence[int], first: int) -> int:
    """Where a passage that begins at a unit ends best."""
    weight = 0
    latest_ms = 0
    start_ms = units[at].start_ms
    best, least = at + 1, float("inf")
    for end in range(at + 1, last + 1):
        unit = units[end - 1]
        weight += unit.weight
        latest_ms = max(latest_ms, unit.end_ms)
        if end > at + 1 and (weight > MOST or latest_ms - start_ms > MOST_MS):
            break
        cost = abs(weight - USUAL) / USUAL
        if end < last:
            cost -= _worth(units, end)
            cost += _FOR_REST * (rests[end - first] < _REST * USUAL)
        if weight < _LEAST * USUAL and end < last:
            cost += 10  # only where nothing longer may be
        if cost <= least:
            best, least = end, cost
    return best


def _worth(units: Sequence[Unit], at: int) -> float:
    """How good the place before a unit is as a border."""
    before, after = units[at - 1], units[at]
    found = _FOR_SPEAKER * (before.speaker != after.speaker)
    if not after.opens:
        found -= _FOR_SPEAKER
    return found + _FOR_PAUSE * (after.start_ms - before.end_ms >= _PAUSE_MS)


def _next(
    units: Sequence[Unit], done: tuple[int, int], last: int, rests: Sequence[int], first: int
) -> int:
    """Where the passage after one begins: about a quarter back, or where another speaks."""
    begun, end = done
    if end >= last:
        return end
    rest = rests[end - first]
    if units[end - 1].speaker != units[end].speaker and rest >= _REST * USUAL:
        return end
    wanted = max(_SHARED * USUAL, _LEAST * USUAL - rest if rest < _REST * USUAL else 0)
    most = max(_MOST_SHARED * USUAL, wanted)
    best, shared = end, 0
    for at in range(end - 1, begun, -1):
        shared += units[at].weight
        if shared > most:
            break
        best = at
        if shared >= wanted:
            break
    return best
