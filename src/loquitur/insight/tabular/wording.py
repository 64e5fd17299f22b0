"""What a column, a tail, a test of a table says in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.insight.tabular.heavy_tails import LEAST_TAIL, SIGNIFICANT
from loquitur.text import number

if TYPE_CHECKING:
    from loquitur.insight.tabular.describing import NumberProfile
    from loquitur.insight.tabular.grouping import Difference, Grouping

_DECIDED = {
    "exponential preferred": ("exponential", "exponential"),
    "truncated power law preferred": ("truncated_power_law", "the one with a cut-off"),
}
"""The comparison that a verdict came from, where it was not that with the log-normal."""


def half_of(one: NumberProfile, rows: int, called: str) -> str:
    """Median and unevenness of a column, in a sentence."""
    of = "" if one.count == rows else f" (of {one.count:,} that have a value)"
    told = f"Half of the {called}{of} have {_noun(one)} {number(one.median)}{unit(one)} or less"
    if not one.unit and one.median == 0 == one.minimum:
        told = f"At least half of the {called}{of} have 0 {_noun(one)}"
    elif not one.unit:
        told = f"Half of the {called}{of} have {number(one.median)} {_noun(one)} or fewer"
    if one.top_tenth is not None and one.gini is not None and one.top_tenth > 0.2:
        told += f"; the top 10 % have {one.top_tenth:.0%} of the total (Gini {one.gini:.2f})"
    elif one.mean is not None:
        told += f"; the mean is {number(one.mean)}"
    return told + "."


def _noun(one: NumberProfile) -> str:
    stem = one.name.removesuffix("_derived")
    if one.unit:
        stem = stem.removesuffix(f"_{one.unit}")
    return stem.replace("_", " ")


def unit(one: NumberProfile) -> str:
    """The unit of a column behind a figure; empty without one."""
    return f" {one.unit.replace('_', ' ')}" if one.unit else ""


def tail_sentence(one: NumberProfile) -> str:
    """What is known of a column's tail, in a sentence."""
    tail = one.tail
    if tail is None or tail.xmin is None:
        return f"{one.name}: too few different positive values to fit a tail."
    told = (
        f"{one.name}: from {number(tail.xmin)} on ({tail.n_tail:,} values) a power law would have"
        f" alpha {tail.alpha:.2f} ({tail.alpha_low:.2f} to {tail.alpha_high:.2f}, 95 %)"
    )
    if tail.verdict == "too few to say":
        return f"{told}; with under {LEAST_TAIL} values there is too little to say which law it is."
    weight = {
        "heavy tail": "the tail is heavier than exponential",
        "not heavy": "the tail is no heavier than exponential",
    }.get(tail.tail, "whether it is heavier than exponential is undecided")
    law = (
        "power law or log-normal is undecided" if tail.verdict == "undecided"
        else tail.verdict.replace("lognormal", "log-normal").replace("preferred", "is preferred")
    )  # fmt: skip
    name, shown = _DECIDED.get(tail.verdict, ("lognormal", "log-normal"))
    against = tail.comparisons[name]
    told += f"; {weight}; {law} (power law against {shown}: log ratio {against.ratio:.2f},"
    told += f" p {against.p:.2g})"
    if tail.goodness_p is not None:
        ruled = "is ruled out" if tail.goodness_p < SIGNIFICANT else "is not ruled out"
        told += f"; as a description the power law {ruled} (p {tail.goodness_p:.2f})"
    return told + "."


def share(value: float) -> str:
    """In percent: two places, and two figures of what is under a tenth of a percent.

    >>> share(0.0192), share(0.0000871), share(0.0)
    ('1.92%', '0.0087%', '0%')
    """
    shown = f"{100 * value:.2f}" if value >= 1e-3 or value < 1e-7 else f"{100 * value:.2g}"
    return f"{shown if value else 0}%"


def difference_sentence(one: Difference, parted: Grouping) -> str:
    """Whether a column differs between groups, in a sentence."""
    sure = "differs" if one.q is not None and one.q < 0.05 else "no difference that is sure"
    told = f"{one.column}: {sure} ({one.method}, p {one.p:.2g}, q {one.q:.2g};"
    if one.method == "Mann-Whitney":
        first = next(iter(parted.groups)).value
        shown = (
            ""
            if one.effect_low is None
            else f", 95 %: {one.effect_low:.2f} to {one.effect_high:.2f}"
        )
        return f"{told} Cliff's delta of '{first[:40]}' {one.effect:.2f}{shown})."
    return f"{told} epsilon squared {one.effect:.2f} over {one.groups} groups)."
