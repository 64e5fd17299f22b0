"""What a net has to beat: how frequent labels are, near videos, one-vs-rest logistic regression.

Numpy alone, for rows of numbers, one a video (means over time). Each is fitted on rows and labels
and then gives probabilities for other rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from loquitur.evaluation.labels import Evaluator, ranking
from loquitur.vectors import unit
from loquitur.vision.labels.logistic import sigmoid
from loquitur.vision.labels.minimising import minimise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.evaluation.labels import LabelScores

    Rows = NDArray[Any]

NEIGHBOURS = 10
PENALTY = 10.0
_AT_ONCE = 512
"""Rows that are held against all of the training set at a time."""
_BLOCK = 1 << 14
"""Rows of the training set that are looked at in one go."""


class Baseline(Protocol):
    """Fitted once, then asked any number of times."""

    def scores(self, rows: Rows) -> NDArray[np.float32]:
        """Probabilities [n, classes] of rows [n, d]."""
        ...


class Prior:
    """Every video gets the frequencies of the training set.

    Args:
        labels: int64 [n, k], padded with -1.
        classes: Size of the vocabulary.
    """

    def __init__(self, labels: NDArray[np.int64], classes: int) -> None:
        there = labels[labels >= 0]
        counts = np.bincount(there, minlength=classes)
        self._shares = (counts / max(1, len(labels))).astype(np.float32)

    def scores(self, rows: Rows) -> NDArray[np.float32]:
        """The same for each row."""
        return np.repeat(self._shares[None, :], len(rows), axis=0)


class Neighbours:
    """The labels of the nearest videos by cosine, weighted by it.

    Args:
        rows: [n, d]; may be memory-mapped: it is read a block at a time.
        labels: int64 [n, k], padded with -1.
        classes: Size of the vocabulary.
        many: How many neighbours have a say.
    """

    def __init__(
        self, rows: Rows, labels: NDArray[np.int64], classes: int, *, many: int = NEIGHBOURS
    ) -> None:
        self._rows, self._labels, self._classes = rows, labels, classes
        self._many = min(many, len(rows))

    def scores(self, rows: Rows) -> NDArray[np.float32]:
        """The share of the neighbours' weight that has each label."""
        found = np.zeros((len(rows), self._classes), dtype=np.float32)
        for first in range(0, len(rows), _AT_ONCE):
            piece = slice(first, first + _AT_ONCE)
            near, weights = self._nearest(unit(np.asarray(rows[piece], np.float32)))
            weights = np.maximum(weights, 1e-6)
            weights /= weights.sum(axis=1, keepdims=True)
            said = self._labels[near]
            video, _, _ = there = np.nonzero(said >= 0)
            np.add.at(found[piece], (video, said[there]), weights[there[0], there[1]])
        return np.minimum(found, 1.0)

    def _nearest(self, asked: Rows) -> tuple[NDArray[np.int64], Rows]:
        """The nearest rows [n, many] and their cosines."""
        best = np.full((len(asked), 0), 0, dtype=np.int64)
        cosines = np.zeros((len(asked), 0), dtype=np.float32)
        for first in range(0, len(self._rows), _BLOCK):
            block = unit(np.asarray(self._rows[first : first + _BLOCK], np.float32))
            found = asked @ block.T
            kept = ranking.best(found, min(self._many, len(block)))  # of equals the first ones
            cosines = np.concatenate((cosines, np.take_along_axis(found, kept, axis=1)), axis=1)
            best = np.concatenate((best, kept + first), axis=1)
            kept = ranking.best(cosines, min(self._many, cosines.shape[1]))
            cosines = np.take_along_axis(cosines, kept, axis=1)
            best = np.take_along_axis(best, kept, axis=1)
        return best, cosines


class Logistic:
    """One-vs-rest logistic regression with an L2 penalty on the weights, not on the bias.

    Fitted by L-BFGS on the whole set: sum of losses + penalty / 2 * |weights|^2.

    Args:
        rows: [n, d].
        labels: int64 [n, k], padded with -1.
        classes: Size of the vocabulary.
        penalty: 1 / C of other libraries.
        steps: At most so many.
    """

    def __init__(
        self,
        rows: Rows,
        labels: NDArray[np.int64],
        classes: int,
        *,
        penalty: float = PENALTY,
        steps: int = 200,
    ) -> None:
        x = np.asarray(rows, dtype=np.float32)
        y = indicators(labels, classes)
        shares = np.clip(y.mean(axis=0), 0.5 / len(y), 1 - 0.5 / len(y))
        start = np.zeros((x.shape[1] + 1, classes), dtype=np.float32)
        start[-1] = np.log(shares / (1 - shares))

        def loss(weights: Rows) -> tuple[float, Rows]:
            logits = x @ weights[:-1] + weights[-1]
            value = float((np.logaddexp(0, logits) - y * logits).sum(dtype=np.float64))
            value += penalty / 2 * float(np.square(weights[:-1], dtype=np.float64).sum())
            error = sigmoid(logits) - y
            slope = np.concatenate((x.T @ error + penalty * weights[:-1], error.sum(0)[None, :]))
            return value, slope

        self._weights = minimise(loss, start, steps=steps)

    def scores(self, rows: Rows) -> NDArray[np.float32]:
        """Probabilities, each label for itself."""
        weights = self._weights
        return sigmoid(np.asarray(rows, dtype=np.float32) @ weights[:-1] + weights[-1])


Fit = Callable[["Rows", "NDArray[np.int64]", int], Baseline]
BASELINES: dict[str, Fit] = {
    "prior": lambda rows, labels, classes: Prior(labels, classes),
    "neighbours": Neighbours,
    "logistic": Logistic,
}
"""By name, as they are fitted where nothing else is said."""


def folds_of(videos: int, *, folds: int = 5, seed: int = 0) -> list[NDArray[np.int64]]:
    """Videos drawn into folds of equal size, to one."""
    order = np.random.default_rng(seed).permutation(videos)
    return [np.sort(one) for one in np.array_split(order, folds)]


def cross_validated(
    fit: Fit, rows: Rows, labels: NDArray[np.int64], classes: int, *, folds: int = 5, seed: int = 0
) -> LabelScores:
    """Measures over all videos, each scored by what was fitted on the other folds.

    Args:
        fit: A baseline; what it chooses, it chooses from what it is given.
        rows: [n, d].
        labels: int64 [n, k], padded with -1.
        classes: Size of the vocabulary.
        folds: How many.
        seed: Of their drawing.
    """
    evaluator = Evaluator(classes)
    for fold in folds_of(len(rows), folds=folds, seed=seed):
        others = np.setdiff1d(np.arange(len(rows)), fold)
        found = fit(rows[others], labels[others], classes)
        evaluator.add(found.scores(rows[fold]), labels[fold])
    return evaluator.result()


def indicators(labels: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """Labels [n, k], padded with -1, as zeros and ones [n, classes]."""
    found = np.zeros((len(labels), classes), dtype=np.float32)
    video, column = np.nonzero(labels >= 0)
    found[video, labels[video, column]] = 1
    return found
