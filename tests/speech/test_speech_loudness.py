"""One gain for a file: found from its speech, the same however the file is cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.speech.loudness import LevelOptions, apply, level_gain_db

RATE_HZ = 16_000


def bursts(level_db: float, *, floor_db: float = -75.0, seconds: int = 20, share: float = 0.4):
    """Noise bursts that stand for speech over a quieter noise floor."""
    rng = np.random.default_rng(1)
    sound = rng.standard_normal(seconds * RATE_HZ) * 10 ** (floor_db / 20)
    for start_s in range(seconds):
        first = start_s * RATE_HZ
        count = int(share * RATE_HZ)
        sound[first : first + count] = rng.standard_normal(count) * 10 ** (level_db / 20)
    return sound.astype(np.float32)


@pytest.mark.parametrize("level_db", [-55, -42, -30, -22])
def test_speech_comes_to_the_target(level_db):
    gain_db = level_gain_db([bursts(level_db, floor_db=level_db - 30)])
    assert gain_db == pytest.approx(-30 - level_db, abs=1.0)


def test_pauses_do_not_count():
    much, little = bursts(-40, share=0.8), bursts(-40, share=0.1)
    assert level_gain_db([much]) == pytest.approx(level_gain_db([little]), abs=1.0)


def test_gain_is_bounded():
    options = LevelOptions(most_gain_db=20, most_cut_db=6)
    assert level_gain_db([bursts(-70, floor_db=-95)], options=options) == 20.0
    assert level_gain_db([bursts(-10)], options=options) == -6.0


def test_loud_moments_keep_the_gain_down():
    quiet = bursts(-50, seconds=60)
    knock = quiet.copy()
    knock[: RATE_HZ // 2] = 0.5
    assert level_gain_db([knock]) < level_gain_db([quiet]) - 10


@pytest.mark.parametrize("sound", [np.zeros(0), np.zeros(5), np.zeros(RATE_HZ), np.full(9, np.nan)])
def test_nothing_to_measure(sound):
    assert level_gain_db([sound.astype(np.float32)]) == 0.0
    assert level_gain_db([]) == 0.0


def test_less_than_a_block_is_measured_whole():
    assert level_gain_db([bursts(-40)[:800]]) == pytest.approx(10, abs=1.5)


@given(cuts=st.lists(st.integers(0, 64_000), max_size=8))
@settings(derandomize=True, deadline=None, max_examples=40)
def test_blocks_do_not_matter(cuts):
    sound = bursts(-44, seconds=4)
    pieces = np.split(sound, sorted(cuts))
    assert level_gain_db(pieces) == level_gain_db([sound])


def test_apply():
    sound = np.array([0.0, 0.1, -0.4, 0.9], dtype=np.float32)
    before = sound.copy()
    louder = apply(sound, 6.0206)
    assert louder.dtype == np.float32
    np.testing.assert_allclose(louder, [0.0, 0.2, -0.8, 1.0], rtol=1e-5)
    np.testing.assert_array_equal(sound, before)
    assert apply(sound, 0.0) is sound
