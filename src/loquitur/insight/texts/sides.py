"""On which side a polarity is: positive, negative, neutral, or none."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loquitur.model.sentiment import Sentiment

Side = Literal["positive", "negative", "neutral", "unscored"]
NEUTRAL = 0.05
"""Polarities up to so far from 0 are neutral: the convention of VADER's authors (its README)."""


def side_of(polarity: float | None) -> Side:
    """On which side a polarity is.

    >>> side_of(0.05), side_of(-0.2), side_of(None)
    ('neutral', 'negative', 'unscored')
    """
    if polarity is None:
        return "unscored"
    return "positive" if polarity > NEUTRAL else "negative" if polarity < -NEUTRAL else "neutral"


def count_sides(sentiments: Iterable[Sentiment]) -> dict[Side, int]:
    """How many of them are on each side; every side is named."""
    counts = Counter(side_of(one.polarity) for one in sentiments)
    sides: tuple[Side, ...] = ("positive", "negative", "neutral", "unscored")
    return {side: counts[side] for side in sides}
