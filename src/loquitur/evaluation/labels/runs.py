"""Keys in order, of which only a part is in memory: sorted runs, read side by side.

A run is sorted once, and every so many of its keys are kept at hand. From those follow borders
between scores, and all keys between two borders, of every run, are one stretch. A border never
parts keys of one score.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from loquitur.evaluation.labels import ranking
from loquitur.evaluation.labels.scratch import Extent, Scratch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from loquitur.evaluation.labels.ranking import Keys

_AT_HAND = 1024
"""Keys of a stretch's length that are kept of a run."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Level:
    """Predictions of one score, too many to be held at once: their keys, in parts."""

    parts: Iterable[Keys]


class Run:
    """Sorted keys.

    Args:
        keys: Sorted; they are put down in `scratch` where there is one.
        every: Distance of the keys at hand.
        scratch: Where they are put down.

    Raises:
        FullError: No room.
    """

    def __init__(self, keys: Keys, every: int, scratch: Scratch | None) -> None:
        self._every = every
        self.at_hand: Keys = keys[::every].copy()
        self.count = len(keys)
        self._keys: Keys | Extent = keys
        if scratch is not None:
            self._keys = scratch.append([keys], np.uint64)

    def read(self, first: int, last: int) -> Keys:
        """Some of them."""
        if isinstance(self._keys, Extent):
            return self._keys.read(first, last)
        return self._keys[first:last]

    def fill(self, into: Keys, first: int) -> None:
        """As many as there is room for, from a place on."""
        if isinstance(self._keys, Extent):
            self._keys.fill(into, first)
        else:
            into[:] = self._keys[first : first + len(into)]

    def below(self, score: int) -> int:
        """How many keys stand before all of a score (`ranking.score_bits`)."""
        if score >= ranking.NO_SCORE:
            return self.count
        key = ranking.border(score)
        passed = int(np.searchsorted(self.at_hand, key))
        first = max(0, passed - 1) * self._every
        last = min(passed * self._every, self.count)
        return first + int(np.searchsorted(self.read(first, last), key))


def sorted_stretches(
    parts: Iterable[Keys], most: int, *, folder: Path | None, spill: bool
) -> Iterator[Keys | Level]:
    """Keys from the highest score down, all of a score in one stretch.

    Args:
        parts: In any order; they are sorted in place.
        most: How many a stretch has, about; a score that more have is a `Level`.
        folder: Where runs are put down; see `Scratch`.
        spill: Whether they are put down.

    Raises:
        FullError: No room for the runs.
        StoreError: They cannot be read back.
    """
    every = max(1, most // _AT_HAND)
    scratch = Scratch(folder) if spill else None
    runs = []
    for part in parts:
        part.sort()
        runs.append(Run(part, every, scratch))
    yield from _stretches(runs, most, _borders(runs, max(1, most // every)))


def _borders(runs: Sequence[Run], step: int) -> list[int]:
    """Scores at which stretches begin; of a score that fills one, that behind it too."""
    at_hand = np.sort(np.concatenate([one.at_hand for one in runs] or [np.empty(0, np.uint64)]))
    scores, often = np.unique(ranking.score_bits(at_hand[step::step]), return_counts=True)
    behind = scores[often > 1] + 1
    return [0, *np.union1d(scores, behind).tolist(), ranking.NO_SCORE]


def _stretches(runs: Sequence[Run], most: int, borders: list[int]) -> Iterator[Keys | Level]:
    firsts = [0 for _ in runs]
    for low, high in pairwise(borders):
        lasts = [one.below(high) for one in runs]
        spans = [
            (run, first, last)
            for run, first, last in zip(runs, firsts, lasts, strict=True)
            if last > first
        ]
        firsts = lasts
        many = sum(last - first for _, first, last in spans)
        if many > most and high == low + 1:
            yield Level(parts=_parts(spans, most))
        elif len(spans) == 1:
            yield spans[0][0].read(*spans[0][1:])
        elif many:
            yield _merged(spans, many)


def _parts(spans: Sequence[tuple[Run, int, int]], most: int) -> Iterator[Keys]:
    for run, first, last in spans:
        for at in range(first, last, most):
            yield run.read(at, min(last, at + most))


def _merged(spans: Sequence[tuple[Run, int, int]], many: int) -> Keys:
    found = np.empty(many, np.uint64)
    at = 0
    for run, first, last in spans:
        run.fill(found[at : at + last - first], first)
        at += last - first
    found.sort()
    return found
