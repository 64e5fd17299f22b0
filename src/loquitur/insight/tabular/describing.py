"""What a column is like: the figures of `describe`, robust ones beside them, and how uneven it is.

Mean, standard deviation (n - 1) and linear quantiles are those of `pandas.DataFrame.describe`, to
the last digit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.insight.unevenness import gini, top_share

if TYPE_CHECKING:
    from loquitur.insight.tabular.heavy_tails import TailFit
    from loquitur.insight.tabular.sheet import Array, Flags, Lists, Moments, Numbers, Texts, Times

QUANTILES = {"25%": 0.25, "50%": 0.5, "75%": 0.75, "90%": 0.9, "95%": 0.95, "99%": 0.99}
TRIMMED = 0.1
LEVEL = 0.95
MOST_VALUES, SHOWN_CHARS = 10, 80
"""The most frequent texts that are named, and how much of each."""
SHARED_FROM = {0.1: 10, 0.01: 100}
"""Shares of the largest, and from how many values on each is told."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

UNPUBLISHED = {
    "dislikes": "not published: YouTube shows no dislikes since December 2021",
    "dislikecount": "not published: YouTube shows no dislikes since December 2021",
    "favorites": "not published: YouTube gives 0 for all videos",
    "favourites": "not published: YouTube gives 0 for all videos",
    "favoritecount": "not published: YouTube gives 0 for all videos",
}
"""Why a column of zeros says nothing (YouTube Data API, revision history)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberProfile:
    """A column of numbers. Figures are None where they have no meaning or no values.

    Args:
        name: With its unit.
        unit: Of all figures but counts and shares.
        derived: Computed here.
        identifier: Names something, so that only this profile is made of it.
        source: The column it was read from, where that has another name.
        count: Values that are there and finite.
        missing: Cells without a value.
        unread: Cells that are no numbers.
        examples: Some of them.
        infinite: Cells that are infinite; left out of all figures.
        zeros: Of the values.
        negative: Of the values.
        distinct: Different values.
        total: Their sum.
        mean: Arithmetic.
        std: With n - 1.
        minimum: The least.
        quantiles: By the names of `QUANTILES`, linearly interpolated.
        maximum: The largest.
        median_low: Interval of 95 % for the median, by order statistics.
        median_high: See there.
        mad: The median distance from the median (times 1.4826 it estimates a normal std).
        trimmed_mean: Without the lowest and the highest tenth.
        geometric_mean: Of the positive values; None where some are negative.
        skew: Adjusted Fisher-Pearson, as `pandas.Series.skew`.
        gini: 0 where all are equal, towards 1 where one has all; None where some are negative.
        top_tenth: The share of the sum that the largest 10 % of values have.
        top_hundredth: See there, 1 %.
        note: Why its figures say nothing, if so.
        approximate: Which figures come from a sample.
        tail: What is known of its tail; None where it was not looked at.
    """

    name: str
    unit: str = ""
    derived: bool = False
    identifier: bool = False
    source: str = ""
    count: int = 0
    missing: int = 0
    unread: int = 0
    examples: tuple[str, ...] = ()
    infinite: int = 0
    zeros: int = 0
    negative: int = 0
    distinct: int | None = None
    total: float | None = None
    mean: float | None = None
    std: float | None = None
    minimum: float | None = None
    quantiles: tuple[float | None, ...] = (None,) * len(QUANTILES)
    maximum: float | None = None
    median_low: float | None = None
    median_high: float | None = None
    mad: float | None = None
    trimmed_mean: float | None = None
    geometric_mean: float | None = None
    skew: float | None = None
    gini: float | None = None
    top_tenth: float | None = None
    top_hundredth: float | None = None
    note: str = ""
    approximate: str = ""
    tail: TailFit | None = None

    @property
    def median(self) -> float | None:
        """The middle value."""
        return self.quantiles[1]

    @property
    def judged(self) -> bool:
        """Its figures say something: no identifier, and published."""
        return not self.identifier and not self.note and self.count > 0

    def plain(self) -> dict[str, Any]:
        """Plain values, by the names of `describe` where it has them."""
        found: dict[str, Any] = {"type": "number", "unit": self.unit or None}
        found |= {"derived": self.derived, "source": self.source or None}
        found |= {"count": self.count, "missing": self.missing, "not_numbers": self.unread}
        found |= {"not_numbers_examples": list(self.examples), "infinite": self.infinite}
        found |= {"mean": self.mean, "std": self.std, "min": self.minimum}
        found |= dict(zip(QUANTILES, self.quantiles, strict=True)) | {"max": self.maximum}
        found |= {"zeros": self.zeros, "negative": self.negative, "distinct": self.distinct}
        found |= {
            "sum": self.total,
            "median_interval": _interval(self.median_low, self.median_high),
            "mad": self.mad,
            "trimmed_mean": self.trimmed_mean,
            "geometric_mean": self.geometric_mean,
            "skew": self.skew,
            "gini": self.gini,
            "top_10_percent_share": self.top_tenth,
            "top_1_percent_share": self.top_hundredth,
            "note": self.note or None,
            "approximate": self.approximate or None,
            "heavy_tail": None if self.tail is None else _plain_tail(self.tail),
        }
        return found


def _interval(low: float | None, high: float | None) -> dict[str, Any] | None:
    if low is None or high is None:
        return None
    return {"low": low, "high": high, "level": LEVEL, "method": "order statistics (binomial)"}


def _plain_tail(tail: TailFit) -> dict[str, Any]:
    from loquitur.insight.tabular.heavy_tails import LEVEL as ALPHA_LEVEL

    compared = {
        name: {"log_likelihood_ratio": one.ratio, "p": one.p}
        for name, one in tail.comparisons.items()
    }
    return {
        "verdict": tail.verdict,
        "tail": tail.tail,
        "alpha": tail.alpha,
        "alpha_interval": None
        if tail.alpha_low is None
        else {"low": tail.alpha_low, "high": tail.alpha_high, "level": ALPHA_LEVEL,
              "method": "Gamma, widened for the choice of xmin"},
        "xmin": tail.xmin,
        "n": tail.n,
        "n_tail": tail.n_tail,
        "ks": tail.ks,
        "discrete": tail.discrete,
        "comparisons": compared,
        "goodness_p": tail.goodness_p,
        "goodness_sets": tail.goodness_sets,
    }  # fmt: skip


def profile_numbers(column: Numbers) -> NumberProfile:
    """The profile of a column of numbers; its tail is another question."""
    values = column.values
    finite = values[np.isfinite(values)]
    infinite = int(np.isinf(values).sum())
    base: dict[str, Any] = {
        "name": column.name, "unit": column.unit, "derived": column.derived,
        "identifier": column.identifier, "source": column.source, "count": len(finite),
        "missing": len(values) - len(finite) - infinite - column.unread,
        "unread": column.unread, "examples": column.examples, "infinite": infinite,
    }  # fmt: skip
    if not len(finite):
        return NumberProfile(**base, note=unpublished(column.name, empty=True))
    with np.errstate(over="ignore", invalid="ignore"):
        figures = _figures(values, finite)
    if not finite.any():
        figures["note"] = unpublished(column.name, empty=False)
    return NumberProfile(**base, **{name: _finite(one) for name, one in figures.items()})


def unpublished(name: str, *, empty: bool) -> str:
    """Why a column that is zero (or empty) throughout says nothing; empty where it may say it."""
    told = UNPUBLISHED.get(name.lower().replace("_", "").replace(" ", ""), "")
    return told if told and not (empty and "favo" in told) else ""


def _finite(figure: Any) -> Any:
    """A figure; None where it went beyond what a float holds."""
    if isinstance(figure, tuple):
        return tuple(_finite(one) for one in figure)
    return None if isinstance(figure, float) and not math.isfinite(figure) else figure


def _figures(values: Array, finite: Array) -> dict[str, Any]:
    count = len(finite)
    # as pandas does: over the whole column, with 0 where a value is missing
    there = np.isfinite(values)
    mean = float(np.where(there, values, 0.0).sum() / count)
    squares = np.where(there, (mean - values) ** 2, 0.0)
    ordered = np.sort(finite)
    quantiles = np.quantile(ordered, list(QUANTILES.values()))
    low, high = median_interval(ordered)
    cut = int(TRIMMED * count)
    positive = ordered[ordered > 0]
    negative = int((ordered < 0).sum())
    evenness = _evenness(ordered) if not negative else {}
    return {
        "zeros": int((ordered == 0).sum()),
        "negative": negative,
        "distinct": int((ordered[1:] != ordered[:-1]).sum()) + 1,
        "total": float(ordered.sum()),
        "mean": mean,
        "std": float(np.sqrt(squares.sum() / (count - 1))) if count > 1 else None,
        "minimum": float(ordered[0]),
        "quantiles": tuple(map(float, quantiles)),
        "maximum": float(ordered[-1]),
        "median_low": low,
        "median_high": high,
        "mad": float(np.median(np.abs(finite - quantiles[1]))),
        "trimmed_mean": float(ordered[cut : count - cut].mean()),
        "geometric_mean": float(np.exp(np.log(positive).mean()))
        if len(positive) and not negative
        else None,
        "skew": _skew(finite, mean),
        **evenness,
    }


def median_interval(ordered: Array) -> tuple[float | None, float | None]:
    """The interval of at least 95 % for the median, by the binomial law of order statistics.

    None where so few values cannot give one: under 6.
    """
    count = len(ordered)
    below = median_rank(count)
    if below is None:
        return None, None
    return float(ordered[below]), float(ordered[count - 1 - below])


def median_rank(count: int) -> int | None:
    """The place (from 0) of the low end of the median's interval; the high end mirrors it."""
    from scipy.special import bdtr

    guess = int(count / 2 - 1.2 * math.sqrt(count))
    ranks = np.arange(max(guess - 5, 0), count // 2 + 1)
    safe = ranks[bdtr(ranks - 1.0, count, 0.5) <= (1 - LEVEL) / 2]
    safe = safe[safe > 0]
    return int(safe[-1]) - 1 if len(safe) else None


def _skew(finite: Array, mean: float) -> float | None:
    away = finite - mean
    squares = away * away
    return skew_of(len(finite), mean, float(squares.sum()), float((squares * away).sum()))


def skew_of(count: int, mean: float, squares: float, cubes: float) -> float | None:
    """The adjusted Fisher-Pearson skew, out of sums of powers of the distances from the mean.

    None of fewer than 3 values; 0 where they differ by rounding alone.
    """
    if count < 3:
        return None
    if squares <= 1e-28 * max(1.0, mean * mean) * count:
        return 0.0
    return float(count * math.sqrt(count - 1) / (count - 2) * cubes / squares**1.5)


def _evenness(ordered: Array) -> dict[str, float | None]:
    """Gini and the shares of the largest, of values that are not negative."""
    total, count = float(ordered.sum()), len(ordered)
    if total <= 0 or not math.isfinite(total):
        return {}
    shares = {
        part: top_share(ordered, part) if count >= least else None
        for part, least in SHARED_FROM.items()
    }
    return {
        "gini": gini(ordered),
        "top_tenth": shares[0.1],
        "top_hundredth": shares[0.01],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeProfile:
    """A column of moments, in UTC.

    Args:
        name: Of the column.
        count: Moments that are there.
        missing: Cells without one.
        unread: Cells that are no moments.
        examples: Some of them.
        first: ISO 8601.
        last: See there.
        zoneless: How many said no time zone and were taken as UTC.
        weekdays: How many on each, from Monday.
        hours: How many in each hour of the day.
    """

    name: str
    count: int
    missing: int
    unread: int = 0
    examples: tuple[str, ...] = ()
    first: str | None = None
    last: str | None = None
    zoneless: int = 0
    weekdays: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()

    def plain(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "type": "time", "zone": "UTC", "count": self.count, "missing": self.missing,
            "not_times": self.unread, "not_times_examples": list(self.examples),
            "min": self.first, "max": self.last, "without_zone": self.zoneless,
            "weekdays": dict(zip(WEEKDAYS, self.weekdays, strict=False)),
            "hours": list(self.hours),
        }  # fmt: skip


def profile_times(column: Times) -> TimeProfile:
    """The profile of a column of moments."""
    there = column.values[~np.isnat(column.values)]
    missing = len(column.values) - len(there) - column.unread
    base: dict[str, Any] = {
        "name": column.name, "count": len(there), "missing": missing, "unread": column.unread,
        "examples": column.examples, "zoneless": column.zoneless,
    }  # fmt: skip
    if not len(there):
        return TimeProfile(**base)
    weekdays, hours = calendar(there)
    return TimeProfile(
        **base, first=shown(there.min()), last=shown(there.max()), weekdays=weekdays, hours=hours
    )


def calendar(there: Moments) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How many moments fall on each day of the week, and in each hour, of UTC."""
    days = (there.astype("datetime64[D]").astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    hours = there.astype("datetime64[h]").astype(np.int64) % 24
    return (
        tuple(np.bincount(days, minlength=7).tolist()),
        tuple(np.bincount(hours, minlength=24).tolist()),
    )


def shown(moment: Any) -> str:
    """A moment as it is written, to the second.

    >>> shown(np.datetime64("2026-03-01T12:00:00.5"))
    '2026-03-01T12:00:00Z'
    """
    return str(moment.astype("datetime64[s]")) + "Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextProfile:
    """A column of texts, flags or lists: how many, how many different ones, which most often.

    Args:
        name: Of the column.
        type: `text`, `flag`, `list`.
        count: Cells that have one.
        missing: Cells that have none.
        distinct: Different ones; of lists, different items.
        top: The most frequent ones, cut to 80 characters, and how often they are there.
        longest: Characters of the longest text.
        approximate: Which of these is within some per cent only.
    """

    name: str
    type: str
    count: int
    missing: int
    distinct: int
    top: tuple[tuple[str, int], ...] = ()
    longest: int | None = None
    approximate: str = ""

    def plain(self) -> dict[str, Any]:
        """Plain values."""
        found: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        found.pop("name")
        found["approximate"] = self.approximate or None
        found["top"] = [{"value": value, "count": count} for value, count in self.top]
        return found


def profile_texts(column: Texts | Flags | Lists) -> TextProfile:
    """The profile of a column of texts, flags or lists."""
    from collections import Counter

    kind = type(column).__name__.lower().rstrip("s")
    there = [cell for cell in column.values if cell is not None]
    if kind == "list":
        counts = Counter(item for cell in there if isinstance(cell, tuple) for item in cell if item)
    else:
        counts = Counter(
            cell if isinstance(cell, str) else "true" if cell else "false" for cell in there
        )
    top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_VALUES]
    lengths = [len(cell) for cell in there if isinstance(cell, str)]
    return TextProfile(
        name=column.name,
        type=kind,
        count=len(there),
        missing=len(column.values) - len(there),
        distinct=len(counts),
        top=tuple((value[:SHOWN_CHARS], count) for value, count in top),
        longest=max(lengths, default=None) if kind == "text" else None,
    )


Profile = NumberProfile | TimeProfile | TextProfile
