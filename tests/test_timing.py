from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.timing import (
    Span,
    clock,
    from_samples,
    from_seconds,
    gap_ms,
    overlap_ms,
    parse_clock,
    short_clock,
    to_samples,
    to_seconds,
)

steady = settings(derandomize=True, deadline=None)
times = st.integers(0, 9_999 * 3_600_000 + 3_599_999)
rates = st.sampled_from([8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])


@st.composite
def spans(draw):
    start = draw(st.integers(0, 10_000))
    return start, start + draw(st.integers(1, 5_000))


@steady
@given(times, st.sampled_from(".,"))
def test_a_printed_time_reads_back(ms, decimal):
    assert parse_clock(clock(ms, decimal=decimal)) == ms


@steady
@given(st.integers(0, 10**10))
def test_milliseconds_survive_seconds(ms):
    assert from_seconds(to_seconds(ms)) == ms


@steady
@given(st.integers(0, 10**9), st.integers(0, 9))
def test_seconds_are_rounded_half_up(ms, tenth):
    seconds = Decimal(ms) / 1000 + Decimal(tenth) / 10_000
    expected = int((seconds * 1000).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    assert from_seconds(float(seconds)) == expected


@pytest.mark.parametrize(
    ("seconds", "ms"), [(0.0005, 1), (0.0015, 2), (0.0025, 3), (1.0005, 1001), (4.35, 4350)]
)
def test_halves_that_binary_or_even_rounding_gets_wrong(seconds, ms):
    assert from_seconds(seconds) == ms


@steady
@given(st.integers(0, 10**8), rates)
def test_the_sample_of_a_time_is_the_first_at_or_after_it(ms, rate):
    sample = to_samples(ms, rate)
    assert sample * 1000 >= ms * rate
    assert (sample - 1) * 1000 < ms * rate


@steady
@given(st.integers(0, 10**8), rates)
def test_times_survive_samples(ms, rate):
    assert from_samples(to_samples(ms, rate), rate) == ms


@steady
@given(st.integers(0, 10**12), rates)
def test_samples_are_rounded_half_up(samples, rate):
    exact = Decimal(samples) * 1000 / rate
    assert from_samples(samples, rate) == int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@steady
@given(spans(), spans())
def test_overlap_and_gap_against_brute_force(one, other):
    shared = len(range(max(one[0], other[0]), min(one[1], other[1])))
    assert overlap_ms(*one, *other) == overlap_ms(*other, *one) == shared
    apart = gap_ms(*one, *other)
    assert apart == gap_ms(*other, *one)
    assert not (apart and shared)
    assert apart == max(0, max(one[0], other[0]) - min(one[1], other[1]))


def test_spans_that_touch_neither_overlap_nor_leave_a_gap():
    assert overlap_ms(0, 10, 10, 20) == gap_ms(0, 10, 10, 20) == 0


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (5, 5), (6, 5)])
def test_a_span_is_never_empty_or_negative(start, end):
    with pytest.raises(ValueError, match="not a span"):
        Span(start_ms=start, end_ms=end)


def test_a_span_knows_its_length_and_order():
    assert Span(start_ms=5, end_ms=9).duration_ms == 4
    assert Span(start_ms=5, end_ms=9) < Span(start_ms=6, end_ms=7)


@pytest.mark.parametrize(
    "text",
    ["", "-1", "1:2:3:4", "1:60", "1:61:00", "1e3", "nan", "١:٢", "00:00:00.1234", "1:2x", " : "],
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="not a time"):
        parse_clock(text)


def test_times_as_people_type_them():
    assert parse_clock("90") == parse_clock("1:30") == parse_clock(" 00:01:30 ") == 90_000
    assert parse_clock("0.25") == parse_clock("0:0.25") == 250
    assert (short_clock(3_723_900), short_clock(59_999)) == ("1:02:03", "0:59")
