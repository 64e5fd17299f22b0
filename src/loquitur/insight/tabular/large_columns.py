"""Columns of a table in DuckDB described, exactly where one walk along a sorted column tells."""

# ruff: noqa: S608 - names of columns are quoted by `quoted`, all else in the queries is ours

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.insight.tabular.cells_read import MISSING
from loquitur.insight.tabular.describing import (
    MOST_VALUES,
    QUANTILES,
    SHARED_FROM,
    SHOWN_CHARS,
    TRIMMED,
    NumberProfile,
    TextProfile,
    TimeProfile,
    median_rank,
    shown,
    skew_of,
    unpublished,
)
from loquitur.insight.tabular.grouping import MOST_GROUPS, Group
from loquitur.insight.tabular.large_store import quoted
from loquitur.insight.unevenness import most_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from loquitur.insight.tabular.grouping import Grouping
    from loquitur.insight.tabular.large_store import Store
    from loquitur.insight.tabular.shapes import Histogram
    from loquitur.insight.tabular.sheet import Array

_MOST_DISTINCT = 1_000_000
_EXACT_UP_TO = 100_000


def numbers(
    store: Store, sampled: NumberProfile, bins: Histogram | None
) -> tuple[NumberProfile, Histogram | None]:
    """The exact profile of a column of numbers, and its histogram with the bins of the sample."""
    expression = store.expressions[sampled.name]
    name = sampled.source or sampled.name
    cell = quoted(name) if name in store.types else expression
    held, infinite, nans = store.one(
        f"SELECT {_held(store.types.get(name))}, count(v) FILTER (isinf(v)),"
        f" count(v) FILTER (isnan(v)) FROM (SELECT {cell} AS cell, {expression} AS v FROM t)"
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
        skew=skew_of(count, mean, squares, cubes),
        minimum=low,
        maximum=high,
        geometric_mean=math.exp(logs / positive) if positive and not negative else None,
        note=unpublished(base.name, empty=False) if not low and not high else "",
        approximate="The MAD and the tail are those of the sample." if sampled.judged else "",
    )
    return _walked(store.pieces(), profile, bins)


def _held(kind: str | None) -> str:
    """How many of the cells of a type say something, in SQL."""
    if kind != "VARCHAR":
        return "count(cell)"
    spelled = ", ".join(f"'{text}'" for text in MISSING)
    return f"count(*) FILTER (trim(cell) NOT IN ({spelled}))"


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
    tops = {part: count - most_of(count, part) for part in SHARED_FROM}
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
    shares = {
        part: sums[part] / total if even and count >= least else None
        for part, least in SHARED_FROM.items()
    }
    gini = 2 * sums["ranked"] / count - (count + 1) / count
    walked = replace(
        profile,
        distinct=distinct,
        quantiles=tuple(_between(found, (count - 1) * q) for q in QUANTILES.values()),
        median_low=None if below is None else found[below],
        median_high=None if below is None else found[count - 1 - below],
        trimmed_mean=sums["middle"] / (count - 2 * cut),
        gini=max(gini, 0.0) if even else None,
        top_tenth=shares[0.1],
        top_hundredth=shares[0.01],
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
    if distinct <= _EXACT_UP_TO:
        distinct = store.one(f"SELECT count(DISTINCT {column}) FROM t")[0]
    top: list[tuple[Any, ...]] = []
    if distinct <= _MOST_DISTINCT:
        top = store.all(
            f"SELECT left({column}, {SHOWN_CHARS}) AS value, count(*) AS n FROM t"
            f" WHERE {column} IS NOT NULL GROUP BY {column}"
            f" ORDER BY n DESC, value LIMIT {MOST_VALUES}"
        )
    return TextProfile(
        name=name, type="flag" if flag else "text", count=count, missing=store.rows - count,
        distinct=distinct, top=tuple((str(value), int(n)) for value, n in top),
        longest=None if flag else longest,
        approximate="distinct" if distinct > _EXACT_UP_TO else "",
    )  # fmt: skip


def times(store: Store, name: str) -> TimeProfile:
    """The profile of a column of moments."""
    moment = store.expressions[name]
    held, count, first, last = store.one(
        "SELECT count(cell), count(v), epoch_us(min(v)), epoch_us(max(v))"
        f" FROM (SELECT {quoted(name)} AS cell, {moment} AS v FROM t)"
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
    order = store.all(
        f"SELECT {label} AS value, count(*) AS n FROM t WHERE {label} IS NOT NULL"
        f" GROUP BY {label} ORDER BY n DESC, value LIMIT {MOST_GROUPS}"
    )
    total, missing = store.one(
        f"SELECT count(DISTINCT {label}), count(*) FILTER ({label} IS NULL) FROM t"
    )
    template = {one.name: one for group in sampled.groups for one in group.profiles}
    figures = {name: _grouped_figures(store, label, name, one) for name, one in template.items()}
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
        "SELECT g, count(*), count(v) FILTER (isfinite(v)),"
        " avg(v) FILTER (isfinite(v)), stddev_samp(v) FILTER (isfinite(v)),"
        " min(v) FILTER (isfinite(v)), max(v) FILTER (isfinite(v)), sum(v) FILTER (isfinite(v)),"
        " count(*) FILTER (v = 0),"
        f" approx_quantile(v, [{parts}]) FILTER (isfinite(v))"
        f" FROM (SELECT {label} AS g, {store.expressions[name]} AS v FROM t) GROUP BY g"
    ):
        found[value] = NumberProfile(
            name=name, unit=template.unit, derived=template.derived, source=template.source,
            identifier=template.identifier, count=count, missing=rows - count, mean=mean, std=std,
            minimum=low, maximum=high, total=total, zeros=zeros,
            quantiles=tuple(quantiles) if quantiles else (None,) * len(QUANTILES),
            approximate="Quantiles are approximate (t-digest).",
        )  # fmt: skip
    return found
