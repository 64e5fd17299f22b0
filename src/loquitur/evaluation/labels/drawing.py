"""How sure the measures of labels are: videos drawn with replacement, as many as there are.

Bootstrap by percentiles of the draws, less what their mean is off from the measure itself: a draw
misses labels that few videos have, so that its MAP is of easier labels (by .04 on 4,000 videos of
3,862 labels), and plain percentiles would leave the measure outside its own interval.

A draw is a count for each video; the pooled predictions keep their order, so that GAP of a draw is
two running sums and no sort. Two files are compared under the same draws: what both find hard
cancels out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import InputError
from loquitur.evaluation.intervals import Interval, ends
from loquitur.evaluation.labels import ranking
from loquitur.evaluation.labels.scores import MEASURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.evaluation.labels.pool import Pooled

DRAWS = 1000
METHOD = "bootstrap over videos, percentiles with the mean of the draws moved to the measure"
LEVEL = 0.95
_FEWEST = 100
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
        self._pooled = pooled
        self._classes = classes
        videos = np.repeat(np.arange(pooled.videos, dtype=np.int32), pooled.listed)
        self._of_label = np.repeat(np.arange(pooled.videos, dtype=np.int32), pooled.label_counts)
        order = np.argsort(pooled.keys)
        keys, videos = pooled.keys[order], videos[order]
        del order  # of twenty million predictions each of these is 160 MB
        hits, scores = ranking.hits_in(keys), ranking.scores_in(keys)
        labels = ranking.labels_in(keys).astype(np.int32)
        del keys
        self._all = _Curve(videos, hits, scores)
        by_class = np.argsort(labels, kind="stable")
        self._classed = _Curve(videos[by_class], hits[by_class], scores[by_class], labels[by_class])

    def measure(self, weights: NDArray[np.int32]) -> dict[str, float]:
        one, total = self._pooled, float(weights.sum())
        counts = np.bincount(
            one.labels, weights=weights[self._of_label].astype(np.float64), minlength=self._classes
        )
        gained = self._all.precision(weights)
        classed = self._classed.precision(weights)
        sums = np.bincount(self._classed.hit_labels, weights=classed, minlength=self._classes)
        there = counts > 0
        return {
            "gap": float(gained.sum() / counts.sum()),
            "hit_at_one": float(weights[one.first_right].sum() / total),
            "perr": float((weights * (one.equal_right / one.label_counts)).sum() / total),
            "map": float((sums[there] / counts[there]).mean()),
        }


class _Curve:
    """Sorted predictions: at each right one, what stands above it or equals it."""

    def __init__(
        self,
        videos: NDArray[np.int32],
        hits: NDArray[np.bool_],
        scores: NDArray[np.float32],
        labels: NDArray[np.int32] | None = None,
    ) -> None:
        self._videos = videos
        self._at = np.flatnonzero(hits)
        new = np.ones(len(videos), dtype=np.bool_)
        new[1:] = scores[1:] != scores[:-1]
        starts = np.zeros(1, dtype=np.int64)
        self.hit_labels = np.zeros(len(self._at), dtype=np.int32)
        if labels is not None:
            begun = np.ones(len(labels), dtype=np.bool_)
            begun[1:] = labels[1:] != labels[:-1]
            new |= begun
            starts = np.flatnonzero(begun)
            self.hit_labels = labels[self._at]
        borders = np.append(np.flatnonzero(new), len(videos))
        self._end = borders[np.searchsorted(borders, self._at, side="right")]
        self._start = starts[np.searchsorted(starts, self._at, side="right") - 1]
        self._hits_end = np.searchsorted(self._at, self._end)
        self._hits_start = np.searchsorted(self._at, self._start)
        self._drawn = np.empty(len(videos), dtype=_COUNT)
        # a draw of n videos has at most n times the longest list in it
        most = int(np.bincount(videos).max(initial=0)) * (int(videos.max(initial=-1)) + 1)
        self._passed = np.zeros(len(videos) + 1, dtype=_COUNT if most < 1 << 31 else np.int64)

    def precision(self, weights: NDArray[np.int32]) -> NDArray[np.float64]:
        """The precision at each right prediction, as often as its video was drawn."""
        # in place: nothing of the size of all predictions is made for a draw
        np.take(weights, self._videos, out=self._drawn, mode="clip")
        np.cumsum(self._drawn, dtype=self._passed.dtype, out=self._passed[1:])
        drawn = self._drawn[self._at]
        right = np.concatenate(([0], np.cumsum(drawn, dtype=np.int64)))
        above = self._passed[self._end] - self._passed[self._start]
        gained = right[self._hits_end] - right[self._hits_start]
        return np.asarray(drawn * gained / np.maximum(above, 1))
