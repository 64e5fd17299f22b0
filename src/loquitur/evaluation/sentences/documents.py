"""Scores of sentences as plain values: the keys that `eval caption --json` and its kin print."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loquitur.evaluation.intervals import Interval
    from loquitur.evaluation.sentences.scoring import SentenceScores

MOST_NAMED = 100
"""Of missing and of extra clips, so many are named."""


def score_document(scores: SentenceScores, *, draws: int = 1000, seed: int = 0) -> dict[str, Any]:
    """Each measure's value, None where it says nothing, and what else is told of them.

    That is `clips`, `language`, `meteor_mode`, `intervals`, `diversity`, `missing`, `extra`,
    `notices` and `rows`. Values are not rounded: they are there to be held against those of other
    programs.
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
        "rows": [
            {"clip": one.clip_id, "prediction": one.prediction, **one.values} for one in scores.rows
        ],
    }


def interval_fields(interval: Interval | None) -> dict[str, Any] | None:
    """Low, high and how they were found; None where a measure says nothing."""
    return None if interval is None else dataclasses.asdict(interval)
