"""Columns of a table: what is read, what is described, what follows, what lies far off."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pandas
import polars
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.errors import InputError
from loquitur.insight.tabular.derived_columns import derive, known_parts
from loquitur.insight.tabular.describing import (
    QUANTILES,
    median_interval,
    profile_numbers,
    profile_texts,
    profile_times,
)
from loquitur.insight.tabular.grouping import group, kruskal_wallis
from loquitur.insight.tabular.outliers import extremes, logarithmic, modified_z
from loquitur.insight.tabular.rank_correlations import correlate, pair, spearman
from loquitur.insight.tabular.shapes import ccdf, histogram
from loquitur.insight.tabular.sheet import Flags, Lists, Numbers, Sheet, Texts, Times
from loquitur.insight.tabular.sheet_reading import sheet_of
from loquitur.tables.table import Column, Table


def numbers(*values, name="views"):
    return Numbers(name=name, values=np.array(values, float))


def sheet(**columns):
    return sheet_of(polars.DataFrame(columns))


def field(cells, name="x"):
    (found,) = sheet_of(polars.DataFrame({name: cells}, strict=False)).fields
    return found


@given(
    st.lists(st.one_of(st.none(), st.integers(-(10**9), 10**9), st.floats(-1e9, 1e9)), min_size=1)
)
def test_describe_is_that_of_pandas_to_the_last_digit(cells):
    values = np.array([math.nan if cell is None else cell for cell in cells], float)
    theirs = pandas.Series(values).describe()
    ours = profile_numbers(numbers(*values))
    assert ours.count == theirs["count"]
    assert ours.missing == len(cells) - ours.count
    if ours.count:
        plain = ours.plain()
        for name in ("mean", "min", "25%", "50%", "75%", "max"):
            assert plain[name] == theirs[name], name
        assert plain["std"] == (None if ours.count == 1 else theirs["std"])


def test_skew_is_that_of_pandas():
    values = np.random.default_rng(0).lognormal(3, 1, 200)
    assert profile_numbers(numbers(*values)).skew == pytest.approx(pandas.Series(values).skew())


def test_measures_by_hand():
    profile = profile_numbers(numbers(*range(1, 11)))
    assert profile.gini == pytest.approx(0.3)  # 2 * 385 / (10 * 55) - 11 / 10
    assert profile.top_tenth == pytest.approx(10 / 55)
    assert profile.top_hundredth is None  # of 10 rows there is no hundredth
    assert profile.mad == 2.5
    assert profile.trimmed_mean == 5.5
    assert profile.geometric_mean == pytest.approx(math.factorial(10) ** 0.1)
    # ranks 2 and 9: 1 - 2 * P(Binomial(10, 1/2) <= 1) = 0.979
    assert (profile.median_low, profile.median_high) == (2, 9)


def test_too_few_for_an_interval_of_the_median():
    assert median_interval(np.arange(5.0)) == (None, None)
    assert median_interval(np.arange(6.0)) == (0.0, 5.0)


def test_the_interval_of_the_median_holds():
    random = np.random.default_rng(6)
    for n in (6, 25, 200):
        held = 0
        for _ in range(400):
            low, high = median_interval(np.sort(random.lognormal(0, 2, n)))
            held += low <= 1 <= high
        assert held >= 0.93 * 400, n


def test_one_value_equal_values_and_none():
    one = profile_numbers(numbers(7))
    assert (one.mean, one.std, one.skew, one.minimum, one.gini) == (7, None, None, 7, 0)
    equal = profile_numbers(numbers(3, 3, 3, 3))
    assert (equal.std, equal.skew, equal.mad, equal.distinct, equal.gini) == (0, 0, 0, 1, 0)
    none = profile_numbers(numbers(math.nan))
    assert (none.count, none.missing, none.mean, none.median) == (0, 1, None, None)


def test_negative_and_infinite_values():
    profile = profile_numbers(numbers(-2, 0, 4, math.inf, math.nan))
    assert (profile.count, profile.infinite, profile.missing) == (3, 1, 1)
    assert (profile.negative, profile.zeros) == (1, 1)
    assert profile.gini is None
    assert profile.geometric_mean is None


def test_zeros_that_are_not_published():
    profile = profile_numbers(numbers(0, 0, name="dislikes"))
    assert "since December 2021" in profile.note
    assert not profile.judged
    assert not profile_numbers(numbers(0, 3, name="dislikes")).note
    assert not profile_numbers(numbers(0, 0, name="comments")).note


def test_cells_of_text():
    assert field(["1", "2", "n/a", "", None, "1e3"]).values[[0, 1, 5]].tolist() == [1, 2, 1000]
    assert field(["1,234", "5", "6", "7", "8.5"]).values[0] == 1234
    assert isinstance(field(["007", "008"]), Texts)
    assert isinstance(field(["1", "two", "three"]), Texts)
    mixed = field(["1", "2", "3", "4", "5", "lots"])
    assert (mixed.unread, mixed.examples) == (1, ("lots",))
    assert field(["true", "False", None]).values == (True, False, None)
    assert isinstance(field(["[]", '["a","b"]']), Lists)
    assert isinstance(field(["NA", ""]), Texts)
    assert isinstance(field([True, None]), Flags)
    assert np.isinf(field(["1e200", "3"]).values[0])


def test_durations_become_seconds():
    found = field(["PT10M22S", "PT1H", None, "P0D"], name="duration")
    assert (found.name, found.unit, found.source) == ("duration_s", "s", "duration")
    assert found.values[:2].tolist() == [622, 3600]
    assert np.isnan(found.values[2:]).all()
    assert field(["10:22", "1:00:00"], name="length").values.tolist() == [622, 3600]
    assert isinstance(field(["10:22", "11:00"], name="clock"), Texts)


def test_times_of_all_zones():
    found = field(["2024-01-01", "2024-01-01T10:00:00+09:00", "2024-01-01 01:30", None,
                   "2024-01-01T01:00:00.250Z", "2024-02-31T00:00:00Z"])  # fmt: skip
    assert isinstance(found, Times)
    assert [str(one) for one in found.values[:3]] == [
        "2024-01-01T00:00:00.000000", "2024-01-01T01:00:00.000000", "2024-01-01T01:30:00.000000",
    ]  # fmt: skip
    assert np.isnat(found.values[[3, 5]]).all()
    assert (found.zoneless, found.unread) == (2, 1)
    profile = profile_times(found)
    assert (profile.count, profile.missing, profile.unread) == (4, 1, 1)
    assert profile.first == "2024-01-01T00:00:00Z"
    assert profile.weekdays == (4, 0, 0, 0, 0, 0, 0)  # a Monday
    assert profile.hours[:2] == (1, 3)


def test_frames_and_tables_are_read_alike():
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    table = Table.from_rows(
        "videos",
        [Column(name="video_id", identifier=True), Column(name="views", type="int"),
         Column(name="published_at", type="time"), Column(name="tags", type="list"),
         Column(name="hd", type="bool")],
        [("a", 1, moment, ("x", "y"), True), ("b", None, None, None, None),
         ("c", 5, moment, (), False)],
    )  # fmt: skip
    seen = [sheet_of(table), sheet_of(table.to_polars()), sheet_of(table.to_pandas())]
    for one in seen:
        assert [type(part) for part in one.fields] == [Texts, Numbers, Times, Lists, Flags]
        assert np.isnan(one.fields[1].values[1])
        assert np.isnat(one.fields[2].values[1])
        assert one.fields[3].values[:2] == (("x", "y"), None)
        assert one.fields[4].values == (True, None, False)
    when = pandas.to_datetime(["2024-01-01"] * 2)
    plain = pandas.DataFrame(
        {"views": [1.0, math.nan], "when": when, "name": ["a", None], "n": [1, 2]}
    )
    assert [type(one) for one in sheet_of(plain).fields] == [Numbers, Times, Texts, Numbers]
    with pytest.raises(InputError, match="not a table"):
        sheet_of([1, 2])


def test_rows_that_stand_twice():
    found = sheet(video_id=["a", "b", "a", "a"], views=[1, 2, 1, 3])
    assert (found.copies.rows, found.copies.at) == (1, (3,))
    assert (found.copies.key, found.copies.keys, found.copies.examples) == ("video_id", 2, ("a",))
    without = sheet_of(polars.DataFrame({"a": [1, 1, 2], "t": [["x"], ["x"], ["x"]]}), unique=True)
    assert without.rows == 2
    assert without.copies.rows == 0
    assert "left out" in without.remarks[0]


def test_what_follows_from_other_columns():
    made = derive(sheet(
        views=[100, 0, 10, None], likes=[5, 1, 2, 3],
        published_at=["2024-01-01T00:00:00Z", "2024-01-02", "2024-01-11T12:00:00Z", "2024-03-01"],
        collected_at=["2024-01-11T00:00:00Z"] * 3 + ["2024-02-01"],
    ))  # fmt: skip
    found = {one.name: one.values.tolist() for one in made.columns}
    assert found["like_rate_derived"][0] == 0.05
    assert np.isnan(found["like_rate_derived"][1::2]).all()
    assert found["age_days_derived"][0] == 10
    assert found["views_per_day_derived"][0] == 10
    assert np.isnan(found["age_days_derived"][2:]).all()  # collected before they were published
    assert made.lacking == {"comment_rate_derived": ("comments",)}
    assert len(made.remarks) == 1


def test_missing_columns_are_named():
    assert derive(sheet(likes=[1, 2])).lacking == {
        "like_rate_derived": ("views",),
        "comment_rate_derived": ("views", "comments"),
        "views_per_day_derived": ("published_at", "collected_at", "views"),
    }
    assert derive(sheet(x=[1])).lacking == {}
    given = derive(
        sheet(viewCount=[10], publishedAt=["2024-01-01"]), as_of=np.datetime64("2024-01-06")
    )
    assert given.columns[-1].values.tolist() == [2]


def test_ranks_against_scipy():
    stats = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(1)
    x, y = random.integers(0, 20, 300).astype(float), random.integers(0, 9, 300).astype(float)
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic)
    found = pair(numbers(*x), numbers(*y, name="y"))
    assert found.kendall == pytest.approx(stats.kendalltau(x, y).statistic)
    assert found.spearman_low < found.spearman < found.spearman_high
    sides = [x[:100], x[100:180], x[180:]]
    theirs = stats.kruskal(*sides)
    assert kruskal_wallis(sides) == pytest.approx((theirs.statistic, theirs.pvalue))


def test_the_interval_of_spearman_holds():
    """Of the intervals 95 %, give or take, hold rho, which log-normal values have too."""
    random, held, sets = np.random.default_rng(2), 0, 300
    r = 0.6
    rho = 6 / math.pi * math.asin(r / 2)
    for _ in range(sets):
        a, b = random.normal(size=(2, 60))
        c = r * a + math.sqrt(1 - r * r) * b
        x, y = np.exp(2 * a), np.exp(2 * c)
        value = spearman(x, y)
        from loquitur.insight.tabular.rank_correlations import _fisher

        low, high = _fisher(value, math.sqrt((1 + value**2 / 2) / 57))
        held += low <= rho <= high
    assert 0.91 * sets <= held


def test_columns_made_of_one_another_are_not_compared():
    whole = sheet(views=range(1, 21), likes=range(2, 22), other=range(20))
    made = derive(whole)
    full = Sheet(name="", rows=20, fields=(*whole.fields, *made.columns))
    pairs = {(one.first, one.second) for one in correlate(list(full.numbers()), known_parts(full))}
    assert pairs == {("views", "likes"), ("views", "other"), ("likes", "other"),
                     ("other", "like_rate_derived")}  # fmt: skip


def test_few_or_equal_values_have_no_correlation():
    assert pair(numbers(*range(9)), numbers(*range(9))).spearman is None
    assert pair(numbers(*[1] * 30), numbers(*range(30))).spearman is None


def test_outliers_say_why():
    values = [100, 110, 95, 105, 102, 98, 97, 103, 101, 99, 50_000]
    found = extremes(
        sheet(title=[f"t{i}" for i in range(11)], views=values), numbers(*values), limit=3
    )
    assert found.top[0].label == "t10"
    assert found.count == 1
    assert found.outliers[0].row == 11
    assert "times the median; modified z" in found.outliers[0].why
    assert modified_z(np.full(20, 3.0)) is None
    assert "too few" in extremes(sheet(v=[1, 2]), numbers(1, 2), limit=3).remark


def test_log_axes_leave_zeros_out_and_count_them():
    values = np.r_[np.zeros(7), np.random.default_rng(0).lognormal(8, 2, 500)]
    assert logarithmic(values)
    bins = histogram(values)
    assert bins.log
    assert bins.left_out == 7
    assert sum(bins.counts) == 500
    assert bins.edges[0] == values[values > 0].min()
    curve = ccdf(values)
    assert curve.y[0] == 1
    assert curve.x[-1] == values.max()
    assert len(curve.x) <= 300
    assert not logarithmic(np.r_[values, -1])
    assert histogram(np.full(5, 2.0)) is None
    assert ccdf(np.full(5, 2.0)) is None


def test_groups():
    whole = sheet(
        kind=["a"] * 10 + ["b"] * 10 + ["c"] * 2 + [None],
        views=[*range(10), *range(100, 110), 5, 6, 7],
    )
    found = group(whole, list(whole.numbers()), "kind")
    assert [(one.value, one.rows) for one in found.groups] == [("a", 10), ("b", 10), ("c", 2)]
    assert found.missing == 1
    (test,) = found.differences
    assert (test.method, test.groups, test.effect) == ("Mann-Whitney", 2, -1.0)
    assert test.p < 0.001
    with pytest.raises(InputError, match="no column 'knd'"):
        group(whole, [], "knd")


def test_texts_flags_and_lists():
    found = profile_texts(Texts(name="t", values=("a", "b", "a", None)))
    assert (found.count, found.missing, found.distinct, found.top[0]) == (3, 1, 2, ("a", 2))
    tags = profile_texts(Lists(name="tags", values=(("x", "y"), ("x",), None)))
    assert (tags.type, tags.distinct, tags.top[0]) == ("list", 2, ("x", 2))
    flags = profile_texts(Flags(name="hd", values=(True, True, None)))
    assert (flags.type, flags.top) == ("flag", (("true", 2),))
    long = profile_texts(Texts(name="t", values=("x" * 100_000,)))
    assert (long.longest, len(long.top[0][0])) == (100_000, 80)


def test_quantiles_have_the_names_of_describe():
    assert list(QUANTILES)[:3] == ["25%", "50%", "75%"]
