"""Tables read back from CSV, JSON Lines and Parquet, each column in its type.

Parquet written here says all of its columns. In text files a type is found from the cells, unless
the caller says it: `declared` maps a column's name to what it is.
"""

from __future__ import annotations

import contextlib
import csv
import json
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError, MissingError
from loquitur.tables.cells import (
    MOST_INT,
    PYTHON,
    Cell,
    Column,
    Type,
    from_text,
    likely_type,
    read_time,
)
from loquitur.tables.rows import CsvRows
from loquitur.tables.writing import POLARS_HINT, form_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    Read = tuple[tuple[Column, ...], tuple[tuple[Cell, ...], ...]]

_MOST_CELL = 10_000_000


def read(
    path: Path, *, declared: Mapping[str, Column] | None = None, form: str = "", guard: bool = True
) -> Read:
    """The columns of a file, and their cells column by column.

    Args:
        path: The file.
        declared: What is known of columns, by name; others are found out.
        form: `csv`, `jsonl` or `parquet`, over the suffix.
        guard: Take the apostrophe off guarded text (CSV alone).

    Raises:
        InputError: No such file, or not such a table.
        MissingError: Parquet without polars.
    """
    form = form or form_of(path)
    known = declared or {}
    with _told(path):
        if form == "parquet":
            return _parquet(path, known)
        return _jsonl(path, known) if form == "jsonl" else _csv(path, known, guard=guard)


def separator_in(header: str) -> str:
    """What stands between the cells of a strange CSV file: a comma, else what is there most.

    >>> separator_in("id;text, author"), separator_in("id;text;likes")
    (',', ';')
    """
    return "," if "," in header else max(",;\t|", key=header.count)


def _csv(path: Path, known: Mapping[str, Column], *, guard: bool) -> Read:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = CsvRows(file, most_cell=_MOST_CELL)
        names = next(rows, None)
        if not names:
            raise InputError(f"{path}: no header", hint="expected a first line of column names")
        texts: list[list[str]] = [[] for _ in names]
        for row in rows:
            if not row:
                continue
            if len(row) != len(names):
                place = f"{path}, line {rows.line_num}"
                raise InputError(f"{place}: {len(row)} cells under {len(names)} columns")
            for cells, cell in zip(texts, row, strict=True):
                cells.append(cell)
    columns = tuple(
        known.get(name) or Column(name=name, type=likely_type(cells))
        for name, cells in zip(names, texts, strict=True)
    )
    data = tuple(
        tuple(from_text(column, cell, guard=guard) for cell in cells)
        for column, cells in zip(columns, texts, strict=True)
    )
    return columns, data


def _jsonl(path: Path, known: Mapping[str, Column]) -> Read:
    found: dict[str, list[Any]] = {}
    count = 0
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            entry = json.loads(line)
            if not isinstance(entry, dict):
                raise InputError(f"{path}, line {number}: expected an object")
            for name, value in entry.items():
                if name not in found:  # as a default of setdefault, cells would cost rows squared
                    found[name] = [None] * count
                found[name].append(value)
            count += 1
            for values in found.values():
                if len(values) < count:
                    values.append(None)
    columns = tuple(
        known.get(name) or Column(name=name, type=_type_of(values))
        for name, values in found.items()
    )
    data = tuple(
        tuple(_from_json(path, column, value) for value in found[column.name]) for column in columns
    )
    return columns, data


def _type_of(values: Sequence[Any]) -> Type:
    present = [value for value in values if value is not None]
    kinds = {type(value) for value in present}
    if kinds == {str}:
        return "time" if all(read_time(value) for value in present) else "text"
    if kinds == {list} and all(isinstance(item, str) for value in present for item in value):
        return "list"
    plain: dict[frozenset[type], Type] = {
        frozenset({bool}): "bool",
        frozenset({int}): "int",
        frozenset({float}): "float",
        frozenset({int, float}): "float",
    }
    return plain.get(frozenset(kinds), "text")


def _from_json(path: Path, column: Column, value: Any) -> Cell:
    if value is None:
        return None
    if column.type == "text":
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if column.type == "time" and isinstance(value, str):
        value = read_time(value)
    if column.type == "list" and isinstance(value, list):
        return tuple(str(item) for item in value)
    if column.type == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    fits = isinstance(value, PYTHON[column.type])
    if not fits or (column.type == "int" and (isinstance(value, bool) or abs(value) > MOST_INT)):
        raise InputError(f"{path}: column '{column.name}': {value!r:.40} is no {column.type}")
    found: Cell = value
    return found


def _parquet(path: Path, known: Mapping[str, Column]) -> Read:
    try:
        import polars
    except ImportError as exc:
        raise MissingError("Parquet needs polars", hint=POLARS_HINT) from exc
    try:
        frame = polars.read_parquet(path)
        kept = polars.read_parquet_metadata(path).get("loquitur.columns", "[]")
    except polars.exceptions.PolarsError as exc:
        raise InputError(f"{path}: not Parquet: {exc}") from exc
    ours = {entry["name"]: Column(**entry) for entry in json.loads(kept)} | dict(known)
    columns, data = [], []
    for series in frame:
        column = ours.get(series.name) or Column(
            name=series.name, type=_type_of_series(polars, series.dtype)
        )
        columns.append(column)
        data.append(tuple(_from_polars(column, cell) for cell in series.to_list()))
    return tuple(columns), tuple(data)


def _type_of_series(polars: Any, kind: Any) -> Type:
    if kind.is_integer():
        return "int"
    if kind.is_float():
        return "float"
    if kind == polars.Boolean:
        return "bool"
    if kind.is_temporal():
        return "time"
    return "list" if kind == polars.List else "text"


def _from_polars(column: Column, cell: Any) -> Cell:
    if column.type == "list" and cell is not None:
        return tuple(str(item) for item in cell)
    if column.type == "time" and cell is not None:
        return read_time(str(cell))
    if column.type == "text" and cell is not None and not isinstance(cell, str):
        return str(cell)
    found: Cell = cell
    return found


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeError, csv.Error, json.JSONDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else str(exc)
        hint = "expected UTF-8: CSV, JSON Lines or Parquet"
        raise InputError(f"{path}: cannot be read as a table: {reason}", hint=hint) from exc
