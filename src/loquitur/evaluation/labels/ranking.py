"""Predictions as whole numbers that sort by score, and the best of a row.

A prediction (score, label, right or not) is one 64-bit key: so twenty million of them, a million
videos of twenty, are 160 MB and are sorted as they are. Scores are kept as float32.

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
NO_SCORE = 1 << 32
"""Behind all `score_bits`."""
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


def score_bits(keys: Keys) -> NDArray[np.int64]:
    """The scores as whole numbers, 0 for the highest there can be, below `NO_SCORE`."""
    return (keys >> _SCORE).astype(np.int64)


def border(score: int) -> np.uint64:
    """A key before all of a score, behind all of higher ones (`score_bits`)."""
    return np.uint64(score) << _SCORE


def last_of_score(keys: Keys) -> Keys:
    """A key behind all of the same score."""
    return keys | _BITS


def by_class(keys: Keys) -> Keys:
    """Keys that sort by class, and by score within it, highest first; a copy."""
    turned = np.empty_like(keys)
    for piece in _pieces(keys):
        some = keys[piece]
        turned[piece] = ((some & _BITS) >> _HIT << _LABEL) | (some >> _SCORE << _HIT) | some & _HIT
    return turned


def without_hits(turned: Keys) -> Keys:
    """Keys of `by_class`, in place: equal where class and score are."""
    turned >>= _HIT
    return turned


def class_of(turned: Keys) -> NDArray[np.int64]:
    """The class of keys of `without_hits`."""
    return (turned >> _SCORE).astype(np.int64)


def class_borders(classes: int) -> Keys:
    """Where each class begins among keys of `without_hits`, and where the last one ends."""
    return np.arange(classes + 1, dtype=np.uint64) << _SCORE


def places(keys: Keys) -> NDArray[np.int64]:
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
