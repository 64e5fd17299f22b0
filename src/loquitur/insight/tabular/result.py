"""What `insight stats` found, as values, as a table, and as an account."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from loquitur.insight.account import Told
from loquitur.insight.tabular.describing import (
    QUANTILES,
    NumberProfile,
    Profile,
    TextProfile,
    TimeProfile,
)
from loquitur.insight.tabular.sheet import Copies
from loquitur.tables.table import Column, Table

if TYPE_CHECKING:
    from loquitur.insight.account import Account
    from loquitur.insight.tabular.grouping import Grouping
    from loquitur.insight.tabular.outliers import Extremes
    from loquitur.insight.tabular.rank_correlations import Correlation
    from loquitur.insight.tabular.shapes import Curve, Histogram


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The figures of one column."""

    histogram: Histogram | None = None
    curves: tuple[Curve, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """A ratio of two counts, over all rows that have both.

    Args:
        name: Of the derived column.
        of: The column above the line.
        total: Sum by sum; large videos decide it.
        median: Of the rows' own ratios.
        rows: How many.
    """

    name: str
    of: str
    total: float
    median: float
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatsResult(Told):
    """The numbers of a table.

    Args:
        name: Of the table.
        source: Where it came from: a path, or empty.
        rows: How many.
        profiles: Of each column, in their order, derived ones at the end.
        copies: Rows that stand more than once.
        shapes: Histogram and CCDF of each column that is judged.
        correlations: Of pairs.
        extremes: Of each column that is judged.
        engagement: Ratios over the whole table.
        grouping: By `--by`.
        lacking: Derived columns that could not be, and which columns they need.
        remarks: What was left out or taken for granted, a sentence each.
        engine: `polars`, or `duckdb` where the table was not held in memory.
    """

    name: str
    source: str = ""
    rows: int
    profiles: tuple[Profile, ...]
    copies: Copies = field(default_factory=Copies)
    shapes: dict[str, Shape] = field(default_factory=dict)
    correlations: tuple[Correlation, ...] = ()
    extremes: tuple[Extremes, ...] = ()
    engagement: tuple[Engagement, ...] = ()
    grouping: Grouping | None = None
    lacking: dict[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    engine: str = "polars"

    def numbers(self) -> tuple[NumberProfile, ...]:
        """The profiles of columns of numbers."""
        return tuple(one for one in self.profiles if isinstance(one, NumberProfile))

    def plain(self) -> dict[str, Any]:
        """Plain values: what `--json` prints."""
        found: dict[str, Any] = {
            "table": self.name,
            "source": self.source or None,
            "rows": self.rows,
            "columns": {one.name: one.plain() for one in self.profiles},
            "duplicates": _plain_copies(self.copies),
            "correlations": [one.plain() for one in self.correlations],
            "engagement": {
                one.name: {
                    "derived": True, "ratio_of_sums": one.total, "median_ratio": one.median,
                    "rows": one.rows,
                }
                for one in self.engagement
            },
            "extremes": {one.column: one.plain() for one in self.extremes},
            "not_derived": {name: {"missing_columns": list(gone)}
                            for name, gone in self.lacking.items()},
            "remarks": list(self.remarks),
            "engine": self.engine,
        }  # fmt: skip
        if self.grouping is not None:
            found["by"] = self.grouping.plain()
        return found

    def table(self) -> Table:
        """A row for each column, or for each group and column of numbers."""
        if self.grouping is None:
            return Table.from_rows("statistics", _COLUMNS, map(_row, self.profiles))
        by = Column(name="group", description=f"The value of {self.grouping.column}")
        rows = [
            (group.value, *_row(one)) for group in self.grouping.groups for one in group.profiles
        ]
        return Table.from_rows("statistics by group", (by, *_COLUMNS), rows)

    def account(self) -> Account:
        """What a person reads."""
        from loquitur.insight.tabular.telling import account_of

        return account_of(self)

    def __repr__(self) -> str:
        from loquitur.insight.tabular.telling import summary

        return "\n".join([f"{self.name}: {self.rows:,} rows", *summary(self)])


def _plain_copies(copies: Copies) -> dict[str, Any]:
    return {
        "rows": copies.rows, "first_at": list(copies.at), "key": copies.key or None,
        "repeated_keys": copies.keys, "examples": list(copies.examples),
    }  # fmt: skip


_FIGURES = ("mean", "std", "min", *QUANTILES, "max")
_MORE = (
    "sum", "mad", "trimmed_mean", "geometric_mean", "skew", "gini", "top_10_percent_share",
    "top_1_percent_share",
)  # fmt: skip
_COLUMNS = (
    Column(name="column"),
    Column(name="type"),
    Column(name="unit", description="Of mean, std, min, quantiles, max, mad"),
    Column(name="derived", type="bool"),
    Column(name="count", type="int"),
    Column(name="missing", type="int"),
    Column(name="not_read", type="int", description="Cells that are not of the column's type"),
    *(Column(name=name, type="float") for name in _FIGURES),
    Column(name="zeros", type="int"),
    Column(name="negative", type="int"),
    Column(name="distinct", type="int"),
    *(Column(name=name, type="float") for name in _MORE),
    Column(name="verdict", description="Which law the tail follows"),
    Column(name="tail", description="Heavier than exponential, or not"),
    *(Column(name=name, type="float") for name in ("alpha", "alpha_low", "alpha_high", "xmin")),
    Column(name="first", type="text", description="Of moments, UTC"),
    Column(name="last", type="text", description="Of moments, UTC"),
    Column(name="note"),
)


def _row(one: Profile) -> tuple[Any, ...]:
    plain = one.plain()
    tail = plain.get("heavy_tail") or {}
    span = tail.get("alpha_interval") or {}
    moments = isinstance(one, TimeProfile)
    given: dict[str, Any] = {
        "column": one.name,
        "type": plain["type"],
        "unit": plain.get("unit") or None,
        "derived": plain.get("derived", False),
        "count": one.count,
        "missing": one.missing,
        "not_read": 0 if isinstance(one, TextProfile) else one.unread,
        "verdict": tail.get("verdict"),
        "tail": tail.get("tail"),
        "alpha": tail.get("alpha"),
        "alpha_low": span.get("low"),
        "alpha_high": span.get("high"),
        "xmin": tail.get("xmin"),
        "first": plain["min"] if moments else None,
        "last": plain["max"] if moments else None,
        "note": plain.get("note"),
        "distinct": plain.get("distinct"),
    }
    if isinstance(one, NumberProfile):
        given |= {name: plain[name] for name in (*_FIGURES, *_MORE, "zeros", "negative")}
    return tuple(given.get(column.name) for column in _COLUMNS)
