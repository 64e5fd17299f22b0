"""The comparison as a page in one file: tables, bars, curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur import __version__
from loquitur.insight.page.markup import escaped
from loquitur.insight.page.shell import asset, shell_html
from loquitur.vision.gallery.curves import chart_html, points_of
from loquitur.vision.labels.comparing.columns import (
    COLUMNS,
    OF_QUALITY,
    OF_RESOURCES,
    QUALITY,
    RESOURCES,
    Column,
)
from loquitur.vision.labels.comparing.tables import best_of, kept, written

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from loquitur.vision.labels.comparing.groups import Comparison, Group

_TITLE = "Nets that label, side by side"
_CHARTS = {"validation_loss": "Validation loss, nats a video", "gap": "GAP@20, validation"}
_BARS = ("gap", "map", "epoch_s", "memory_mb")
_WIDE, _ROW, _LEFT, _RIGHT = 440, 24, 214, 76
_COLOURS = 6
_MOST_LINES = 12
"""Of a chart; more are no help to any eye."""


def page_html(comparison: Comparison, *, made: datetime) -> str:
    """The page as text.

    Args:
        comparison: What it shows.
        made: When, in UTC.
    """
    groups = comparison.groups
    items = "".join(f"<li>{escaped(one, 400)}</li>" for one in comparison.notices)
    told = f'<ul class="bad">{items}</ul>' if items else ""
    bars = "".join(_bars(groups, one) for one in COLUMNS if one.key in _BARS)
    body = (
        '<a class="skip" href="#quality">Skip to the figures</a>\n'
        f'<header><h1>{_TITLE}</h1><p class="note">Made by loquitur {__version__} on '
        f"{made:%Y-%m-%d %H:%M} UTC. This file is whole: it loads nothing from any network.</p>"
        f"</header>\n<main>\n{told}"
        f'<section id="quality"><h2>How good they are</h2>{_table(groups, QUALITY, whose=False)}'
        f'<p class="note">{OF_QUALITY}</p><p class="note">{escaped(comparison.accuracy)}</p>'
        "</section>\n"
        f'<section id="cost"><h2>What they took</h2>{_table(groups, RESOURCES, whose=True)}'
        f'<p class="note">{OF_RESOURCES}</p></section>\n'
        f'<section id="bars"><h2>Bars</h2><div class="side">{bars}</div></section>\n'
        f'<section id="curves"><h2>Curves</h2>{_curves(groups)}</section>\n</main>'
    )
    return shell_html(
        body,
        title=_TITLE,
        style=asset("figures.css") + asset("page.css") + asset("comparison.css", __package__),
        script="",
        data={},
    )


def _table(groups: Sequence[Group], columns: Sequence[Column], *, whose: bool) -> str:
    shown = kept(groups, columns)
    heads = ["framework", "device"] if whose else ["seeds"]
    heads += [one.head for one in shown]
    head = "".join(f'<th scope="col" class="r">{escaped(one)}</th>' for one in heads)
    first = {one.key: best_of(groups, one) for one in shown}
    body = ""
    for group in groups:
        run = group.first
        whole = [run.framework, run.device] if whose else [str(len(group.runs))]
        cells = [escaped(one, 30) for one in whole]
        for one in shown:
            text = written(one, group.figures[one.key])
            cells.append(f"<strong>{text}</strong>" if first[one.key] is group else text)
        inside = "".join(f'<td class="r">{cell}</td>' for cell in cells)
        body += f'<tr><th scope="row"><bdi>{escaped(group.name, 80)}</bdi></th>{inside}</tr>'
    return (
        '<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">net</th>'
        f"{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _bars(groups: Sequence[Group], column: Column) -> str:
    """A bar a row, with the spread over its seeds; empty where nothing is known."""
    known = [(g, g.figures[column.key]) for g in groups if g.figures[column.key].value is not None]
    longest = max((one.value or 0.0) + (one.spread or 0.0) for _, one in known) if known else 0.0
    if longest <= 0:
        return ""
    scale = (_WIDE - _LEFT - _RIGHT) / longest
    parts = []
    for at, (group, figure) in enumerate(known):
        top, long = at * _ROW, scale * max(0.0, figure.value or 0.0)
        middle = top + _ROW / 2
        parts.append(
            f'<text class="fi" x="{_LEFT - 6}" y="{middle + 4:.1f}" text-anchor="end">'
            f"{escaped(group.name, 36)}</text>"
            f'<path class="f{groups.index(group) % _COLOURS}" '
            f'd="M{_LEFT} {top + 4}h{long:.1f}v{_ROW - 8}h-{long:.1f}z"/>'
        )
        end = _LEFT + long
        if figure.spread:
            wide = scale * figure.spread
            parts.append(
                f'<path class="n kx" stroke-width="1.5" d="M{end - wide:.1f} {middle:.1f}'
                f"H{end + wide:.1f}M{end - wide:.1f} {middle - 4:.1f}v8"
                f'M{end + wide:.1f} {middle - 4:.1f}v8"/>'
            )
            end += wide
        parts.append(
            f'<text class="fi" x="{end + 5:.1f}" y="{middle + 4:.1f}">'
            f"{column.written(figure.value)}</text>"
        )
    said = escaped(column.head)
    return (
        f"<figure><figcaption><strong>{said}</strong></figcaption>"
        f'<svg class="p" viewBox="0 0 {_WIDE} {len(known) * _ROW}" role="img" '
        f'aria-label="{said}">{"".join(parts)}</svg></figure>'
    )


def _curves(groups: Sequence[Group]) -> str:
    """The same figure of all rows over their epochs, of each row's first seed."""
    shown = groups[:_MOST_LINES]
    charts = [
        chart_html(
            title, {one.name: points_of(one.first.rows, key) for one in shown}, from_zero=False
        )
        for key, title in _CHARTS.items()
    ]
    left = len(groups) - len(shown)
    more = f'<p class="note">{left} more are not drawn.</p>' if left else ""
    return f'<div class="side">{"".join(charts)}</div>{more}'
