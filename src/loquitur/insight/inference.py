"""How sure a figure is: intervals that hold with skewed scores and with clusters.

Messages of one author, and windows of one video, resemble one another; taken for independent they
make every interval too narrow. So each function that gives an interval of means takes `clusters`,
draws whole clusters, and measures each draw by its own standard error (studentised bootstrap).

Sources: Efron, Tibshirani: An Introduction to the Bootstrap, 1993, chapters 12 and 14; Cameron,
Gelbach, Miller: Bootstrap-based improvements for inference with clustered errors, 2008; Wilson:
Probable inference, 1927.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import MissingError, UsageError
from loquitur.insight import clustering

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loquitur.insight.clustering import Clusters, Floats, Ints, Values

_LEAST_FREEDOM = 3 - 1e-9
"""Degrees of freedom for an interval: of two clusters its width would be 0 and of three it would
hold the mean in 77 of 100 (300 seeded draws of normal values); from four on in 94 to 97."""
_NORMAL_FROM = 20_000
"""From so many clusters on the studentised bootstrap and the normal law give the same interval."""
_EVEN, _PLACES = 1e-9, 12
"""What differs by less is the rounding of sums."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure and where it lies at a level of confidence.

    `value` is None without data; `low` and `high` are where the data do not suffice (fewer than
    two clusters, no spread). `units` is how many independent units it was made of.
    """

    value: float | None
    low: float | None
    high: float | None
    level: float
    method: str
    units: int = 0

    def plain(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "level": self.level,
            "method": self.method,
            "units": self.units,
        }


def wilson(successes: int, trials: int, *, level: float = 0.95) -> Interval:
    """The interval of a share (Wilson 1927), which holds for few trials and near 0 and 1.

    >>> wilson(0, 10).high
    0.2775327998628899
    """
    _check_level(level)
    if not 0 <= successes <= trials:
        raise UsageError(f"{successes} of {trials} is no share")
    if not trials:
        return Interval(value=None, low=None, high=None, level=level, method="Wilson")
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share = successes / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = (
        z / (1 + z * z / trials) * math.sqrt(share * (1 - share) / trials + (z / trials / 2) ** 2)
    )
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == trials else min(1.0, middle + half)
    return Interval(value=share, low=low, high=high, level=level, method="Wilson", units=trials)


def bootstrap_mean(
    values: Values,
    *,
    clusters: Clusters = None,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """The mean of values and its interval.

    Args:
        values: Missing ones (None, NaN) are left out.
        clusters: What each value belongs to: its author, its video. None: each stands alone.
        level: Of confidence.
        resamples: How many samples are drawn.
        seed: The same seed gives the same interval.
    """
    kept, labels = clustering.kept(values, clusters)
    table, _ = clustering.cluster_sums([(kept, labels)])
    centre = kept.mean() if len(kept) else 0.0
    return _studentised(table, centre, level=level, resamples=resamples, seed=seed)


def bootstrap_difference(
    first: Values,
    second: Values,
    *,
    first_clusters: Clusters = None,
    second_clusters: Clusters = None,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Mean of `first` less mean of `second`, and the interval of this difference.

    Where clusters have values on both sides (windows of one video with and without a term) a draw
    takes both; otherwise the sides are drawn apart.

    Args:
        first: Missing ones are left out.
        second: Likewise.
        first_clusters: What each value belongs to; None: each stands alone.
        second_clusters: Likewise; equal labels on both sides are the same cluster.
        level: Of confidence.
        resamples: How many samples are drawn.
        seed: The same seed gives the same interval.
    """
    sides = [clustering.kept(first, first_clusters), clustering.kept(second, second_clusters)]
    if first_clusters is None or second_clusters is None:
        sides = [
            (kept, clustering.apart(labels, side)) for side, (kept, labels) in enumerate(sides)
        ]
    table, strata = clustering.cluster_sums(sides)
    together = np.concatenate([kept for kept, _ in sides])
    centre = together.mean() if len(together) else 0.0
    return _studentised(table, centre, strata, level=level, resamples=resamples, seed=seed)


def bootstrap(
    statistic: Callable[[Floats], float],
    values: Values,
    *,
    clusters: Clusters = None,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """The interval of any statistic of values, by the percentiles of its draws.

    For means take `bootstrap_mean`, which covers better with few values.

    Args:
        statistic: Values to a figure; a draw for which it is not finite does not count.
        values: Missing ones are left out.
        clusters: What each value belongs to; whole clusters are drawn.
        level: Of confidence.
        resamples: How many samples are drawn.
        seed: The same seed gives the same interval.
    """
    _check_level(level)
    kept, labels = clustering.kept(values, clusters)
    codes, count = clustering.coded(labels)
    value = float(statistic(kept)) if len(kept) else None
    method = "percentile bootstrap" + (" by clusters" if clusters is not None else "")
    if value is None or not math.isfinite(value) or count < 2:
        return Interval(
            value=value if value is None or math.isfinite(value) else None,
            low=None,
            high=None,
            level=level,
            method=method,
            units=count,
        )
    order = np.argsort(codes, kind="stable")
    members = np.split(kept[order], np.flatnonzero(np.diff(codes[order])) + 1)
    rng = np.random.default_rng(seed)
    drawn = (
        float(statistic(np.concatenate([members[at] for at in rng.integers(count, size=count)])))
        for _ in range(resamples)
    )
    found = [one for one in drawn if math.isfinite(one)]
    low, high = np.quantile(found, _edges(level)).tolist() if found else (None, None)
    return Interval(value=value, low=low, high=high, level=level, method=method, units=count)


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
    _check_level(level)
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


def hedges_g(first: Values, second: Values, *, level: float = 0.95) -> Interval:
    """Hedges' g: the difference of means in pooled standard deviations, less its small bias.

    The interval is by the normal law with the variance of Hedges and Olkin 1985 (values that stand
    alone). None where a side has fewer than two values or nothing varies.
    """
    _check_level(level)
    method = "normal (Hedges and Olkin 1985)"
    (a, _), (b, _) = clustering.kept(first, None), clustering.kept(second, None)
    n, m = len(a), len(b)
    pooled = 0.0
    if n > 1 and m > 1:
        pooled = math.sqrt(((n - 1) * a.var(ddof=1) + (m - 1) * b.var(ddof=1)) / (n + m - 2))
    if pooled == 0.0:
        return Interval(value=None, low=None, high=None, level=level, method=method, units=n + m)
    g = (a.mean() - b.mean()) / pooled * (1 - 3 / (4 * (n + m) - 9))
    half = NormalDist().inv_cdf(0.5 + level / 2) * math.sqrt(
        (n + m) / (n * m) + g * g / (2 * (n + m))
    )
    return Interval(
        value=float(g),
        low=float(g - half),
        high=float(g + half),
        level=level,
        method=method,
        units=n + m,
    )


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


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise UsageError(f"a level of confidence is between 0 and 1, not {level}")


def _edges(level: float) -> tuple[float, float]:
    return (1 - level) / 2, (1 + level) / 2


def _studentised(
    table: Floats,
    centre: float,
    strata: list[Ints] | None = None,
    *,
    level: float,
    resamples: int,
    seed: int,
) -> Interval:
    """The mean of one side, or the difference of two, with its interval.

    Args:
        table: For each cluster the counts and sums of the sides.
        centre: Taken off the values first, so that squares keep their digits.
        strata: Clusters that are drawn apart.
        level: Of confidence.
        resamples: How many samples are drawn.
        seed: Of the draws.
    """
    _check_level(level)
    strata = [np.arange(len(table))] if strata is None else strata
    sides = table.shape[1] // 2
    method = "studentised bootstrap, jackknife error"
    totals = table.sum(axis=0)
    if not all(totals[0::2]):
        return Interval(value=None, low=None, high=None, level=level, method=method, units=0)
    means = totals[1::2] / totals[0::2]
    value = float(means[0] - means[1]) if sides == 2 else float(means[0])
    work = table.copy()
    for side in range(sides):
        work[:, 2 * side + 1] -= centre * work[:, 2 * side]
    pull = clustering.pulls(work)
    error, freedom = clustering.spread(pull, strata)
    low = high = None
    if freedom >= _LEAST_FREEDOM and error > 0:
        quantiles = _edges(level)
        if len(table) < _NORMAL_FROM:
            draws = clustering.draws(work, strata, resamples, seed)
            far = np.quantile(draws, quantiles) if len(draws) else None
        else:
            method = "normal, jackknife error"
            far = np.array([NormalDist().inv_cdf(edge) for edge in quantiles])
        if far is not None:
            low, high = float(value - far[1] * error), float(value - far[0] * error)
    return Interval(value=value, low=low, high=high, level=level, method=method, units=len(table))


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
    try:
        from scipy import special
    except ImportError as exc:
        raise MissingError(
            "tests of differences need scipy",
            hint='pip install "loquitur[insight]"',
            code="LQ-NO-PACKAGE",
        ) from exc
    return special


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
