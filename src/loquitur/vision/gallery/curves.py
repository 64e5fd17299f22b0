"""How a run came to its weights: its curves as SVG, in the colours of the page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from loquitur.insight.page.markup import escaped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Points = list[tuple[float, float]]

_WIDE, _HIGH = 420, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 10, 10, 34
_MOST_POINTS = 400
_COLOURS = 6


def curves_html(name: str, rows: Sequence[Mapping[str, Any]], measures: Mapping[str, str]) -> str:
    """The losses and the measures of a run, by epoch; empty where it has no rows.

    Args:
        name: Of the run.
        rows: Of its `metrics.jsonl`.
        measures: Key to name of the measures that may stand in a row.
    """
    losses = {
        "training": points_of(rows, "loss"),
        "validation": points_of(rows, "validation_loss"),
    }
    charts = [chart_html("Loss, nats a token", losses)]
    for key, label in measures.items():
        points = points_of(rows, key)
        if points and key in ("cider_d", "meteor"):
            charts.append(chart_html(f"{label}, validation", {label: points}))
    drawn = "".join(charts)
    if not drawn:
        return ""
    return (
        f'<section class="curves"><h3>Training of <bdi>{escaped(name, 80)}</bdi></h3>'
        f'<div class="side">{drawn}</div></section>'
    )


def points_of(rows: Sequence[Mapping[str, Any]], key: str) -> Points:
    """Epochs and values of a figure of a run's rows; of many rows some, the last one with them."""
    found: Points = []
    for row in rows:
        x, y = _number(row.get("epoch")), _number(row.get(key))
        if x is not None and y is not None:
            found.append((x, y))
    step = max(1, math.ceil(len(found) / _MOST_POINTS))
    return found[::step] + ([found[-1]] if found and (len(found) - 1) % step else [])


def _number(value: Any) -> float | None:
    """A finite number; None of anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def chart_html(title: str, series: Mapping[str, Points], *, from_zero: bool = True) -> str:
    """A chart of lines over epochs; empty where no line has a point.

    Args:
        title: Above it.
        series: By name: epochs and values.
        from_zero: Whether 0 is on the axis; without it lines that lie close are told apart.
    """
    kept = {name: points for name, points in series.items() if points}
    if not kept:
        return ""
    every = [point for points in kept.values() for point in points]
    low_x, high_x = min(x for x, _ in every), max(x for x, _ in every)
    low_y, high_y = min(y for _, y in every), max(y for _, y in every)
    ticks = _ticks(min(0.0, low_y) if from_zero else low_y, high_y)
    across = (_WIDE - _LEFT - _RIGHT) / ((high_x - low_x) or 1.0)
    down = (_HIGH - _TOP - _BOTTOM) / ((ticks[-1] - ticks[0]) or 1.0)

    def place(x: float, y: float) -> str:
        return f"{_LEFT + (x - low_x) * across:.1f} {_HIGH - _BOTTOM - (y - ticks[0]) * down:.1f}"

    parts = []
    for tick in ticks:
        height = _HIGH - _BOTTOM - (tick - ticks[0]) * down
        parts.append(
            f'<path class="kg" d="M{_LEFT} {height:.1f}H{_WIDE - _RIGHT}"/>'
            f'<text class="fi" x="{_LEFT - 6}" y="{height + 4:.1f}" text-anchor="end">'
            f"{tick:g}</text>"
        )
    ends = ((low_x, "start"), (high_x, "end"))
    for x, anchor in ends if low_x < high_x else ends[:1]:
        at = _LEFT + (x - low_x) * across
        parts.append(
            f'<text class="fi" x="{at:.1f}" y="{_HIGH - 16}" text-anchor="{anchor}">{x:g}</text>'
        )
    parts.append(
        f'<text class="fi" x="{(_WIDE + _LEFT) / 2:.0f}" y="{_HIGH - 3}" text-anchor="middle">'
        "epoch</text>"
    )
    legend = []
    for at, (name, points) in enumerate(kept.items()):
        colour = at % _COLOURS
        path = "M" + "L".join(place(*point) for point in points)
        parts.append(f'<path class="n k{colour}" stroke-width="2" d="{path}"/>')
        if len(points) == 1:
            across_px, down_px = place(*points[0]).split()
            parts.append(f'<circle class="f{colour}" cx="{across_px}" cy="{down_px}" r="3"/>')
        legend.append(
            f'<li><svg viewBox="0 0 22 10" aria-hidden="true"><path class="k{colour}" '
            f'stroke-width="2" d="M0 5h22"/></svg>{escaped(name, 40)}: {points[-1][1]:.3f}</li>'
        )
    return (
        f"<figure><figcaption><strong>{escaped(title, 80)}</strong></figcaption>"
        f'<ul class="key">{"".join(legend)}</ul>'
        f'<svg class="p" viewBox="0 0 {_WIDE} {_HIGH}" role="img" '
        f'aria-label="{escaped(title, 80)}">{"".join(parts)}</svg></figure>'
    )


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, four steps or so."""
    span = (high - low) or 1.0
    power = 10.0 ** math.floor(math.log10(span / 4))
    step = next(power * one for one in (1, 2, 2.5, 5, 10) if power * one * 4.5 >= span)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(at * step, 10) for at in range(first, last + 1)]
