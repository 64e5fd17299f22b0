"""The measure of rated segments: MAP@K as the challenge of June 2019 defines it.

Source: the third YouTube-8M challenge, https://www.kaggle.com/c/youtube8m-2019/overview/evaluation:
for each label segments are ranked, those that nobody rated are passed over, average precision is
over the first K, and the mean is over labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import InputError
from loquitur.evaluation.labels import ranking
from loquitur.evaluation.labels.areas import ClassAreas

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_RANKED = 100_000
"""K of the challenge."""


def rated_precision(
    labels: NDArray[np.int64],
    scores: NDArray[Any],
    ratings: NDArray[Any],
    *,
    classes: int,
    most: int = MOST_RANKED,
) -> NDArray[np.float64]:
    """Average precision of each label over the segments that were rated for it.

    Args:
        labels: int64 [r]: the label that a segment was rated for.
        scores: [r]: the score a model gives the segment for that label, 0 to 1; NaN where it gives
            none: never found.
        ratings: [r]: 1 where people saw it, 0 where not; what is negative or NaN is not rated.
        classes: Size of the vocabulary.
        most: Only so many of the ranking count.

    Returns:
        float64 [classes]; NaN where a label has no segment rated 1.

    Raises:
        InputError: A label or a score is out of range.
    """
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        raise InputError(f"a rated label is none of {classes}", hint="another vocabulary?")
    if np.any((scores < 0) | (scores > 1)):
        raise InputError("a score is outside 0 to 1")
    rated = ratings >= 0
    right = rated & (ratings >= 0.5)
    positives = np.bincount(labels[right], minlength=classes)
    said = rated & np.isfinite(scores)
    areas = ClassAreas(classes, most=most)
    areas.add(ranking.pack(scores[said], labels[said], right[said]))
    return areas.values(positives)


def mean_precision(precision: NDArray[np.float64]) -> float | None:
    """MAP@K: the mean over labels that have a positive; None where none has."""
    there = precision[np.isfinite(precision)]
    return float(there.mean()) if len(there) else None
