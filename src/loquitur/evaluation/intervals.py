"""How sure a rate is: percentile bootstrap.

Source: Bisani, Ney: Bootstrap Estimates for Confidence Intervals in ASR Performance Evaluation,
ICASSP 2004.

Units (utterances or recordings) are drawn with replacement, as many as there are; the rate of each
draw is its errors over its length, both added up. The interval is between the percentiles of these
rates. It is too narrow where units depend on one another, as utterances of one speaker do: then
draw recordings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Unit = Literal["utterance", "recording", "clip", "video"]
METHOD = "percentile bootstrap (Bisani and Ney 2004)"
DRAWN_AT_ONCE = 1 << 20
"""Units times samples that are drawn at a time: memory is bounded however many units there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Where the rate lies at a level of confidence, and how that was found.

    `low` and `high` are None where there are fewer than two units, or no draw has a length.
    """

    low: float | None
    high: float | None
    unit: Unit
    units: int
    level: float
    draws: int
    seed: int
    method: str = METHOD


def bootstrap(
    errors: Sequence[float],
    lengths: Sequence[float],
    *,
    unit: Unit,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Interval:
    """The interval of `sum(errors) / sum(lengths)`.

    Args:
        errors: Of each unit.
        lengths: Of each unit: words, or ms of speech.
        unit: What a unit is.
        level: Of confidence, between 0 and 1.
        draws: How many samples of units are drawn.
        seed: The same seed gives the same interval.
    """
    count = len(errors)
    found: list[float] = []
    if count > 1:
        rng = np.random.default_rng(seed)
        wrong, long = np.asarray(errors, float), np.asarray(lengths, float)
        at_once = max(1, DRAWN_AT_ONCE // count)
        for first in range(0, draws, at_once):
            drawn = rng.integers(count, size=(min(at_once, draws - first), count))
            total = long[drawn].sum(axis=1)
            valid = total > 0
            found += (wrong[drawn].sum(axis=1)[valid] / total[valid]).tolist()
    low, high = ends(found, level)
    return Interval(low=low, high=high, unit=unit, units=count, level=level, draws=draws, seed=seed)


def ends(values: Sequence[float], level: float) -> tuple[float, float] | tuple[None, None]:
    """The percentiles between which this share of values lies; None twice of no values."""
    if not values:
        return None, None
    edge = (1 - level) / 2
    low, high = np.quantile(values, (edge, 1 - edge)).tolist()
    return low, high
