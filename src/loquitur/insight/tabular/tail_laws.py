"""The laws that a tail is held against, each fitted by maximum likelihood from xmin on.

The power law, the log-normal, the exponential and the power law with an exponential cut-off, as in
Clauset, Shalizi and Newman, "Power-law distributions in empirical data", SIAM Review 51 (2009),
661-703, each as a density on [xmin, oo) or, for counts, as probabilities of xmin, xmin + 1, ...
Of densities the likelihoods need sums over the tail alone, so that fitting takes milliseconds
whatever its length.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

_LEAST_CURVATURE = 1e-12
_NARROW = 1e6
"""From here on the log-normal's part of a whole number is its density there (error under 1e-12):
the difference of what lies beyond its two edges would be lost in rounding, and wholly from 1e15."""
_GRID = 1_500
"""Points of the integral; its logarithm is right within 2e-9 with so many."""
_TERMS = 2_000
"""Of the sum over counts these are added one by one, the rest is an integral (Euler-Maclaurin)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """The values from xmin on.

    Args:
        values: Distinct, ascending; the first is xmin or above.
        counts: How often each is there.
        xmin: Above 0.
        discrete: Counts (whole numbers), not measures.
    """

    values: Array
    counts: Array
    xmin: float
    discrete: bool

    @property
    def n(self) -> float:
        """How many values."""
        return float(self.counts.sum())

    @property
    def mean_log(self) -> float:
        """The mean of ln(x / xmin)."""
        return float((self.counts * np.log(self.values / self.xmin)).sum() / self.n)


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """A fitted law.

    Args:
        name: `power_law`, `lognormal`, `exponential`, `truncated_power_law`.
        parameters: By name.
        log_likelihoods: Of each distinct value of the tail.
        survival: P(X >= x) for x from xmin on.
    """

    name: str
    parameters: dict[str, float]
    log_likelihoods: Array
    survival: Callable[[Array], Array]


def log_zeta(alpha: float, first: Array) -> Array:
    """Ln of the Hurwitz zeta function, the sum of (first + k)^-alpha over k = 0, 1, 2 ...

    By Euler and Maclaurin (Abramowitz and Stegun, 23.1.30), scaled by the first term, so that
    steep laws from large values on do not fall below what a float holds.
    """
    terms = int(min(max(12, alpha - float(first.min())), _TERMS))
    total = sum((1 + k / first) ** -alpha for k in range(terms))
    rest = first + terms
    small = 1 / rest
    cubed = alpha * (alpha + 1) * (alpha + 2) * small**3
    fifth = cubed * (alpha + 3) * (alpha + 4) * small**2
    series = rest / (alpha - 1) + 0.5 + alpha * small / 12 - cubed / 720 + fifth / 30_240
    return np.asarray(np.log(total + (rest / first) ** -alpha * series) - alpha * np.log(first))


def power_law(tail: Tail, alpha: float) -> Law:
    """The power law with a given exponent."""
    logs = np.log(tail.values)
    if tail.discrete:
        norm = float(log_zeta(alpha, np.array([tail.xmin]))[0])
        likelihoods = -alpha * logs - norm

        def survival(x: Array) -> Array:
            return np.asarray(np.exp(log_zeta(alpha, np.ceil(x)) - norm))
    else:
        likelihoods = math.log((alpha - 1) / tail.xmin) - alpha * (logs - math.log(tail.xmin))

        def survival(x: Array) -> Array:
            return np.asarray((x / tail.xmin) ** (1 - alpha))

    return Law(
        name="power_law", parameters={"alpha": alpha}, log_likelihoods=likelihoods,
        survival=survival,
    )  # fmt: skip


def exponential(tail: Tail) -> Law:
    """The exponential; for counts the geometric. Both have their maximum in closed form."""
    beyond = float((tail.counts * (tail.values - tail.xmin)).sum() / tail.n)
    rate = math.log1p(1 / beyond) if tail.discrete else 1 / beyond
    first = math.log(-math.expm1(-rate)) if tail.discrete else math.log(rate)

    def survival(x: Array) -> Array:
        at = np.ceil(x) if tail.discrete else x
        return np.asarray(np.exp(-rate * (at - tail.xmin)))

    return Law(
        name="exponential",
        parameters={"rate": rate},
        log_likelihoods=first - rate * (tail.values - tail.xmin),
        survival=survival,
    )


def lognormal(tail: Tail) -> Law:
    """The log-normal, cut off below xmin.

    Of t = ln(x / xmin) it is the exponential family exp(-slope t - curvature t^2 / 2): its
    likelihood is concave, and curvature 0 is the power law, so that a search along a ridge of ever
    wider log-normals, where the tail is a power law, is not needed.
    """
    t = np.log(tail.values / tail.xmin)
    first, second = ((tail.counts * t**power).sum() / tail.n for power in (1, 2))

    def loss(at: Array) -> float:
        slope, curvature = float(at[0]), math.exp(float(at[1]))
        return float(slope * first + curvature * second / 2 + _log_norm(slope, curvature))

    starts = [(1 / first, math.log(1e-4)), (0.0, -math.log(second))]
    slope, log_curvature, least = _lowest(loss, starts, within=(1e-9, 1e-12))
    curvature = math.exp(log_curvature)
    if 1 + math.log(first) <= least:  # the border: no curvature at all
        slope, curvature = 1 / first, _LEAST_CURVATURE
    return _counted_lognormal(tail, slope, curvature) if tail.discrete else _lognormal(
        tail, slope, curvature
    )  # fmt: skip


def _lognormal(tail: Tail, slope: float, curvature: float) -> Law:
    t = np.log(tail.values / tail.xmin)
    norm = _log_norm(slope, curvature)

    def survival(x: Array) -> Array:
        from scipy.special import log_ndtr

        at, root = np.log(x / tail.xmin), math.sqrt(curvature)
        ends = log_ndtr(-(slope + curvature * at) / root), log_ndtr(-slope / root)
        return np.asarray(np.exp(ends[0] - ends[1]))

    return Law(
        name="lognormal",
        parameters=_named(tail, slope, curvature),
        log_likelihoods=-slope * t - curvature * t**2 / 2 - norm - np.log(tail.values),
        survival=survival,
    )


def _named(tail: Tail, slope: float, curvature: float) -> dict[str, float]:
    return {"mu": math.log(tail.xmin) - slope / curvature, "sigma": curvature**-0.5}


def _log_norm(slope: float, curvature: float) -> float:
    """Ln of the integral of exp(-slope t - curvature t^2 / 2) over t >= 0."""
    from scipy.special import erfcx, log_ndtr

    z = slope / math.sqrt(curvature)
    if z > 0:
        return 0.5 * math.log(math.pi / (2 * curvature)) + math.log(erfcx(z / math.sqrt(2)))
    return 0.5 * math.log(2 * math.pi / curvature) + z * z / 2 + float(log_ndtr(-z))


def _counted_lognormal(tail: Tail, slope: float, curvature: float) -> Law:
    """Of counts: what the log-normal has between x - 1/2 and x + 1/2; begun at the density's."""
    from scipy.special import log_ndtr

    below, above, start = (
        np.log(np.maximum(edge, 0.5) / tail.xmin)
        for edge in (tail.values - 0.5, tail.values + 0.5, np.array([tail.xmin - 0.5]))
    )

    split = int(np.searchsorted(tail.values, _NARROW))
    far = tail.values[split:]
    beyond = np.log(far / tail.xmin)

    def logs(slope: float, curvature: float) -> Array:
        root = math.sqrt(curvature)
        high, low, norm = (
            log_ndtr(-(slope + curvature * at) / root)
            for at in (below[:split], above[:split], start)
        )
        gap = np.minimum(low - high, -1e-300)
        near = high + np.log(-np.expm1(gap))
        narrow = -(((slope + curvature * beyond) / root) ** 2) / 2 + math.log(root) - np.log(far)
        return np.asarray(np.concatenate([near, narrow - math.log(2 * math.pi) / 2]) - norm)

    def loss(at: Array) -> float:
        found = logs(float(at[0]), math.exp(float(at[1])))
        return float(-(tail.counts * found).sum() / tail.n)

    begin = (slope, math.log(max(curvature, 1e-4)))
    slope, log_curvature, _ = _lowest(loss, [begin], within=(1e-7, 1e-11))
    curvature = math.exp(log_curvature)

    def survival(x: Array) -> Array:
        root = math.sqrt(curvature)
        edges = np.log((np.ceil(x) - 0.5) / tail.xmin)
        ends = (
            log_ndtr(-(slope + curvature * edges) / root),
            log_ndtr(-(slope + curvature * start) / root),
        )
        return np.asarray(np.exp(ends[0] - ends[1]))

    return Law(
        name="lognormal",
        parameters=_named(tail, slope, curvature),
        log_likelihoods=logs(slope, curvature),
        survival=survival,
    )


def truncated_power_law(tail: Tail, alpha: float) -> Law:
    """The power law with an exponential cut-off, x^-alpha exp(-rate x); rate 0 is none."""
    mean_log = float((tail.counts * np.log(tail.values)).sum() / tail.n)
    mean = float((tail.counts * tail.values).sum() / tail.n)
    norm = _cut_norm_counted if tail.discrete else _cut_norm

    def loss(at: Array) -> float:
        power, rate = float(at[0]), math.exp(float(at[1])) / mean
        return power * mean_log + rate * mean + norm(tail.xmin, power, rate)

    starts = [(alpha, math.log(1e-3)), (min(alpha, 1.0), 0.0)]
    power, log_rate, _ = _lowest(loss, starts, within=(1e-7, 1e-12))
    rate = math.exp(log_rate) / mean
    least = norm(tail.xmin, power, rate)

    def survival(x: Array) -> Array:
        at = np.ceil(x) if tail.discrete else x
        rest = [math.exp(norm(float(one), power, rate) - least) for one in at]
        return np.asarray(rest)

    return Law(
        name="truncated_power_law",
        parameters={"alpha": power, "rate": rate},
        log_likelihoods=-power * np.log(tail.values) - rate * tail.values - least,
        survival=survival,
    )


def _lowest(
    loss: Callable[[Array], float],
    starts: Sequence[tuple[float, float]],
    *,
    within: tuple[float, float],
) -> tuple[float, float, float]:
    """Where a function of two figures is lowest, begun at each start, and its value there.

    By Nelder and Mead's simplex, to so much of the figures and of the value.
    """
    from scipy.optimize import minimize

    options = {"xatol": within[0], "fatol": within[1]}
    found = min(
        (minimize(loss, start, method="Nelder-Mead", options=options) for start in starts),
        key=lambda result: float(result.fun),
    )
    return float(found.x[0]), float(found.x[1]), float(found.fun)


def _cut_norm(xmin: float, power: float, rate: float) -> float:
    """Ln of the integral of x^-power exp(-rate x) from xmin on, by the trapezoid rule in ln x.

    The integrand falls off twice exponentially there, where the rule converges fastest.
    """
    reach = math.log1p(50 / (rate * xmin))  # beyond it, exp(-rate x) is below 1e-21 of the first
    if power > 1:
        reach = min(reach, 50 / (power - 1))
    t, step = np.linspace(0.0, reach, _GRID, retstep=True)
    exponents = (1 - power) * t - rate * xmin * np.expm1(t)
    top = float(exponents.max())
    heights = np.exp(exponents - top)
    # the end correction of Euler and Maclaurin: the integrand does not begin at 0
    slope = (1 - power - rate * xmin) * heights[0]
    area = step * (heights.sum() - (heights[0] + heights[-1]) / 2) + step**2 / 12 * slope
    return top + math.log(area) + (1 - power) * math.log(xmin) - rate * xmin


def _cut_norm_counted(xmin: float, power: float, rate: float) -> float:
    """Ln of the sum of x^-power exp(-rate x) over xmin, xmin + 1, ..."""
    x = np.arange(xmin, xmin + _TERMS)
    exponents = -power * np.log(x) - rate * x
    rest = _cut_norm(xmin + _TERMS - 0.5, power, rate)  # the midpoint rule: error of order 1e-8
    top = max(float(exponents.max()), rest)
    return top + math.log(float(np.exp(exponents - top).sum()) + math.exp(rest - top))
