"""Kaldi's filterbanks against their definition, written out frame by frame."""

from __future__ import annotations

import math

import numpy as np
import pytest

from loquitur.speech.fbank import BANDS, fbank


def definition(sound):
    """One frame after the other, in double precision, as Kaldi's documentation says it."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399)) ** 0.85
    mel = lambda hz: 1127.0 * math.log(1.0 + hz / 700.0)  # noqa: E731
    low, high = mel(20.0), mel(8000.0)
    step = (high - low) / (BANDS + 1)
    rows = []
    for start in range(0, len(sound) - 399, 160):
        frame = sound[start : start + 400].astype(np.float64)
        frame = frame - frame.mean()
        raised = frame - 0.97 * np.concatenate([frame[:1], frame[:-1]])
        power = np.abs(np.fft.rfft(raised * window, 512)) ** 2
        row = []
        for band in range(BANDS):
            left, middle, right = (low + (band + side) * step for side in (0, 1, 2))
            total = 0.0
            for number in range(256):
                at = mel(number * 16_000 / 512)
                if left < at < right:
                    slope = (
                        (at - left) / (middle - left)
                        if at <= middle
                        else (right - at) / (right - middle)
                    )
                    total += slope * power[number]
            row.append(math.log(max(total, np.finfo(np.float32).eps)))
        rows.append(row)
    return np.array(rows)


def test_is_what_kaldi_defines():
    rng = np.random.default_rng(0)
    sound = (0.1 * rng.standard_normal(1200) + 0.02).astype(np.float32)
    np.testing.assert_allclose(fbank(sound), definition(sound), atol=2e-4)


@pytest.mark.parametrize(("length", "frames"), [(0, 0), (399, 0), (400, 1), (559, 1), (560, 2)])
def test_no_frame_reaches_beyond_the_sound(length, frames):
    assert fbank(np.zeros(length, np.float32)).shape == (frames, BANDS)


def test_long_sound_is_worked_through_in_blocks():
    sound = np.random.default_rng(1).standard_normal(160 * 5000 + 240).astype(np.float32)
    found = fbank(sound)
    np.testing.assert_allclose(found[4090:4100], fbank(sound[160 * 4090 :])[:10], atol=1e-4)


def test_silence_is_finite():
    assert np.isfinite(fbank(np.zeros(8000, np.float32))).all()
