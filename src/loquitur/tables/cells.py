"""What a cell may hold, and how it stands in a text file.

A cell of free text that a spreadsheet would run as a formula (it begins with `= + - @`, their wide
forms, a tab or a line end) gets an apostrophe in front, the way spreadsheets themselves mark text
(OWASP, "CSV Injection"); the reader takes it off again, so nothing is lost.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from loquitur.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

Type = Literal["text", "int", "float", "bool", "time", "list"]
Cell: TypeAlias = "str | int | float | bool | datetime | tuple[str, ...] | None"
"""None is a missing value, in every column; it is never 0 and never an empty text."""

PYTHON: dict[Type, type] = {
    "text": str, "int": int, "float": float, "bool": bool, "time": datetime, "list": tuple,
}  # fmt: skip
MOST_INT = (1 << 63) - 1

_FORMULA = re.compile("'*[=+\\-@\\t\\r\\n＝＋－＠]")
_GUARDED = re.compile("'+[=+\\-@\\t\\r\\n＝＋－＠]")
_CODE = re.compile(r"[A-Za-z0-9_-]*")
_LONE = re.compile("[\ud800-\udfff]")
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_INT = re.compile(r"-?(?:0|[1-9]\d{0,18})", re.ASCII)
_FLOAT = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table.

    Args:
        name: With its unit where it has one: `duration_s`.
        type: What its cells hold; any of them may be missing (None).
        description: One line for people.
        unit: `s`, `ms`, empty for counts and texts.
        derived: True where the value is computed here, and not the source's own.
        identifier: True for ids of letters, digits, `_` and `-`, which are compared and joined:
            they are written as they are, without the apostrophe of guarded text.
    """

    name: str
    type: Type = "text"
    description: str = ""
    unit: str = ""
    derived: bool = False
    identifier: bool = False


def guarded(cell: str) -> str:
    """A cell that no spreadsheet runs.

    >>> guarded("=1+1"), guarded("'-x"), guarded("it's")
    ("'=1+1", "''-x", "it's")
    """
    return "'" + cell if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """A cell as it was before it was guarded."""
    return cell[1:] if _GUARDED.match(cell) else cell


def whole(text: str) -> str:
    """A text that can be written as UTF-8: half characters (lone surrogates) become U+FFFD."""
    return _LONE.sub("\ufffd", text)


def shown_time(moment: datetime) -> str:
    """A moment as it is written: UTC, with milliseconds only where it has them.

    >>> shown_time(datetime(2026, 3, 1, 12, tzinfo=UTC))
    '2026-03-01T12:00:00Z'
    """
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds" if utc.microsecond else "seconds") + "Z"


def read_time(text: str) -> datetime | None:
    """The moment that an ISO 8601 (RFC 3339) text names, in UTC; None where it is none.

    A text without an offset is taken as UTC.

    >>> read_time("2026-03-01T13:00:00.5+01:00")
    datetime.datetime(2026, 3, 1, 12, 0, 0, 500000, tzinfo=datetime.timezone.utc)
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    day, clock, fraction, zone = found.groups()
    fraction = (fraction or "")[:6].ljust(6, "0")
    try:
        moment = datetime.fromisoformat(
            f"{day}T{clock}.{fraction}{(zone or 'Z').replace('Z', '+00:00')}"
        )
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def as_text(column: Column, cell: Cell, *, guard: bool = True) -> str:
    """A cell as it stands in CSV; a missing one is empty.

    >>> as_text(Column(name="views", type="int"), None), as_text(Column(name="t"), "=1")
    ('', "'=1")
    """
    if cell is None:
        return ""
    if isinstance(cell, str):
        text = whole(cell)
        if not guard or (column.identifier and _CODE.fullmatch(text)):
            return text
        return guarded(text)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return shown_time(cell)
    if isinstance(cell, tuple):
        return json.dumps([whole(item) for item in cell], ensure_ascii=False)
    return repr(cell) if isinstance(cell, float) else str(cell)


def as_json(cell: Cell) -> Any:
    """A cell as plain JSON."""
    if isinstance(cell, str):
        return whole(cell)
    if isinstance(cell, datetime):
        return shown_time(cell)
    if isinstance(cell, tuple):
        return [whole(item) for item in cell]
    return cell


def from_text(column: Column, text: str, *, guard: bool = True) -> Cell:
    """A cell of CSV as a value.

    Raises:
        InputError: It is not of the column's type.
    """
    if text == "":
        return None
    if column.type == "text":
        return unguarded(text) if guard else text
    value: Cell = _READERS[column.type](text)
    if value is None:
        raise InputError(f"column '{column.name}': '{text[:40]}' is no {column.type}")
    return value


def likely_type(texts: Iterable[str]) -> Type:
    """The narrowest type that all cells of a column of CSV fit; `text` where all are empty.

    >>> likely_type(["1", "", "2.5"]), likely_type(["007"]), likely_type(["true", ""])
    ('float', 'text', 'bool')
    """
    left: list[Type] = ["int", "float", "bool", "time", "list"]
    seen = False
    for text in texts:
        if text == "":
            continue
        seen = True
        left = [kind for kind in left if _READERS[kind](text) is not None]
        if not left:
            return "text"
    return left[0] if seen else "text"


def _int(text: str) -> int | None:
    return int(text) if _INT.fullmatch(text) and abs(int(text)) <= MOST_INT else None


def _float(text: str) -> float | None:
    if text in ("nan", "inf", "-inf"):
        return float(text)
    zeros = text.lstrip("-").startswith("0") and text.lstrip("-")[1:2].isdigit()
    return float(text) if _FLOAT.fullmatch(text) and not zeros else None


def _bool(text: str) -> bool | None:
    return {"true": True, "false": False, "True": True, "False": False}.get(text)


def _list(text: str) -> tuple[str, ...] | None:
    if not text.startswith("["):
        return None
    try:
        items = json.loads(text)
    except ValueError:
        return None
    is_list = isinstance(items, list) and all(isinstance(item, str) for item in items)
    return tuple(items) if is_list else None


_READERS: dict[Type, Any] = {
    "int": _int, "float": _float, "bool": _bool, "time": read_time, "list": _list,
}  # fmt: skip
