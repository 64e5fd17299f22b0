"""What a measure adds up over clips: from it the corpus' value comes, and that of any sample.

A measure is a column of statistics, a row a clip, and a function of their sums: so one matrix
product gives the corpus' value of a thousand drawn samples.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.evaluation.intervals import DRAWN_AT_ONCE, Interval, ends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

METHOD = "percentile bootstrap over clips"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column:
    """One measure over the clips.

    Args:
        values: The measure of each clip alone, [clips].
        statistics: What is added up, [clips, k].
        combine: From sums, [..., k], and how many clips they are of, to the corpus' value, [...].
    """

    values: Floats
    statistics: Floats
    combine: Callable[[Floats, int], Floats]

    def corpus(self) -> float:
        """The value of all clips together."""
        return float(self.combine(self.statistics.sum(axis=0), len(self.values)))

    def of(self, places: Sequence[int]) -> Column:
        """The measure over some of the clips, in this order."""
        rows = list(places)
        return dataclasses.replace(self, values=self.values[rows], statistics=self.statistics[rows])

    @classmethod
    def mean(cls, values: Floats) -> Column:
        """A measure whose corpus' value is the mean of its clips'."""
        return cls(values=values, statistics=values[:, None], combine=_mean)


def _mean(sums: Floats, count: int) -> Floats:
    found: Floats = sums[..., 0] / count
    return found


def intervals(
    columns: Mapping[str, Column],
    others: Mapping[str, Column] | None = None,
    *,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, Interval]:
    """Where each measure's value lies; with `others` where its lead over the other side's does.

    Clips are drawn with replacement, the same ones of both sides (Koehn: Statistical Significance
    Tests for Machine Translation Evaluation, EMNLP 2004). Document frequencies stay what they were.

    Raises:
        ValueError: The sides are of different clips.
    """
    shared = [key for key in columns if others is None or key in others]
    sides = [columns[key] for key in shared] + [others[key] for key in shared if others]
    counts = {len(one.values) for one in sides}
    if len(counts) > 1:
        raise ValueError("all sides are of the same clips")
    count = counts.pop() if counts else 0
    found: dict[str, list[float]] = {key: [] for key in shared}
    if count > 1:
        for times in _draws(count, draws, seed):
            for key in shared:
                value = _of(columns[key], times)
                value = value if others is None else value - _of(others[key], times)
                found[key] += value.tolist()
    made: dict[str, Interval] = {}
    for key, values in found.items():
        low, high = ends(values, level)
        made[key] = Interval(
            low=low, high=high, unit="clip", units=count, level=level, draws=draws, seed=seed,
            method=METHOD if others is None else f"paired {METHOD}",
        )  # fmt: skip
    return made


def _of(column: Column, times: Floats) -> Floats:
    """The corpus' value of each sample."""
    return column.combine(times @ column.statistics, len(column.values))


def _draws(count: int, draws: int, seed: int) -> Iterator[Floats]:
    """How often each clip is in each sample, [samples, clips], some samples at a time."""
    rng = np.random.default_rng(seed)
    at_once = max(1, DRAWN_AT_ONCE // count)
    shares = np.full(count, 1 / count)
    for first in range(0, draws, at_once):
        size = min(at_once, draws - first)
        yield rng.multinomial(count, shares, size=size).astype(np.float64)
