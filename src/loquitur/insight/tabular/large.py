"""Tables too large to be held: DuckDB over Parquet, at bounded memory.

What is exact here: counts, sums, means, standard deviations, skew, quantiles, trimmed means, Gini
and shares of the top (each column is sorted on the disk and read through once), histograms, the
largest rows, times, duplicates. What needs all pairs or repeated fits comes from a sample of about
100,000 rows, chosen by a hash of the row's number, and says so: tails, correlations, outliers, the
MAD, tests between groups. Quantiles of groups are approximate (t-digest) and say so.
"""

# ruff: noqa: S608 - names of columns are quoted by `quoted`, all else in the queries is ours

from __future__ import annotations

import contextlib
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.errors import EngineError, InputError
from loquitur.insight.libraries import library
from loquitur.insight.tabular import analysis, large_cells, large_columns
from loquitur.insight.tabular.derived_columns import VIEWS
from loquitur.insight.tabular.describing import NumberProfile, Profile
from loquitur.insight.tabular.large_store import ROW, Store, quoted
from loquitur.insight.tabular.outliers import Place
from loquitur.insight.tabular.sheet import KEYS, Copies, Flags, Lists, Numbers, Times
from loquitur.insight.tabular.sheet_reading import loaded_polars, separator_of, sheet_of
from loquitur.tables.writing import form_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

    from loquitur.insight.tabular.outliers import Extremes
    from loquitur.insight.tabular.result import Engagement, StatsResult
    from loquitur.insight.tabular.sheet import Field, Sheet

MOST_BYTES = 256 << 20
"""Text files beyond this are not held."""
MOST_ROWS = 2_000_000
"""Parquet files of more rows are not held."""
MEMORY_LIMIT = "1GB"
"""What DuckDB may hold; more goes to the disk."""
SAMPLE_ROWS = 100_000


def is_large(path: Path) -> bool:
    """The file is not to be held in memory.

    Raises:
        UsageError: Its suffix names no table.
        MissingError: polars is not installed.
    """
    form = form_of(path)
    if not path.is_file():
        return False  # the reader says what is wrong
    if form != "parquet":
        return path.stat().st_size > MOST_BYTES
    polars = loaded_polars()
    try:
        rows = polars.scan_parquet(path, glob=False).select(polars.len()).collect().item()
    except (polars.exceptions.PolarsError, OSError) as exc:
        raise InputError(f"{path}: not Parquet: {str(exc).splitlines()[0]}") from exc
    return int(rows) > MOST_ROWS


def stats_of(
    path: Path,
    *,
    by: str,
    columns: Sequence[str],
    top: int,
    unique: bool,
    as_of: np.datetime64 | None,
    goodness_sets: int,
    name: str,
) -> StatsResult:
    """The numbers of a file that is not held; see `analysis.stats`.

    Raises:
        InputError: It is no table, or has no such column.
        MissingError: DuckDB is not installed.
    """
    with _opened(path, unique=unique) as store:
        sheet = replace(sheet_of(store.sample(SAMPLE_ROWS)), name=name or path.name)
        sampled = analysis.analysed(
            sheet, by=by, columns=columns, top=top, as_of=as_of, goodness_sets=goodness_sets
        )
        fields = {field.name: field for field in sheet.fields}
        store.expressions = large_cells.expressions(fields, sheet, store.types, as_of)
        profiles, shapes = [], dict(sampled.shapes)
        for one in sampled.profiles:
            profile, histogram = _profile(store, one, fields, sampled)
            profiles.append(profile)
            if one.name in shapes and histogram is not None:
                shapes[one.name] = replace(shapes[one.name], histogram=histogram)
        grouping = sampled.grouping
        if grouping is not None:
            grouping = large_columns.grouped(store, grouping, sheet.rows)
        return replace(
            sampled,
            source=str(path),
            rows=store.rows,
            profiles=tuple(profiles),
            copies=_copies(store, unique=unique),
            shapes=shapes,
            correlations=tuple(
                replace(one, sampled=one.sampled or one.n) for one in sampled.correlations
            ),
            extremes=tuple(_extremes(store, one, sheet, top) for one in sampled.extremes),
            engagement=tuple(_engagement(store, one, sheet) for one in sampled.engagement),
            grouping=grouping,
            remarks=(*_remarks(store, sheet), *_told(profiles, shapes, sampled)),
            engine="duckdb",
        )


def _remarks(store: Store, sheet: Sheet) -> list[str]:
    sample = f"a sample of {sheet.rows:,} of {store.rows:,} rows, the same in every run"
    held = (
        "The table was not held in memory; tails, correlations, outliers and the MAD are those of"
    )
    told = [f"{held} {sample}"]
    if store.left_out:
        told.append(
            f"{store.left_out:,} rows that are wholly equal to an earlier one were left out"
        )
    return told


def _told(profiles: Sequence[Profile], shapes: dict[str, Any], sampled: StatsResult) -> list[str]:
    told = []
    for one in profiles:
        if isinstance(one, NumberProfile):
            told += analysis.remarks_of(one, shapes.get(one.name))
    exact = {one.name for one in profiles if isinstance(one, NumberProfile)}
    return told + [
        f"{remark} (in the sample)" for remark in sampled.remarks
        if remark.partition(":")[0] not in exact
    ]  # fmt: skip


def _profile(
    store: Store, one: Profile, fields: dict[str, Field], sampled: StatsResult
) -> tuple[Profile, Any]:
    field = fields.get(one.name)
    if isinstance(one, NumberProfile):
        shape = sampled.shapes.get(one.name)
        return large_columns.numbers(store, one, None if shape is None else shape.histogram)
    if isinstance(field, Times):
        return large_columns.times(store, one.name), None
    if isinstance(field, Lists):
        return one, None
    return large_columns.texts(store, one.name, flag=isinstance(field, Flags)), None


def _copies(store: Store, *, unique: bool) -> Copies:
    rows = 0 if unique else store.rows - store.distinct(", ".join(map(quoted, store.types)))
    key = next((name for name in KEYS if name in store.types), "")
    if not key:
        return Copies(rows=rows)
    given = store.one(f"SELECT count({quoted(key)}) FROM t")[0]
    keys = given - store.distinct(quoted(key), f"{quoted(key)} IS NOT NULL")
    return Copies(rows=rows, key=key, keys=keys)


def _extremes(store: Store, one: Extremes, sheet: Sheet, top: int) -> Extremes:
    expression = store.expressions.get(one.column)
    if expression is None:
        return one
    titles = [name for name in ("title", *KEYS) if name in store.types]
    label = (
        "coalesce(" + ", ".join(f"CAST({quoted(name)} AS VARCHAR)" for name in titles) + ")"
        if titles
        else "NULL"
    )
    rows = store.all(
        "SELECT place, label, v FROM"
        f" (SELECT {ROW} AS place, {label} AS label, {expression} AS v FROM t)"
        f" WHERE isfinite(v) ORDER BY v DESC, place LIMIT {int(top)}"
    )
    places = tuple(
        Place(row=int(row) + 1, label=text or f"row {int(row) + 1}", value=float(value))
        for row, text, value in rows
    )
    remark = one.remark or f"judged in the sample of {sheet.rows:,} rows"
    return replace(one, top=places, remark=remark, outliers=store.rowed(one.outliers))


def _engagement(store: Store, one: Engagement, sheet: Sheet) -> Engagement:
    views = sheet.find(*VIEWS)
    if not isinstance(views, Numbers):
        return one
    above, below = store.expressions[one.of], store.expressions[views.name]
    both = f"{below} > 0 AND {above} IS NOT NULL"
    total, rows = store.one(f"SELECT sum({above}) / sum({below}), count(*) FROM t WHERE {both}")
    return replace(one, total=float(total), rows=int(rows))


@contextlib.contextmanager
def _opened(path: Path, *, unique: bool) -> Iterator[Store]:
    """DuckDB over the file, as Parquet beside nothing else in a folder that goes afterwards."""
    duckdb = library("duckdb", "a table of this size needs DuckDB, which is not installed")
    folder = Path(tempfile.mkdtemp(prefix="loquitur-stats-"))
    connection = duckdb.connect()
    try:
        for option, value in (
            ("memory_limit", MEMORY_LIMIT), ("temp_directory", str(folder / "spill")),
            ("TimeZone", "UTC"),
        ):  # fmt: skip
            connection.execute(f"SET {option} = '{value}'")
        connection.execute("SET preserve_insertion_order = true")
        connection.execute("SET enable_progress_bar = false")  # it would print
        yield Store.of(connection, _source(path), folder, parquet=form_of(path) == "parquet",
                       unique=unique)  # fmt: skip
    except duckdb.OutOfMemoryException as exc:
        raise EngineError(
            f"{path}: {MEMORY_LIMIT} were not enough for this table", hint="look at fewer columns"
        ) from exc
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.ConversionException) as exc:
        reason = str(exc).splitlines()[0]
        raise InputError(f"{path}: cannot be read as a table: {reason}") from exc
    except duckdb.Error as exc:
        raise EngineError(f"{path}: DuckDB failed: {str(exc).splitlines()[0]}") from exc
    finally:
        connection.close()
        shutil.rmtree(folder, ignore_errors=True)


def _source(path: Path) -> str:
    name = "'" + str(path.resolve()).replace("'", "''") + "'"
    form = form_of(path)
    if form == "parquet":
        return f"read_parquet({name}, file_row_number = true)"
    if form == "jsonl":
        return f"read_json({name}, format = 'newline_delimited', sample_size = -1)"
    separator = separator_of(path)
    return f"read_csv({name}, header = true, delim = '{separator}', sample_size = -1)"
