"""Regions out of probabilities, against a loop that does the same frame by frame."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.model.speech import Activity, EngineStamp
from loquitur.speech.activity import RegionOptions, regions, within
from loquitur.timing import Span

BARE = RegionOptions(min_speech_ms=0, min_silence_ms=0)


def heard(levels, *, offset_ms=0, frame_ms=32):
    return Activity(
        frame_ms=frame_ms,
        offset_ms=offset_ms,
        probabilities=bytes(levels),
        gain_db=0.0,
        engine=EngineStamp(name="test", version="1"),
    )


def spans(levels, options=BARE, **more):
    return [(s.start_ms, s.end_ms) for s in regions(heard(levels, **more), options=options)]


def by_hand(levels, options):
    """Frame by frame, then the rules in their order."""
    found, speaking = [], False
    for index, value in enumerate(levels):
        if value >= options.onset * 255:
            speaking = True
        elif value < options.offset * 255:
            speaking = False
        if speaking and found and found[-1][1] == index * 32:
            found[-1][1] += 32
        elif speaking:
            found.append([index * 32, index * 32 + 32])

    def joined(pairs, gap_ms):
        result = []
        for start, end in pairs:
            if result and start - result[-1][1] < gap_ms:
                result[-1][1] = end
            else:
                result.append([start, end])
        return result

    found = joined(found, options.min_silence_ms)
    found = [pair for pair in found if pair[1] - pair[0] >= options.min_speech_ms]
    total_ms = 32 * len(levels)
    padded = [[max(0, a - options.pad_ms), min(total_ms, b + options.pad_ms)] for a, b in found]
    return [tuple(pair) for pair in joined(padded, 1)]


def test_hysteresis():
    # 0.5 of 255 is 127.5, 0.35 is 89.25
    assert spans([127, 128, 90, 89, 100, 200]) == [(32, 96), (160, 192)]
    assert spans([100, 100, 100]) == []  # between the thresholds from the start: silence


def test_offset_of_media_time():
    assert spans([0, 255], offset_ms=1500) == [(1532, 1564)]


def test_short_things():
    options = RegionOptions(min_speech_ms=64, min_silence_ms=64)
    assert spans([255, 0, 255, 0, 0, 255, 0, 0], options) == [(0, 96)]


def test_padding_joins_and_stays_inside():
    options = RegionOptions(min_speech_ms=0, min_silence_ms=0, pad_ms=40)
    assert spans([255, 0, 0, 255, 0, 0, 0, 255], options) == [(0, 168), (184, 256)]


@pytest.mark.parametrize("levels", [[], [0] * 50])
def test_nothing(levels):
    assert regions(heard(levels)) == ()


def test_all_speech():
    assert spans([255] * 10) == [(0, 320)]


@pytest.mark.parametrize(
    "wrong",
    [{"onset": 0.2}, {"offset": 0.0}, {"onset": 1.5}, {"pad_ms": -1}, {"min_speech_ms": -5}],
)
def test_wrong_options(wrong):
    with pytest.raises(ValueError, match=r"must|need"):
        RegionOptions(**wrong)


@given(
    levels=st.lists(st.sampled_from([0, 60, 88, 89, 90, 110, 127, 128, 255]), max_size=60),
    min_speech_ms=st.sampled_from([0, 32, 100]),
    min_silence_ms=st.sampled_from([0, 32, 33, 100, 200]),
    pad_ms=st.sampled_from([0, 16, 20, 100]),
)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_equals_the_loop(levels, min_speech_ms, min_silence_ms, pad_ms):
    options = RegionOptions(
        min_speech_ms=min_speech_ms, min_silence_ms=min_silence_ms, pad_ms=pad_ms
    )
    assert spans(levels, options) == by_hand(levels, options)


def test_ten_hours():
    rng = np.random.default_rng(0)
    slow = np.repeat(rng.integers(0, 256, 4500), 250)  # speech and silence of 8 s
    levels = slow.astype(np.uint8).tobytes()
    found = regions(heard(levels))
    assert len(levels) * 32 == 36_000_000
    assert len(found) > 500
    assert all(a.end_ms < b.start_ms for a, b in itertools.pairwise(found))


def test_within_finds_the_spans_that_meet_another():
    spans = [Span(start_ms=a, end_ms=a + 100) for a in range(0, 1000, 200)]
    assert within(spans, Span(start_ms=100, end_ms=200)) == []
    assert within(spans, Span(start_ms=99, end_ms=201)) == spans[:2]
    assert within(spans, Span(start_ms=450, end_ms=460)) == spans[2:3]
    assert within(spans, Span(start_ms=0, end_ms=5000)) == spans
    assert within([], Span(start_ms=0, end_ms=1)) == []
