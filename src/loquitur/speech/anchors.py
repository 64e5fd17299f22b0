"""Which words of a given text are which words that a recogniser heard.

Two long rows of words are matched by what is rare in both (patience diff, B. Cohen): sequences of
three words that occur once on either side are fixed points, between them those of two and of one,
and what is short enough then is matched by edit distance. Passages on one side alone stay
unmatched and disturb nothing. Time and memory are about linear in the number of words.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Pairs = list[tuple[int, int]]

_CELLS = 250_000  # of an edit distance: 500 words against 500
_CHANCE_LETTERS = 5  # a lone match of a shorter word may be chance
_RUN_WORDS = 3
_RUN_LETTERS = 8


def match(script: Sequence[str], heard: Sequence[str]) -> Pairs:
    """Pairs of (place in the script, place in what was heard) that hold the same word.

    Both places rise from pair to pair. Words common to unrelated texts match by chance: see
    `reliable`.
    """
    found: Pairs = []
    waiting = [(0, len(script), 0, len(heard))]
    while waiting:
        first, last, left, right = waiting.pop()
        if first == last or left == right:
            continue
        fixed: Pairs = []
        if (last - first) * (right - left) > _CELLS:
            fixed = _fixed_points(script, heard, (first, last, left, right))
        if not fixed:
            found.extend(_by_distance(script, heard, (first, last, left, right)))
            continue
        found.extend(fixed)
        bounds = [(first - 1, left - 1), *fixed, (last, right)]
        waiting.extend((low[0] + 1, high[0], low[1] + 1, high[1]) for low, high in pairwise(bounds))
    return _close_up(sorted(found), script, heard)


def _close_up(pairs: Pairs, script: Sequence[str], heard: Sequence[str]) -> Pairs:
    """Pairs moved up to the pair before them where the same word was heard right behind it.

    Of two equally cheap paths, one may match a word with its next instance.
    """
    closed: Pairs = []
    for mine, theirs in pairs:
        if closed and mine == closed[-1][0] + 1:
            next_to = closed[-1][1] + 1
            theirs = next_to if heard[next_to] == script[mine] else theirs  # noqa: PLW2901
        closed.append((mine, theirs))
    return closed


def reliable(pairs: Pairs, script: Sequence[str]) -> Pairs:
    """Pairs that are no chance: in a run of neighbours on both sides, or of a long word.

    A run counts from three words on, or from eight letters: "of the" is in every text.
    """
    kept: Pairs = []
    run: Pairs = []
    for pair in [*pairs, (-2, -2)]:
        if run and pair != (run[-1][0] + 1, run[-1][1] + 1):
            letters = sum(len(script[mine]) for mine, _ in run)
            if len(run) >= _RUN_WORDS or (len(run) > 1 and letters >= _RUN_LETTERS):
                kept.extend(run)
            else:
                kept.extend(one for one in run if len(script[one[0]]) >= _CHANCE_LETTERS)
            run = []
        run.append(pair)
    return kept


def score(pairs: Pairs, script: Sequence[str], heard: Sequence[str]) -> float:
    """How far two texts are one, 0..1: the matched share of the letters of the shorter one.

    Of the shorter, so that a script for an hour still fits ten minutes of it.
    """
    total = min(sum(map(len, script)), sum(map(len, heard)))
    return min(1.0, sum(len(script[mine]) for mine, _ in pairs) / total) if total else 0.0


def _fixed_points(
    script: Sequence[str], heard: Sequence[str], part: tuple[int, int, int, int]
) -> Pairs:
    """Words in sequences that occur once on either side, the longest row of them in order."""
    first, last, left, right = part
    for length in (3, 2, 1):
        mine = _once(script, first, last, length)
        theirs = _once(heard, left, right, length)
        common = sorted((mine[key], theirs[key]) for key in mine.keys() & theirs.keys())
        row = _rising(common)
        if row:
            return sorted({(a + step, b + step) for a, b in row for step in range(length)})
    return []


def _once(words: Sequence[str], first: int, last: int, length: int) -> dict[tuple[str, ...], int]:
    """The sequences that occur once in a part, with the places at which they begin."""
    places: dict[tuple[str, ...], int] = {}
    for at in range(first, last - length + 1):
        key = tuple(words[at : at + length])
        places[key] = -1 if key in places else at
    return {key: at for key, at in places.items() if at >= 0}


def _rising(pairs: Pairs) -> Pairs:
    """The longest row of pairs, sorted by their first number, whose second number rises too.

    Sequences overlap, so a row may not contradict itself: a pair follows another only along the
    same diagonal or past the end of it.
    """
    tails: list[int] = []
    tops: list[int] = []
    before = [-1] * len(pairs)
    for at, (_, place) in enumerate(pairs):
        rank = bisect_left(tops, place)
        before[at] = tails[rank - 1] if rank else -1
        if rank == len(tails):
            tails.append(at)
            tops.append(place)
        else:
            tails[rank], tops[rank] = at, place
    row: Pairs = []
    at = tails[-1] if tails else -1
    while at >= 0:
        row.append(pairs[at])
        at = before[at]
    return _apart(row[::-1])


def _apart(row: Pairs, reach: int = 3) -> Pairs:
    """A row without pairs so near one another that their sequences would cross."""
    kept: Pairs = []
    for mine, theirs in row:
        if kept:
            step, other = mine - kept[-1][0], theirs - kept[-1][1]
            if step != other and min(step, other) < reach:
                continue
        kept.append((mine, theirs))
    return kept


def _by_distance(
    script: Sequence[str], heard: Sequence[str], part: tuple[int, int, int, int]
) -> Pairs:
    """The pairs of the cheapest edit path; none where the part is too large to look at."""
    first, last, left, right = part
    if (last - first) * (right - left) > 16 * _CELLS:
        return []
    numbers: dict[str, int] = {}
    mine = np.array([numbers.setdefault(word, len(numbers)) for word in script[first:last]])
    theirs = np.array([numbers.setdefault(word, len(numbers)) for word in heard[left:right]])
    steps = _edit_steps(mine, theirs)
    pairs: Pairs = []
    row, column = len(mine), len(theirs)
    while row and column:
        step = steps[row - 1, column - 1]
        if step == 0:
            row, column = row - 1, column - 1
            if mine[row] == theirs[column]:
                pairs.append((first + row, left + column))
        elif step == 1:
            row -= 1
        else:
            column -= 1
    return pairs[::-1]


def _edit_steps(mine: NDArray[np.int64], theirs: NDArray[np.int64]) -> NDArray[np.uint8]:
    """How each cell of the edit distance is reached: 0 both, 1 script alone, 2 heard alone.

    A row at a time: within it, the chain of insertions is a running minimum. A substitution costs
    as much as a deletion with an insertion less a bit, so that equal words are preferred.
    """
    width = len(theirs)
    offsets = np.arange(width + 1) * 1.0
    cost = offsets.copy()
    steps = np.empty((len(mine), width), dtype=np.uint8)
    for at, word in enumerate(mine):
        both = cost[:-1] + np.where(theirs == word, 0.0, 1.5)
        alone = cost[1:] + 1.0
        best = np.concatenate([[cost[0] + 1.0], np.minimum(both, alone)])
        after = np.minimum.accumulate(best - offsets) + offsets
        reached = np.where(both <= alone, 0, 1)
        steps[at] = np.where(after[1:] < best[1:], 2, reached)
        cost = after
    return steps
