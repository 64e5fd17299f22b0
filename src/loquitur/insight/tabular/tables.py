"""The tables of an account of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.insight.tabular.describing import NumberProfile, TimeProfile
from loquitur.tables.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.tabular.describing import Profile
    from loquitur.insight.tabular.grouping import Grouping
    from loquitur.insight.tabular.outliers import Extremes
    from loquitur.insight.tabular.rank_correlations import Correlation
    from loquitur.insight.tabular.result import StatsResult

_SHOWN = (
    "count", "missing", "mean", "std", "min", "25%", "50%", "75%", "90%", "99%", "max", "mad",
    "trimmed_mean", "geometric_mean", "gini", "top_10_percent_share", "zeros", "negative",
)  # fmt: skip
_OTHER_LAWS = ("lognormal", "exponential", "truncated_power_law")
_COUNTS = {"count", "missing", "zeros", "negative"}


def _float(name: str, description: str = "") -> Column:
    return Column(name=name, type="float", description=description)


def _int(name: str, description: str = "") -> Column:
    return Column(name=name, type="int", description=description)


def described_table(result: StatsResult) -> Table:
    """A row for each column of numbers."""
    columns = [
        Column(name="column"), Column(name="unit"), Column(name="derived", type="bool"),
        *(_int(name) if name in _COUNTS else _float(name) for name in _SHOWN),
    ]  # fmt: skip
    rows = []
    for one in result.numbers():
        plain = one.plain()
        rows.append((one.name, one.unit or None, one.derived, *(plain[name] for name in _SHOWN)))
    return Table.from_rows("numbers", columns, rows)


def other_table(profiles: Sequence[Profile]) -> Table:
    """A row for each column of texts, flags, lists and times."""
    columns = [
        Column(name="column"), Column(name="type"), _int("count"), _int("missing"),
        _int("distinct"), Column(name="most_frequent"), _int("times"), Column(name="first"),
        Column(name="last"),
    ]  # fmt: skip
    rows: list[tuple[Any, ...]] = []
    for one in profiles:
        if isinstance(one, TimeProfile):
            rows.append((one.name, "time", one.count, one.missing, None, None, None, one.first,
                         one.last))  # fmt: skip
        elif not isinstance(one, NumberProfile):
            value, times = one.top[0] if one.top else (None, None)
            rows.append((one.name, one.type, one.count, one.missing, one.distinct, value, times,
                         None, None))  # fmt: skip
    return Table.from_rows("other columns", columns, rows)


def tail_table(profiles: Sequence[NumberProfile]) -> Table:
    """A row for each column whose tail was fitted."""
    columns = [
        Column(name="column"), Column(name="verdict"), Column(name="tail"), _float("alpha"),
        _float("alpha_low", "Interval of at least 95 %"), _float("alpha_high"), _float("xmin"),
        _int("n_tail"), _int("n"), _float("ks"),
        *(
            _float(f"{what}_{law}")
            for law in _OTHER_LAWS
            for what in ("ratio", "p")
        ),
    ]  # fmt: skip
    rows = []
    for one in profiles:
        tail = one.tail
        assert tail is not None
        compared = [
            figure
            for law in _OTHER_LAWS
            for figure in (tail.comparisons[law].ratio, tail.comparisons[law].p)
        ]
        rows.append(
            (one.name, tail.verdict, tail.tail, tail.alpha, tail.alpha_low, tail.alpha_high,
             tail.xmin, tail.n_tail, tail.n, tail.ks, *compared)
        )  # fmt: skip
    return Table.from_rows("tails", columns, rows)


def correlation_table(correlations: Sequence[Correlation]) -> Table:
    """A row for each pair of columns."""
    columns = [
        Column(name="first"), Column(name="second"), _int("n"), _float("spearman"),
        _float("spearman_low", "Interval of 95 %"), _float("spearman_high"), _float("kendall"),
        _float("kendall_low", "Interval of 95 %"), _float("kendall_high"),
    ]  # fmt: skip
    rows = [
        (one.first, one.second, one.n, one.spearman, one.spearman_low, one.spearman_high,
         one.kendall, one.kendall_low, one.kendall_high)
        for one in correlations
    ]  # fmt: skip
    return Table.from_rows("correlations", columns, rows)


def extremes_table(found: Extremes) -> Table:
    """The largest values of a column, then its outliers that are not among them."""
    columns = [
        Column(name="list"), _int("row"), Column(name="label"), _float(found.column),
        _float("modified_z"), Column(name="why"),
    ]  # fmt: skip
    far = {place.row: place for place in found.outliers}
    largest = {place.row for place in found.top}
    rows: list[tuple[Any, ...]] = []
    for rank, place in enumerate(found.top, 1):
        known = far.get(place.row)
        rows.append(
            (f"top {rank}", place.row, place.label, place.value,
             None if known is None else known.z, None if known is None else known.why)
        )  # fmt: skip
    rows += [
        ("outlier", place.row, place.label, place.value, place.z, place.why)
        for place in found.outliers
        if place.row not in largest
    ]
    return Table.from_rows(f"largest and outliers: {found.column}", columns, rows)


def group_table(parted: Grouping) -> Table:
    """A row for each group and column of numbers."""
    columns = [
        Column(name="group"), _int("rows"), Column(name="column"), _int("count"), _int("missing"),
        _float("median"), _float("mean"), _float("std"), _float("min"), _float("max"),
    ]  # fmt: skip
    rows = [
        (group.value[:80], group.rows, one.name, one.count, one.missing, one.median, one.mean,
         one.std, one.minimum, one.maximum)
        for group in parted.groups
        for one in group.profiles
        if not one.identifier
    ]  # fmt: skip
    return Table.from_rows(f"groups by {parted.column}", columns, rows)


def tests_table(parted: Grouping) -> Table:
    """A row for each column of numbers: does it differ between groups?"""
    columns = [
        Column(name="column"), Column(name="method"), _int("groups"), _int("n"),
        _float("statistic"), _float("p"), _float("q", "Corrected by Benjamini and Hochberg"),
        _float("effect", "Cliff's delta, or epsilon squared"), _float("effect_low"),
        _float("effect_high"),
    ]  # fmt: skip
    rows = [
        (one.column, one.method or "too few to say", one.groups, one.n, one.statistic, one.p, one.q,
         one.effect, one.effect_low, one.effect_high)
        for one in parted.differences
    ]  # fmt: skip
    return Table.from_rows("tests", columns, rows)
