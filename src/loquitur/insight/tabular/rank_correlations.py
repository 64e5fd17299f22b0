"""Which columns go together, by ranks: no law of the values is assumed, outliers do not decide.

Spearman's rho with the interval of Bonett and Wright ("Sample size requirements for estimating
Pearson, Kendall and Spearman correlations", Psychometrika 65, 2000: variance (1 + rho^2 / 2) /
(n - 3) of Fisher's z), Kendall's tau-b with that of Fieller, Hartley and Pearson ("Tests for rank
correlation coefficients", Biometrika 44, 1957: 0.437 / (n - 4)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loquitur.insight.tabular.sheet import Array, Numbers

LEAST_PAIRS = 10
MOST_PAIRS = 200_000
_MOST_COLUMNS = 12
_Z = 1.959964
LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """Two columns.

    Args:
        first: A column.
        second: Another one.
        n: Rows that have both.
        spearman: rho; None where one of them does not vary, or with fewer than 10 rows.
        spearman_low: Interval of 95 %.
        spearman_high: See there.
        kendall: tau-b.
        kendall_low: Interval of 95 %.
        kendall_high: See there.
        sampled: Computed on a seeded sample of so many rows; 0 where on all.
    """

    first: str
    second: str
    n: int
    spearman: float | None = None
    spearman_low: float | None = None
    spearman_high: float | None = None
    kendall: float | None = None
    kendall_low: float | None = None
    kendall_high: float | None = None
    sampled: int = 0

    @property
    def sure(self) -> bool:
        """The interval of rho does not hold 0."""
        ends = (self.spearman_low, self.spearman_high)
        return ends[0] is not None and ends[1] is not None and ends[0] * ends[1] > 0

    def plain(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "columns": [self.first, self.second],
            "n": self.n,
            "spearman": self.spearman,
            "spearman_interval": _told(self.spearman_low, self.spearman_high, "Bonett-Wright"),
            "kendall_tau_b": self.kendall,
            "kendall_interval": _told(
                self.kendall_low, self.kendall_high, "Fieller-Hartley-Pearson"
            ),
            "sampled": self.sampled or None,
        }


def _told(low: float | None, high: float | None, method: str) -> dict[str, Any] | None:
    if low is None:
        return None
    return {"low": low, "high": high, "level": LEVEL, "method": method}


def correlate(columns: Sequence[Numbers], parts: Mapping[str, set[str]]) -> tuple[Correlation, ...]:
    """All pairs of columns, those left out of which one is made of the other or of the same.

    Args:
        columns: At most the first 12 are looked at.
        parts: What derived columns are made of; two that share a part go together by making
            (Pearson, "On a form of spurious correlation", 1897).
    """
    found = []
    chosen = columns[:_MOST_COLUMNS]
    for place, first in enumerate(chosen):
        for second in chosen[place + 1 :]:
            made = [parts.get(one.name, set()) | {one.name} for one in (first, second)]
            if not made[0] & made[1]:
                found.append(pair(first, second))
    return tuple(found)


def pair(first: Numbers, second: Numbers) -> Correlation:
    """How two columns go together."""
    both = np.isfinite(first.values) & np.isfinite(second.values)
    x, y = first.values[both], second.values[both]
    n = len(x)
    if n > MOST_PAIRS:
        kept = np.sort(np.random.default_rng(0).choice(n, MOST_PAIRS, replace=False))
        x, y = x[kept], y[kept]
    names: dict[str, Any] = {"first": first.name, "second": second.name, "n": n}
    names["sampled"] = len(x) if len(x) < n else 0
    if len(x) < LEAST_PAIRS or np.ptp(x) == 0 or np.ptp(y) == 0:
        return Correlation(**names)
    from scipy.stats import kendalltau

    rho = spearman(x, y)
    tau = float(kendalltau(x, y).statistic)
    rho_low, rho_high = _fisher(rho, math.sqrt((1 + rho**2 / 2) / (len(x) - 3)))
    tau_low, tau_high = _fisher(tau, math.sqrt(0.437 / (len(x) - 4)))
    return Correlation(
        **names, spearman=rho, spearman_low=rho_low, spearman_high=rho_high, kendall=tau,
        kendall_low=tau_low, kendall_high=tau_high,
    )  # fmt: skip


def spearman(x: Array, y: Array) -> float:
    """Spearman's rho: Pearson's coefficient of mid-ranks."""
    a, b = ranks(x), ranks(y)
    a, b = a - a.mean(), b - b.mean()
    found = float((a * b).sum() / math.sqrt(float((a * a).sum()) * float((b * b).sum())))
    return max(-1.0, min(1.0, found))


def ranks(x: Array) -> Array:
    """Ranks from 1, those of equal values averaged.

    >>> ranks(np.array([5.0, 1.0, 5.0])).tolist()
    [2.5, 1.0, 2.5]
    """
    _, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middles = ends - (counts - 1) / 2
    return np.asarray(middles[inverse], np.float64)


def _fisher(value: float, error: float) -> tuple[float, float]:
    edge = min(max(value, -1 + 1e-12), 1 - 1e-12)
    z = math.atanh(edge)
    return math.tanh(z - _Z * error), math.tanh(z + _Z * error)
