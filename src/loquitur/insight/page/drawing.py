"""A figure as SVG: matplotlib lays it out and draws it, the page's style colours it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.insight.libraries import library
from loquitur.insight.page import artists, marking, scales, thinning
from loquitur.insight.page.artists import AXIS, CLASSES, GRID, INK, MARK, SERIES_COLOURS
from loquitur.insight.page.canvas import canvas, width_of
from loquitur.insight.page.markup import escaped, shown
from loquitur.insight.page.touching import areas

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loquitur.insight.account import Axis, Figure, Series

_SIZE = 11.0
_LINE = 16.0
_RIGHT = 20.0
_MOST_NAMES = 30
_ROW = 19.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Of a picture, in pixels; `name` is its class in the style."""

    name: str
    width: float
    height: float
    columns: int
    areas: int


WIDE = Size(name="w", width=720, height=280, columns=320, areas=48)
NARROW = Size(name="s", width=360, height=240, columns=150, areas=24)
SMALL = Size(name="s", width=360, height=220, columns=70, areas=0)
"""One of many: nothing in it answers to the pointer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A drawn figure, what was left out to draw it, and whether numbers stand for marks."""

    svg: str
    notes: tuple[str, ...] = ()
    numbered: bool = False


def draw(figure: Figure, size: Size, folder: str = "") -> Picture:
    """A figure of that size, with a light and a dark look; nothing in it where there is no data.

    Args:
        figure: What to draw; values that cannot stand on an axis are gaps.
        size: Of the picture; of categories each row takes its own height.
        folder: Of the page, from which links to files lead.

    Raises:
        MissingError: matplotlib is not installed.
    """
    log_x, log_y = figure.x.scale == "log", figure.y.scale == "log"
    series = [thinning.cleaned(one, log_x=log_x, log_y=log_y) for one in figure.series]
    series = [one for one in series if any(y is not None for y in one.y)]
    if not series:
        return Picture(svg="", notes=("No data to draw.",))
    plot = _rows if figure.x.names else _plane
    with _own_settings():
        return plot(figure, series[: 2 * SERIES_COLOURS], size, folder)


def _own_settings() -> Any:
    """Matplotlib with its own defaults, whatever the caller's are, and those back afterwards."""
    return library("matplotlib", "figures need matplotlib").rc_context(_defaults())


@functools.cache
def _defaults() -> dict[str, Any]:
    import matplotlib

    ours = {"text.parse_math": False, "axes.unicode_minus": False, "path.simplify": False}
    known = {
        name: value
        for name, value in matplotlib.rcParamsDefault.items()
        if name.partition(".")[0] in ("axes", "text", "font", "lines", "patch", "xtick", "ytick",
                                      "grid", "figure", "path")
        and name != "figure.hooks"
    }  # fmt: skip
    return known | ours


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """Where the plot stands in the picture, and from where to where its axes go."""

    size: Size
    height: float
    left: float
    right: float
    top: float
    bottom: float
    x: tuple[float, float]
    y: tuple[float, float]

    @property
    def width(self) -> float:
        return self.size.width - self.left - self.right

    @property
    def tall(self) -> float:
        return self.height - self.top - self.bottom


def _plane(figure: Figure, series: list[Series], size: Size, folder: str) -> Picture:
    """Lines, points, steps and bars over an axis of numbers or times."""
    bars = any(one.drawn == "bars" for one in series)
    ending = [thinning.held(one) for one in series]
    x = scales.limits(figure.x, list(_places(ending, figure)), grounded=False)
    y, y_ticks = _upright(figure.y, series, grounded=bars)
    letters = 30 if size.name == "w" else 12
    y_names = [shown(name, letters) for name in scales.names(figure.y, y_ticks)]
    left = max([width_of(one) * _SIZE for one in y_names] + [20]) + 12
    room = size.width - left - _RIGHT
    lanes = marking.lanes(figure.marks, x, room, log=figure.x.scale == "log", size=_SIZE)
    top = 30 + _LINE * lanes.count
    frame = _Frame(
        size=size, height=_height(figure.y, size) + _LINE * lanes.count, left=left, right=_RIGHT,
        top=top, bottom=40, x=x, y=y,
    )  # fmt: skip
    longest = max(width_of(one) for one in scales.names(figure.x, x)) * _SIZE
    most = max(2, int(room / (longest + 16)))
    whole_x = _whole(at for one in series for at in one.edges or one.x)
    x_ticks = scales.ticks(figure.x, *x, min(most, 10), whole=whole_x)
    drawn, axes, pen = _axes(frame)
    _scale(axes, figure, frame)
    _set_ticks(axes.xaxis, x_ticks, scales.names(figure.x, x_ticks))
    _set_ticks(axes.yaxis, y_ticks, y_names)
    broad = bool(figure.y.names)  # lines are stretches then, of which none may be left out
    log = figure.x.scale == "log"
    if broad:
        series = [thinning.joined(one, _MOST_NAMES, size.columns, x) for one in series]
    thin = series if broad else [thinning.thinned(one, size.columns, x, log=log) for one in ending]
    for at, one in enumerate(thin):
        artists.draw_series(
            axes, one, at, bars_of=len(series) if bars else 1, floor=y[0], broad=broad
        )
    for label in lanes.labels:
        axes.axvline(label.x, color=MARK, linewidth=1, linestyle=(0, (2, 2)))
        axes.text(
            (left + label.at) / size.width, 1 - (top - 8 - _LINE * label.lane) / frame.height,
            label.text, color=MARK, fontsize=_SIZE, transform=drawn.transFigure, ha=label.side,
            va="baseline",
        )  # fmt: skip
    _label_axes(axes, figure, frame)
    drawn.draw(pen)
    touch = areas(figure, thin, frame.x, (left, top, frame.width, frame.tall), size.areas, folder)
    notes = _notes(figure, series, thin, lanes)
    svg = _svg(figure, frame, pen.elements() + touch)
    return Picture(svg=svg, notes=notes, numbered=lanes.numbered)


def _upright(
    axis: Axis, series: list[Series], *, grounded: bool
) -> tuple[tuple[float, float], list[float]]:
    """From where to where a vertical axis goes, and its ticks; of names the first is on top."""
    if axis.names:
        count = min(len(axis.names), _MOST_NAMES)
        return (count - 0.5, -0.5), [float(at) for at in range(count)]
    low, high = scales.limits(axis, list(_values(series)), grounded=grounded)
    return (low, high), scales.ticks(axis, low, high, 6, whole=_whole(_values(series)))


def _height(axis: Axis, size: Size) -> float:
    """Of a picture without its marks: names take the height of their rows."""
    return 70 + _ROW * min(len(axis.names), _MOST_NAMES) if axis.names else size.height


def _rows(figure: Figure, series: list[Series], size: Size, folder: str) -> Picture:
    """Categories, one a row, since names need room: bars or points to the right."""
    names = figure.x.names
    count = min(len(names), _MOST_NAMES)
    kept = [artists.of_first(one, count) for one in series]
    kept = [one for one in kept if any(value is not None for value in one.y)] or kept[:1]
    bars = any(one.drawn == "bars" for one in kept)
    values = list(_values(kept)) or [0.0, 1.0]
    along = scales.limits(figure.y, values, grounded=bars)
    letters = 30 if size.name == "w" else 17
    shorts = [shown(name, letters) or "(no name)" for name in names[:count]]
    left = max(width_of(one) * _SIZE for one in shorts) + 14
    frame = _Frame(
        size=size, height=count * _ROW * (1 if len(kept) == 1 else 1.4) + 66, left=left, right=24,
        top=26, bottom=40, x=along, y=(count - 0.5, -0.5),
    )  # fmt: skip
    drawn, axes, pen = _axes(frame)
    axes.set_xscale("log" if figure.y.scale == "log" else "linear")
    axes.set_xlim(*along)
    axes.set_ylim(*frame.y)
    longest = max(width_of(one) for one in scales.names(figure.y, along)) * _SIZE
    most = max(2, min(8, int(frame.width / (longest + 16))))
    marks = scales.ticks(figure.y, *along, most, whole=_whole(values))
    _set_ticks(axes.xaxis, marks, scales.names(figure.y, marks))
    _set_ticks(axes.yaxis, list(range(count)), shorts)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x", color=GRID, linewidth=1)
    for at, one in enumerate(kept):
        artists.draw_row_series(axes, one, at, len(kept), along[0])
    _label_axes(axes, figure, frame)
    drawn.draw(pen)
    box = (left, frame.top, frame.width, frame.tall)
    touch = areas(figure, kept, frame.y, box, count if size.areas else 0, folder)
    notes: tuple[str, ...] = ()
    if len(names) > count:
        notes = (f"The first {count} of {len(names)} are drawn.",)
    return Picture(svg=_svg(figure, frame, pen.elements() + touch), notes=notes)


def _axes(frame: _Frame) -> tuple[Any, Any, Any]:
    """Matplotlib's figure, its axes, and what it is drawn on."""
    from matplotlib.figure import Figure as Drawn

    size = frame.size
    drawn = Drawn(figsize=(size.width / 72, frame.height / 72), dpi=72, facecolor="none")
    axes = drawn.add_axes(
        (
            frame.left / size.width, frame.bottom / frame.height,
            frame.width / size.width, frame.tall / frame.height,
        )
    )  # fmt: skip
    axes.set_facecolor("none")
    axes.set_axisbelow(True)
    axes.grid(visible=True, axis="y", color=GRID, linewidth=1)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(AXIS)
        spine.set_linewidth(1)
    axes.tick_params(length=0, pad=5, labelsize=_SIZE, labelcolor=INK)
    return drawn, axes, canvas(size.width, frame.height, CLASSES)


def _scale(axes: Any, figure: Figure, frame: _Frame) -> None:
    axes.set_xscale("log" if figure.x.scale == "log" else "linear")
    axes.set_yscale("log" if figure.y.scale == "log" else "linear")
    axes.set_xlim(*frame.x)
    axes.set_ylim(*frame.y)


def _set_ticks(axis: Any, values: Sequence[float], names: Sequence[str]) -> None:
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    axis.set_major_locator(FixedLocator(list(values)))
    axis.set_major_formatter(FixedFormatter(list(names)))
    axis.set_minor_locator(NullLocator())


def _label_axes(axes: Any, figure: Figure, frame: _Frame) -> None:
    """The vertical axis is named above it, level, where it is read first."""
    up, across = (figure.x, figure.y) if figure.x.names else (figure.y, figure.x)
    most = int(frame.size.width / 7)
    above = shown(scales.label(up), most)
    axes.text(
        2 / frame.size.width, 1 - 12 / frame.height, above, color=INK, fontsize=_SIZE,
        transform=axes.figure.transFigure, ha="left", va="baseline",
    )  # fmt: skip
    axes.text(
        1 - frame.right / frame.size.width, 6 / frame.height, shown(scales.label(across), most),
        color=INK, fontsize=_SIZE, transform=axes.figure.transFigure, ha="right", va="baseline",
    )  # fmt: skip


def _places(series: Iterable[Series], figure: Figure) -> Iterable[float]:
    for one in series:
        yield from one.edges or one.x
        if one.drawn == "bars" and not one.edges and figure.x.scale != "log":
            step = min((b - a for a, b in zip(one.x, one.x[1:], strict=False) if b > a), default=1)
            yield from (min(one.x) - step / 2, max(one.x) + step / 2)


def _values(series: Iterable[Series]) -> Iterable[float]:
    for one in series:
        for values in (one.y, one.low, one.high):
            yield from (value for value in values if value is not None)


def _whole(values: Iterable[float]) -> bool:
    """Whether they are all whole numbers, between which there is nothing."""
    return all(value == int(value) for value in values)


def _notes(
    figure: Figure, series: Sequence[Series], thin: Sequence[Series], lanes: marking.Lanes
) -> tuple[str, ...]:
    """What is not in the picture."""
    notes = []
    points = sum(len(one.x) for one in series)
    if points > sum(len(one.x) for one in thin):
        notes.append(f"Drawn from {points:,} points: of each column of pixels its extremes.")
    missing = len(figure.series) - len(series)
    if missing > 0:
        notes.append(f"{missing} of {len(figure.series)} series are not drawn.")
    if len(figure.y.names) > _MOST_NAMES:
        notes.append(f"The first {_MOST_NAMES} of {len(figure.y.names)} are drawn.")
    if lanes.hidden:
        notes.append(f"{lanes.hidden} marks have no room in the picture; the list has them.")
    return tuple(notes)


def _svg(figure: Figure, frame: _Frame, content: str) -> str:
    size = f"0 0 {frame.size.width:g} {frame.height:g}"
    label = escaped(figure.says or figure.title)
    return (
        f'<svg class="p {frame.size.name}" viewBox="{size}" role="img" aria-label="{label}">'
        f"{content}</svg>"
    )
