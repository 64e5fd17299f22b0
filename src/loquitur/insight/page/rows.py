"""Tables as HTML: numbers to the right, times as people write them, long ones cut and said so."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from loquitur.insight.page import scales
from loquitur.insight.page.markup import address, escaped, linked
from loquitur.text import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.tables.cells import Cell, Column
    from loquitur.tables.table import Table

_MOST_TEXT = 160
_LONG = 40
_MOST_COLUMNS = 40
_MANY_COLUMNS = 14
"""Tables of more are printed smaller, for paper does not scroll."""
_VIDEO = re.compile(r"[A-Za-z0-9_-]{11}")
_MOMENT = re.compile(r"[?&#]t=(\d{1,7})s?\Z")
"""A link to a moment is called by its time."""
_NUMBERS = ("int", "float")
_DECIMAL = re.compile(r"-?\d{1,30}(?:\.\d{1,10})?", re.ASCII)
_FEW = 2
_PLACES = re.compile(r"(?:start|end|at|from|to|first|last|peak|largest|offset)_ms")
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
    filled = [at for at, data in enumerate(table.data) if _has_any(data)]
    if not filled:
        filled = list(range(len(table.columns)))
    shown = filled[:_MOST_COLUMNS]
    columns = [table.columns[at] for at in shown]
    computed = _computed(columns)
    heads = "".join(
        _head(column, place=at if at != number else None, marked=not computed,
              is_number=_is_number(column, table.data[at]))
        for number, (at, column) in enumerate(zip(shown, columns, strict=True))
    )  # fmt: skip
    cells = [
        _cells(column, table.data[at][:most], is_number=_is_number(column, table.data[at]),
               first=number == 0)
        for number, (at, column) in enumerate(zip(shown, columns, strict=True))
    ]  # fmt: skip
    rows = "".join("<tr>" + "".join(row) + "</tr>" for row in zip(*cells, strict=True))
    count = len(table)
    whole_count = table.about.get("rows")
    said = f"{count:,} {'row' if count == 1 else 'rows'}"
    if isinstance(whole_count, int) and whole_count > count:
        said = f"the first {min(count, most):,} of {whole_count:,} rows"
    elif count > most:
        rest = "; the download has all of them" if key and whole else ""
        said = f"the first {most:,} of {count:,} rows{rest}"
    if len(filled) > len(columns):
        said += f", the first {len(columns)} of {len(filled)} columns"
    said += computed
    name = title_of(table)
    caption = f"<caption>{escaped(name[:1].upper() + name[1:], 120)}: {said}</caption>"
    mark = f' data-t="{key}"' if key else ""
    if len(columns) > _MANY_COLUMNS:
        mark += ' class="m"'
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escaped(title_of(table))}">'
        f"<table{mark}>{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _has_any(data: Sequence[Cell]) -> bool:
    """Whether a column has a value at all; one without is left to the download."""
    return any(cell is not None for cell in data)


def _computed(columns: Sequence[Column]) -> str:
    """What the caption says where most columns are derived; empty where each says it itself."""
    given = [column.name for column in columns if not column.derived]
    if len(given) > _FEW or len(given) * 2 >= len(columns):
        return ""
    return "; computed here" + (f", but for {' and '.join(given)}" if given else "")


def _is_number(column: Column, data: Sequence[Cell]) -> bool:
    """Numbers, and amounts of money, which are texts so that no cent is lost."""
    if column.type in _NUMBERS:
        return True
    return (
        column.unit == "currency"
        and _has_any(data)
        and all(cell is None or _DECIMAL.fullmatch(str(cell)) for cell in data)
    )


def _head(column: Column, *, place: int | None, marked: bool, is_number: bool) -> str:
    unit = "h:mm:ss" if _is_place(column) else column.unit
    derived = "derived" if column.derived and marked else ""
    small = ", ".join(part for part in (unit, derived) if part)
    note = f"<small>{escaped(small)}</small>" if small else ""
    right = ' class="r"' if is_number else ""
    if place is not None:
        right += f' data-c="{place}"'
    about = f' title="{escaped(column.description, 300)}"' if column.description else ""
    return f'<th scope="col"{right}{about}>{escaped(column.name, 60)}{note}</th>'


def _cells(column: Column, data: Sequence[Cell], *, is_number: bool, first: bool) -> list[str]:
    if not is_number:
        return [_cell(column, cell, first=first and column.type == "text") for cell in data]
    if column.type in _NUMBERS:
        return [f'<td class="r">{_number(column, cell)}</td>' for cell in data]
    amounts = ["–" if cell is None else f"{Decimal(str(cell)):,}" for cell in data]
    return [f'<td class="r">{amount}</td>' for amount in amounts]


def _cell(column: Column, cell: Cell, *, first: bool) -> str:
    content = _content(column, cell)
    marks = "" if content.isascii() else ' dir="auto"'
    named = column.type == "text" and column.name.startswith("author")
    if column.type == "time" or (named and len(content) <= _LONG):
        marks += ' class="a"'
    elif column.type in ("text", "list") and len(content) > _LONG and "<a " not in content:
        marks += ' class="l"'
    return f'<th scope="row"{marks}>{content}</th>' if first else f"<td{marks}>{content}</td>"


def _number(column: Column, cell: Cell) -> str:
    if not isinstance(cell, int | float) or math.isnan(cell):
        return "–"
    if _is_place(column):
        return scales.clock(cell)
    if column.identifier or column.name in ("year", "rank") or column.name.endswith("_id"):
        return str(cell)
    return number(cell)


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
