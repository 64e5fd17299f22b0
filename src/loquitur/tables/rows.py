"""Rows of CSV text with a limit on their cells that is of these rows alone.

The limit of Python's `csv` is one for the whole process: who raises it changes what every other
reader accepts. Here it is set for the reading of each row, and then is again what it was.
"""

from __future__ import annotations

import csv
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ALONE = threading.RLock()
"""Two threads that put the limit back in turns would leave one of the two for all."""


class CsvRows:
    """The rows of CSV text, one after the other.

    Args:
        lines: Of the text, with their ends.
        separator: What stands between cells.
        most_cell: Signs in a cell, at most.
        skip_blanks: Leave out blanks after a separator.
        strict: Refuse quotes that are never closed, and signs after one that is.

    Raises:
        csv.Error: A row is none, or a cell is longer (while iterating).
    """

    def __init__(
        self, lines: Iterable[str], *, separator: str = ",", most_cell: int,
        skip_blanks: bool = False, strict: bool = False,
    ) -> None:  # fmt: skip
        self._rows = csv.reader(
            lines, delimiter=separator, skipinitialspace=skip_blanks, strict=strict
        )
        self._most_cell = most_cell

    @property
    def line_num(self) -> int:
        """The number of the last line that was read."""
        return self._rows.line_num

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        with _ALONE:
            before = csv.field_size_limit(self._most_cell)
            try:
                return next(self._rows)
            finally:
                csv.field_size_limit(before)
