"""The figures of an account of numbers: histogram, CCDF, hours of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.insight.account import Axis, Figure, Series
from loquitur.insight.tabular.wording import tail_sentence
from loquitur.text import number

if TYPE_CHECKING:
    from loquitur.insight.account import Scale
    from loquitur.insight.tabular.describing import NumberProfile, TimeProfile
    from loquitur.insight.tabular.result import Shape


def _name(column: str, what: str) -> str:
    kept = "".join(char if char.isascii() and char.isalnum() else "-" for char in column.lower())
    return f"{what}-{kept.strip('-') or 'column'}"


def histogram(one: NumberProfile, shape: Shape) -> Figure | None:
    """The histogram of a column; None where it has none."""
    bins = shape.histogram
    if bins is None:
        return None
    at = max(range(len(bins.counts)), key=bins.counts.__getitem__)
    total = sum(bins.counts)
    zeros = f"; {bins.left_out:,} zeros are left out" if bins.left_out else ""
    scale: Scale = "log" if bins.log else "linear"
    middles = [
        (low * high) ** 0.5 if bins.log else (low + high) / 2
        for low, high in zip(bins.edges, bins.edges[1:], strict=False)
    ]
    return Figure(
        name=_name(one.name, "histogram"),
        title=f"{one.name}: how many rows have how much",
        says=f"Most frequent are values from {number(bins.edges[at])} to"
        f" {number(bins.edges[at + 1])}: {bins.counts[at]:,} of {total:,} rows{zeros}.",
        x=Axis(label=one.name, unit=one.unit.replace("_", " "), scale=scale),
        y=Axis(label="rows"),
        series=(
            Series(
                name="rows",
                x=tuple(middles),
                y=tuple(map(float, bins.counts)),
                edges=bins.edges,
                drawn="bars",
            ),
        ),
    )


def ccdf(one: NumberProfile, shape: Shape) -> Figure | None:
    """The CCDF of a column on log axes, with the fitted laws; None where it has none."""
    if not shape.curves:
        return None
    return Figure(
        name=_name(one.name, "ccdf"),
        title=f"{one.name}: the share of rows that have at least so much (CCDF)",
        says=tail_sentence(one),
        x=Axis(label=one.name, unit=one.unit.replace("_", " "), scale="log"),
        y=Axis(label="share of rows with at least x", scale="log"),
        series=tuple(
            Series(
                name=curve.name, x=curve.x, y=curve.y,
                drawn="points" if curve.name == "data" else "line",
            )
            for curve in shape.curves
        ),
    )  # fmt: skip


def hours(one: TimeProfile) -> Figure:
    """Bars for the hours of a column of moments."""
    hour = max(range(24), key=one.hours.__getitem__)
    return Figure(
        name=_name(one.name, "hours"),
        title=f"{one.name}: hour of the day",
        says=f"Most fall into the hour from {hour}:00 UTC: {one.hours[hour]:,} of"
        f" {one.count:,}.",
        x=Axis(label="hour of the day (UTC)", names=tuple(map(str, range(24)))),
        y=Axis(label="rows"),
        series=(
            Series(
                name="rows", x=tuple(map(float, range(24))), y=tuple(map(float, one.hours)),
                drawn="bars",
            ),
        ),
    )  # fmt: skip
