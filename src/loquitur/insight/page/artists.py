"""Series on matplotlib's axes: lines, points, steps, bars, and the bands around them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from loquitur.insight.page.thinning import picked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.account import Series

SERIES_COLOURS = 6
CLASSES = {f"#0000{at:02x}": str(at) for at in range(SERIES_COLOURS)} | {
    "#100000": "i", "#200000": "g", "#300000": "x", "#400000": "m",
    "#500000": "b",
}  # fmt: skip
"""Stand-ins that matplotlib is given for colours, and what the style calls them: a series by its
number, ink, grid, axis, mark, the page behind it all."""
INK, GRID, AXIS, MARK, PAGE = "#100000", "#200000", "#300000", "#400000", "#500000"
_BROAD = 11.0
_MOST_PARTED = 80
_FEW = 40
"""Points of a line, up to which each has a dot."""
_DASHES: tuple[tuple[float, ...], ...] = ((), (4, 2), (1.5, 1.5), (6, 1.5, 1.5, 1.5))


def _colour(at: int) -> str:
    return f"#0000{at % SERIES_COLOURS:02x}"


def draw_series(
    axes: Any, series: Series, at: int, *, bars_of: int, floor: float, broad: bool = False
) -> None:
    """One series over an axis of numbers; lines are `broad` where they stand for stretches."""
    x = list(series.x)
    y = [math.nan if value is None else value for value in series.y]
    colour = _colour(at)
    if series.low and series.high:
        low = [math.nan if value is None else value for value in series.low]
        high = [math.nan if value is None else value for value in series.high]
        if series.drawn == "bars":
            axes.vlines(x, low, high, color=INK, linewidth=1, zorder=4)
        elif series.drawn == "points":
            axes.vlines(x, low, high, color=colour, linewidth=1, alpha=0.5, zorder=2)
        else:
            axes.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0, zorder=1)
    if series.drawn == "bars":
        _bars(axes, series, y, at, bars_of, floor)
    elif series.drawn == "points":
        faint = 0.6 if len(x) > 150 else 0.85
        axes.plot(
            x, y, linestyle="none", marker="o", color=colour, zorder=3, alpha=faint,
            markersize=3.5 if len(x) > 300 else 5, markeredgewidth=0,
        )  # fmt: skip
    else:
        dashes = () if broad else _DASHES[at % len(_DASHES)]
        axes.plot(
            x, y, color=colour, linewidth=_BROAD if broad else 1.6, zorder=3,
            linestyle=(0, dashes) if dashes else "-",
            drawstyle="steps-post" if series.drawn == "steps" else "default",
            solid_joinstyle="round", solid_capstyle="butt" if broad else "projecting",
        )  # fmt: skip
        few = not broad and series.drawn == "line" and len(x) <= _FEW
        alone = list(range(len(x))) if few else _alone(y)
        if alone:
            axes.plot(
                [x[one] for one in alone], [y[one] for one in alone], linestyle="none",
                marker="o", markersize=4, color=colour, markeredgewidth=0, zorder=3,
            )  # fmt: skip


def _alone(y: Sequence[float]) -> list[int]:
    """Values with a gap on both sides, of which a line shows nothing."""
    gaps = [True, *(math.isnan(value) for value in y), True]
    return [at for at in range(len(y)) if gaps[at] and not gaps[at + 1] and gaps[at + 2]]


def _bars(axes: Any, series: Series, y: list[float], at: int, bars_of: int, floor: float) -> None:
    if series.edges:
        starts = list(series.edges[:-1])
        widths = [end - start for start, end in zip(starts, series.edges[1:], strict=True)]
    else:
        steps = [b - a for a, b in zip(sorted(series.x), sorted(series.x)[1:], strict=False)]
        width = min((step for step in steps if step > 0), default=1.0) / bars_of
        starts = [x - width * (bars_of / 2 - at) for x in series.x]
        widths = [width] * len(starts)
    bottom = floor if axes.get_yscale() == "log" else 0.0
    heights = [0.0 if math.isnan(value) else value - bottom for value in y]
    axes.bar(
        starts, heights, width=widths, bottom=bottom, align="edge", color=_colour(at),
        edgecolor=PAGE, linewidth=0.8 if len(widths) <= _MOST_PARTED else 0, zorder=2,
    )  # fmt: skip


def draw_row_series(axes: Any, series: Series, at: int, of: int, floor: float) -> None:
    """One series over categories."""
    height = 0.76 / of
    places = [x - 0.38 + height * (at + 0.5) for x in series.x]
    values = [math.nan if value is None else value for value in series.y]
    if series.drawn == "bars":
        left = floor if axes.get_xscale() == "log" else 0.0
        lengths = [0.0 if math.isnan(value) else value - left for value in values]
        axes.barh(
            places, lengths, height=height * 0.9, left=left, color=_colour(at), linewidth=0,
            alpha=0.85, zorder=2,
        )  # fmt: skip
    else:
        axes.plot(
            values, places, linestyle="none", marker="o", markersize=6, color=_colour(at),
            markeredgewidth=0, zorder=4,
        )  # fmt: skip
    if series.low and series.high:
        low = [math.nan if value is None else value for value in series.low]
        high = [math.nan if value is None else value for value in series.high]
        colour = INK if series.drawn == "bars" else _colour(at)
        axes.hlines(places, low, high, color=colour, linewidth=1.4, zorder=3)
    if axes.get_xlim()[0] < 0 < axes.get_xlim()[1] and at == 0:
        axes.axvline(0, color=AXIS, linewidth=1)


def of_first(series: Series, count: int) -> Series:
    """What a series has of the first categories."""
    kept = picked(series, [at for at, x in enumerate(series.x) if -0.5 <= x < count - 0.5])
    return kept if kept.drawn == "bars" else replace(kept, drawn="points")
