"""Columns as data frames of pandas and polars: nullable types, times in UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.errors import MissingError
from loquitur.tables.cells import whole
from loquitur.tables.writing import POLARS_HINT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.tables.cells import Cell, Column

_PANDAS = {
    "text": "string",
    "int": "Int64",
    "float": "Float64",
    "bool": "boolean",
    "time": "datetime64[ns, UTC]",
    "list": "object",
}
"""Types of pandas that know missing values; a count never becomes a float."""


def pandas_frame(columns: Sequence[Column], data: Sequence[Sequence[Cell]]) -> Any:
    """A `pandas.DataFrame`; units and which columns are derived stand in its `attrs`.

    Raises:
        MissingError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError as exc:
        raise MissingError("pandas is not installed", hint="pip install pandas") from exc
    series = {
        column.name: pandas.Series(list(cells), dtype=_PANDAS[column.type], name=column.name)
        for column, cells in zip(columns, data, strict=True)
    }
    frame = pandas.DataFrame(series)
    frame.attrs["derived"] = [column.name for column in columns if column.derived]
    frame.attrs["units"] = {column.name: column.unit for column in columns if column.unit}
    return frame


def polars_frame(columns: Sequence[Column], data: Sequence[Sequence[Cell]]) -> Any:
    """A `polars.DataFrame`; times are UTC with milliseconds, lists are lists of texts.

    Raises:
        MissingError: polars is not installed.
    """
    try:
        import polars
    except ImportError as exc:
        raise MissingError("polars is not installed", hint=POLARS_HINT) from exc
    kinds = {
        "text": polars.String,
        "int": polars.Int64,
        "float": polars.Float64,
        "bool": polars.Boolean,
        "time": polars.Datetime("ms", "UTC"),
        "list": polars.List(polars.String),
    }

    def plain(cell: Cell) -> Any:
        if isinstance(cell, str):
            return whole(cell)
        return [whole(item) for item in cell] if isinstance(cell, tuple) else cell

    return polars.DataFrame(
        [
            polars.Series(column.name, [plain(cell) for cell in cells], dtype=kinds[column.type])
            for column, cells in zip(columns, data, strict=True)
        ]
    )
