"""The account of a table's numbers, section by section."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from loquitur.insight.account import Account, Section
from loquitur.insight.tabular import figures
from loquitur.insight.tabular.describing import WEEKDAYS, NumberProfile, TextProfile, TimeProfile
from loquitur.insight.tabular.tables import (
    correlation_table,
    described_table,
    extremes_table,
    group_table,
    other_table,
    tail_table,
    tests_table,
)
from loquitur.insight.tabular.wording import (
    difference_sentence,
    half_of,
    share,
    tail_sentence,
    unit,
)
from loquitur.text import counted, number

if TYPE_CHECKING:
    from loquitur.insight.tabular.result import StatsResult

_IN_SUMMARY = 3
_STRONG = 0.5


def account_of(result: StatsResult) -> Account:
    """The account of a result."""
    sections = [
        _columns(result), *_distributions(result), _tails(result), _together(result),
        _engaged(result), _far(result), *_times(result), *_groups(result), _cautions(result),
    ]  # fmt: skip
    return Account(
        kind="stats",
        subject=result.name,
        says=tuple(summary(result)),
        sections=tuple(
            one for one in sections if one.says or one.figures or one.tables or one.moments
        ),
        methods=_METHODS,
        limits=_limits(result),
        source=result.source,
    )


def summary(result: StatsResult) -> list[str]:
    """The most important sentences."""
    if not result.rows:
        return [f"{result.name} has {counted(len(result.profiles), 'column')} and no row."]
    judged = [one for one in result.numbers() if one.judged and not one.derived]
    told = []
    if result.rows == 1:
        told.append("There is one row: nothing can be said of distributions.")
    ranked = sorted(judged, key=lambda one: -(one.gini or 0))
    names = {"views", "viewcount", "view_count"}
    ranked.sort(key=lambda one: one.name.lower() not in names)
    called = rows_called(result)
    told += [half_of(one, result.rows, called) for one in ranked[:_IN_SUMMARY] if one.count > 1]
    told += [tail_sentence(one) for one in ranked[:1] if one.tail is not None and one.count > 1]
    missing = [one for one in result.profiles if one.missing]
    if missing:
        worst = max(missing, key=lambda one: one.missing)
        told.append(
            f"Values are missing in {len(missing)} of {len(result.profiles)} columns, most in"
            f" {worst.name}: {worst.missing:,} of {result.rows:,} rows."
        )
    if result.copies.rows:
        told.append(
            f"{result.copies.rows:,} of {result.rows:,} rows are wholly equal to an earlier one."
        )
    if not judged:
        told.append("No column of numbers says anything: see the cautions.")
    return told


def rows_called(result: StatsResult) -> str:
    """What the rows are: videos where their columns tell so."""
    names = {one.name for one in result.profiles}
    videos = "video_id" in names and "comment_id" not in names and "message_id" not in names
    return "videos" if videos or {"duration_s", "views"} <= names else "rows"


def _columns(result: StatsResult) -> Section:
    rows = f"{result.rows:,} row{'' if result.rows == 1 else 's'}"
    says = [f"{rows}, {counted(len(result.profiles), 'column')}."]
    tables = [described_table(result)] if result.numbers() else []
    others = [one for one in result.profiles if not isinstance(one, NumberProfile)]
    if others:
        tables.append(other_table(others))
    for one in result.profiles:
        if isinstance(one, TextProfile) and one.count and one.type != "text":
            value, count = one.top[0] if one.top else ("", 0)
            if value:
                says.append(f"{one.name}: '{value}' in {count:,} of {one.count:,} rows.")
    return Section(title="Columns", says=tuple(says), tables=tuple(tables))


def _distributions(result: StatsResult) -> list[Section]:
    sections = []
    for one in result.numbers():
        shape = result.shapes.get(one.name)
        if shape is None or one.distinct == 1:
            continue
        drawn = [one for one in (figures.histogram(one, shape), figures.ccdf(one, shape)) if one]
        sections.append(
            Section(
                title=f"{one.name}{' (derived)' if one.derived else ''}",
                says=tuple(_spread(one)),
                figures=tuple(drawn),
            )
        )
    return sections


def _spread(one: NumberProfile) -> list[str]:
    told = []
    if one.median_low is not None:
        told.append(
            f"Median {number(one.median)}{unit(one)} (95 %: {number(one.median_low)} to"
            f" {number(one.median_high)}), middle half {number(one.quantiles[0])} to"
            f" {number(one.quantiles[2])}, from {number(one.minimum)} to {number(one.maximum)}."
        )
    if one.mean is not None and one.median and one.mean > 2 * one.median > 0:
        told.append(
            f"The mean, {number(one.mean)}, is {one.mean / one.median:,.1f} times the median: it"
            " tells of the largest values, not of a usual row."
        )
    if one.approximate:
        told.append(one.approximate)
    return told


def _tails(result: StatsResult) -> Section:
    fitted = [one for one in result.numbers() if one.tail is not None and one.tail.xmin is not None]
    says = [tail_sentence(one) for one in fitted if not one.derived]
    return Section(
        title="Heavy tails",
        says=tuple(says),
        tables=(tail_table(fitted),) if fitted else (),
    )


def _together(result: StatsResult) -> Section:
    told = [one for one in result.correlations if one.spearman is not None]
    strong = [one for one in told if abs(one.spearman or 0) >= _STRONG and one.sure]
    strong.sort(key=lambda one: -abs(one.spearman or 0))
    says = [
        f"{one.first} and {one.second} {'rise together' if (one.spearman or 0) > 0 else 'oppose'}:"
        f" Spearman's rho {one.spearman:.2f} (95 %: {one.spearman_low:.2f} to"
        f" {one.spearman_high:.2f}), Kendall's tau {one.kendall:.2f}, {one.n:,} rows."
        for one in strong[:5]
    ]
    if told and not strong:
        says.append("No two columns go together with a rho beyond 0.5 that is surely not 0.")
    few = [one for one in result.correlations if one.spearman is None]
    if few and not told:
        says.append("Too few rows, or columns that do not vary: no correlation can be told.")
    return Section(
        title="What goes together",
        says=tuple(says),
        tables=(correlation_table(told),) if told else (),
    )


def _engaged(result: StatsResult) -> Section:
    says = [
        f"{one.of} for each view (derived): {share(one.total)} over all {one.rows:,} rows"
        f" together, {share(one.median)} in the median row."
        for one in result.engagement
    ]
    perday = next((one for one in result.numbers() if one.name == "views_per_day_derived"), None)
    if perday is not None and perday.count:
        says.append(
            f"Views for each day since publication (derived): {number(perday.median)} in the median"
            f" row, of {perday.count:,} rows with both times."
        )
    says += [
        f"{name} was not derived: no column {' and no column '.join(gone)}."
        for name, gone in result.lacking.items()
    ]
    return Section(title="Engagement and age", says=tuple(says))


def _far(result: StatsResult) -> Section:
    says = [
        f"{one.column}: {counted(one.count, 'outlier')}; farthest {one.outliers[0].label}"
        f" ({number(one.outliers[0].value)}: {one.outliers[0].why})."
        for one in result.extremes
        if one.outliers
    ]
    tables = tuple(extremes_table(one) for one in result.extremes if one.top)
    return Section(title="Largest values and outliers", says=tuple(says), tables=tables)


def _times(result: StatsResult) -> list[Section]:
    sections = []
    for one in result.profiles:
        if not isinstance(one, TimeProfile) or one.count < 2 or one.first == one.last:
            continue
        at = max(range(7), key=one.weekdays.__getitem__)
        most = f"; most on a {WEEKDAYS[at]} ({one.weekdays[at]:,} of {one.count:,}, in UTC)"
        says = f"From {one.first} to {one.last}{most if _is_long(one) else ''}."
        sections.append(Section(title=one.name, says=(says,), figures=(figures.hours(one),)))
    return sections


def _is_long(one: TimeProfile) -> bool:
    """Whether every day of the week had its turn."""
    ends = [datetime.fromisoformat(shown) for shown in (one.first, one.last) if shown]
    return len(ends) == 2 and ends[1] - ends[0] >= timedelta(days=len(WEEKDAYS))


def _groups(result: StatsResult) -> list[Section]:
    if result.grouping is None:
        return []
    parted = result.grouping
    says = [f"{counted(len(parted.groups) + parted.others, 'group')} by {parted.column}."]
    if parted.others:
        says.append(
            f"The {len(parted.groups)} largest are described; {parted.others:,} more have"
            f" {counted(parted.other_rows, 'row')}."
        )
    if parted.missing:
        says.append(f"{counted(parted.missing, 'row')} have no {parted.column}.")
    says += [difference_sentence(one, parted) for one in parted.differences if one.p is not None]
    silent = [one.column for one in parted.differences if one.p is None]
    if silent:
        says.append(f"Too few values in a group, or no spread, to say: {', '.join(silent)}.")
    tables = (group_table(parted), tests_table(parted))
    return [Section(title=f"By {parted.column}", says=tuple(says), tables=tables)]


def _cautions(result: StatsResult) -> Section:
    says = [f"{remark}." for remark in result.remarks]
    copies = result.copies
    if copies.rows:
        places = ", ".join(map(str, copies.at))
        more = " ..." if copies.rows > len(copies.at) else ""
        where = f" (row {places}{more})" if places else ""  # of a table that was not held, unknown
        says.append(
            f"Rows that are wholly equal to an earlier one: {copies.rows:,}{where}."
            " They are counted again; --unique leaves them out."
        )
    if copies.keys > copies.rows:
        shown = ", ".join(copies.examples[:5])
        says.append(
            f"Rows with a {copies.key} that an earlier row has too: {copies.keys:,} ({shown})."
        )
    return Section(title="Cautions", says=tuple(says))


def _limits(result: StatsResult) -> tuple[str, ...]:
    told = [
        "A search gives the rows that a service ranked highest, no random sample of all videos.",
        "Counts are those of the moment of collection; younger videos have had less time for them.",
        "Columns that go together need not cause one another.",
    ]
    if result.engine == "duckdb":
        told.append("Figures that say so come from a seeded sample, and move a little with it.")
    return tuple(told)


_METHODS = (
    "Mean, standard deviation (n - 1) and linear quantiles as in pandas' describe.",
    "The interval of a median is by order statistics; Gini and shares of the top are of the rows.",
    "Bins by Freedman and Diaconis, of logarithms where these are less skew than the values.",
    (
        "Tails after Clauset, Shalizi and Newman (SIAM Review 51, 2009): xmin by the least"
        " Kolmogorov-Smirnov distance among at most 200 values, alpha by maximum likelihood, laws"
        " by Vuong's likelihood ratio at p < 0.1; under 50 values in the tail nothing is decided."
    ),
    (
        "The interval for alpha is a Gamma interval, widened for the choice of xmin: in"
        " simulations it held alpha in at least 95 of 100 sets."
    ),
    (
        "Spearman's rho with the interval of Bonett and Wright, Kendall's tau-b with that of"
        " Fieller, Hartley and Pearson; columns made of one another are not compared."
    ),
    "Outliers by the modified z score of Iglewicz and Hoaglin beyond 3.5.",
    "Groups by Mann and Whitney or Kruskal and Wallis, p corrected by Benjamini and Hochberg (q).",
    "What is derived here is marked so; it is no figure of the service.",
)
