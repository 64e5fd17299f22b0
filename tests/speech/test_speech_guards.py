"""Whatever an engine says becomes valid words; nothing with text is lost."""

from __future__ import annotations

import itertools
import math
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.model.speech import RawWord, Word
from loquitur.speech.guards import OPEN_END_MS, SHORTEST_MS, add_repairs, guard
from loquitur.timing import Span

SPAN = Span(start_ms=10_000, end_ms=20_000)


def raw(start_ms, end_ms, text="word", **more):
    return RawWord(start_ms=start_ms, end_ms=end_ms, text=text, **more)


def times(words):
    return [(word.start_ms, word.end_ms) for word in words]


def relative(words, span):
    return [
        Word(
            start_ms=word.start_ms - span.start_ms,
            end_ms=word.end_ms - span.start_ms,
            text=word.text,
            confidence=word.confidence,
            timing=word.timing,
        )
        for word in words
    ]


def test_good_words_pass_unchanged_but_for_the_offset():
    words, repairs = guard([raw(0, 500, "a"), raw(500, 900, "b", confidence=0.5)], span=SPAN)
    assert times(words) == [(10_000, 10_500), (10_500, 10_900)]
    assert words[1].confidence == 0.5
    assert {word.timing for word in words} == {"engine"}
    assert repairs == ()


def test_nothing_in_nothing_out():
    assert guard([], span=SPAN) == ((), ())


def test_words_out_of_order_are_sorted_and_counted():
    words, repairs = guard(
        [raw(5000, 5500, "c"), raw(1000, 1500, "a"), raw(2000, 2500, "b")], span=SPAN
    )
    assert [word.text for word in words] == ["a", "b", "c"]
    assert repairs == (("reordered", 2),)


def test_the_last_word_is_clamped_to_the_sound():
    words, repairs = guard([raw(9_000, 11_000, "end")], span=SPAN)
    assert times(words) == [(19_000, 20_000)]
    assert repairs == (("clamped", 1),)


def test_a_frame_too_far_is_clamped_without_a_word():
    words, repairs = guard([raw(-10, 10_040, "all")], span=SPAN)
    assert times(words) == [(10_000, 20_000)]
    assert repairs == ()


def test_an_overlap_is_removed_by_moving_the_earlier_end():
    words, repairs = guard([raw(0, 700, "a"), raw(500, 900, "b")], span=SPAN)
    assert times(words) == [(10_000, 10_500), (10_500, 10_900)]
    assert repairs == (("shortened", 1),)


@pytest.mark.parametrize("end_ms", [300, 250, 315])
def test_words_of_no_length_get_the_least_one(end_ms):
    words, repairs = guard([raw(300, end_ms)], span=SPAN)
    assert times(words) == [(10_300, 10_300 + SHORTEST_MS)]
    assert repairs == (("lengthened", 1),)


@pytest.mark.parametrize(
    "missing", [None, math.nan, math.inf, -math.inf, "soon", np.float32("nan")]
)
def test_missing_times_are_spread_by_letters_and_flagged(missing):
    words, repairs = guard(
        [
            raw(0, 1000, "first"),
            raw(missing, missing, "a"),
            raw(missing, missing, "bbb"),
            raw(5000, 6000, "last"),
        ],
        span=SPAN,
    )
    assert times(words[1:3]) == [(11_000, 12_000), (12_000, 15_000)]
    assert [word.timing for word in words] == ["engine", "interpolated", "interpolated", "engine"]
    assert repairs == (("interpolated", 2),)


def test_a_word_without_an_end_lasts_until_the_next_or_not_long():
    words, _ = guard([raw(0, None, "a"), raw(200, None, "b")], span=SPAN)
    assert times(words) == [(10_000, 10_200), (10_200, 10_200 + OPEN_END_MS)]
    assert {word.timing for word in words} == {"interpolated"}


def test_words_without_any_time_share_the_whole_span():
    words, _ = guard([raw(None, None, text) for text in ("ab", "cd")], span=SPAN)
    assert times(words) == [(10_000, 15_000), (15_000, 20_000)]


def test_only_words_without_text_are_dropped():
    words, repairs = guard(
        [raw(0, 100, ""), raw(100, 200, " \t"), raw(200, 300, "\x00"), raw(300, 400, " x ")],
        span=SPAN,
    )
    assert [word.text for word in words] == ["x"]
    assert repairs == (("empty", 3), ("text", 1))


def test_text_can_be_encoded():
    words, _ = guard([raw(0, 100, "a\ud800\x07b\n c")], span=SPAN)
    assert words[0].text == "a b c"
    words[0].text.encode()


@pytest.mark.parametrize(
    ("confidence", "expected", "count"),
    [(1.001, 1.0, 1), (-0.5, 0.0, 1), (math.nan, None, 1), (None, None, 0), (0.25, 0.25, 0)],
)
def test_confidence_is_clamped(confidence, expected, count):
    words, repairs = guard([raw(0, 100, "a", confidence=confidence)], span=SPAN)
    assert words[0].confidence == expected
    assert dict(repairs).get("confidence", 0) == count


def test_numpy_numbers_become_plain_ones():
    words, _ = guard(
        [raw(np.float64(10.4), np.int32(300), np.str_("a"), confidence=np.float32(0.5))], span=SPAN
    )
    word = words[0]
    assert (type(word.start_ms), type(word.end_ms)) == (int, int)
    assert (type(word.text), type(word.confidence)) == (str, float)
    assert word.start_ms == 10_010


def test_more_words_than_fit_are_all_kept():
    span = Span(start_ms=0, end_ms=100)
    tight, _ = guard([raw(50, 60, str(index)) for index in range(10)], span=span)
    assert times(tight) == [(start, start + 10) for start in range(0, 100, 10)]
    absurd, _ = guard([raw(50, 60, str(index)) for index in range(1000)], span=span)
    assert [word.text for word in absurd] == [str(index) for index in range(1000)]
    assert all(0 <= word.start_ms < word.end_ms <= 100 for word in absurd)


def test_work_grows_with_the_words_and_no_faster():
    def calls(count):
        words = [raw(index * 10 if index % 3 else None, None, "w") for index in range(count)]
        made = 0

        def count_call(frame, event, argument):
            nonlocal made
            made += event in ("call", "c_call")

        before = sys.getprofile()
        sys.setprofile(count_call)
        try:
            guard(words, span=Span(start_ms=0, end_ms=10_000_000))
        finally:
            sys.setprofile(before)
        return made

    assert calls(4_000) < 4.2 * calls(1_000)


def test_repairs_add_up():
    assert add_repairs((("a", 1), ("b", 2)), (), (("b", 3),)) == (("a", 1), ("b", 5))


moments = st.one_of(
    st.none(),
    st.integers(-5_000, 15_000),
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(-100, 11_000),
    st.sampled_from([np.float64("nan"), np.float32(12.5), np.int64(-3)]),
)
raw_words = st.builds(
    RawWord,
    start_ms=moments,
    end_ms=moments,
    text=st.text(max_size=6),
    confidence=st.one_of(st.none(), st.floats(), st.floats(0, 1)),
    timing=st.sampled_from(["engine", "aligned", "interpolated", "bogus"]),
)
spans = st.builds(
    lambda start, length: Span(start_ms=start, end_ms=start + length),
    st.integers(0, 10**7),
    st.one_of(st.integers(1, 60), st.integers(1, 30_000)),
)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.lists(raw_words, max_size=40), spans)
def test_any_garbage_becomes_valid_words(words, span):
    result, repairs = guard(words, span=span)
    counts = dict(repairs)
    assert len(result) == len(words) - counts.get("empty", 0)
    assert all(count > 0 for count in counts.values())
    assert list(repairs) == sorted(repairs)
    starts = [word.start_ms for word in result]
    assert starts == sorted(starts)
    assert all(span.start_ms <= word.start_ms < word.end_ms <= span.end_ms for word in result)
    if len(result) <= span.duration_ms:
        assert all(a.end_ms <= b.start_ms for a, b in itertools.pairwise(result))
        shortest = min(SHORTEST_MS, span.duration_ms // max(1, len(result)))
        assert all(word.end_ms - word.start_ms >= shortest for word in result)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.lists(raw_words, max_size=40), spans)
def test_guarding_twice_changes_nothing_more(words, span):
    once, _ = guard(words, span=span)
    twice, repairs = guard(relative(once, span), span=span)
    assert twice == once
    if len(once) <= span.duration_ms:
        assert repairs == ()


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 9_000))), max_size=30))
def test_order_is_kept_where_the_starts_allow_it(starts):
    known = iter(sorted(start for (start,) in starts if start is not None))
    words = [
        raw(None if start is None else next(known), None, f"w{index}")
        for index, (start,) in enumerate(starts)
    ]
    result, repairs = guard(words, span=SPAN)
    assert [word.text for word in result] == [word.text for word in words]
    assert "reordered" not in dict(repairs)


def test_words_without_times_are_spread_over_the_speech_alone():
    said = [RawWord(start_ms=None, end_ms=None, text=text) for text in ("one", "two", "six", "ten")]
    speech = [Span(start_ms=0, end_ms=1600), Span(start_ms=4000, end_ms=4600)]
    words, repairs = guard(said, span=Span(start_ms=1000, end_ms=5000), speech=speech)
    assert [(w.start_ms, w.end_ms) for w in words] == [
        (1000, 1300),
        (1300, 1600),
        (4000, 4300),
        (4300, 4600),
    ]
    assert {w.timing for w in words} == {"interpolated"}
    assert repairs == (("interpolated", 4),)


def test_a_word_over_a_pause_keeps_both_its_sides():
    said = [RawWord(start_ms=None, end_ms=None, text="interval")]
    speech = [Span(start_ms=100, end_ms=200), Span(start_ms=800, end_ms=900)]
    (word,), _ = guard(said, span=Span(start_ms=0, end_ms=1000), speech=speech)
    assert (word.start_ms, word.end_ms) == (100, 900)


def test_speech_elsewhere_is_no_matter():
    said = [
        RawWord(start_ms=None, end_ms=None, text="a"),
        RawWord(start_ms=500, end_ms=600, text="b"),
    ]
    speech = [Span(start_ms=700, end_ms=900)]
    words, _ = guard(said, span=Span(start_ms=0, end_ms=1000), speech=speech)
    assert [(w.start_ms, w.end_ms) for w in words] == [(0, 500), (500, 600)]
