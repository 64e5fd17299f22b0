"""How a film is cut into the spans that get a sentence each."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.vision.spans import Cutting, spans_of


def pairs(*given, **cutting):
    start, end, cuts = given
    spans = spans_of(start, end, Cutting(**cutting), cuts_ms=cuts)
    return [(one.start_ms, one.end_ms) for one in spans]


def test_the_whole_of_a_short_film_and_the_shots_of_a_long_one():
    assert pairs(0, 30_000, (9_000,)) == [(0, 30_000)]
    assert pairs(0, 31_000, (9_000, 20_000)) == [(0, 9_000), (9_000, 20_000), (20_000, 31_000)]
    assert pairs(0, 31_000, (9_000,), by="whole") == [(0, 31_000)]


def test_short_shots_join_and_long_ones_are_divided_evenly():
    cuts = (500, 5_000, 5_400, 9_000)
    found = pairs(0, 9_400, cuts, by="shots", least_ms=1_000, most_ms=3_000)
    assert found == [(0, 2_500), (2_500, 5_000), (5_000, 7_200), (7_200, 9_400)]


def test_windows_slide_and_the_last_one_ends_with_the_film():
    assert pairs(0, 25, (), by="windows", length_ms=10, step_ms=5) == [
        (0, 10), (5, 15), (10, 20), (15, 25),
    ]  # fmt: skip
    assert pairs(100, 104, (), by="windows", length_ms=10) == [(100, 104)]


@pytest.mark.parametrize(
    "wrong",
    [{"length_ms": 0}, {"step_ms": -1}, {"least_ms": -1}, {"least_ms": 600, "most_ms": 1_000}],
)
def test_cuttings_that_mean_nothing(wrong):
    with pytest.raises(ValueError, match=r"cut so|most_ms"):
        Cutting(**wrong)


def test_too_many_spans_are_refused():
    for cutting in (
        {"by": "windows", "length_ms": 1},
        {"by": "shots", "least_ms": 0, "most_ms": 1},
    ):
        with pytest.raises(ValueError, match="more than 100,000"):
            pairs(0, 10**9, (), **cutting)


@settings(max_examples=60)
@given(
    st.integers(0, 5_000),
    st.integers(1, 60_000),
    st.lists(st.integers(0, 70_000), max_size=30),
    st.integers(0, 2_000),
    st.integers(200, 20_000),
)
def test_shots_cover_the_film_without_gaps(start, length, cuts, least, most):
    most = max(most, 2 * least, 1)
    cutting = Cutting(by="shots", least_ms=least, most_ms=most)
    spans = spans_of(start, start + length, cutting, cuts_ms=sorted(cuts))
    edges = [start, *(one.end_ms for one in spans)]
    assert [one.start_ms for one in spans] == edges[:-1]
    assert edges[-1] == start + length
    for one in spans:
        assert one.duration_ms <= most
        assert one.duration_ms >= min(least, length) // 2 or length < least
