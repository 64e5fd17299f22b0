"""Columns of a table in DuckDB: what is asked of it, and columns sorted on the disk."""

# ruff: noqa: S608 - names of columns are quoted by `quoted`, all else in the queries is ours

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import EngineError
from loquitur.insight.tabular import derived_columns
from loquitur.insight.tabular.cells_read import MISSING, MOST_VALUE
from loquitur.insight.tabular.describing import (
    QUANTILES,
    TRIMMED,
    NumberProfile,
    TextProfile,
    TimeProfile,
    median_rank,
    shown,
    unpublished,
)
from loquitur.insight.tabular.sheet import Numbers, Times
from loquitur.insight.tabular.sheet_reading import loaded_polars

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from loquitur.insight.tabular.grouping import Grouping
    from loquitur.insight.tabular.outliers import Place
    from loquitur.insight.tabular.shapes import Histogram
    from loquitur.insight.tabular.sheet import Array, Field, Sheet

_SLICE = 2_000_000
_MOST_DISTINCT = 1_000_000
_TOP = 10
_EXACT_BELOW = 50_000
_NUMERIC = ("INT", "DOUBLE", "FLOAT", "DECIMAL", "REAL")


def quoted(name: str) -> str:
    """A name of a column in SQL."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(slots=True, kw_only=True)
class Store:
    """A table in DuckDB: `t`, with the number of each row from 0.

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
            f"CREATE VIEW t AS SELECT * RENAME (file_row_number AS row_number) FROM {source}"
        )
        described = connection.execute("DESCRIBE t").fetchall()
        types = {row[0]: str(row[1]) for row in described if row[0] != "row_number"}
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
            f"COPY (SELECT * FROM t WHERE hash(row_number) % {step} = 0 ORDER BY row_number)"
            f" TO '{literal}' (FORMAT parquet)"
        )
        frame = loaded_polars().read_parquet(target)
        self.sample_rows = frame["row_number"].to_list()
        return frame.drop("row_number")

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


def expressions(
    fields: Mapping[str, Field], sheet: Sheet, types: Mapping[str, str], as_of: Any
) -> dict[str, str]:
    """How each column of numbers is read in SQL, derived ones too."""
    found: dict[str, str] = {}
    for name, one in fields.items():
        if isinstance(one, Numbers):
            source = one.source or name
            read = _number(source, types[source], duration=one.unit == "s")
            found[name] = (
                f"(CASE WHEN abs({read}) > {MOST_VALUE} THEN 'inf'::DOUBLE ELSE {read} END)"
            )
        elif isinstance(one, Times):
            found[name] = _moment(name, types[name])
    views, likes, comments = (
        sheet.find(*role)
        for role in (derived_columns.VIEWS, derived_columns.LIKES, derived_columns.COMMENTS)
    )
    if isinstance(views, Numbers):
        below = found[views.name]
        for name, part in (("like_rate_derived", likes), ("comment_rate_derived", comments)):
            if isinstance(part, Numbers) and name not in found:
                above = found[part.name]
                ratio = f"CASE WHEN {below} > 0 AND {above} >= 0 THEN {above} / {below} END"
                found[name] = f"({ratio})"
        _aged(found, sheet, views, as_of)
    return found


def _aged(found: dict[str, str], sheet: Sheet, views: Numbers, as_of: Any) -> None:
    published = sheet.find(*derived_columns.PUBLISHED)
    collected = sheet.find(*derived_columns.COLLECTED)
    if not isinstance(published, Times) or not (isinstance(collected, Times) or as_of is not None):
        return
    end = found[collected.name] if isinstance(collected, Times) else f"TIMESTAMP '{as_of}'"
    days = f"((epoch_us({end}) - epoch_us({found[published.name]})) / 86400000000.0)"
    found.setdefault("age_days_derived", f"(CASE WHEN {days} >= 0 THEN {days} END)")
    least = derived_columns.LEAST_AGE_DAYS
    rate = f"(CASE WHEN {days} >= {least} THEN {found[views.name]} / {days} END)"
    found.setdefault("views_per_day_derived", rate)


def _number(name: str, kind: str, *, duration: bool) -> str:
    column = quoted(name)
    if kind.upper().startswith(_NUMERIC) or kind.upper().lstrip("U").startswith(
        ("BIGINT", "SMALLINT", "TINYINT", "HUGEINT", "INTEGER")
    ):
        return f"CAST({column} AS DOUBLE)"
    text = f"trim(CAST({column} AS VARCHAR))"
    if duration and kind.upper() == "VARCHAR":
        parts = " + ".join(
            f"coalesce(try_cast(regexp_extract({text}, '{part}', 1) AS DOUBLE), 0) * {step}"
            for part, step in ((r"(\d+)W", 604_800), (r"(\d+)D", 86_400), (r"(\d+)H", 3_600),
                               (r"T.*?(\d+)M", 60), (r"(\d+)(?:\.\d+)?S", 1))
        )  # fmt: skip
        whole = f"regexp_full_match({text}, 'P(\\d|T\\d)[\\dWDTHMS.]*') AND {text} <> 'P0D'"
        return f"(CASE WHEN {whole} THEN {parts} ELSE try_cast({text} AS DOUBLE) END)"
    return f"try_cast(replace({text}, ',', '') AS DOUBLE)"


def _moment(name: str, kind: str) -> str:
    column = quoted(name)
    if kind.upper() in ("TIMESTAMP", "TIMESTAMP_MS", "TIMESTAMP_S", "TIMESTAMP_NS", "DATE"):
        return f"CAST({column} AS TIMESTAMP)"
    zoned = f"try_cast({column} AS TIMESTAMPTZ)" if kind.upper() == "VARCHAR" else column
    return f"make_timestamp(epoch_us({zoned}))"


def numbers(
    store: Store, sampled: NumberProfile, bins: Histogram | None
) -> tuple[NumberProfile, Histogram | None]:
    """The exact profile of a column of numbers, and its histogram with the bins of the sample."""
    expression = store.expressions[sampled.name]
    held, infinite, nans = store.one(
        f"SELECT {_held(store, sampled.source or sampled.name)}, count(v) FILTER (isinf(v)),"
        f" count(v) FILTER (isnan(v)) FROM (SELECT *, {expression} AS v FROM t)"
    )
    store.sort(expression)
    count, total, low, high, zeros, negative, logs, positive = store.one(
        "SELECT count(v), fsum(v), min(v), max(v), count(*) FILTER (v = 0),"
        " count(*) FILTER (v < 0), fsum(ln(v)) FILTER (v > 0), count(*) FILTER (v > 0) FROM sorted"
    )
    base = replace(
        sampled, count=count, missing=store.rows - held + nans, infinite=infinite,
        unread=max(held - count - infinite - nans, 0), zeros=zeros, negative=negative,
    )  # fmt: skip
    if not count:
        return replace(base, note=unpublished(base.name, empty=True)), None
    mean = total / count
    squares, cubes = store.one(
        "SELECT fsum(away * away), fsum(away * away * away)"
        f" FROM (SELECT v - {mean!r} AS away FROM sorted)"
    )
    profile = replace(
        base,
        total=total,
        mean=mean,
        std=math.sqrt(squares / (count - 1)) if count > 1 else None,
        skew=_skew(count, squares, cubes),
        minimum=low,
        maximum=high,
        geometric_mean=math.exp(logs / positive) if positive and not negative else None,
        note=unpublished(base.name, empty=False) if not low and not high else "",
        approximate="The MAD and the tail are those of the sample." if sampled.judged else "",
    )
    return _walked(store.pieces(), profile, bins)


def _held(store: Store, name: str) -> str:
    """How many cells of a column say something, in SQL."""
    if name not in store.types:
        return "count(v)"
    if store.types[name] != "VARCHAR":
        return f"count({quoted(name)})"
    spelled = ", ".join(f"'{text}'" for text in MISSING)
    return f"count(*) FILTER (trim({quoted(name)}) NOT IN ({spelled}))"


def _skew(count: int, squares: float, cubes: float) -> float | None:
    if count < 3:
        return None
    if squares == 0:
        return 0.0
    return float(count * math.sqrt(count - 1) / (count - 2) * cubes / squares**1.5)


def _walked(
    pieces: Iterator[Array], profile: NumberProfile, bins: Histogram | None
) -> tuple[NumberProfile, Histogram | None]:
    """What the order of a column's values tells, in one walk along them."""
    count, total = profile.count, profile.total or 0.0
    cut = int(TRIMMED * count)
    below = median_rank(count)
    places = {(count - 1) * q for q in QUANTILES.values()}
    wanted = {int(at) for at in places} | {min(int(at) + 1, count - 1) for at in places}
    wanted |= set() if below is None else {below, count - 1 - below}
    at = np.array(sorted(wanted))
    tops = {part: count - math.ceil(part * count - 1e-9) for part in (0.1, 0.01)}
    sums = dict.fromkeys(("ranked", "middle", *tops), 0.0)
    found: dict[int, float] = {}
    counts = None if bins is None else np.zeros(len(bins.counts), np.int64)
    edges = None if bins is None else _reaching(bins, profile)
    start, distinct, last = 0, 0, math.nan
    for piece in pieces:
        stop = start + len(piece)
        inside = at[(at >= start) & (at < stop)]
        found |= dict(zip(inside.tolist(), piece[inside - start].tolist(), strict=True))
        ranks = np.arange(start + 1, stop + 1)
        sums["ranked"] += float((ranks * (piece / (total or 1.0))).sum())
        sums["middle"] += float(piece[max(cut - start, 0) : max(count - cut - start, 0)].sum())
        for part, first in tops.items():
            sums[part] += float(piece[max(first - start, 0) :].sum())
        distinct += int((piece[1:] != piece[:-1]).sum()) + int(piece[0] != last)
        if counts is not None and edges is not None:
            counts += np.histogram(piece, edges)[0]
        start, last = stop, float(piece[-1])
    even = profile.negative == 0 and total > 0
    gini = 2 * sums["ranked"] / count - (count + 1) / count
    walked = replace(
        profile,
        distinct=distinct,
        quantiles=tuple(_between(found, (count - 1) * q) for q in QUANTILES.values()),
        median_low=None if below is None else found[below],
        median_high=None if below is None else found[count - 1 - below],
        trimmed_mean=sums["middle"] / (count - 2 * cut),
        gini=max(gini, 0.0) if even else None,
        top_tenth=sums[0.1] / total if even else None,
        top_hundredth=sums[0.01] / total if even else None,
    )
    if bins is None or counts is None or edges is None:
        return walked, None
    left_out = profile.zeros if bins.log else 0
    shape = replace(bins, edges=edges, counts=tuple(counts.tolist()), left_out=left_out)
    return walked, shape


def _between(found: Mapping[int, float], place: float) -> float:
    """The value at a place between two ranks, as numpy interpolates."""
    low = int(place)
    first, second = found[low], found.get(low + 1, found[low])
    part = place - low
    return (
        second - (second - first) * (1 - part) if part >= 0.5 else first + (second - first) * part
    )


def _reaching(bins: Histogram, profile: NumberProfile) -> tuple[float, ...]:
    """The bins of the sample, the outer ones reaching to the least and the largest value."""
    edges = list(bins.edges)
    if not bins.log:
        edges[0] = min(edges[0], profile.minimum or 0.0)
    else:
        edges[0] = (
            min(edges[0], 0.5) if profile.zeros else min(edges[0], profile.minimum or edges[0])
        )
    edges[-1] = max(edges[-1], profile.maximum or 0.0)
    return tuple(edges)


def texts(store: Store, name: str, *, flag: bool) -> TextProfile:
    """The profile of a column of texts; how many different ones is within some per cent."""
    column = f"CAST({quoted(name)} AS VARCHAR)"
    count, distinct, longest = store.one(
        f"SELECT count({column}), approx_count_distinct({column}), max(length({column})) FROM t"
    )
    if distinct <= 2 * _EXACT_BELOW:
        distinct = store.one(f"SELECT count(DISTINCT {column}) FROM t")[0]
    top: list[tuple[Any, ...]] = []
    if distinct <= _MOST_DISTINCT:
        top = store.all(
            f"SELECT left({column}, 80) AS value, count(*) AS n FROM t WHERE {column} IS NOT NULL"
            f" GROUP BY {column} ORDER BY n DESC, value LIMIT {_TOP}"
        )
    return TextProfile(
        name=name, type="flag" if flag else "text", count=count, missing=store.rows - count,
        distinct=distinct, top=tuple((str(value), int(n)) for value, n in top),
        longest=None if flag else longest,
        approximate="distinct" if distinct > 2 * _EXACT_BELOW else "",
    )  # fmt: skip


def times(store: Store, name: str) -> TimeProfile:
    """The profile of a column of moments."""
    moment = store.expressions[name]
    held, count, first, last = store.one(
        f"SELECT count({quoted(name)}), count(v), epoch_us(min(v)), epoch_us(max(v))"
        f" FROM (SELECT *, {moment} AS v FROM t)"
    )
    days, hours = [0] * 7, [0] * 24
    for day, hour, n in store.all(
        "SELECT isodow(v) - 1, hour(v), count(*)"
        f" FROM (SELECT {moment} AS v FROM t) WHERE v IS NOT NULL GROUP BY ALL"
    ):
        days[day] += n
        hours[hour] += n
    return TimeProfile(
        name=name,
        count=count,
        missing=store.rows - held,
        unread=held - count,
        first=shown(np.datetime64(first, "us")) if count else None,
        last=shown(np.datetime64(last, "us")) if count else None,
        weekdays=tuple(days),
        hours=tuple(hours),
    )


def grouped(store: Store, sampled: Grouping, rows: int) -> Grouping:
    """The groups of the whole table: counts and moments exact, quantiles approximate."""
    column = store.expressions.get(sampled.column, quoted(sampled.column))
    label = f"CAST({column} AS VARCHAR)"
    listed = store.all(
        f"SELECT {label} AS value, count(*) AS n FROM t GROUP BY ALL ORDER BY n DESC, value"
        " LIMIT 51"
    )
    order = [(value, n) for value, n in listed if value is not None][:50]
    total, missing = store.one(
        f"SELECT count(DISTINCT {label}), count(*) FILTER ({label} IS NULL) FROM t"
    )
    template = {one.name: one for group in sampled.groups for one in group.profiles}
    figures = {name: _grouped_figures(store, label, name, one) for name, one in template.items()}
    from loquitur.insight.tabular.grouping import Group

    groups = tuple(
        Group(
            value=str(value), rows=n,
            profiles=tuple(figures[name][value] for name in template if value in figures[name]),
        )
        for value, n in order
    )  # fmt: skip
    kept = sum(n for _, n in order)
    return replace(
        sampled,
        groups=groups,
        others=max(total - len(order), 0),
        other_rows=store.rows - missing - kept,
        missing=missing,
        differences=tuple(replace(one, sampled=rows) for one in sampled.differences),
    )


def _grouped_figures(
    store: Store, label: str, name: str, template: NumberProfile
) -> dict[str, NumberProfile]:
    parts = ", ".join(f"{q}" for q in QUANTILES.values())
    found = {}
    for value, rows, count, mean, std, low, high, total, zeros, quantiles in store.all(
        f"SELECT {label} AS g, count(*), count(v) FILTER (isfinite(v)),"
        " avg(v) FILTER (isfinite(v)), stddev_samp(v) FILTER (isfinite(v)),"
        " min(v) FILTER (isfinite(v)), max(v) FILTER (isfinite(v)), sum(v) FILTER (isfinite(v)),"
        " count(*) FILTER (v = 0),"
        f" approx_quantile(v, [{parts}]) FILTER (isfinite(v))"
        f" FROM (SELECT *, {store.expressions[name]} AS v FROM t) GROUP BY g"
    ):
        found[value] = NumberProfile(
            name=name, unit=template.unit, derived=template.derived, source=template.source,
            identifier=template.identifier, count=count, missing=rows - count, mean=mean, std=std,
            minimum=low, maximum=high, total=total, zeros=zeros,
            quantiles=tuple(quantiles) if quantiles else (None,) * len(QUANTILES),
            approximate="Quantiles are approximate (t-digest).",
        )  # fmt: skip
    return found
