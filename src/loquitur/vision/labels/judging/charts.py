"""Reliability, precision by recall and by label frequency as SVG, in the colours of the page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from loquitur.insight.page.markup import escaped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loquitur.evaluation.labels.calibration import Calibration

_WIDE, _HIGH = 420, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 10, 40
_COLOURS = 6
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_FEW = 0.35
"""How wide a dot is at least, as a share of the widest."""


def reliability_html(found: Mapping[str, Calibration]) -> str:
    """Share right by score; the dots are as wide as many pairs stand behind them.

    Args:
        found: By name of the voice.
    """
    lines = {
        name: [(one.score, one.right, one.pairs) for one in calibration.bins
               if one.score is not None and one.right is not None]
        for name, calibration in found.items()
    }  # fmt: skip
    most = max((pairs for points in lines.values() for _, _, pairs in points), default=1)
    parts = [f'<path class="n kx" stroke-dasharray="4 4" d="M{_at(0, 0)}L{_at(1, 1)}"/>']
    for number, points in enumerate(lines.values()):
        if not points:
            continue
        colour = number % _COLOURS
        way = "L".join(_at(x, y) for x, y, _ in points)
        parts.append(f'<path class="n k{colour}" stroke-width="1.5" d="M{way}"/>')
        for x, y, pairs in points:
            across, down = _at(x, y).split()
            share = math.log1p(pairs) / math.log1p(most)
            size = 5 * max(_FEW, share)
            parts.append(
                f'<circle class="f{colour}" cx="{across}" cy="{down}" r="{size:.1f}"><title>'
                f"score {x:.3f}, right {y:.3f}, {pairs:,} predictions</title></circle>"
            )
    notes = {name: f"error {one.error:.3f}" for name, one in found.items()}
    return _figure(
        "Share right by score", "mean score", "share right", parts, notes,
        ticks=True,
    )  # fmt: skip


def frequency_html(found: Mapping[str, Sequence[tuple[float, float]]], edges: str) -> str:
    """Mean average precision of labels by how frequent they are.

    Args:
        found: By name of the voice: place along the axis (0 to 1), and the mean.
        edges: What the axis says.
    """
    notes = {
        name: f"{points[0][1]:.3f} to {points[-1][1]:.3f}"
        for name, points in found.items()
        if points
    }
    title = "AP, rare labels to frequent ones"
    return _figure(title, edges, "mean", _lines(found, dots=True), notes)


def tradeoff_html(
    found: Mapping[str, Sequence[tuple[float, float]]], notes: Mapping[str, str]
) -> str:
    """Precision by recall, of all labels together.

    Args:
        found: By name of the voice: recall and precision.
        notes: What the legend says of each.
    """
    title = "Precision by recall"
    return _figure(title, "recall", "precision", _lines(found, dots=False), notes, ticks=True)


def _lines(found: Mapping[str, Sequence[tuple[float, float]]], *, dots: bool) -> list[str]:
    """A line for each voice, in its colour."""
    parts = []
    for number, points in enumerate(found.values()):
        if not points:
            continue
        colour = number % _COLOURS
        way = "L".join(_at(x, y) for x, y in points)
        parts.append(f'<path class="n k{colour}" stroke-width="2" d="M{way}"/>')
        for x, y in points if dots or len(points) == 1 else ():
            across, down = _at(x, y).split()
            parts.append(f'<circle class="f{colour}" cx="{across}" cy="{down}" r="3"/>')
    return parts


def _at(x: float, y: float) -> str:
    across = _LEFT + x * (_WIDE - _LEFT - _RIGHT)
    return f"{across:.1f} {_HIGH - _BOTTOM - y * (_HIGH - _TOP - _BOTTOM):.1f}"


def _figure(
    title: str, across: str, up: str, parts: Sequence[str], notes: Mapping[str, str], *,
    ticks: bool = False,
) -> str:  # fmt: skip
    """A chart of the unit square; with numbers along it where `ticks`."""
    grid = []
    for tick in _TICKS:
        x, bottom = _at(tick, 0).split()
        left, y = _at(0, tick).split()
        grid.append(
            f'<path class="kg" d="M{left} {y}H{_WIDE - _RIGHT}"/>'
            f'<text class="fi" x="{_LEFT - 6}" y="{float(y) + 4:.1f}" text-anchor="end">{tick:g}'
            "</text>"
        )
        if ticks:
            grid.append(
                f'<text class="fi" x="{x}" y="{float(bottom) + 15:.1f}" text-anchor="middle">'
                f"{tick:g}</text>"
            )
    grid.append(
        f'<text class="fi" x="{(_WIDE + _LEFT) / 2:.0f}" y="{_HIGH - 6}" text-anchor="middle">'
        f"{escaped(across, 80)}</text>"
    )
    middle = (_HIGH - _BOTTOM + _TOP) / 2
    grid.append(
        f'<text class="fi" transform="translate(11 {middle:.0f}) rotate(-90)" text-anchor="middle">'
        f"{escaped(up, 80)}</text>"
    )
    legend = "".join(
        f'<li><svg viewBox="0 0 22 10" aria-hidden="true"><path class="k{at % _COLOURS}" '
        f'stroke-width="2" d="M0 5h22"/></svg><bdi>{escaped(name, 40)}</bdi>: '
        f"{escaped(note, 40)}</li>"
        for at, (name, note) in enumerate(notes.items())
    )
    return (
        f"<figure><figcaption><strong>{escaped(title, 80)}</strong></figcaption>"
        f'<ul class="key">{legend}</ul>'
        f'<svg class="p" viewBox="0 0 {_WIDE} {_HIGH}" role="img" '
        f'aria-label="{escaped(title, 80)}">{"".join(grid)}{"".join(parts)}</svg></figure>'
    )
