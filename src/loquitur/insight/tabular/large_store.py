"""A table in DuckDB: what is asked of it, and columns sorted on the disk."""

# ruff: noqa: S608 - names of columns are quoted by `quoted`, all else in the queries is ours

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from loquitur.errors import EngineError
from loquitur.insight.tabular.sheet_reading import loaded_polars

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loquitur.insight.tabular.outliers import Place
    from loquitur.insight.tabular.sheet import Array

_SLICE = 2_000_000
ROW = '"loquitur-row"'
"""The column with the number of each row, from 0, by a name that no table has."""


def quoted(name: str) -> str:
    """A name of a column in SQL."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(slots=True, kw_only=True)
class Store:
    """A table in DuckDB: `t`, with the number of each row as `ROW`.

    Args:
        connection: Of DuckDB.
        folder: For what is written meanwhile.
        rows: How many.
        types: Names of the columns and their types in SQL.
        left_out: Rows left out as copies.
        expressions: How each column of numbers is read, in SQL.
        sample_rows: The numbers of the rows in the sample.
    """

    connection: Any
    folder: Path
    rows: int
    types: dict[str, str]
    left_out: int = 0
    expressions: dict[str, str] = field(default_factory=dict)
    sample_rows: list[int] = field(default_factory=list)

    @classmethod
    def of(
        cls, connection: Any, source: str, folder: Path, *, parquet: bool, unique: bool
    ) -> Store:
        """The table that a source names; text is made Parquet once, and read from there."""
        left_out = 0
        if unique or not parquet:
            chosen = "* EXCLUDE (file_row_number)" if parquet else "*"
            inner = f"SELECT {'DISTINCT ' if unique else ''}{chosen} FROM {source}"
            target = str(folder / "table.parquet").replace("'", "''")
            connection.execute(f"COPY ({inner}) TO '{target}' (FORMAT parquet)")
            if unique:
                before = connection.execute(f"SELECT count(*) FROM {source}").fetchone()[0]
            source = f"read_parquet('{target}', file_row_number = true)"
            if unique:
                left_out = (
                    before - connection.execute(f"SELECT count(*) FROM {source}").fetchone()[0]
                )
        connection.execute(
            f"CREATE VIEW t AS SELECT * RENAME (file_row_number AS {ROW}) FROM {source}"
        )
        described = connection.execute("DESCRIBE t").fetchall()
        types = {row[0]: str(row[1]) for row in described if quoted(row[0]) != ROW}
        rows = connection.execute("SELECT count(*) FROM t").fetchone()[0]
        return cls(connection=connection, folder=folder, rows=rows, types=types, left_out=left_out)

    def one(self, query: str) -> tuple[Any, ...]:
        """The one row that a query gives."""
        found: tuple[Any, ...] = self.connection.execute(query).fetchone()
        return found

    def all(self, query: str) -> list[tuple[Any, ...]]:
        """The rows that a query gives."""
        found: list[tuple[Any, ...]] = self.connection.execute(query).fetchall()
        return found

    def distinct(self, chosen: str, where: str = "true") -> int:
        """How many different rows of some columns there are, by 64-bit hashes."""
        query = f"SELECT count(*) FROM (SELECT DISTINCT hash({chosen}) FROM t WHERE {where})"
        return int(self.one(query)[0])

    def sample(self, rows: int) -> Any:
        """About so many rows as a frame of polars, the same in every run: by a hash of the row."""
        target = self.folder / "sample.parquet"
        step = max(1, self.rows // rows)
        literal = str(target).replace("'", "''")
        self.connection.execute(
            f"COPY (SELECT * FROM t WHERE hash({ROW}) % {step} = 0 ORDER BY {ROW})"
            f" TO '{literal}' (FORMAT parquet)"
        )
        frame = loaded_polars().read_parquet(target)
        numbered = frame.drop_in_place(ROW.strip('"'))
        self.sample_rows = numbered.to_list()
        return frame

    def rowed(self, places: tuple[Place, ...]) -> tuple[Place, ...]:
        """Places in the sample as places in the table."""
        found = []
        for place in places:
            row = self.sample_rows[place.row - 1] + 1
            bare = place.label == f"row {place.row}"
            found.append(replace(place, row=row, label=f"row {row}" if bare else place.label))
        return tuple(found)

    def sort(self, expression: str) -> None:
        """Put the finite values of a column on the disk, ascending, as `sorted.v`."""
        literal = str(self.folder / "sorted.parquet").replace("'", "''")
        self.connection.execute(
            f"COPY (SELECT v FROM (SELECT {expression} AS v FROM t) WHERE isfinite(v) ORDER BY v)"
            f" TO '{literal}' (FORMAT parquet)"
        )
        self.connection.execute(
            f"CREATE OR REPLACE VIEW sorted AS SELECT * FROM read_parquet('{literal}')"
        )

    def pieces(self) -> Iterator[Array]:
        """The values that were sorted last, piece by piece."""
        polars = loaded_polars()
        at, last = 0, -math.inf
        while True:
            chosen = polars.scan_parquet(self.folder / "sorted.parquet").slice(at, _SLICE)
            piece = chosen.collect()["v"].to_numpy()
            if not len(piece):
                return
            if piece[0] < last:
                raise EngineError("DuckDB wrote a column in another order than asked for")
            yield piece
            at, last = at + len(piece), float(piece[-1])
