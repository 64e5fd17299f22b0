"""Areas of a picture that say their values under the pointer, and lead to their moments."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from loquitur.insight import links
from loquitur.insight.page import scales
from loquitur.insight.page.markup import address, escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.account import Figure, Series

_MOST_SERIES = 4


def areas(
    figure: Figure,
    series: Sequence[Series],
    span: tuple[float, float],
    box: tuple[float, float, float, float],
    most: int,
    folder: str,
) -> str:
    """Strips of the plot, each with its values as a title and, on a clock, a link.

    Args:
        figure: What is drawn.
        series: As drawn.
        span: From where to where the axis of x goes (from top to bottom where it has names).
        box: Left, top, width and height of the plot in pixels.
        most: How many strips at most; 0 for none.
        folder: Of the page.
    """
    if not most:
        return ""
    names = bool(figure.x.names)
    log = figure.x.scale == "log" and not names
    place = math.log if log else float
    low, high = place(span[0]), place(span[1])
    found: dict[int, dict[int, tuple[float, float]]] = {}
    for number, one in enumerate(series[:_MOST_SERIES]):
        begun = max(1, len(one.x) - (one.drawn == "steps"))  # their last is where a step ends
        for x, y in zip(one.x[:begun], one.y[:begun], strict=True):
            if y is None or (log and x <= 0):
                continue
            strip = min(most - 1, max(0, int((place(x) - low) / (high - low or 1.0) * most)))
            there = found.setdefault(strip, {})
            if number not in there or there[number][1] < y:
                there[number] = (x, y)
    parts = []
    for strip, values in sorted(found.items()):
        x = values[min(values)][0]
        title = _title(figure, series, values)
        parts.append(_area(figure, x, _strip(strip, most, box, level=names), title, folder))
    return f'<g class="h">{"".join(parts)}</g>'


def _title(figure: Figure, series: Sequence[Series], values: dict[int, tuple[float, float]]) -> str:
    x = values[min(values)][0]
    head = scales.said(figure.x, x)
    if len(values) == 1 and len(series) == 1:
        return f"{head}: {scales.said(figure.y, values[0][1])}"
    rest = ", ".join(
        f"{series[number].name} {scales.said(figure.y, value[1])}"
        for number, value in values.items()
    )
    return f"{head}: {rest}"


def _strip(strip: int, most: int, box: tuple[float, float, float, float], *, level: bool) -> str:
    """The outline of one strip of the plot: side by side, or `level` and one above another."""
    left, top, width, height = box
    if level:
        tall = height / most
        return f"M{left:.0f} {top + strip * tall:.1f}h{width:.0f}v{tall:.1f}h-{width:.0f}z"
    wide = width / most
    return f"M{left + strip * wide:.1f} {top:.0f}h{wide:.1f}v{height:.0f}h-{wide:.1f}z"


def _area(figure: Figure, x: float, shape: str, title: str, folder: str) -> str:
    area = f'<path d="{shape}"><title>{escaped(title, 200)}</title></path>'
    href = ""
    if figure.origin and figure.x.scale == "clock":
        href = address(links.moment(figure.origin, max(0, int(x))), folder)
    return f'<a href="{href}" tabindex="-1">{area}</a>' if href else area
