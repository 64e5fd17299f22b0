"""How many there are where one found some: capture and recapture, by strata. Pure arithmetic.

Each run catches some of the videos. What two runs have in common says how much both missed, as
long as a video that was caught once is not easier to catch again. The index forgets by age, so
that would be wrong over all ages together; within videos of about one age it is fair, therefore
all is done stratum by stratum and summed up.

Sources: D. G. Chapman, Univ. Calif. Publ. Stat. 1 (1951); G. A. F. Seber, Biometrics 26 (1970) for
its variance; J. N. Darroch, Biometrika 45 (1958) for several occasions; A. Chao, Biometrics 43
(1987) for the lower bound where videos differ, and for intervals that respect what was seen.
"""

from __future__ import annotations

import math
import operator
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Captures = Counter[tuple[int, ...]]
    """How many were caught by which occasions: `{(0,): 10, (0, 1): 90}`."""
    Look = tuple[int, int, int]
    """How many the walk found, how many a look showed, how many of those the walk had."""

Stratum = TypeVar("Stratum")

_Z = 1.959964
_LEAST_SHARED = 10
"""Strata with fewer recaptures than this join the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How many there are.

    Args:
        total: The estimate.
        low: The end of its 95 % interval, never under what was seen.
        high: The other end.
        seen: How many were found in all.
    """

    total: float
    low: float
    high: float
    seen: int

    @property
    def coverage(self) -> float:
        """The share that was found."""
        return self.seen / self.total if self.total else 1.0

    @property
    def coverage_low(self) -> float:
        """The low end of that share's 95 % interval."""
        return self.seen / self.high if self.high else 1.0

    @property
    def coverage_high(self) -> float:
        """Its high end."""
        return self.seen / self.low if self.low else 1.0


def chapman(first: int, second: int, both: int) -> tuple[float, float]:
    """The number of all and its variance, from two catches.

    >>> chapman(200, 200, 100)[0]
    399.0...
    """
    total = (first + 1) * (second + 1) / (both + 1) - 1
    variance = (
        (first + 1) * (second + 1) * (first - both) * (second - both)
        / ((both + 1) ** 2 * (both + 2))
    )  # fmt: skip
    return total, variance


def darroch(catches: Sequence[int], seen: int) -> tuple[float, float]:
    """The number of all and its variance, from several catches of different sizes.

    Solves `1 - seen/N = product(1 - catch/N)`.
    """
    biggest = max(catches)
    if seen <= biggest or sum(catches) <= seen:
        return (float(seen), 0.0) if sum(catches) > seen else (math.inf, math.inf)

    def excess(total: float) -> float:
        product = math.prod(1 - catch / total for catch in catches)
        return (1 - seen / total) - product

    low, high = float(seen), float(seen) * 2
    while excess(high) < 0 and high < 1e12:
        low, high = high, high * 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if excess(middle) > 0 else (middle, high)
    total = (low + high) / 2
    rates = [catch / total for catch in catches]
    spread = (
        1 / math.prod(1 - rate for rate in rates) + len(rates) - 1 - sum(1 / (1 - r) for r in rates)
    )
    return total, total / spread if spread > 0 else 0.0


def chao(captures: Captures, occasions: int) -> float:
    """A lower bound of the number of all where some are easier to catch than others."""
    once = sum(count for runs, count in captures.items() if len(runs) == 1)
    twice = sum(count for runs, count in captures.items() if len(runs) == 2)
    seen = sum(captures.values())
    share = (occasions - 1) / occasions
    return seen + share * once * max(0, once - 1) / (2 * (twice + 1))


def recapture(strata: Sequence[Captures], occasions: int) -> Estimate | None:
    """How many there are, from what several runs caught.

    Where several runs show that videos of one age differ too (far more of them were caught once
    than chance allows), Chao's lower bound takes the place of the estimate for equal chances.

    Args:
        strata: For each stratum (videos of about one age), in order, what was caught.
        occasions: How many runs there were.

    Returns:
        None where there are fewer than two runs, or they have next to nothing in common.
    """
    if occasions < 2:
        return None
    total = variance = unlike = 0.0
    seen = 0
    for captures in _joined(filter(None, strata), operator.add, _caught_twice):
        found = sum(captures.values())
        catches = [
            sum(count for runs, count in captures.items() if run in runs)
            for run in range(occasions)
        ]
        if occasions == 2:
            part, spread = chapman(catches[0], catches[1], captures[(0, 1)])
        else:
            part, spread = darroch(catches, found)
        if not math.isfinite(part):
            return None
        total += max(part, found)
        unlike += chao(captures, occasions)
        variance += spread
        seen += found
    estimate = bounded(seen, total, variance)
    if occasions > 2 and unlike > estimate.high:  # some are easier to find than others of their age
        return bounded(seen, unlike, variance * (unlike / total) ** 2)
    return estimate


def audited(strata: Sequence[Look]) -> Estimate | None:
    """How many there are, from an independent look at a sample.

    Args:
        strata: For each stratum: how many the walk found, how many the look showed, and how many
            of those the walk had.

    Returns:
        None where the look showed nothing.
    """
    looked = sum(shown for _, shown, _ in strata)
    if not looked:
        return None
    pooled = sum(had for _, _, had in strata) / looked
    total = variance = 0.0
    for found, shown, had in _joined(filter(any, strata), _both, lambda one: one[2]):
        recall = had / shown if shown else pooled
        recall = max(recall, 0.5 / max(1, shown))
        total += found / recall
        variance += found**2 * (1 - recall) / (recall**3 * max(1, shown))
    seen = sum(found for found, _, _ in strata)
    if total <= seen:  # the look showed nothing new: how much could it have missed by chance?
        low, _ = wilson(looked, looked)
        return Estimate(total=seen, low=seen, high=seen / low, seen=seen)
    return bounded(seen, total, variance)


def bounded(seen: int, total: float, variance: float) -> Estimate:
    """An estimate with its 95 % interval, log-normal in what was not seen."""
    unseen = max(0.0, total - seen)
    if unseen <= 0:
        return Estimate(total=float(seen), low=float(seen), high=float(seen), seen=seen)
    stretch = math.exp(_Z * math.sqrt(math.log1p(variance / unseen**2)))
    return Estimate(
        total=total, low=seen + unseen / stretch, high=seen + unseen * stretch, seen=seen
    )


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """The 95 % interval of a share.

    >>> [round(end, 3) for end in wilson(95, 100)]
    [0.888, 0.978]
    """
    if not tries:
        return 0.0, 1.0
    share, square = hits / tries, _Z**2
    middle = (share + square / (2 * tries)) / (1 + square / tries)
    half = (
        _Z * math.sqrt(share * (1 - share) / tries + square / (4 * tries**2))
        / (1 + square / tries)
    )  # fmt: skip
    return max(0.0, middle - half), min(1.0, middle + half)


def jaccard(captures: Captures) -> float | None:
    """The share that all runs have in common of what any of them found; None for one run."""
    runs = {run for caught in captures for run in caught}
    seen = sum(captures.values())
    if len(runs) < 2 or not seen:
        return None
    return sum(count for caught, count in captures.items() if len(caught) == len(runs)) / seen


def _joined(
    strata: Iterable[Stratum],
    add: Callable[[Stratum, Stratum], Stratum],
    shared: Callable[[Stratum], int],
) -> list[Stratum]:
    """Strata with enough recaptures, small ones joined to the next, the last ones to those before.

    Args:
        strata: None of them empty.
        add: Two of them as one.
        shared: How many recaptures one has.
    """
    found: list[Stratum] = []
    begun: Stratum | None = None
    for one in strata:
        begun = one if begun is None else add(begun, one)
        if shared(begun) >= _LEAST_SHARED:
            found.append(begun)
            begun = None
    if begun is not None:
        last = found.pop() if found else None
        found.append(begun if last is None else add(last, begun))
    return found


def _caught_twice(captures: Captures) -> int:
    return sum(count for runs, count in captures.items() if len(runs) > 1)


def _both(one: Look, other: Look) -> Look:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]
