"""Long series for a small picture: of each pixel column its first, lowest, highest and last."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from loquitur.insight.account import Series

if TYPE_CHECKING:
    from collections.abc import Sequence


def cleaned(series: Series, *, log_x: bool, log_y: bool) -> Series:
    """A series of which all can be drawn: what is not finite, or not above 0 on a log, is a gap.

    A point without a place on the x axis is left out.
    """
    keep = [at for at, x in enumerate(series.x) if _fits(x, above_zero=log_x)]
    if series.edges and len(keep) < len(series.x):
        keep = [at for at in range(len(series.y)) if _fits(series.edges[at], above_zero=log_x)]
        edges = tuple(series.edges[at] for at in keep) + series.edges[-1:]
    else:
        edges = series.edges

    def kept(values: Sequence[float | None]) -> tuple[float | None, ...]:
        return tuple(
            value if (value := values[at]) is not None and _fits(value, above_zero=log_y) else None
            for at in keep
        )

    return Series(
        name=series.name, x=tuple(float(series.x[at]) for at in keep), y=kept(series.y),
        low=kept(series.low) if series.low else (), high=kept(series.high) if series.high else (),
        edges=edges, drawn=series.drawn,
    )  # fmt: skip


def held(series: Series) -> Series:
    """Steps with the end of the last of them, which lasts as long as the shortest; else as given.

    >>> held(Series(name="a", x=(0, 2, 4), y=(5, 6, 7), drawn="steps")).x
    (0, 2, 4, 6)
    """
    pairs = zip(series.x, series.x[1:], strict=False)
    length = min((after - before for before, after in pairs if after > before), default=0.0)
    if series.drawn != "steps" or not length:
        return series
    return replace(
        series, x=(*series.x, series.x[-1] + length), y=(*series.y, series.y[-1]),
        low=series.low + series.low[-1:], high=series.high + series.high[-1:],
    )  # fmt: skip


def thinned(series: Series, columns: int, span: tuple[float, float], *, log: bool) -> Series:
    """A series of which at most about four points of each column of the picture are left.

    Args:
        series: In the order of x, as lines are; points in any order.
        columns: How many columns the picture has.
        span: From where to where the x axis goes.
        log: The axis is logarithmic.
    """
    if len(series.x) <= columns or series.drawn == "bars":
        return series
    place = math.log if log else float
    low, high = place(span[0]), place(span[1])
    scale = columns / (high - low or 1.0)
    bins: dict[int, list[int]] = {}
    for at, x in enumerate(series.x):
        bins.setdefault(int((place(x) - low) * scale), []).append(at)
    return picked(series, sorted({at for some in bins.values() for at in _telling(series, some)}))


def picked(series: Series, keep: Sequence[int]) -> Series:
    """Of a series without edges the points at these places."""
    return replace(
        series, x=tuple(series.x[at] for at in keep), y=tuple(series.y[at] for at in keep),
        low=tuple(series.low[at] for at in keep) if series.low else (),
        high=tuple(series.high[at] for at in keep) if series.high else (), edges=(),
    )  # fmt: skip


def joined(series: Series, rows: int, columns: int, span: tuple[float, float]) -> Series:
    """Stretches of a time line, of which those that no eye tells apart are one.

    Args:
        series: Runs of points with gaps between them, on rows by number.
        rows: How many rows the picture has; others are left out.
        columns: How many columns it has: two stretches with less than one between them are joined.
        span: From where to where the x axis goes.
    """
    close = (span[1] - span[0]) / (2 * columns)
    runs: list[list[float]] = []
    was_gap = True
    for x, y in zip(series.x, series.y, strict=True):
        if y is None or y >= rows - 0.5:
            was_gap = True
            continue
        same = bool(runs) and runs[-1][2] == y
        if same and (not was_gap or x - runs[-1][1] < close):
            runs[-1][1] = max(x, runs[-1][1])
        else:
            runs.append([x, x, y])
        was_gap = False
    x_values: list[float] = []
    y_values: list[float | None] = []
    for start, end, row in runs:
        x_values += [start, end, end]
        y_values += [row, row, None]
    return Series(name=series.name, x=tuple(x_values), y=tuple(y_values))


def _telling(series: Series, found: Sequence[int]) -> set[int]:
    """Of points in one column those that make its shape, a gap among them."""
    told = [at for at in found if series.y[at] is not None]
    chosen = set(found[:1]) | set(found[-1:])
    if told:
        chosen.add(min(told, key=lambda at: series.y[at] or 0.0))
        chosen.add(max(told, key=lambda at: series.y[at] or 0.0))
    gap = next((at for at in found if series.y[at] is None), None)
    return chosen if gap is None else chosen | {gap}


def _fits(value: float | None, *, above_zero: bool) -> bool:
    return value is not None and math.isfinite(value) and (value > 0 or not above_zero)
