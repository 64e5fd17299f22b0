"""What windows say of speakers, joined: made answers of a network, no model."""

from __future__ import annotations

import numpy as np
import pytest

from loquitur.speech.activity import regions
from loquitur.speech.local_speakers import LocalSpeakers, levels_of
from loquitur.testing import signals
from loquitur.timing import Span

NOBODY, A, B, C, A_AND_B = 0, 1, 2, 3, 4


def told(*stretches, count=500):
    """A window's answer: sure of a class in each (from, to, class), of nobody elsewhere."""
    shares = np.zeros((count, 7), np.float32)
    shares[:, NOBODY] = 1.0
    for first, last, kind in stretches:
        shares[first:last] = np.eye(7, dtype=np.float32)[kind]
    return shares


def local(length_ms=20_000, *, hop_ms=2500, offset_ms=0):
    activity = signals.activity([(0, length_ms)], duration_ms=length_ms, offset_ms=offset_ms)
    heard = levels_of(activity, offset_ms, offset_ms + length_ms)
    return LocalSpeakers(heard, offset_ms=offset_ms, hop_ms=hop_ms), activity


@pytest.mark.parametrize(
    ("length_ms", "windows"), [(0, 1), (200, 1), (10_000, 1), (10_020, 2), (12_500, 2), (20_000, 5)]
)
def test_windows_cover_the_sound(length_ms, windows):
    found, _ = local(length_ms)
    assert found.windows == windows
    assert found.start_ms(windows - 1) == (windows - 1) * 2500


def test_speech_is_what_network_and_detector_agree_on():
    activity = signals.activity([(0, 6400)], duration_ms=10_000)
    found = LocalSpeakers(levels_of(activity, 0, 10_000), offset_ms=0, hop_ms=2500)
    found.put(0, told((200, 500, A)))  # from 4 s on
    assert regions(found.speech(activity)) == (Span(start_ms=4000, end_ms=6400),)


def test_what_windows_say_of_a_moment_is_averaged():
    found, activity = local(12_500)
    found.put(0, told((0, 500, A)))
    found.put(1, told())
    shares = np.frombuffer(found.speech(activity).probabilities, np.uint8) / 255.0
    assert shares[:125].min() > 0.99  # the first window alone
    assert np.allclose(shares[125:500], 0.5**0.5, atol=0.01)
    assert shares[500:].max() == 0.0


def test_two_at_once_are_heard_inside_speech_only():
    found, activity = local(10_000)
    found.put(0, told((0, 100, A), (100, 200, A_AND_B), (200, 300, B), (400, 500, A_AND_B)))
    speech = [Span(start_ms=0, end_ms=6000)]
    assert regions(found.overlap(speech, activity)) == (Span(start_ms=2000, end_ms=4000),)


def test_it_takes_two_windows_to_expect_a_speaker():
    found, _ = local(20_000)
    speech = [Span(start_ms=0, end_ms=20_000)]
    three = told((0, 100, A), (100, 200, B), (200, 300, C))
    two = told((0, 100, A), (100, 200, B))
    found.put(0, three)
    found.put(1, two)
    assert found.likely(speech, least_ms=500) == 2
    found.put(2, three)
    assert found.likely(speech, least_ms=500) == 3
    assert found.likely(speech, least_ms=2500) == 0
    assert found.likely([Span(start_ms=0, end_ms=1000)], least_ms=500) == 0  # one window alone


def test_a_single_window_expects_nothing():
    found, _ = local(8000)
    found.put(0, told((0, 100, A), (100, 200, B)))
    assert found.likely([Span(start_ms=0, end_ms=8000)], least_ms=500) == 1


def test_purity_follows_the_speaker_of_the_stretch():
    found, _ = local(10_000, offset_ms=1000)
    found.put(0, told((0, 100, A), (100, 200, A_AND_B), (200, 300, B)))
    times_ms = 1000 + np.array([500, 2500, 4500, 9000, 11_000, -200])
    cell = Span(start_ms=1400, end_ms=1900)
    assert found.purity(cell, 0, times_ms).tolist() == [1, 0, 0, 0, 0, 0]
    cell = Span(start_ms=5200, end_ms=5700)
    assert found.purity(cell, 0, times_ms).tolist() == [0, 0, 1, 0, 0, 0]
    both = Span(start_ms=3200, end_ms=3700)
    first, second = (found.purity(both, rank, times_ms) for rank in (0, 1))
    assert first.tolist() == [1, 0, 0, 0, 0, 0]
    assert second.tolist() == [0, 0, 1, 0, 0, 0]


def test_levels_of_another_grid():
    activity = signals.activity([(320, 640)], duration_ms=960, offset_ms=100)
    levels = levels_of(activity, 0, 1200)
    assert len(levels) == 60
    assert levels[:15].max() == 0.0  # before the detector's first frame, too
    assert levels[30] > 0.5
    assert levels[-5:].max() == 0.0
