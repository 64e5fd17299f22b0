"""Tables: typed columns with names that tell their units."""

from __future__ import annotations

import html
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError, near
from loquitur.tables import frames, reading, writing
from loquitur.tables.cells import PYTHON, Cell, Column, as_text
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["Cell", "Column", "Table"]

_SHOWN_ROWS = 5
_SHOWN_ROWS_HTML = 10
_SHOWN_WIDTH = 100
_CELL_WIDTH = 24
_CELL_WIDTH_HTML = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of typed cells, kept column by column.

    Args:
        name: What it is a table of: `videos`.
        columns: In their order; no name twice.
        data: For each column its cells, all of one length; a missing cell is None.
        about: What is known of the table as a whole (how it was collected, how complete it is), as
            plain values.

    Raises:
        InputError: Lengths differ, a name stands twice, or a cell is not of its column's type.
    """

    name: str
    columns: tuple[Column, ...]
    data: tuple[tuple[Cell, ...], ...]
    about: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        twice = [name for name, count in Counter(self.names).items() if count > 1]
        if twice:
            raise InputError(f"table {self.name}: two columns are called '{twice[0]}'")
        if len(self.data) != len(self.columns) or len({len(cells) for cells in self.data}) > 1:
            raise InputError(f"table {self.name}: columns of different lengths")
        for column, cells in zip(self.columns, self.data, strict=True):
            wrong = set(map(type, cells)) - {PYTHON[column.type], type(None)}
            if wrong:
                found = " and ".join(sorted(kind.__name__ for kind in wrong))
                raise InputError(
                    f"table {self.name}: '{column.name}' is {column.type}, not {found}"
                )

    @classmethod
    def from_rows(
        cls,
        name: str,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Cell]],
        *,
        about: Mapping[str, Any] | None = None,
    ) -> Table:
        """A table from rows, each with one cell for each column."""
        data = tuple(zip(*rows, strict=True)) or ((),) * len(columns)
        return cls(name=name, columns=tuple(columns), data=data, about=about or {})

    @classmethod
    def read(
        cls,
        path: str | Path,
        *,
        columns: Iterable[Column] = (),
        name: str = "",
        guard: bool = True,
    ) -> Table:
        """A table from CSV, JSON Lines or Parquet, by the file's suffix.

        Args:
            path: The file.
            columns: What is known of its columns; types of others are found from their cells
                (Parquet written here knows them).
            name: Of the table; the file's own by default.
            guard: Take the apostrophe off text that was guarded against spreadsheets (CSV).

        Raises:
            InputError: No such file, or no such table.
            MissingError: Parquet without polars.
        """
        declared = {column.name: column for column in columns}
        found, data = reading.read(Path(path), declared=declared, guard=guard)
        return cls(name=name or Path(path).stem, columns=found, data=data)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    def __len__(self) -> int:
        return len(self.data[0]) if self.data else 0

    def __getitem__(self, name: str) -> tuple[Cell, ...]:
        """The cells of a column.

        Raises:
            InputError: There is none of that name; near ones are named.
        """
        if name not in self.names:
            hint = near(name, self.names)
            raise InputError(f"table {self.name} has no column '{name}'", hint=hint)
        return self.data[self.names.index(name)]

    def rows(self) -> Iterator[dict[str, Cell]]:
        """The rows, each as a mapping of column names to cells."""
        for row in zip(*self.data, strict=True):
            yield dict(zip(self.names, row, strict=True))

    def to_pandas(self) -> Any:
        """A `pandas.DataFrame`: `Int64`, `Float64`, `boolean`, `string`, `datetime64[ns, UTC]`.

        Raises:
            MissingError: pandas is not installed.
        """
        return frames.pandas_frame(self.columns, self.data)

    def to_polars(self) -> Any:
        """A `polars.DataFrame`.

        Raises:
            MissingError: polars is not installed.
        """
        return frames.polars_frame(self.columns, self.data)

    def to_csv(self, path: str | Path, *, guard: bool = True) -> None:
        """Write CSV (UTF-8); missing cells are empty.

        Args:
            path: The file, replaced in one step.
            guard: Put an apostrophe before text that a spreadsheet would run as a formula.

        Raises:
            FullError: No space, or no right to write there.
        """
        self._write(path, "csv", guard=guard)

    def to_jsonl(self, path: str | Path) -> None:
        """Write JSON Lines; missing cells are null.

        Raises:
            FullError: No space, or no right to write there.
        """
        self._write(path, "jsonl")

    def to_parquet(self, path: str | Path) -> None:
        """Write Parquet with all that is known of the columns.

        Raises:
            FullError: No space, or no right to write there.
            MissingError: polars is not installed.
        """
        self._write(path, "parquet")

    def _write(self, path: str | Path, form: str, *, guard: bool = True) -> None:
        rows = zip(*self.data, strict=True)
        writing.write(Path(path), self.columns, rows, form=form, guard=guard)

    def __repr__(self) -> str:
        head = f"Table {self.name}: {len(self):,} rows x {len(self.columns)} columns"
        kinds = ", ".join(f"{column.name} {_kind(column)}" for column in self.columns)
        shown = self._texts(_SHOWN_ROWS, _CELL_WIDTH)
        widths = [max(map(len, cells)) for cells in shown]
        lines, width = [], -2
        fitting = 0
        for one in widths:
            width += one + 2
            fitting += width <= _SHOWN_WIDTH or not fitting
        for row in zip(*shown[:fitting], strict=True):
            line = "  ".join(cell.ljust(one) for cell, one in zip(row, widths, strict=False))
            lines.append((line + ("  ..." if fitting < len(shown) else "")).rstrip())
        rest = [f"... {len(self) - _SHOWN_ROWS:,} more"] if len(self) > _SHOWN_ROWS else []
        return "\n".join([head, f"({kinds})", *lines, *rest])

    def _repr_html_(self) -> str:
        heads = "".join(
            f'<th title="{html.escape(column.description, quote=True)}">{html.escape(column.name)}'
            f"<br><small>{html.escape(_kind(column))}</small></th>"
            for column in self.columns
        )
        shown = [cells[1:] for cells in self._texts(_SHOWN_ROWS_HTML, _CELL_WIDTH_HTML)]
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in zip(*shown, strict=True)
        )
        note = f"{html.escape(self.name)}: {len(self):,} rows x {len(self.columns)} columns"
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table><p>{note}</p>"

    def _texts(self, rows: int, width: int) -> list[list[str]]:
        """For each column its name and the texts of its first cells, cut to a width."""
        return [
            [column.name, *(_shown(column, cell, width) for cell in cells[:rows])]
            for column, cells in zip(self.columns, self.data, strict=True)
        ]


def _kind(column: Column) -> str:
    unit = f" [{column.unit}]" if column.unit else ""
    return column.type + unit + (", derived" if column.derived else "")


def _shown(column: Column, cell: Cell, width: int) -> str:
    text = "-" if cell is None else display(as_text(column, cell, guard=False))
    return text if len(text) <= width else text[: width - 1] + "…"
