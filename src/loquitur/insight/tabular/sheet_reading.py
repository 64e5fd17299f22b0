"""Tables into sheets: files, tables of this package, frames of polars and pandas.

Files are read by polars: typed, columnar and missing-aware, it reads a CSV file of a million rows
in a second; pandas would make floats of counts that miss a value.
"""

from __future__ import annotations

import contextlib
import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError
from loquitur.insight.libraries import library
from loquitur.insight.tabular.cells_read import field_of
from loquitur.insight.tabular.sheet import KEYS, Copies, Field, Sheet
from loquitur.tables.cells import Column
from loquitur.tables.reading import separator_in
from loquitur.tables.table import Table
from loquitur.tables.writing import form_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SHOWN = 10


def sheet_of(source: Any, *, name: str = "", unique: bool = False) -> Sheet:
    """A table, frame or file as a sheet.

    Args:
        source: A path (CSV, JSON Lines, Parquet), a `Table`, a frame of polars or pandas.
        name: For people; a file's own by default.
        unique: Leave out rows that are wholly equal to an earlier one.

    Raises:
        InputError: It is no such table.
        MissingError: polars is not installed.
    """
    polars = loaded_polars()
    known: Mapping[str, Column] = {}
    guard = False
    if isinstance(source, str | Path):
        path = Path(source)
        frame, known, guard = _read(polars, path)
        name = name or path.name
    elif isinstance(source, Table):
        frame, known = source.to_polars(), {column.name: column for column in source.columns}
        name = name or source.name
    elif isinstance(source, polars.DataFrame):
        frame = source
    else:
        frame = _from_pandas(polars, source)
    return _sheet(frame, known, name=name or "table", guard=guard, unique=unique)


def loaded_polars() -> Any:
    """The library polars.

    Raises:
        MissingError: It is not installed.
    """
    return library("polars", "tables are read by polars, which is not installed")


def _sheet(
    frame: Any, known: Mapping[str, Column], *, name: str, guard: bool, unique: bool
) -> Sheet:
    remarks = []
    polars = loaded_polars()
    rows = polars.struct(polars.all()).is_first_distinct()
    firsts = _comparable(frame).select(rows).to_series() if frame.width and frame.height else None
    copied = [] if firsts is None else (~firsts).arg_true().to_list()
    if unique and copied:
        frame = frame.filter(firsts)
        remarks.append(
            f"{len(copied):,} rows that are wholly equal to an earlier one were left out"
        )
    fields: list[Field] = []
    for series in frame:
        field = field_of(series, known.get(series.name), guard=guard)
        fields.append(field)
    taken = [field.name for field in fields]
    twice = {one for one in taken if taken.count(one) > 1}
    if twice:  # `duration` in ISO 8601 beside `duration_s`
        fields = [
            field for field in fields
            if field.name not in twice or not getattr(field, "source", "")
        ]  # fmt: skip
    key, keys, examples = _keys(frame)
    copies = Copies(
        rows=0 if unique else len(copied),
        at=() if unique else tuple(at + 1 for at in copied[:_SHOWN]),
        key=key,
        keys=keys,
        examples=examples,
    )
    return Sheet(
        name=name, rows=frame.height, fields=tuple(fields), copies=copies, remarks=tuple(remarks)
    )


def _comparable(frame: Any) -> Any:
    """The frame with lists as texts, which polars cannot compare otherwise."""
    import polars

    nested = [
        series.name for series in frame
        if series.dtype in (polars.List, polars.Array, polars.Struct, polars.Object)
    ]  # fmt: skip
    texts = [
        polars.Series(name, [None if cell is None else str(cell) for cell in frame[name].to_list()],
                      dtype=polars.String)
        for name in nested
    ]  # fmt: skip
    return frame.with_columns(texts) if texts else frame


def _keys(frame: Any) -> tuple[str, int, tuple[str, ...]]:
    for name in KEYS:
        if name in frame.columns and frame.height:
            cells = frame[name].drop_nulls()
            again = cells.filter(~cells.is_first_distinct())
            examples = again.unique(maintain_order=True).head(_SHOWN).to_list()
            return name, len(again), tuple(map(str, examples))
    return "", 0, ()


def _read(polars: Any, path: Path) -> tuple[Any, Mapping[str, Column], bool]:
    form = form_of(path)
    with _told(polars, path):
        if form == "jsonl":
            table = Table.read(path)
            return table.to_polars(), {}, False
        if form == "parquet":
            kept = polars.read_parquet_metadata(path).get("loquitur.columns", "[]")
            known = {entry["name"]: Column(**entry) for entry in json.loads(kept)}
            return polars.read_parquet(path), known, False
        separator = separator_of(path)
        frame = polars.read_csv(path, infer_schema=False, separator=separator)
        empty = polars.all_horizontal(polars.all().is_null())
        return frame.filter(~empty), {}, True


def separator_of(path: Path) -> str:
    """What stands between the cells of a CSV file, by its header.

    Raises:
        InputError: No header, or two columns of one name.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline(1_000_000)
    if not head.strip():
        raise InputError(f"{path}: no header", hint="expected a first line of column names")
    separator = separator_in(head)
    names = next(csv.reader([head], delimiter=separator))
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{path}: two columns are called '{twice}'", hint="rename one of them")
    return separator


@contextlib.contextmanager
def _told(polars: Any, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise InputError(f"{path}: cannot be read: {exc.strerror or exc}") from exc
    except (UnicodeError, ValueError, csv.Error, polars.exceptions.PolarsError) as exc:
        reason = (str(exc).splitlines() or [""])[0]
        if form_of(path) == "csv":
            Table.read(path)  # says the line, where it finds one
        hint = "expected UTF-8: CSV, JSON Lines or Parquet"
        raise InputError(f"{path}: cannot be read as a table: {reason}", hint=hint) from exc


def _from_pandas(polars: Any, frame: Any) -> Any:
    """A frame of pandas, column by column: pyarrow is not needed so."""
    try:
        names = [str(name) for name in frame.columns]
        columns = [frame[name] for name in frame.columns]
        height = len(frame)
    except (AttributeError, TypeError, KeyError) as exc:
        raise InputError(
            f"not a table: {type(frame).__name__}",
            hint="give a path, a Table, or a frame of polars or pandas",
        ) from exc
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"two columns are called '{twice}'", hint="rename one of them")
    series = [_series(polars, name, one) for name, one in zip(names, columns, strict=True)]
    return polars.DataFrame(series) if series else polars.DataFrame(height=height)


def _series(polars: Any, name: str, column: Any) -> Any:
    kind = str(column.dtype).lower()
    missing = column.isna().tolist()
    if kind.startswith(("int", "uint", "float")):
        cells = column.tolist()
        wanted = polars.Int64 if kind.startswith("int") else polars.Float64
    elif kind.startswith("datetime"):
        zoned = "," in kind
        wanted = polars.Datetime("us", "UTC") if zoned else polars.Datetime("us")
        moments = (column.dt.tz_convert("UTC") if zoned else column).tolist()
        cells = [
            None if gone else moment.to_pydatetime(warn=False)
            for moment, gone in zip(moments, missing, strict=True)
        ]
    elif kind.startswith("timedelta"):
        wanted = polars.Duration("us")
        cells = [
            None if gone else round(seconds * 1e6)
            for seconds, gone in zip(column.dt.total_seconds().tolist(), missing, strict=True)
        ]
    elif kind in ("bool", "boolean"):
        cells, wanted = column.tolist(), polars.Boolean
    else:
        return _objects(polars, name, column.tolist(), missing)
    kept = [None if gone else cell for cell, gone in zip(cells, missing, strict=True)]
    return polars.Series(name, kept, dtype=wanted, strict=False)


def _objects(polars: Any, name: str, cells: list[Any], missing: list[bool]) -> Any:
    """A column of Python objects: lists where all that are there are lists, else texts."""
    there = [cell for cell, gone in zip(cells, missing, strict=True) if not gone]
    lists = bool(there) and all(isinstance(cell, list | tuple) for cell in there)
    kept = [
        None if gone else [str(item) for item in cell] if lists else str(cell)
        for cell, gone in zip(cells, missing, strict=True)
    ]
    return polars.Series(name, kept, dtype=polars.List(polars.String) if lists else polars.String)
