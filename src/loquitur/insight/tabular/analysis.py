"""`stats`: the numbers of a table, from reading it to the result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import InputError, UsageError, near
from loquitur.insight.libraries import library
from loquitur.insight.tabular import derived_columns, grouping, shapes
from loquitur.insight.tabular.describing import (
    NumberProfile,
    Profile,
    TimeProfile,
    profile_numbers,
    profile_texts,
    profile_times,
)
from loquitur.insight.tabular.heavy_tails import fit_tail
from loquitur.insight.tabular.outliers import extremes, logarithmic
from loquitur.insight.tabular.rank_correlations import correlate
from loquitur.insight.tabular.result import Engagement, Shape, StatsResult
from loquitur.insight.tabular.sheet import Numbers, Times
from loquitur.insight.tabular.sheet_reading import sheet_of
from loquitur.tables.cells import read_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.tabular.derived_columns import Derived
    from loquitur.insight.tabular.sheet import Field, Sheet

TOP = 10
MOST_TOP = 1_000


def stats(
    source: Any,
    *,
    by: str = "",
    columns: Sequence[str] = (),
    top: int = TOP,
    unique: bool = False,
    as_of: str = "",
    goodness_sets: int = 0,
    name: str = "",
) -> StatsResult:
    """The numbers of a table.

    Args:
        source: A path (CSV, JSON Lines, Parquet), a `Table`, or a frame of polars or pandas. A file
            too large to be held is read by DuckDB (see `large`).
        by: A column whose values part the rows into groups.
        columns: Look at these alone; all by default.
        top: So many rows in lists of the largest and of outliers.
        unique: Leave out rows that are wholly equal to an earlier one.
        as_of: When the counts were taken (ISO 8601), where no column says it.
        goodness_sets: For each heavy tail draw so many sets to judge the fit; 0 for none.
        name: For people; a file's own by default.

    Raises:
        InputError: No such table or column.
        UsageError: `top` or `as_of` make no sense.
        MissingError: A library of the extra `insight` is not installed.
    """
    moment = _moment(as_of)
    if not 0 <= top <= MOST_TOP:
        raise UsageError(f"top: {top} is not from 0 to {MOST_TOP:,}")
    library("scipy.special", "the numbers of tables need scipy")  # before the table is read
    if isinstance(source, str | Path):
        from loquitur.insight.tabular import large

        path = Path(source)
        if large.is_large(path):
            return large.stats_of(
                path, by=by, columns=columns, top=top, unique=unique, as_of=moment,
                goodness_sets=goodness_sets, name=name,
            )  # fmt: skip
    sheet = sheet_of(source, name=name, unique=unique)
    result = analysed(
        sheet, by=by, columns=columns, top=top, as_of=moment, goodness_sets=goodness_sets
    )
    return replace(result, source=str(source) if isinstance(source, str | Path) else "")


def _moment(text: str) -> np.datetime64 | None:
    if not text:
        return None
    found = read_time(text if "T" in text or " " in text else f"{text}T00:00:00Z")
    if found is None:
        raise UsageError(
            f"not a time: '{text[:40]}'", hint="expected 2026-03-01 or with T12:00:00Z"
        )
    return np.datetime64(found.replace(tzinfo=None), "us")


def analysed(
    sheet: Sheet,
    *,
    by: str = "",
    columns: Sequence[str] = (),
    top: int = TOP,
    as_of: np.datetime64 | None = None,
    goodness_sets: int = 0,
) -> StatsResult:
    """A sheet described.

    Raises:
        InputError: No such column.
    """
    derived = derived_columns.derive(sheet, as_of=as_of)
    whole = replace(sheet, fields=(*sheet.fields, *derived.columns))
    chosen = _chosen(whole, columns)
    profiles: list[Profile] = []
    found: dict[str, Shape] = {}
    judged: list[Numbers] = []
    for field in chosen:
        profile = _profile(field)
        if isinstance(field, Numbers) and isinstance(profile, NumberProfile) and profile.judged:
            profile, found[field.name] = _shaped(field, profile, goodness_sets)
            judged.append(field)
        profiles.append(profile)
    parts = derived_columns.known_parts(whole)
    numbers = [field for field in chosen if isinstance(field, Numbers)]
    return StatsResult(
        name=sheet.name,
        rows=sheet.rows,
        profiles=tuple(profiles),
        copies=sheet.copies,
        shapes=found,
        correlations=correlate(judged, parts),
        extremes=tuple(extremes(whole, one, limit=top) for one in judged) if top else (),
        engagement=engagement(whole),
        grouping=grouping.group(whole, numbers, by) if by else None,
        lacking=derived.lacking,
        remarks=(*sheet.remarks, *_remarks(profiles, found, derived)),
    )


def _chosen(sheet: Sheet, columns: Sequence[str]) -> list[Field]:
    if not columns:
        return list(sheet.fields)
    known = {field.name: field for field in sheet.fields}
    for field in sheet.fields:
        if isinstance(field, Numbers) and field.source:
            known.setdefault(field.source, field)
    for name in columns:
        if name not in known:
            raise InputError(f"{sheet.name} has no column '{name}'", hint=near(name, known))
    return list(dict.fromkeys(known[name] for name in columns))


def _profile(field: Field) -> Profile:
    if isinstance(field, Numbers):
        return profile_numbers(field)
    return profile_times(field) if isinstance(field, Times) else profile_texts(field)


def _shaped(
    field: Numbers, profile: NumberProfile, goodness_sets: int
) -> tuple[NumberProfile, Shape]:
    finite = field.values[np.isfinite(field.values)]
    fit = fit_tail(finite, goodness_sets=goodness_sets)
    curve = shapes.ccdf(finite) if logarithmic(finite) else None
    curves = () if curve is None else (curve, *shapes.fitted_curves(fit, float(finite.max())))
    shape = Shape(histogram=shapes.histogram(finite), curves=curves)
    return replace(profile, tail=fit), shape


def engagement(sheet: Sheet) -> tuple[Engagement, ...]:
    """Likes and comments for each view, over the whole table."""
    views = sheet.find(*derived_columns.VIEWS)
    found = []
    for name, role in derived_columns.RATES.items():
        part = sheet.find(*role)
        if not isinstance(views, Numbers) or not isinstance(part, Numbers):
            continue
        both = np.isfinite(views.values) & np.isfinite(part.values) & (views.values > 0)
        if both.any():
            above, below = part.values[both], views.values[both]
            found.append(
                Engagement(
                    name=name,
                    of=part.name,
                    total=float(above.sum() / below.sum()),
                    median=float(np.median(above / below)),
                    rows=int(both.sum()),
                )
            )
    return tuple(found)


def _remarks(profiles: Sequence[Profile], found: dict[str, Shape], derived: Derived) -> list[str]:
    told = []
    for one in profiles:
        if isinstance(one, NumberProfile):
            told += remarks_of(one, found.get(one.name))
        elif isinstance(one, TimeProfile):
            if one.unread:
                shown = ", ".join(f"'{cell}'" for cell in one.examples)
                told.append(f"{one.name}: cells that are no times: {one.unread:,} ({shown})")
            if one.zoneless:
                told.append(f"{one.name}: times without a zone, taken as UTC: {one.zoneless:,}")
    return told + list(derived.remarks)


def remarks_of(one: NumberProfile, shape: Shape | None) -> list[str]:
    """What must be said of a column of numbers."""
    told = []
    if one.note:
        told.append(f"{one.name}: {one.note}")
    if one.unread:
        shown = ", ".join(f"'{cell}'" for cell in one.examples)
        told.append(f"{one.name}: cells that are no numbers, left out: {one.unread:,} ({shown})")
    if one.infinite:
        told.append(f"{one.name}: infinite cells, left out: {one.infinite:,}")
    if one.negative and one.name.lower() in _COUNTS:
        told.append(f"{one.name}: negative values, which a count cannot have: {one.negative:,}")
    if shape is not None and shape.histogram is not None and shape.histogram.left_out:
        told.append(
            f"{one.name}: zeros, which have no place on a log axis, left out of histogram, CCDF and"
            f" fit of the tail: {shape.histogram.left_out:,}"
        )
    if one.judged and one.distinct == 1 and one.count > 1:
        told.append(f"{one.name}: all {one.count:,} values are equal")
    return told


_COUNTS = {
    name
    for role in (derived_columns.VIEWS, derived_columns.LIKES, derived_columns.COMMENTS)
    for name in role
} | {"dislikes", "favorites", "favourites", "replies", "subscribers", "duration_s"}
