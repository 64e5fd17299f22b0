from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes_files import spans, srt, tracks, vtt, words

from loquitur.errors import UsageError
from loquitur.subtitles.moving import (
    Line,
    frame_rate,
    rate_line,
    scaled,
    shifted,
    two_point_line,
)

OFFSETS = st.integers(-3_600_000, 3_600_000)
RATES = st.sampled_from(["23.976", "24", "25", "29.97", "30", "50", "59.94"]).map(frame_rate)


@settings(max_examples=40)
@given(tracks(), OFFSETS)
def test_a_shift_taken_back_gives_the_file(track, offset_ms):
    there = shifted(track, offset_ms, before_zero="keep").track
    inner_lost = any("<00:00:00.000>" in cue.payload for cue in there.cues)
    back = shifted(there, -offset_ms, before_zero="keep").track
    assert spans(back) == spans(track)
    if not inner_lost:
        assert back == track


@settings(max_examples=40)
@given(tracks(), RATES, RATES)
def test_a_scale_taken_back_is_within_a_millisecond(track, one, other):
    line = rate_line(one, other)
    back = scaled(scaled(track, line).track, line.inverse()).track
    for before, after in zip(track.cues, back.cues, strict=True):
        assert abs(before.start_ms - after.start_ms) <= 1
        assert abs(before.end_ms - after.end_ms) <= 2 if before.duration_ms < 3 else 1
        assert after.start_ms < after.end_ms


def test_a_scale_is_exact():
    line = rate_line(frame_rate("25"), frame_rate("23.976"))
    assert line.at(3_600_000) == 3_753_750
    assert line.inverse().at(3_753_750) == 3_600_000
    assert rate_line(frame_rate("24"), frame_rate("23.98")).ratio == Fraction(1001, 1000)


def test_two_points_say_where_all_goes():
    line = two_point_line((1_000, 2_000), (11_000, 22_000))
    assert [line.at(ms) for ms in (1_000, 6_000, 11_000)] == [2_000, 12_000, 22_000]
    for other in ((1_000, 5_000), (11_000, 2_000)):
        with pytest.raises(UsageError, match="two points"):
            two_point_line((1_000, 2_000), other)


@pytest.mark.parametrize("text", ["0", "-25", "1e3", "25fps", "", "24000/0", "99999", "nan"])
def test_what_is_no_frame_rate_is_said(text):
    with pytest.raises(UsageError):
        frame_rate(text)


def test_cues_before_zero_are_told():
    track = srt("a", "b", "c")
    done = shifted(track, -2_000)
    assert (done.dropped, done.clamped, words(done.track)) == ((1,), (2,), ["b", "c"])
    assert spans(done.track) == [(0, 500), (1_000, 2_000)]
    done = shifted(track, -2_000, before_zero="drop")
    assert (done.dropped, words(done.track)) == ((1, 2), ["c"])
    done = shifted(track, -2_000, before_zero="keep")
    assert (done.early, words(done.track)) == ((1, 2), ["a", "b", "c"])


def test_only_a_range_is_shifted_and_inner_times_go_along():
    track = vtt("00:01.000 --> 00:02.000\na\n\n00:03.000 --> 00:04.000\nb <00:03.500>c <3>d")
    done = shifted(track, 1_000, start_ms=3_000).track
    assert spans(done) == [(1_000, 2_000), (4_000, 5_000)]
    assert done.cues[1].payload == "b <00:04.500>c <3>d"
    assert shifted(track, 9_000, end_ms=3_000).moved == 1


def test_time_does_not_run_backwards():
    with pytest.raises(ValueError, match="forwards"):
        Line(ratio=Fraction(-1))
