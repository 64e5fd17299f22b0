"""What columns of text hold: numbers, durations, times, flags, lists; told where some cells do not.

A column is of numbers where at least four of five of its cells are; the others are counted, shown
and left out, never guessed. Cells that pandas reads as missing (`NA`, `n/a`, `null` ...) are
missing in such columns, and stay texts in columns of texts.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.insight.tabular.sheet import Field, Flags, Lists, Numbers, Texts, Times
from loquitur.tables.cells import Column
from loquitur.timing import parse_clock
from loquitur.youtube.values import duration_s

if TYPE_CHECKING:
    from collections.abc import Callable

MISSING = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
"""The default `na_values` of `pandas.read_csv`."""

MOST_VALUE = 1e150
_ENOUGH = 0.8
_SHOWN = 3
_CUT = 40
_NUMBER = (
    r"^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|\d{1,3}(?:,\d{3})+(?:\.\d+)?|[iI]nf(?:inity)?)$"
)
_CODE = r"^[+-]?0\d"
_DAY = r"^\d{4}-\d\d-\d\d$"
_TIME = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|z|[+-]\d\d:?\d\d)?$"
_ZONE = r"(?:Z|z|[+-]\d\d:?\d\d)$"
_ISO_DURATION = r"^P(?:\d|T\d)[\dWDTHMS.]*$"
_CLOCK = r"^\d{1,3}(?::\d\d){1,2}$"
_CLOCKED = re.compile("duration|length", re.IGNORECASE)
_GUARD = r"^'('*[=+\-@\t\r\n＝＋－＠])"
_FLAGS = {"true": True, "false": False, "True": True, "False": False, "TRUE": True, "FALSE": False}
_NAMING = re.compile(r"(?:^|_)id$|[a-z]Id$")


def field_of(series: Any, column: Column | None = None, *, guard: bool = False) -> Field:
    """A column of a polars frame as numbers, times, flags, lists or texts.

    Numbers beyond 1e150 count as infinite: their squares are no floats.

    Args:
        series: Of polars; texts are looked into.
        column: What is known of it.
        guard: Its texts were guarded against spreadsheets (see `tables.cells`).
    """
    found = _field_of(series, column or Column(name=series.name), guard=guard)
    if isinstance(found, Numbers):
        beyond = np.abs(found.values) > MOST_VALUE
        if beyond.any():
            values = np.where(beyond, np.copysign(np.inf, found.values), found.values)
            return replace(found, values=values)
    return found


def _field_of(series: Any, known: Column, *, guard: bool) -> Field:
    import polars

    kind = series.dtype
    if kind.is_numeric():
        return _numbers(known, series.cast(polars.Float64).to_numpy(), whole=kind.is_integer())
    if kind == polars.Boolean:
        return Flags(name=series.name, values=tuple(series.to_list()))
    if kind in (polars.Datetime, polars.Date):
        return _typed_times(series)
    if kind == polars.Duration:
        seconds = series.dt.total_microseconds().cast(polars.Float64).to_numpy() / 1e6
        return _seconds(series.name, seconds)
    if kind in (polars.List, polars.Array):
        rows = series.to_list()
        return Lists(
            name=series.name,
            values=tuple(None if row is None else tuple(map(str, row)) for row in rows),
        )
    texts = series if kind == polars.String else series.cast(polars.String, strict=False)
    if known.identifier:
        return Texts(name=series.name, values=tuple(texts.to_list()))
    return _of_texts(texts, guard=guard)


def _numbers(column: Column, values: Any, *, whole: bool) -> Numbers:
    return Numbers(
        name=column.name,
        values=np.array(values, np.float64),
        unit=column.unit or unit_of(column.name),
        whole=whole,
        derived=column.derived or _is_derived(column.name),
        identifier=column.identifier or bool(_NAMING.search(column.name)),
    )


def _is_derived(name: str) -> bool:
    """Whether a column says so itself: what this package derived and CSV has no other mark for."""
    return name.endswith("_derived")


def unit_of(name: str) -> str:
    """The unit that a column's name tells.

    >>> unit_of("duration_s"), unit_of("size_bytes"), unit_of("views")
    ('s', 'bytes', '')
    """
    found = re.search(r"_(s|ms|hz|bytes|px|bits|per_min|per_day|days)(?:_derived)?$", name)
    return found[1] if found else ""


def _of_texts(texts: Any, *, guard: bool) -> Field:
    import polars

    plain = texts.str.strip_chars()
    plain = plain.set(plain.is_in(list(MISSING)).fill_null(value=False), None)
    present = plain.drop_nulls()
    if not len(present):
        return _texts(texts, guard=guard)
    for fits, read in _READERS:
        wanted = fits(texts.name, present)
        if wanted is not None and wanted.sum() >= _ENOUGH * len(present):
            return read(texts.name, plain, present.filter(~wanted))
    if present.is_in(list(_FLAGS)).all():
        kept = plain.replace_strict(_FLAGS, default=None, return_dtype=polars.Boolean)
        return Flags(name=texts.name, values=tuple(kept.to_list()))
    if present.str.starts_with("[").all():
        lists = [_list(cell) for cell in plain.to_list()]
        if all(cell is not None for cell in lists if cell != ()):
            return Lists(name=texts.name, values=tuple(None if c == () else c for c in lists))
    return _texts(texts, guard=guard)


def _texts(texts: Any, *, guard: bool) -> Texts:
    kept = texts.str.replace(_GUARD, "$1") if guard else texts
    return Texts(name=texts.name, values=tuple(cell or None for cell in kept.to_list()))


def _list(cell: str | None) -> tuple[str, ...] | None:
    """The texts of a JSON list; `()` for a missing cell, None for what is no such list."""
    if cell is None:
        return ()
    try:
        items = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return tuple(map(str, items)) or ("",) if isinstance(items, list) else None


def _examples(unread: Any) -> tuple[str, ...]:
    return tuple(cell[:_CUT] for cell in unread.unique(maintain_order=True).head(_SHOWN).to_list())


def _fits_numbers(_name: str, present: Any) -> Any:
    if present.str.contains(_CODE).any():
        return None  # 007 is a name
    return present.str.contains(_NUMBER)


def _read_numbers(name: str, plain: Any, unread: Any) -> Numbers:
    import polars

    fits = plain.str.contains(_NUMBER).fill_null(value=False)
    cleaned = plain.set(~fits, None).str.replace_all(",", "")
    values = cleaned.cast(polars.Float64, strict=False).to_numpy().astype(np.float64)
    finite = values[np.isfinite(values)]
    return Numbers(
        name=name,
        values=values,
        unit=unit_of(name),
        whole=bool((finite == np.floor(finite)).all()),
        derived=_is_derived(name),
        identifier=bool(_NAMING.search(name)),
        unread=len(unread),
        examples=_examples(unread),
    )


def _fits_durations(name: str, present: Any) -> Any:
    fits = present.str.contains(_ISO_DURATION)
    return fits | present.str.contains(_CLOCK) if _CLOCKED.search(name) else fits


def _read_durations(name: str, plain: Any, unread: Any) -> Numbers:
    known = {cell: _duration(cell) for cell in plain.drop_nulls().unique().to_list()}
    cells = [None if cell is None else known[cell] for cell in plain.to_list()]
    values = np.array([np.nan if cell is None else cell for cell in cells], np.float64)
    return _seconds(name, values, unread=len(unread), examples=_examples(unread))


def _duration(cell: str) -> float | None:
    if re.fullmatch(_CLOCK, cell):
        try:
            return parse_clock(cell) / 1000
        except ValueError:
            return None
    return duration_s(cell)


def _seconds(name: str, values: Any, *, unread: int = 0, examples: tuple[str, ...] = ()) -> Numbers:
    told = name if name.endswith("_s") else f"{name}_s"
    return Numbers(
        name=told, values=values, unit="s", source="" if told == name else name, unread=unread,
        examples=examples,
    )  # fmt: skip


def _fits_times(_name: str, present: Any) -> Any:
    return present.str.contains(_TIME) | present.str.contains(_DAY)


def _read_times(name: str, plain: Any, unread: Any) -> Times:
    import polars

    days = plain.str.contains(_DAY).fill_null(value=False)
    zoned = plain.str.contains(_ZONE).fill_null(value=False) & ~days
    fits = plain.str.contains(_TIME).fill_null(value=False)
    text = plain.set(~(fits | days), None)
    text = text.set(days.fill_null(value=False), None)
    clock = text.str.slice(0, 10) + "T" + text.str.extract(r"[T ](\d\d:\d\d(?::\d\d)?)")
    clock = (
        clock
        + polars.select(
            polars.when(clock.str.len_chars() == 16)
            .then(polars.lit(":00"))
            .otherwise(polars.lit(""))
        ).to_series()
    )
    fraction = text.str.extract(r"[.,](\d{1,6})").fill_null("0").str.pad_end(6, "0")
    zone = text.str.extract(r"([+-]\d\d:?\d\d)$").fill_null("+00:00").str.replace(":", "")
    moments = (clock + "." + fraction + zone).str.to_datetime(
        "%Y-%m-%dT%H:%M:%S%.f%z", strict=False, time_unit="us"
    )
    dates = plain.set(~days, None).str.to_date("%Y-%m-%d", strict=False).cast(polars.Datetime("us"))
    values = moments.dt.replace_time_zone(None).to_numpy().astype("datetime64[us]")
    values = np.where(days.to_numpy(), dates.to_numpy().astype("datetime64[us]"), values)
    lost = int(np.isnat(values).sum()) - plain.null_count() - len(unread)
    return Times(
        name=name,
        values=values,
        zoneless=len(plain) - plain.null_count() - len(unread) - int(zoned.sum()),
        unread=len(unread) + max(lost, 0),
        examples=_examples(unread),
    )


def _typed_times(series: Any) -> Times:
    import polars

    zone = getattr(series.dtype, "time_zone", None)
    plain = series.cast(polars.Datetime("us", zone)) if zone else series.cast(polars.Datetime("us"))
    if zone:
        plain = plain.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    values = plain.to_numpy().astype("datetime64[us]")
    return Times(
        name=series.name, values=values, zoneless=0 if zone else len(series) - series.null_count()
    )


_READERS: tuple[
    tuple[Callable[[str, Any], Any], Callable[[str, Any, Any], Numbers | Times]], ...
] = (
    (_fits_numbers, _read_numbers),
    (_fits_durations, _read_durations),
    (_fits_times, _read_times),
)
