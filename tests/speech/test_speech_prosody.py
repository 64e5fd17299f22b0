from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.speech.prosody import (
    BOUND,
    LONGEST_MS,
    SHORTEST_MS,
    Voice,
    arousal,
    cut_windows,
    deviations,
    label_scores,
    measure,
    track_pitch,
)
from loquitur.testing.signals import activity, noise, silence, tone, voice


@pytest.mark.parametrize("f0_hz", [80, 110, 150, 220, 300, 400])
@pytest.mark.parametrize("level", [0.0, 0.02])
def test_pitch_of_made_voices(f0_hz, level):
    sound = voice(2000, f0_hz=f0_hz) + noise(2000, level=level)
    pitch = track_pitch(sound)
    voiced = pitch[pitch > 0]
    assert len(voiced) > 0.7 * len(pitch)
    assert np.median(voiced) == pytest.approx(f0_hz, rel=0.03)
    assert np.mean(np.abs(voiced / f0_hz - 1) > 0.2) < 0.1


def test_pitch_of_a_tone_is_its_frequency():
    pitch = track_pitch(tone(500, frequency_hz=200.0))
    assert pitch[2:-2] == pytest.approx(200.0, rel=0.005)


def test_no_pitch_where_nobody_speaks():
    assert np.mean(track_pitch(noise(3000)) > 0) < 0.02
    assert not track_pitch(silence(1000)).any()
    for count in (0, 1, 639):
        assert len(track_pitch(np.zeros(count, dtype=np.float32))) == 0
    assert len(track_pitch(np.zeros(640, dtype=np.float32))) == 1
    assert len(track_pitch(np.zeros(16_000, dtype=np.float32))) == 97


def test_level_and_rate():
    quiet, loud = measure(voice(4000, level=0.05)), measure(voice(4000, level=0.1))
    assert loud.energy_db - quiet.energy_db == pytest.approx(6.02, abs=0.1)
    for syllables_hz in (2.0, 4.0, 6.0):
        heard = measure(voice(5000, syllables_hz=syllables_hz)).rate_hz
        assert heard == pytest.approx(syllables_hz, abs=0.4)
    assert quiet.voiced_ratio > 0.9
    assert measure(noise(3000)).voiced_ratio < 0.05


def test_only_speech_is_measured():
    sound = np.concatenate([voice(2000, level=0.05), noise(2000, level=0.2)])
    speech = np.arange(400) < 195
    assert measure(sound, speech).energy_db == pytest.approx(20 * math.log10(0.05), abs=1.0)
    assert measure(sound).energy_db > -20


def test_nothing_to_measure():
    for sound in (silence(0), silence(10), silence(2000)):
        assert measure(sound) == Voice()
    assert measure(voice(2000), np.zeros(0, dtype=bool)).energy_db is not None
    assert measure(voice(30)) == Voice()


def test_windows_cover_a_turn_and_cut_at_the_pause():
    pause = activity([(0, 6000), (6500, 15_000)], duration_ms=15_000)
    windows = cut_windows(0, 15_000, pause)
    assert len(windows) == 2
    assert 6000 <= windows[0][1] <= 6500
    assert cut_windows(0, 10_000, pause) == [(0, 10_000)]
    assert cut_windows(3, 4, pause) == [(3, 4)]


@settings(derandomize=True, deadline=None)
@given(
    start_ms=st.integers(0, 50_000),
    length_ms=st.integers(1, 90_000),
    offset_ms=st.integers(0, 3000),
    spans=st.lists(st.integers(0, 60_000), max_size=12),
)
def test_windows_are_consecutive_and_of_the_right_length(start_ms, length_ms, offset_ms, spans):
    edges = sorted(set(spans))
    heard = activity(
        list(zip(edges[::2], edges[1::2], strict=False)), duration_ms=60_000, offset_ms=offset_ms
    )
    windows = cut_windows(start_ms, start_ms + length_ms, heard)
    assert windows[0][0] == start_ms
    assert windows[-1][1] == start_ms + length_ms
    assert all(left[1] == right[0] for left, right in pairwise(windows))
    lengths = [end - start for start, end in windows]
    assert max(lengths) <= LONGEST_MS
    if len(windows) > 1:
        assert min(lengths) >= SHORTEST_MS


def _usual(count, **changes):
    return [
        Voice(energy_db=-20 + 0.2 * i, f0_st=80.0, rate_hz=4.0, **changes) for i in range(count)
    ]


def test_more_of_each_is_more_arousal():
    usual = _usual(6)
    for changed in ({"energy_db": -12.0}, {"f0_st": 86.0}, {"rate_hz": 6.0}):
        base = {"energy_db": -19.5, "f0_st": 80.0, "rate_hz": 4.0}
        moods = deviations([*usual, Voice(**(base | changed))], ["A"] * 7)
        assert moods[-1] > 0.3
        assert moods[-1] > max(moods[:-1]) + 0.3
    calm = deviations([*usual, Voice(energy_db=-30.0, f0_st=76.0, rate_hz=2.5)], ["A"] * 7)
    assert calm[-1] < -BOUND


def test_a_speaker_is_compared_with_himself():
    low = [Voice(energy_db=-30.0, f0_st=75.0, rate_hz=3.0)] * 6
    high = [Voice(energy_db=-15.0, f0_st=92.0, rate_hz=5.0)] * 6
    assert deviations([*low, *high], ["A"] * 6 + ["B"] * 6) == [0.0] * 12


def test_a_high_voice_heard_once_is_not_excited_by_its_pitch():
    low = [Voice(energy_db=-20.0, f0_st=80.0, rate_hz=4.0)] * 6
    moods = deviations([*low, Voice(energy_db=-20.0, f0_st=92.0, rate_hz=4.0)], ["A"] * 6 + ["B"])
    assert moods[-1] == 0.0


def test_one_stretch_is_neutral_and_gaps_count_nothing():
    assert deviations([Voice(energy_db=-3.0, f0_st=99.0, rate_hz=9.0)], ["A"]) == [0.0]
    assert deviations([], []) == []
    assert deviations([Voice(), Voice()], ["A", "B"]) == [0.0, 0.0]
    mixed = deviations([*_usual(5), Voice(), Voice(energy_db=-10.0)], ["A"] * 7)
    assert mixed[5] == 0.0
    assert mixed[6] > 0.5


def test_labels_change_at_the_bound_and_scores_stay_modest():
    for deviation, label in (
        (-3.0, "calm"),
        (-BOUND - 0.01, "calm"),
        (-BOUND + 0.01, "neutral"),
        (0.0, "neutral"),
        (BOUND - 0.01, "neutral"),
        (BOUND + 0.01, "excited"),
        (3.0, "excited"),
    ):
        scores = dict(label_scores(deviation))
        assert max(scores, key=scores.get) == label
        assert math.fsum(scores.values()) == pytest.approx(1.0)
        assert max(scores.values()) < 0.74
    assert arousal(BOUND) == pytest.approx(0.85)
    assert arousal(-BOUND) == pytest.approx(0.15)
    assert arousal(0.0) == 0.5
