"""Precision by recall: what every threshold for all labels together would give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.evaluation.labels import ranking

if TYPE_CHECKING:
    from loquitur.evaluation.labels.pool import Pooled

POINTS = 100


def precision_by_recall(pool: Pooled, *, points: int = POINTS) -> tuple[tuple[float, float], ...]:
    """The curve whose area is GAP, at so many steps of recall.

    Args:
        pool: Predictions of videos.
        points: Steps of recall from 0 to 1; those that no threshold reaches are left out.

    Returns:
        Recall and precision, from the highest threshold down; a point lies behind all predictions
        of one score.
    """
    keys = np.sort(pool.keys)
    right = np.cumsum(ranking.hits_in(keys))
    scores = ranking.scores_in(keys)
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], np.ones(min(1, len(keys)), bool)))
    recall = right[last] / len(pool.labels)
    wanted = np.arange(1, points + 1) / points
    at = np.unique(np.searchsorted(recall, wanted - 1e-12))
    kept = last[at[at < len(last)]]
    return tuple(
        zip(
            (right[kept] / len(pool.labels)).tolist(),
            (right[kept] / (kept + 1)).tolist(),
            strict=True,
        )
    )
