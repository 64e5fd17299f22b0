"""Tables as HTML: numbers to the right, times as people write them, long ones cut and said so."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from loquitur.insight.page import scales
from loquitur.insight.page.markup import address, escaped, linked

if TYPE_CHECKING:
    from loquitur.tables.cells import Cell, Column
    from loquitur.tables.table import Table

_MOST_TEXT = 160
_LONG = 40
_MOST_COLUMNS = 40
_VIDEO = re.compile(r"[A-Za-z0-9_-]{11}")
_MOMENT = re.compile(r"[?&#]t=(\d{1,7})s?\Z")
"""A link to a moment is called by its time."""
_NUMBERS = ("int", "float")
_PLACES = re.compile(r"(?:start|end|at|from|to|first|last|peak|offset)_ms")
"""Columns of moments in a medium, shown as h:mm:ss; lengths in ms stay numbers."""


def title_of(table: Table) -> str:
    """A table's name for people."""
    return table.name.replace("_", " ").strip() or "table"


def table_html(table: Table, *, most: int, key: str = "", whole: bool = True) -> str:
    """A table with its caption and at most so many rows.

    Args:
        table: Whose texts may be anybody's.
        most: Rows to show.
        key: What the page's script finds its data by; empty where there is none.
        whole: Its data have all rows.
    """
    columns = table.columns[:_MOST_COLUMNS]
    heads = "".join(_head(column) for column in columns)
    cells = [
        [_cell(column, cell, first=at == 0 and column.type == "text") for cell in data[:most]]
        for at, (column, data) in enumerate(zip(columns, table.data, strict=False))
    ]
    rows = "".join("<tr>" + "".join(row) + "</tr>" for row in zip(*cells, strict=True))
    count = len(table)
    said = f"{count:,} {'row' if count == 1 else 'rows'}"
    if count > most:
        rest = "; the download has all of them" if key and whole else ""
        said = f"the first {most:,} of {count:,} rows{rest}"
    if len(table.columns) > len(columns):
        said += f", the first {len(columns)} of {len(table.columns)} columns"
    name = title_of(table)
    caption = f"<caption>{escaped(name[:1].upper() + name[1:], 120)}: {said}</caption>"
    mark = f' data-t="{key}"' if key else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escaped(title_of(table))}">'
        f"<table{mark}>{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _head(column: Column) -> str:
    unit = "h:mm:ss" if _is_place(column) else column.unit
    small = ", ".join(part for part in (unit, "derived" if column.derived else "") if part)
    note = f"<small>{escaped(small)}</small>" if small else ""
    right = ' class="r"' if column.type in _NUMBERS else ""
    about = f' title="{escaped(column.description, 300)}"' if column.description else ""
    return f'<th scope="col"{right}{about}>{escaped(column.name, 60)}{note}</th>'


def _cell(column: Column, cell: Cell, *, first: bool) -> str:
    if column.type in _NUMBERS:
        return f'<td class="r">{_number(column, cell)}</td>'
    content = _content(column, cell)
    marks = "" if content.isascii() else ' dir="auto"'
    if column.type in ("text", "list") and len(content) > _LONG and "<a " not in content:
        marks += ' class="l"'
    return f'<th scope="row"{marks}>{content}</th>' if first else f"<td{marks}>{content}</td>"


def _number(column: Column, cell: Cell) -> str:
    if not isinstance(cell, int | float) or math.isnan(cell):
        return "–"
    if _is_place(column):
        return scales.clock(cell)
    if column.identifier or column.name in ("year", "rank") or column.name.endswith("_id"):
        return str(cell)
    return scales.number(cell)


def _content(column: Column, cell: Cell) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00") + " UTC"
    if isinstance(cell, tuple):
        return escaped(", ".join(cell[:50]), _MOST_TEXT)
    text = str(cell)
    if column.name == "video_id" and _VIDEO.fullmatch(text):
        return linked(escaped(text), f"https://youtu.be/{text}")
    if text.startswith(("https://", "http://")) and address(text):
        moment = _MOMENT.search(text)
        called = scales.clock(int(moment[1]) * 1000) if moment else text.partition("://")[2]
        return linked(escaped(called, 60), text)
    return escaped(text, _MOST_TEXT)


def _is_place(column: Column) -> bool:
    return column.unit == "ms" and bool(_PLACES.fullmatch(column.name))
