"""How heavy a tail is, by Clauset, Shalizi and Newman (SIAM Review 51, 2009, 661-703).

xmin is the value from which on the power law is nearest to the data (Kolmogorov-Smirnov distance);
alpha is its exponent there by maximum likelihood. Likelihood ratios then say which law is better,
or that the data do not tell (Vuong's test; for the nested law the chi-square of Wilks). A straight
line on log-log paper is no evidence, and none is asked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from loquitur.insight.tabular import tail_laws
from loquitur.insight.tabular.tail_laws import Law, Tail, log_zeta

if TYPE_CHECKING:
    from loquitur.insight.tabular.tail_laws import Array

    Ranks = np.ndarray[tuple[int, ...], np.dtype[np.signedinteger[Any]]]

Verdict = Literal[
    "power law preferred", "lognormal preferred", "exponential preferred",
    "truncated power law preferred", "undecided", "too few to say",
]  # fmt: skip
Weight = Literal["heavy tail", "not heavy", "undecided", "too few to say"]

LEAST_TAIL = 50
"""Below so many values from xmin on, no law is preferred (Clauset et al., section 3.3)."""
LEAST_FITTED = 5
"""Below so many values from xmin on, nothing is fitted: what is fitted up to `LEAST_TAIL` has an
interval that says how little is known."""
SIGNIFICANT = 0.1
LEVEL = 0.95
_NOMINAL = 0.995
"""The level of the Gamma interval that is given out as one of 95 %.

It is exact for an xmin known beforehand; the choice of xmin from the data takes up to 4 points of
it. Of 300 to 3,000 sets of 20 to 5,000 values each, Pareto or with a body that is not, 95.7 to
99.7 % of intervals held alpha (`benchmarks/insight_heavy_tails.py` draws such sets).
"""
MOST_CANDIDATES = 200
_MOST_SEARCHED = 20_000
_LEAST_VALUE, _MOST_VALUE = 1e-100, 1e100
"""What is beyond has no sums and ratios in floats; no count and no measure is."""
_DISCRETE_BELOW = 1_000
"""Whole numbers are treated as counts where xmin is below; above, the two agree to 1e-6."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The power law against another law.

    Args:
        ratio: ln of the likelihoods' ratio; above 0 the power law is the better one.
        p: Of a ratio so far from 0 where neither is better.
    """

    ratio: float
    p: float

    @property
    def won(self) -> bool:
        """The power law is preferred."""
        return self.ratio > 0 and self.p < SIGNIFICANT

    @property
    def lost(self) -> bool:
        """The other law is preferred."""
        return self.ratio < 0 and self.p < SIGNIFICANT


@dataclass(frozen=True, slots=True, kw_only=True)
class TailFit:
    """What is known of a tail.

    Args:
        verdict: Which law is preferred.
        tail: Heavier than exponential, or not.
        n: The positive values that were looked at.
        n_tail: Those from xmin on.
        xmin: Where the tail begins; None where nothing was fitted.
        alpha: The exponent: the density falls as x^-alpha.
        alpha_low: An interval for alpha of at least 95 %.
        alpha_high: See there.
        ks: The Kolmogorov-Smirnov distance of the fit.
        discrete: Fitted as counts.
        comparisons: By the name of the other law.
        laws: The fitted laws, for drawing.
        goodness_p: How many sets drawn from the fitted law are farther from their own fits; below
            0.1 the power law is no good description. None where it was not asked for.
        goodness_sets: How many sets were drawn.
    """

    verdict: Verdict
    tail: Weight
    n: int
    n_tail: int = 0
    xmin: float | None = None
    alpha: float | None = None
    alpha_low: float | None = None
    alpha_high: float | None = None
    ks: float | None = None
    discrete: bool = False
    comparisons: dict[str, Comparison]
    laws: tuple[Law, ...] = ()
    goodness_p: float | None = None
    goodness_sets: int = 0


def fit_tail(values: Array, *, goodness_sets: int = 0, seed: int = 0) -> TailFit:
    """Fit a tail.

    Args:
        values: Any order; what is not above 0 or not finite is left out.
        goodness_sets: Draw so many sets for the goodness of fit (section 4.1 there); 100 tell p
            within 0.05.
        seed: Of the sets.
    """
    kept = np.sort(values[(values > _LEAST_VALUE) & (values < _MOST_VALUE)])
    whole = bool((kept == np.floor(kept)).all())
    found = _search(kept, whole=whole) if len(kept) >= LEAST_FITTED else None
    if found is None:
        return TailFit(verdict="too few to say", tail="too few to say", n=len(kept), comparisons={})
    tail = _tail_of(kept, found.xmin, whole=whole)
    alpha = _exponent(tail)
    laws, comparisons = _compared(tail, alpha)
    low, high = _interval(tail, alpha)
    p = None
    if goodness_sets:
        p = _goodness(kept, tail, alpha, found.distance, whole=whole, sets=goodness_sets, seed=seed)
    return TailFit(
        verdict=_verdict(tail, comparisons),
        tail=_weight(tail, comparisons),
        n=len(kept),
        n_tail=int(tail.n),
        xmin=found.xmin,
        alpha=alpha,
        alpha_low=low,
        alpha_high=high,
        ks=found.distance,
        discrete=tail.discrete,
        comparisons=comparisons,
        laws=laws,
        goodness_p=p,
        goodness_sets=goodness_sets,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    xmin: float
    distance: float


def _search(ordered: Array, *, whole: bool) -> _Found | None:
    """The xmin of the least distance, among at most 200 values spread evenly over the ranks.

    Long columns are thinned to every k-th of their sorted values first.
    """
    step = -(-len(ordered) // _MOST_SEARCHED)
    x = ordered[step - 1 :: step]
    firsts = np.flatnonzero(np.r_[True, x[1:] > x[:-1]])
    usable = firsts[(len(x) - firsts >= LEAST_FITTED) & (firsts < firsts[-1])]
    if not len(usable):
        return None
    if len(usable) > MOST_CANDIDATES:
        spread = np.linspace(0, len(usable) - 1, MOST_CANDIDATES)
        usable = usable[np.unique(np.rint(spread).astype(np.int64))]
    logs = np.log(x)
    sums = np.cumsum(logs[::-1])[::-1]
    split = int(np.searchsorted(x[usable], _DISCRETE_BELOW)) if whole else 0
    counted = _search_counts(x, firsts, usable[:split])
    return min(
        (found for found in (counted, _search_measures(x, logs, sums, usable[split:])) if found),
        key=lambda found: found.distance,
    )


def _search_measures(x: Array, logs: Array, sums: Array, usable: Ranks) -> _Found | None:
    best: _Found | None = None
    steps = np.arange(len(x) + 1, dtype=np.float64)
    for at in usable.tolist():
        count = len(x) - at
        excess = logs[at:] - logs[at]
        model = -np.expm1(-count / (sums[at] - count * logs[at]) * excess)
        empirical = steps[: count + 1] / count
        distance = float(max(np.max(empirical[1:] - model), np.max(model - empirical[:-1])))
        if best is None or distance < best.distance:
            best = _Found(xmin=float(x[at]), distance=distance)
    return best


def _search_counts(x: Array, firsts: Ranks, usable: Ranks) -> _Found | None:
    best: _Found | None = None
    values = x[firsts]
    counts = np.diff(np.r_[firsts, len(x)]).astype(np.float64)
    for at in usable.tolist():
        first = int(np.searchsorted(firsts, at))
        tail = Tail(values=values[first:], counts=counts[first:], xmin=float(x[at]), discrete=True)
        alpha = _exponent(tail)
        reach = log_zeta(alpha, np.r_[tail.xmin, tail.values + 1])
        model = -np.expm1(reach[1:] - reach[0])
        empirical = np.cumsum(tail.counts) / tail.n
        distance = float(np.max(np.abs(empirical - model)))
        if best is None or distance < best.distance:
            best = _Found(xmin=tail.xmin, distance=distance)
    return best


def _tail_of(ordered: Array, xmin: float, *, whole: bool) -> Tail:
    values, counts = np.unique(ordered[np.searchsorted(ordered, xmin) :], return_counts=True)
    return Tail(
        values=values,
        counts=counts.astype(np.float64),
        xmin=xmin,
        discrete=whole and xmin < _DISCRETE_BELOW,
    )


def _exponent(tail: Tail) -> float:
    """Alpha by maximum likelihood; of counts by Newton's method on the Hurwitz zeta function."""
    if not tail.discrete:
        return 1 + 1 / tail.mean_log
    mean_log = float((tail.counts * np.log(tail.values)).sum() / tail.n)
    alpha = 1 + 1 / (mean_log - math.log(tail.xmin - 0.5))
    for _ in range(50):
        slope, curvature = _zeta_slopes(alpha, tail.xmin)
        following = alpha - (slope + mean_log) / curvature if curvature > 0 else (alpha + 1) / 2
        following = following if following > 1 else (alpha + 1) / 2
        if abs(following - alpha) < 1e-9 * alpha:
            return following
        alpha = following
    return alpha


def _zeta_slopes(alpha: float, xmin: float) -> tuple[float, float]:
    """The first two derivatives of ln zeta(alpha, xmin) by alpha, by central differences."""
    width = 1e-3 * (alpha - 1)
    at = np.array([xmin])
    low, here, high = (float(log_zeta(one, at)[0]) for one in (alpha - width, alpha, alpha + width))
    return (high - low) / (2 * width), (high - 2 * here + low) / width**2


def _interval(tail: Tail, alpha: float) -> tuple[float, float]:
    """The interval for alpha: (alpha - 1) / estimate has a Gamma distribution of n_tail.

    For counts n_tail is what gives the same error as their Fisher information.
    """
    from scipy.special import gammaincinv

    effective = tail.n
    if tail.discrete:
        effective *= (alpha - 1) ** 2 * _zeta_slopes(alpha, tail.xmin)[1]
    beyond = (1 - _NOMINAL) / 2
    ends = [float(gammaincinv(effective, at)) / effective for at in (beyond, 1 - beyond)]
    return 1 + (alpha - 1) * ends[0], 1 + (alpha - 1) * ends[1]


def _compared(tail: Tail, alpha: float) -> tuple[tuple[Law, ...], dict[str, Comparison]]:
    power = tail_laws.power_law(tail, alpha)
    others = (
        tail_laws.lognormal(tail),
        tail_laws.exponential(tail),
        tail_laws.truncated_power_law(tail, alpha),
    )
    comparisons = {
        law.name: _ratio(tail, power, law, nested=law.name == "truncated_power_law")
        for law in others
    }
    return (power, *others), comparisons


def _ratio(tail: Tail, power: Law, other: Law, *, nested: bool) -> Comparison:
    """Vuong's test (appendix C there); of nested laws twice the ratio is a chi-square of 1."""
    gains = power.log_likelihoods - other.log_likelihoods
    ratio = float((tail.counts * gains).sum())
    if nested:
        ratio = min(ratio, 0.0)  # the wider law is never worse: what is above is rounding
        return Comparison(ratio=ratio, p=math.erfc(math.sqrt(-ratio)))
    spread = float((tail.counts * (gains - ratio / tail.n) ** 2).sum() / tail.n)
    if spread <= 1e-300:
        return Comparison(ratio=ratio, p=1.0)
    return Comparison(ratio=ratio, p=math.erfc(abs(ratio) / math.sqrt(2 * tail.n * spread)))


def _weight(tail: Tail, comparisons: dict[str, Comparison]) -> Weight:
    if tail.n < LEAST_TAIL:
        return "too few to say"
    against = comparisons["exponential"]
    return "heavy tail" if against.won else "not heavy" if against.lost else "undecided"


def _verdict(tail: Tail, comparisons: dict[str, Comparison]) -> Verdict:
    if tail.n < LEAST_TAIL:
        return "too few to say"
    if comparisons["exponential"].lost:
        return "exponential preferred"
    if comparisons["lognormal"].lost:
        return "lognormal preferred"
    if comparisons["truncated_power_law"].lost:
        return "truncated power law preferred"
    won = comparisons["lognormal"].won and comparisons["exponential"].won
    return "power law preferred" if won else "undecided"


def _goodness(
    ordered: Array, tail: Tail, alpha: float, distance: float, *, whole: bool, sets: int, seed: int
) -> float:
    """The share of semi-parametric sets that lie farther from their own fit than the data."""
    random = np.random.default_rng(seed)
    below = ordered[: len(ordered) - int(tail.n)]
    farther = 0
    for _ in range(sets):
        drawn = int(random.binomial(len(ordered), tail.n / len(ordered)))
        parts = [_drawn(random, tail, alpha, drawn)]
        if len(below):
            parts.append(random.choice(below, len(ordered) - drawn))
        again = _search(np.sort(np.concatenate(parts)), whole=whole)
        farther += again is not None and again.distance >= distance
    return farther / sets


def _drawn(random: np.random.Generator, tail: Tail, alpha: float, count: int) -> Array:
    """Values of the fitted power law, by inversion."""
    rest = 1 - random.random(count)
    if not tail.discrete:
        with np.errstate(over="ignore"):
            return np.asarray(np.minimum(tail.xmin * rest ** (-1 / (alpha - 1)), _MOST_VALUE))
    reach = np.arange(tail.xmin, tail.xmin + 10_000)
    logs = log_zeta(alpha, reach)
    survival = np.exp(logs - logs[0])
    found = reach[0] + np.searchsorted(-survival, -rest, side="right") - 1
    # beyond the list: the continuous law, rounded, is right within 1e-8 there
    with np.errstate(over="ignore"):
        far = np.floor((reach[-1] - 0.5) * (survival[-1] / rest) ** (1 / (alpha - 1)) + 0.5)
    return np.asarray(np.minimum(np.where(rest < survival[-1], far, found), _MOST_VALUE))
