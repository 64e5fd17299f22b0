"""Intervals and tests: against figures of others, on hostile input, and simulated."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.errors import UsageError
from loquitur.insight import differences, inference

ROOT = Path(__file__).resolve().parents[2]
VALUES = st.lists(st.integers(-4, 4).map(float), min_size=1, max_size=12)


def test_wilson_gives_the_figures_of_the_paper_by_agresti_and_coull():
    none_of_ten = inference.wilson(0, 10)
    assert (none_of_ten.low, round(none_of_ten.high, 4)) == (0.0, 0.2775)
    half = inference.wilson(5, 10)
    assert (round(half.low, 4), round(half.high, 4)) == (0.2366, 0.7634)
    assert inference.wilson(10, 10).high == 1.0
    assert inference.wilson(0, 0).value is None
    with pytest.raises(UsageError):
        inference.wilson(11, 10)
    with pytest.raises(UsageError):
        inference.wilson(1, 10, level=95)


@settings(max_examples=40)
@given(VALUES, VALUES)
def test_delta_and_u_are_counts_of_pairs(first, second):
    found = differences.mann_whitney(first, second)
    pairs = [(a > b) - (a < b) for a in first for b in second]
    assert found.delta.value == pytest.approx(sum(pairs) / len(pairs))
    assert found.u == sum(1.0 if one > 0 else 0.5 if one == 0 else 0.0 for one in pairs)
    if found.delta.low is not None:
        assert -1 <= found.delta.low <= found.delta.value <= found.delta.high <= 1


@pytest.mark.slow
def test_mann_whitney_is_that_of_scipy_with_ties():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(3)
    first, second = rng.normal(0.3, 1, 40).round(1), rng.normal(0, 1, 25).round(1)
    known = stats.mannwhitneyu(first, second, method="asymptotic")
    found = differences.mann_whitney(first, second)
    assert (found.u, found.p) == (known.statistic, pytest.approx(known.pvalue, rel=1e-9))


def test_values_that_are_all_alike_are_no_test():
    found = differences.mann_whitney([1.0] * 30, [1.0] * 30)
    assert (found.p, found.delta.value, found.delta.low) == (None, 0.0, None)
    assert inference.bootstrap_mean([2.0] * 30).low is None
    assert inference.hedges_g([1.0] * 5, [1.0] * 5).value is None


def test_sides_that_do_not_overlap_are_ranked_by_their_clusters():
    labels = [f"v{at % 10}" for at in range(100)]
    apart = differences.mann_whitney(
        [1.0] * 100, [0.0] * 100, first_clusters=labels, second_clusters=labels
    )
    assert apart.delta.value == 1.0
    assert 1e-5 < apart.p < 0.001, "as of 10 and 10 values, not of 100 and 100"


def test_rates_of_false_discoveries_are_those_of_the_paper():
    """The fifteen p of Benjamini and Hochberg 1995, section 4.2: four are rejected at 0.05."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240,
         0.4262, 0.5719, 0.6528, 0.7590, 1.0]  # fmt: skip
    q = differences.benjamini_hochberg(p)
    assert sum(one <= 0.05 for one in q) == 4
    assert q == sorted(q)
    shuffled = differences.benjamini_hochberg([*p[::-1], None])
    assert shuffled == [*q[::-1], None]
    assert differences.benjamini_hochberg([]) == []


def test_missing_values_are_left_out_with_their_clusters():
    values = [0.1, None, 0.4, float("nan"), 0.2, 0.9]
    found = inference.bootstrap_mean(values, clusters=list("abcdef"))
    assert (found.value, found.units) == (pytest.approx(0.4), 4)
    assert found == inference.bootstrap_mean([0.1, 0.4, 0.2, 0.9], clusters=list("acef"))
    with pytest.raises(UsageError):
        inference.bootstrap_mean(values, clusters=["a"])


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(1).beta(0.5, 1.5, 60)
    first, second = (inference.bootstrap_mean(values, seed=5) for _ in range(2))
    assert first == second != inference.bootstrap_mean(values, seed=6)
    assert first.low < first.value < first.high
    assert first.method.startswith("studentised bootstrap")


def test_one_spammer_is_one_cluster():
    values = [0.9] * 500 + [0.0, 0.1, -0.1] * 20
    authors = ["spammer"] * 500 + [f"a{at}" for at in range(60)]
    alone = inference.bootstrap_mean(values)
    together = inference.bootstrap_mean(values, clusters=authors)
    assert together.value == alone.value
    assert together.high - together.low > 5 * (alone.high - alone.low)


def test_what_one_cluster_alone_has_gives_no_interval():
    found = inference.bootstrap_difference(
        [0.5, 0.7], [0.1, 0.2, 0.0], first_clusters=["a", "a"], second_clusters=["a", "b", "c"]
    )
    assert (round(found.value, 6), found.low, found.high) == (0.5, None, None)
    assert inference.bootstrap_difference([], [1.0, 2.0]).value is None


def test_rates_of_words_differ_by_what_varies_between_videos():
    everywhere = differences.rates_differ(
        ([5, 6, 5, 6, 5, 6], [1000] * 6), ([0, 1] * 3, [1000] * 6)
    )
    in_one = differences.rates_differ(([33, 0, 0, 0, 0, 0], [1000] * 6), ([0, 1] * 3, [1000] * 6))
    assert everywhere < 0.01
    assert in_one > 0.2
    assert differences.rates_differ(([1], [10]), ([1, 2], [10, 10])) is None
    assert differences.rates_differ(([], []), ([1, 2], [10, 10])) is None


def test_a_word_of_every_video_here_and_of_none_there_differs():
    apart = differences.rates_differ(([3] * 8, [30] * 8), ([0] * 8, [30] * 8))
    assert 0 < apart < 0.001
    assert differences.rates_differ(([1] * 8, [30] * 8), ([2] * 8, [60] * 8)) is None


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.floats(-1, 1), st.sampled_from("abcdef"), st.booleans()),
        min_size=2,
        max_size=25,
    )
)
def test_an_interval_has_its_figure_in_it_or_is_missing(rows):
    sides = [[row for row in rows if row[2] is side] for side in (True, False)]
    found = inference.bootstrap_difference(
        [row[0] for row in sides[0]],
        [row[0] for row in sides[1]],
        first_clusters=[row[1] for row in sides[0]],
        second_clusters=[row[1] for row in sides[1]],
        resamples=200,
    )
    assert (found.value is None) == (not all(sides))
    if found.low is not None:
        assert math.isfinite(found.low)
        assert math.isfinite(found.high)
        assert found.low <= found.high


@pytest.fixture(scope="module")
def simulated():
    """The benchmark's laws and cases."""
    place = ROOT / "benchmarks" / "insight_inference.py"
    spec = importlib.util.spec_from_file_location("insight_inference", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "law", "size"),
    [
        ("mean, alone", "subjectivity", 20),
        ("mean, by author", "chat", 50),
        ("difference, n and 200", "praise", 20),
        ("difference, by video", "subjectivity", 20),
    ],
)
def test_intervals_cover(simulated, case, law, size):
    """The true rate is within 93-97 %; 300 sets say so within their own error (2 x 1.26 %)."""
    assert 0.93 - 0.025 <= simulated.coverage(case, law, size, 300) <= 0.97 + 0.025


@pytest.mark.slow
def test_no_more_false_discoveries_than_stated(simulated):
    """40 terms that come together and have no effect; of 100 sets at most 5 + 2 x 2.2 find one."""
    rates = simulated.discoveries("subjectivity", 100, videos=20)
    assert rates["by video"] <= 0.05 + 0.044


def test_two_or_three_clusters_have_no_interval():
    values = [0.8, -0.7, 0.7, 0.1]
    assert inference.bootstrap_mean(values, clusters=list("aabb")).low is None
    assert inference.bootstrap_mean(values, clusters=list("aabc")).low is None
    found = inference.bootstrap_mean(values, clusters=list("abcd"))
    assert found.low < found.value < found.high
    assert inference.bootstrap_difference(values[:2], values[2:]).low is None
