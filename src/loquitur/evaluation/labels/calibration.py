"""Whether a score of 0.7 is right seven times in ten.

Reliability bins of equal width, expected calibration error (Naeini, Cooper, Hauskrecht 2015; Guo,
Pleiss, Sun, Weinberger 2017) and Brier score (Brier 1950), over pairs of video and label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """The pairs whose score lies from `low` up to `high`.

    Args:
        low: Lowest score.
        high: Border above; the last bin has 1 in it.
        pairs: How many.
        score: Their mean score; None of no pairs.
        right: The share of them that hold; None of no pairs.
    """

    low: float
    high: float
    pairs: int
    score: float | None
    right: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How far scores are from shares.

    Args:
        pairs: How many pairs of video and label were looked at.
        error: Expected calibration error: the mean over pairs of |mean score - share right| of
            their bin; 0 is right.
        largest: The same of the worst bin.
        brier: Mean squared difference of score and truth; 0 is right.
        bins: From 0 to 1.
    """

    pairs: int
    error: float
    largest: float
    brier: float
    bins: tuple[Bin, ...]


class Reliability:
    """Sums by bin, added up a batch at a time."""

    def __init__(self) -> None:
        self._sums = np.zeros((3, BINS))  # pairs, scores, right ones
        self._squares = 0.0

    def add_pairs(self, scores: NDArray[Any], hits: NDArray[np.bool_]) -> None:
        """Some pairs: scores [n] and whether they are right [n]."""
        scores = scores.astype(np.float64)
        self._bin(scores, hits)
        self._squares += float(np.square(scores - hits).sum())

    def add_all(self, scores: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
        """Every pair of some videos.

        Args:
            scores: [n, classes].
            right: The scores of those that hold, [m].

        Returns:
            The scores that do not lie in the lowest bin, [k].
        """
        # nearly all scores are near 0: their bin is what the others leave of the whole
        high: NDArray[np.float64] = scores[scores >= scores.dtype.type(1) / BINS].astype(float)
        total = float(scores.sum(dtype=np.float64))
        places = np.concatenate((_bins(high), _bins(right.astype(np.float64))))
        count, found = np.ones(len(high)), np.ones(len(right))
        sums = np.zeros((3, BINS))
        sums[0] = np.bincount(places[: len(high)], weights=count, minlength=BINS)
        sums[1] = np.bincount(places[: len(high)], weights=high, minlength=BINS)
        sums[2] = np.bincount(places[len(high) :], weights=found, minlength=BINS)
        sums[0, 0] += scores.size - len(high)
        sums[1, 0] += total - float(high.sum())
        self._sums += sums
        squares = float(np.einsum("ij,ij->", scores, scores, dtype=np.float64))
        self._squares += squares - 2 * float(right.sum(dtype=np.float64)) + len(right)
        return high

    def merge(self, other: Reliability) -> None:
        """Take in the sums of another."""
        self._sums += other._sums
        self._squares += other._squares

    def result(self) -> Calibration | None:
        """What the sums say; None of no pairs."""
        pairs = self._sums[0].sum()
        if not pairs:
            return None
        filled = self._sums[0] > 0
        counts, scores, right = self._sums[:, filled]
        gaps = np.abs(scores - right) / counts
        edges = np.linspace(0, 1, BINS + 1)
        return Calibration(
            pairs=int(pairs),
            error=float((gaps * counts).sum() / pairs),
            largest=float(gaps.max()),
            brier=max(0.0, self._squares / float(pairs)),
            bins=tuple(_bin(edges, at, self._sums[:, at]) for at in range(BINS)),
        )

    def _bin(self, scores: NDArray[np.float64], hits: NDArray[np.bool_]) -> None:
        places = _bins(scores)
        self._sums[0] += np.bincount(places, minlength=BINS)
        self._sums[1] += np.bincount(places, weights=scores, minlength=BINS)
        self._sums[2] += np.bincount(places, weights=hits.astype(np.float64), minlength=BINS)


def _bins(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.minimum((scores * BINS).astype(np.int64), BINS - 1)


def _bin(edges: NDArray[np.float64], at: int, sums: NDArray[np.float64]) -> Bin:
    count = int(sums[0])
    return Bin(
        low=float(edges[at]),
        high=float(edges[at + 1]),
        pairs=count,
        score=float(sums[1] / count) if count else None,
        right=float(sums[2] / count) if count else None,
    )
