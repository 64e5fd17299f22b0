"""A chart of engines as SVG: error against speed, the size of a point its memory. No library.

The horizontal axis is logarithmic.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

_PANEL_PX = 460
_HEIGHT_PX = 340
_LEFT_PX, _RIGHT_PX, _TOP_PX, _BOTTOM_PX = 62, 24, 44, 52
_COLOURS = ("#3566a8", "#c2542d", "#3d8a57", "#8a5aa8", "#a08a2c", "#4b4b4b", "#b23a6b", "#2f8f9d")
_LINE_PX = 14
_LETTER_PX = 6.4
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#222}.t{font-weight:600;font-size:14px}"
    ".a{fill:#555}.g{stroke:#e3e3e3}.x{stroke:#888}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One engine: sound per time, error as a share, and memory in MB or None where unknown."""

    label: str
    rtfx: float
    error: float
    low: float | None = None
    high: float | None = None
    peak_mb: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One measure of several engines."""

    title: str
    measure: str
    dots: tuple[Dot, ...]


def draw(panels: Sequence[Panel]) -> str:
    """The panels side by side, as a document of SVG 1.1."""
    shown = [panel for panel in panels if panel.dots]
    width = max(1, len(shown)) * _PANEL_PX
    size = f'width="{width}" height="{_HEIGHT_PX}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {_HEIGHT_PX}">',
        f"<style>{_STYLE}</style>",
        f'<rect {size} fill="#fff"/>',
    ]
    if not shown:
        parts.append(f'<text x="20" y="{_HEIGHT_PX // 2}">nothing was scored</text>')
    for number, panel in enumerate(shown):
        parts.append(f'<g transform="translate({number * _PANEL_PX} 0)">')
        parts += _panel(panel)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """From values to pixels; x by its logarithm to ten."""

    low_x: float
    high_x: float
    high_y: float

    def x(self, value: float) -> float:
        share = (math.log10(value) - self.low_x) / (self.high_x - self.low_x)
        return _LEFT_PX + share * (_PANEL_PX - _LEFT_PX - _RIGHT_PX)

    def y(self, value: float) -> float:
        share = min(value, self.high_y) / self.high_y
        return _HEIGHT_PX - _BOTTOM_PX - share * (_HEIGHT_PX - _TOP_PX - _BOTTOM_PX)


def _panel(panel: Panel) -> list[str]:
    scale = _Scale(
        low_x=math.floor(math.log10(min(dot.rtfx for dot in panel.dots)) - 0.15),
        high_x=math.ceil(math.log10(max(dot.rtfx for dot in panel.dots)) + 0.15),
        high_y=_round_up(max(max(dot.error, dot.high or 0.0) for dot in panel.dots) * 1.1),
    )
    bottom = _HEIGHT_PX - _BOTTOM_PX
    right = _PANEL_PX - _RIGHT_PX
    parts = [_text(_LEFT_PX, 26, f"{panel.title}: {panel.measure}, down is better", "t")]
    for step in range(6):
        value = scale.high_y * step / 5
        at = scale.y(value)
        parts.append(_line(_LEFT_PX, at, right, at, "g"))
        parts.append(_text(_LEFT_PX - 8, at + 4, f"{value:.0%}", "a", anchor="end"))
    for power in range(int(scale.low_x), int(scale.high_x) + 1):
        at = scale.x(10.0**power)
        parts.append(_line(at, _TOP_PX, at, bottom, "g"))
        parts.append(_text(at, bottom + 18, f"{10.0**power:g}x", "a", anchor="middle"))
    parts.append(_line(_LEFT_PX, bottom, right, bottom, "x"))
    parts.append(_line(_LEFT_PX, _TOP_PX, _LEFT_PX, bottom, "x"))
    middle = (_LEFT_PX + right) / 2
    axis = "times faster than real time; size: peak memory"
    parts.append(_text(middle, bottom + 40, axis, "a", anchor="middle"))
    return parts + _dots(panel, scale)


def _dots(panel: Panel, scale: _Scale) -> list[str]:
    """The points with their intervals and names, a name where no other one stands."""
    largest = max((dot.peak_mb or 0.0 for dot in panel.dots), default=0.0)
    parts: list[str] = []
    names: list[str] = []
    taken: list[tuple[float, float, float]] = []
    for number, dot in enumerate(sorted(panel.dots, key=lambda one: one.error)):
        colour = _COLOURS[number % len(_COLOURS)]
        x, y = scale.x(dot.rtfx), scale.y(dot.error)
        radius = 6.0
        if largest and dot.peak_mb:
            radius = 4 + 10 * math.sqrt(dot.peak_mb / largest)
        if dot.low is not None and dot.high is not None:
            low, high = scale.y(dot.low), scale.y(dot.high)
            parts.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}" '
                f'stroke="{colour}" stroke-width="1.5"/>'
            )
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}" '
            'fill-opacity="0.75"/>'
        )
        label_x, label_y, anchor = _label_place(dot.label, x, y, radius, taken)
        names.append(_text(label_x, label_y, dot.label, "n", anchor=anchor))
    return parts + names


def _label_place(
    label: str, x: float, y: float, radius: float, taken: list[tuple[float, float, float]]
) -> tuple[float, float, str]:
    """Beside the point, on the side with room, moved up or down until it covers no other name."""
    length = len(label) * _LETTER_PX
    to_right = x + radius + 5 + length <= _PANEL_PX - 4
    left = x + radius + 5 if to_right else x - radius - 5 - length
    below = _HEIGHT_PX - _BOTTOM_PX - 5

    def free(at: float) -> bool:
        return _TOP_PX < at <= below and not any(
            abs(at - other) < _LINE_PX and left < end and begin < left + length
            for begin, end, other in taken
        )

    wanted = min(y + 4, below)
    steps = (side * step for step in range(0, _HEIGHT_PX, 2) for side in (-1, 1))
    at = next((wanted + step for step in steps if free(wanted + step)), wanted)
    taken.append((left, left + length, at))
    return (left if to_right else left + length), at, ("start" if to_right else "end")


def _round_up(value: float) -> float:
    """The next of 5, 10, 20, 25, 50, 100, 200, 250 % ..., so that five steps are round numbers."""
    if value <= 0.05:
        return 0.05
    base = 10.0 ** math.floor(math.log10(value))
    return next(base * step for step in (1, 2, 2.5, 5, 10) if base * step >= value - 1e-9)


def _text(x: float, y: float, text: str, kind: str, *, anchor: str = "start") -> str:
    shown = html.escape(text, quote=True)
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{shown}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'
