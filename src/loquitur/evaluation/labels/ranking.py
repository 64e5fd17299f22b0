"""Pooled predictions as one sorted column, and average precision over it.

A prediction (score, label, right or not) is one 64-bit key: so twenty million of them, a million
videos of twenty, are 160 MB and are sorted in place. Scores are kept as float32.

Ties: predictions of one score are one step of the curve, as a threshold would take them: all of
them get the precision behind the last one. So the order in which videos came changes nothing, nor
how they were shared between workers. The starter code of YouTube-8M shuffles before it sorts, and
gives one draw of that; where no right prediction has an equal, both are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Keys = NDArray[np.uint64]

MOST_LABELS = 1 << 31
_HIT, _SCORE, _LABEL = np.uint64(1), np.uint64(32), np.uint64(33)
"""How far up in a key things stand: the hit at the end, the label above it, the score on top; of
a key turned by class the label on top and the score below it."""
_BITS = np.uint64(0xFFFFFFFF)
_AT_ONCE = 1 << 20


def pack(scores: NDArray[Any], labels: NDArray[Any], hits: NDArray[np.bool_]) -> Keys:
    """Keys that sort by score, highest first.

    Args:
        scores: [n], 0 or more, finite; float32 is kept of them.
        labels: [n], from 0, below `MOST_LABELS`.
        hits: [n]: whether the video has the label.
    """
    # the bits of floats that are not negative are in the order of their values; -0.0 becomes 0.0
    bits = (scores.astype(np.float32) + np.float32(0)).view(np.uint32)
    rest = (labels.astype(np.uint64) << _HIT) | hits.astype(np.uint64)
    return ((_BITS - bits) << _SCORE) | rest


def labels_in(keys: Keys) -> NDArray[np.int64]:
    """The label of each key."""
    return ((keys & _BITS) >> _HIT).astype(np.int64)


def hits_in(keys: Keys) -> NDArray[np.bool_]:
    """Whether each key is right."""
    return (keys & _HIT).astype(np.bool_)


def scores_in(keys: Keys) -> NDArray[np.float32]:
    """The score of each key."""
    return (_BITS - (keys >> _SCORE)).astype(np.uint32).view(np.float32)


def average_precision(keys: Keys, positives: int) -> float:
    """The area under precision by recall, not interpolated; 0 where there are no positives.

    Args:
        keys: Sorted.
        positives: How many right ones there are, predicted or not: the denominator.
    """
    if not positives:
        return 0.0
    at = _places(keys)
    passed = np.searchsorted(keys, keys[at] | _BITS, side="right")  # with all of its score
    return float((np.searchsorted(at, passed) / passed).sum() / positives)


def by_class(
    keys: Keys, positives: NDArray[np.int64], *, most: int | None = None
) -> NDArray[np.float64]:
    """Average precision of each class over its own predictions; NaN where it has no positives.

    Args:
        keys: In any order.
        positives: int64 [classes], as of `average_precision`.
        most: Right ones further down in their class do not count.
    """
    turned = np.empty_like(keys)
    for piece in _pieces(keys):
        some = keys[piece]
        turned[piece] = ((some & _BITS) >> _HIT << _LABEL) | (some >> _SCORE << _HIT) | some & _HIT
    turned.sort()
    at = _places(turned)
    turned >>= _HIT
    found = turned[at]
    classes = (found >> _SCORE).astype(np.int64)
    first = np.searchsorted(turned, (found >> _SCORE) << _SCORE)
    last = np.searchsorted(turned, found, side="right")
    right = np.searchsorted(at, last) - np.searchsorted(at, first)
    gained = right / (last - first)
    if most is not None:
        gained[last - first > most] = 0
    sums = np.bincount(classes, weights=gained, minlength=len(positives))
    with np.errstate(invalid="ignore"):
        return np.where(positives > 0, sums / np.maximum(positives, 1), np.nan)


def _places(keys: Keys) -> NDArray[np.int64]:
    """Where the right ones stand."""
    found = [np.flatnonzero(keys[piece] & _HIT) + piece.start for piece in _pieces(keys)]
    return np.concatenate(found or [np.empty(0, dtype=np.int64)])


def _pieces(keys: Keys) -> Iterator[slice]:
    """A part at a time, so that nothing of the size of all is made on the way."""
    return (slice(first, first + _AT_ONCE) for first in range(0, len(keys), _AT_ONCE))


def best(scores: NDArray[Any], many: int) -> NDArray[np.int64]:
    """The labels of the highest scores of each row, highest first; of equals the lowest label.

    Args:
        scores: [n, classes], no NaN.
        many: How many; at most `classes`.

    Returns:
        int64 [n, many].
    """
    classes = scores.shape[1]
    if many >= classes:
        return np.argsort(-scores, axis=1, kind="stable")
    taken = np.argpartition(scores, classes - many, axis=1)[:, classes - many :]
    taken.sort(axis=1)
    values = np.take_along_axis(scores, taken, axis=1)
    least = values.min(axis=1, keepdims=True)
    # argpartition takes any of those that equal the last one
    unsure = np.flatnonzero(np.count_nonzero(scores >= least, axis=1) > many)
    if len(unsure):
        taken[unsure] = _lowest_of_equals(scores[unsure], least[unsure], many)
        values[unsure] = np.take_along_axis(scores[unsure], taken[unsure], axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    return np.take_along_axis(taken, order, axis=1)


def _lowest_of_equals(scores: NDArray[Any], least: NDArray[Any], many: int) -> NDArray[np.int64]:
    """Labels above the last score, and as many of those at it as there is room for; ascending."""
    above, equal = scores > least, scores == least
    room = many - np.count_nonzero(above, axis=1, keepdims=True)
    kept = above | (equal & (np.cumsum(equal, axis=1) <= room))
    return np.nonzero(kept)[1].reshape(len(scores), many)
