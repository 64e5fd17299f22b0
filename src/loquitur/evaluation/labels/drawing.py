"""How sure the measures of labels are: videos drawn with replacement, as many as there are.

Bootstrap by percentiles of the draws, less what their mean is off from the measure itself: a draw
misses labels that few videos have, so that its MAP is of easier labels (by .04 on 4,000 videos of
3,862 labels), and plain percentiles would leave the measure outside its own interval.

A draw is a count for each video; the pooled predictions keep their order, so that GAP of a draw is
two running sums and no sort. Two files are compared under the same draws: what both find hard
cancels out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import InputError
from loquitur.evaluation.intervals import Interval, ends
from loquitur.evaluation.labels import ranking
from loquitur.evaluation.labels.scores import MEASURES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from loquitur.evaluation.labels.pool import Pooled

DRAWS = 1000
METHOD = "bootstrap over videos, percentiles with the mean of the draws moved to the measure"
LEVEL = 0.95
_FEWEST = 100
_AT_ONCE = 1 << 20
_COUNT = np.int32
"""How often a video is drawn."""
_MOST_WORK = 1 << 31
"""Predictions times draws: of a set beyond it fewer are drawn, and the interval is narrow there."""


def intervals(
    pooled: Pooled, classes: int, *, draws: int = DRAWS, seed: int = 0
) -> dict[str, Interval]:
    """An interval of each of `MEASURES`.

    Args:
        pooled: `Evaluator.pooled()`.
        classes: Size of the vocabulary.
        draws: How many, at most.
        seed: The same seed gives the same interval.
    """
    (drawn,), (values,) = _drawn([pooled], classes, draws=draws, seed=seed)
    return {
        key: _interval(values[key], drawn[key], pooled.videos, seed, lowest=0.0) for key in MEASURES
    }


def differences(
    first: Pooled, others: Sequence[Pooled], classes: int, *, draws: int = DRAWS, seed: int = 0
) -> list[dict[str, Interval]]:
    """Intervals of what others have more than the first, over the same videos.

    Args:
        first: `Evaluator.pooled()`.
        others: Alike, of the same videos in the same order.
        classes: Size of the vocabulary.
        draws: As of `intervals`.
        seed: As of `intervals`.

    Raises:
        InputError: They are of other videos.
    """
    for other in others:
        if not (
            np.array_equal(first.label_counts, other.label_counts)
            and np.array_equal(first.labels, other.labels)
        ):
            raise InputError("what is compared was measured over other videos, or other labels")
    if not others:
        return []
    found, values = _drawn([first, *others], classes, draws=draws, seed=seed)
    return [
        {
            key: _interval(
                value[key] - values[0][key], drawn[key] - found[0][key], first.videos, seed
            )
            for key in MEASURES
        }
        for drawn, value in zip(found[1:], values[1:], strict=True)
    ]


def _interval(
    value: float, drawn: NDArray[np.float64], videos: int, seed: int, *, lowest: float = -1.0
) -> Interval:
    moved = np.clip(drawn + (value - drawn.mean()), lowest, 1.0)
    low, high = ends(moved.tolist() if videos > 1 else [], LEVEL)
    return Interval(
        low=low, high=high, unit="video", units=videos, level=LEVEL, draws=len(drawn), seed=seed,
        method=METHOD,
    )  # fmt: skip


def _drawn(
    pools: Sequence[Pooled], classes: int, *, draws: int, seed: int
) -> tuple[list[dict[str, NDArray[np.float64]]], list[dict[str, float]]]:
    """Each measure of each pool under each draw, and as it is."""
    videos = pools[0].videos
    work = max(1, *(len(one.keys) for one in pools)) * len(pools)
    draws = min(draws, max(_FEWEST, _MOST_WORK // work))
    curves = [_Curves(one, classes) for one in pools]
    found = [{key: np.full(draws, np.nan) for key in MEASURES} for _ in pools]
    rng = np.random.default_rng(seed)
    for at in range(draws if videos > 1 else 0):
        weights = np.bincount(rng.integers(videos, size=videos), minlength=videos).astype(_COUNT)
        for curve, into in zip(curves, found, strict=True):
            for key, value in curve.measure(weights).items():
                into[key][at] = value
    every = np.ones(videos, dtype=_COUNT)
    return found, [curve.measure(every) for curve in curves]


class _Curves:
    """Predictions in the order of GAP and of MAP, to be weighed again and again."""

    def __init__(self, pooled: Pooled, classes: int) -> None:
        # of twenty million predictions a column is 80 or 160 MB: none is kept that is not needed
        self._pooled = pooled
        self._classes = classes
        self._of_label = np.repeat(np.arange(pooled.videos, dtype=np.int32), pooled.label_counts)
        videos = np.repeat(np.arange(pooled.videos, dtype=np.int32), pooled.listed)
        order = np.argsort(pooled.keys)
        videos = videos[order]
        keys = pooled.keys[order]
        del order
        hits = ranking.hits_in(keys)
        scores = _column(keys, ranking.scores_in, np.float32)
        labels = _column(keys, ranking.labels_in, np.int32)
        del keys
        draw = _Draw(pooled)
        self._all = _Curve(videos, hits, _changes(scores), draw)
        by_class = np.argsort(labels, kind="stable")
        videos, hits = videos[by_class], hits[by_class]
        scores = scores[by_class]
        labels = labels[by_class]
        del by_class
        begun, self._hit_labels = _changes(labels), labels[hits]
        del labels
        levels = _changes(scores) | begun
        del scores
        self._classed = _Curve(videos, hits, levels, draw, begun)

    def measure(self, weights: NDArray[np.int32]) -> dict[str, float]:
        one, total = self._pooled, float(weights.sum())
        counts = np.bincount(
            one.labels, weights=weights[self._of_label].astype(np.float64), minlength=self._classes
        )
        gained = self._all.precision(weights)
        classed = self._classed.precision(weights)
        sums = np.bincount(self._hit_labels, weights=classed, minlength=self._classes)
        there = counts > 0
        return {
            "gap": float(gained.sum() / counts.sum()),
            "hit_at_one": float(weights[one.first_right].sum() / total),
            "perr": float((weights * (one.equal_right / one.label_counts)).sum() / total),
            "map": float((sums[there] / counts[there]).mean()),
        }


def _column(
    keys: NDArray[np.uint64], read: Callable[[NDArray[np.uint64]], NDArray[Any]], kind: type[Any]
) -> NDArray[Any]:
    """What stands in keys, read some at a time."""
    found = np.empty(len(keys), dtype=kind)
    for first in range(0, len(keys), _AT_ONCE):
        found[first : first + _AT_ONCE] = read(keys[first : first + _AT_ONCE])
    return found


def _changes(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a value is another than the one before; at the first one too."""
    found = np.ones(len(values), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=found[1:])
    return found


class _Draw:
    """Room for one draw: how often each prediction stands there, and the running sum."""

    def __init__(self, pooled: Pooled) -> None:
        many = len(pooled.keys)
        self.times: NDArray[Any] = np.empty(many, dtype=_COUNT)
        # a draw of n videos has at most n times the longest list in it
        most = int(pooled.listed.max(initial=0)) * pooled.videos
        self.passed: NDArray[Any] = np.zeros(many + 1, dtype=_COUNT if most < 1 << 31 else np.int64)


class _Curve:
    """Sorted predictions: at each right one, what stands above it or equals it.

    Args:
        videos: Whose each prediction is.
        hits: Whether it is right.
        levels: Where a level begins: predictions of one score.
        draw: Room; what was in it is lost with each `precision`.
        begun: Where a curve begins; one curve of all where None.
    """

    def __init__(
        self,
        videos: NDArray[np.int32],
        hits: NDArray[np.bool_],
        levels: NDArray[np.bool_],
        draw: _Draw,
        begun: NDArray[np.bool_] | None = None,
    ) -> None:
        self._videos = videos
        self._draw = draw
        self._at = np.flatnonzero(hits)
        self._end = _next(levels, self._at)
        starts = np.zeros(1, dtype=np.int64) if begun is None else np.flatnonzero(begun)
        self._start = starts[np.searchsorted(starts, self._at, side="right") - 1]
        self._hits_end = np.searchsorted(self._at, self._end)
        self._hits_start = np.searchsorted(self._at, self._start)

    def precision(self, weights: NDArray[np.int32]) -> NDArray[np.float64]:
        """The precision at each right prediction, as often as its video was drawn."""
        # in place: nothing of the size of all predictions is made for a draw
        times, passed = self._draw.times, self._draw.passed
        np.take(weights, self._videos, out=times, mode="clip")
        np.cumsum(times, dtype=passed.dtype, out=passed[1:])
        drawn = times[self._at]
        right = np.concatenate(([0], np.cumsum(drawn, dtype=np.int64)))
        above = passed[self._end] - passed[self._start]
        gained = right[self._hits_end] - right[self._hits_start]
        return np.asarray(drawn * gained / np.maximum(above, 1))


def _next(levels: NDArray[np.bool_], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the level behind that of each place begins."""
    borders = np.flatnonzero(levels)
    found = np.searchsorted(borders, at, side="right")
    last = found == len(borders)
    found[last] = 0
    ends = borders[found] if len(borders) else found
    ends[last] = len(levels)
    return ends
