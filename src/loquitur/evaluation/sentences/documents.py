"""Scores of sentences as plain values: the keys that `eval caption --json` and its kin print."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loquitur.evaluation.intervals import Interval
    from loquitur.evaluation.sentences.scoring import ClipScore, SentenceScores

MOST_NAMED = 100
"""Of missing and of extra clips, so many are named."""


def score_document(scores: SentenceScores, *, draws: int = 1000, seed: int = 0) -> dict[str, Any]:
    """`{measure: value or None, "clips", "intervals", "diversity", "missing", "extra", "rows"}`.

    Values are not rounded: they are there to be compared with other programs'.
    """
    return {
        **scores.values,
        "clips": len(scores.rows),
        "language": scores.language,
        "meteor_mode": "1.5, exact and stem",
        "intervals": {
            key: interval_fields(scores.interval(key, draws=draws, seed=seed))
            for key in scores.values
        },
        "diversity": {
            **dataclasses.asdict(scores.diversity),
            "collapsed": scores.diversity.collapsed,
        },
        "missing": {"count": len(scores.missing), "clips": list(scores.missing[:MOST_NAMED])},
        "extra": {"count": len(scores.extra), "clips": list(scores.extra[:MOST_NAMED])},
        "notices": list(scores.notices),
        "rows": [row_fields(one) for one in scores.rows],
    }


def row_fields(row: ClipScore) -> dict[str, Any]:
    """A clip: its sentence, and each measure of it alone."""
    return {"clip": row.clip_id, "prediction": row.prediction, **row.values}


def interval_fields(interval: Interval | None) -> dict[str, Any] | None:
    """Low, high and how they were found; None where a measure says nothing."""
    return None if interval is None else dataclasses.asdict(interval)
