"""A table as this room reads it: each column as numbers, moments, flags, lists or texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
    Moments = np.ndarray[tuple[int, ...], np.dtype[np.datetime64]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Numbers:
    """A column of numbers.

    Args:
        name: With its unit.
        values: NaN where missing; infinite ones stand as they are.
        unit: `s`, `ms`, empty for counts.
        whole: Whole numbers only.
        derived: Computed here.
        identifier: Numbers that name something: counted, not judged.
        source: The column it was read from, where that has another name.
        parts: The columns it was computed from.
        unread: Cells that are no numbers, though the column is one of numbers: how many.
        examples: Some of them.
    """

    name: str
    values: Array
    unit: str = ""
    whole: bool = False
    derived: bool = False
    identifier: bool = False
    source: str = ""
    parts: tuple[str, ...] = ()
    unread: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Times:
    """A column of moments in UTC.

    Args:
        name: Of the column.
        values: NaT where missing.
        zoneless: How many did not say their time zone; they were taken as UTC.
        unread: Cells that are no times, in a column of times.
        examples: Some of them.
    """

    name: str
    values: Moments
    zoneless: int = 0
    unread: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flags:
    """A column of true and false."""

    name: str
    values: tuple[bool | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lists:
    """A column of lists of texts."""

    name: str
    values: tuple[tuple[str, ...] | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Texts:
    """A column of texts."""

    name: str
    values: tuple[str | None, ...]


Field: TypeAlias = "Numbers | Times | Flags | Lists | Texts"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Copies:
    """Rows that stand more than once.

    Args:
        rows: How many are wholly equal to an earlier row.
        at: The numbers of some of them; the first row is 1.
        key: The column that names rows, where there is one.
        keys: How many rows have the same name as an earlier row, equal or not.
        examples: Some names that stand more than once.
    """

    rows: int = 0
    at: tuple[int, ...] = ()
    key: str = ""
    keys: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """A table.

    Args:
        name: For people.
        rows: How many.
        fields: The columns, in their order.
        copies: Rows that stand more than once.
        remarks: What was done in reading it, a sentence each.
    """

    name: str
    rows: int
    fields: tuple[Field, ...]
    copies: Copies = Copies()
    remarks: tuple[str, ...] = ()

    def numbers(self) -> Iterator[Numbers]:
        """The columns of numbers."""
        return (field for field in self.fields if isinstance(field, Numbers))

    def find(self, *names: str) -> Field | None:
        """The first column that has one of these names, however it is written.

        >>> Sheet(name="", rows=0, fields=(Texts(name="viewCount", values=()),)).find("view_count")
        Texts(name='viewCount', values=())
        """
        wanted = [_plain(name) for name in names]
        found = {_plain(field.name): field for field in reversed(self.fields)}
        return next((found[name] for name in wanted if name in found), None)

    def label(self, row: int) -> str:
        """What a row is called: its title, else its id, else its number."""
        for names in (("title",), KEYS):
            field = self.find(*names)
            if isinstance(field, Texts) and field.values[row]:
                return str(field.values[row])
        return f"row {row + 1}"


KEYS = ("comment_id", "message_id", "video_id", "id")
"""Columns that name rows; a comment and a message has its video's id beside its own."""


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace(" ", "").replace("-", "")
