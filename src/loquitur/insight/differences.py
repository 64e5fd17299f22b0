"""Whether two sides differ: rank tests and tests of rates that hold with clusters, and many tests.

Messages of one author, and windows of one video, resemble one another (see `inference`); so the
tests take clusters, and measure a difference by what it would be without each of them.

Sources: Mann, Whitney: On a test of whether one of two random variables is stochastically larger
than the other, 1947; Lehmann: Nonparametrics, 1975; Newson: Parameters behind "nonparametric"
statistics, 2002; Benjamini, Hochberg: Controlling the false discovery rate, 1995.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.insight import clustering
from loquitur.insight.inference import Interval, check_level
from loquitur.insight.libraries import library

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.clustering import Clusters, Floats, Values

_EVEN, _PLACES = 1e-9, 12
"""What differs by less is the rounding of sums."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankTest:
    """Whether values of one side tend to be higher, and by how much.

    Args:
        u: Mann and Whitney's U of the first side: pairs in which it is higher, ties by half.
        p: Two-sided; None where there is nothing to test. With clusters it is that of `delta`.
        delta: Cliff's delta, the rank-biserial correlation: -1 (always lower) to 1, 0 for none.
        first: How many values.
        second: How many values.
        method: How `p` was found.
    """

    u: float
    p: float | None
    delta: Interval
    first: int
    second: int
    method: str


def mann_whitney(
    first: Values,
    second: Values,
    *,
    first_clusters: Clusters = None,
    second_clusters: Clusters = None,
    level: float = 0.95,
) -> RankTest:
    """Mann and Whitney's test with the correction for ties, and Cliff's delta.

    With clusters the variance of delta is summed over clusters (as Newson 2002 does for Somers' D)
    and p is that of delta by Student's t, with as many degrees of freedom as clusters of even size
    would give; without, p is that of U with the correction for
    continuity (Mann and Whitney 1947, Lehmann 1975). The interval of delta is symmetric in its
    Fisher transform.

    Args:
        first: Missing ones are left out.
        second: Likewise.
        first_clusters: What each value belongs to; None on either side: each stands alone.
        second_clusters: Likewise; equal labels on both sides are the same cluster.
        level: Of confidence, of delta's interval.
    """
    check_level(level)
    (a, a_labels), (b, b_labels) = (
        clustering.kept(first, first_clusters),
        clustering.kept(second, second_clusters),
    )
    clustered = first_clusters is not None and second_clusters is not None
    if not clustered:
        a_labels, b_labels = clustering.apart(a_labels, 0), clustering.apart(b_labels, 1)
    method = "Student's t of delta, jackknife error by clusters" if clustered else "Mann-Whitney"
    if not len(a) or not len(b):
        nothing = Interval(value=None, low=None, high=None, level=level, method=method)
        return RankTest(u=0.0, p=None, delta=nothing, first=len(a), second=len(b), method=method)
    above, below = _placements(a, b), -_placements(b, a)
    delta = float(above.mean())
    table, strata = clustering.cluster_sums([(above - delta, a_labels), (below - delta, b_labels)])
    error, freedom = clustering.spread(_delta_pulls(table), strata)
    if clustered:
        freedom = min(freedom, clustering.effective(table) - 1)
    if not clustered:
        p = _normal_of_u(a, b, delta)
    elif abs(delta) == 1:  # no error can be seen: the clusters' means are what is left to rank
        sums, _ = clustering.cluster_sums([(a, a_labels), (b, b_labels)])
        p = _normal_of_u(_means(sums, 0), _means(sums, 1), delta)
    else:
        p = _student(delta, error, freedom)
    return RankTest(
        u=round((delta + 1) * len(a) * len(b)) / 2,
        p=p,
        delta=_fisher(delta, error, freedom, level, len(table)),
        first=len(a),
        second=len(b),
        method=method,
    )


def rates_differ(
    first: tuple[Sequence[float], Sequence[float]], second: tuple[Sequence[float], Sequence[float]]
) -> float | None:
    """Two-sided p of the difference of two rates, by Student's t with the jackknife's error.

    A rate is the sum of what was counted over the sum of what it was counted in (uses of a word
    over words), and clusters, not single counts, are what varies. Where every cluster of a side has
    the side's rate no error can be seen, and p is Mann and Whitney's of the clusters' rates.

    Args:
        first: Of each cluster of the first side its count, and in how much.
        second: Likewise.

    Returns:
        None where a side has fewer than two clusters, or all clusters have one rate.
    """
    table = np.zeros((len(first[0]) + len(second[0]), 4))
    table[: len(first[0]), 0], table[: len(first[0]), 1] = first[1], first[0]
    table[len(first[0]) :, 2], table[len(first[0]) :, 3] = second[1], second[0]
    strata = [np.arange(len(first[0])), np.arange(len(first[0]), len(table))]
    totals = table.sum(axis=0)
    if not totals[0] or not totals[2]:
        return None
    difference = float(totals[1] / totals[0] - totals[3] / totals[2])
    error, freedom = clustering.spread(clustering.pulls(table), strata)
    if error <= _EVEN * abs(difference) and min(map(len, strata)) > 1:
        rates = [_means(table, side) for side in (0, 1)]
        return _normal_of_u(rates[0].round(_PLACES), rates[1].round(_PLACES), 1.0)
    freedom = min(freedom, clustering.effective(table) - 1)
    return _student(difference, error, freedom)


def benjamini_hochberg(p: Sequence[float | None]) -> list[float | None]:
    """The q values: the least rate of false discoveries at which each test is one (1995).

    Args:
        p: Of each test; a missing one was no test and stays missing.

    >>> benjamini_hochberg([0.01, None, 0.04, 0.03])
    [0.03, None, 0.04, 0.04]
    """
    tested = sorted((value, at) for at, value in enumerate(p) if value is not None)
    found: list[float | None] = [None] * len(p)
    least = 1.0
    for rank, (value, at) in reversed(list(enumerate(tested, start=1))):
        least = min(least, value * len(tested) / rank)
        found[at] = least
    return found


def _normal_of_u(a: Floats, b: Floats, delta: float) -> float | None:
    """Two-sided p of U by the normal law, corrected for ties and continuity."""
    n, m = len(a), len(b)
    _, ties = np.unique(np.concatenate([a, b]), return_counts=True)
    total = n + m
    shared = float((ties.astype(float) ** 3 - ties).sum()) / (total * (total - 1))
    variance = n * m / 12 * (total + 1 - shared)
    if variance <= 0:
        return None
    away = max(0.0, abs(delta) * n * m / 2 - 0.5)
    return min(1.0, 2 * NormalDist().cdf(-away / math.sqrt(variance)))


def _means(sums: Floats, side: int) -> Floats:
    """The means of the clusters that have values of a side."""
    there = sums[:, 2 * side] > 0
    means: Floats = sums[there, 2 * side + 1] / sums[there, 2 * side]
    return means


def _student(value: float, error: float, freedom: float) -> float | None:
    """Two-sided p of a figure by Student's t; None where nothing varies."""
    if error <= 0 or freedom <= 0:
        return None
    return float(2 * _special().stdtr(freedom, -abs(value) / error))


def _fisher(value: float, error: float, freedom: float, level: float, units: int) -> Interval:
    """The interval of a correlation, symmetric in its Fisher transform."""
    method = "Student's t in the Fisher transform"
    low = high = None
    if error > 0 and freedom > 0 and abs(value) < 1:
        half = _special().stdtrit(freedom, 0.5 + level / 2) * error / (1 - value * value)
        low, high = (math.tanh(math.atanh(value) + sign * float(half)) for sign in (-1, 1))
    return Interval(value=value, low=low, high=high, level=level, method=method, units=units)


def _special() -> Any:
    return library("scipy.special", "tests of differences need scipy")


def _delta_pulls(table: Floats) -> Floats:
    """The jackknife's differences of delta, whose placements of both sides add up."""
    together = table.copy()
    together[:, 3] = -together[:, 3]
    return clustering.pulls(together)


def _placements(values: Floats, others: Floats) -> Floats:
    """For each value the share of others below it less the share above it."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, values, "left")
    above = len(others) - np.searchsorted(ordered, values, "right")
    return (below - above) / len(others)
