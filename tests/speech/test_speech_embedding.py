"""Mel spectra against the definition, and the level that the encoder hears."""

from __future__ import annotations

import numpy as np
import pytest

from loquitur.speech.embedding import _filters, even_level, mel_frames, reference_energy

# Computed once with librosa 0.11: librosa.filters.mel(sr=16000, n_fft=400, n_mels=40).
PEAK_BINS = {0: 2, 10: 20, 20: 44, 39: 185}
PEAKS = {0: 0.01240452, 20: 0.00719192, 39: 0.00172494}
SUMS = {3: 0.024809042, 20: 0.025219752, 39: 0.024978757}


def test_filters_are_those_the_encoder_was_trained_on():
    filters = _filters()
    assert filters.shape == (40, 201)
    assert {row: int(filters[row].argmax()) for row in PEAK_BINS} == PEAK_BINS
    assert {row: float(filters[row].max()) for row in PEAKS} == pytest.approx(PEAKS, rel=1e-5)
    assert {row: float(filters[row].sum()) for row in SUMS} == pytest.approx(SUMS, rel=1e-5)


@pytest.mark.parametrize("count", [0, 1, 159, 160, 4000])
def test_frames_by_definition(count):
    sound = np.random.default_rng(0).standard_normal(count).astype(np.float32)
    mels = mel_frames(sound)
    assert mels.shape == (1 + count // 160, 40)
    assert mels.dtype == np.float32
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    padded = np.concatenate([np.zeros(200), sound, np.zeros(200)])
    basis = np.exp(-2j * np.pi * np.outer(np.arange(400), np.arange(201)) / 400)
    for frame in range(0, len(mels), 7):
        power = np.abs((padded[frame * 160 : frame * 160 + 400] * window) @ basis) ** 2
        np.testing.assert_allclose(mels[frame], _filters() @ power, rtol=2e-4, atol=1e-6)


def test_level_does_not_depend_on_gain():
    rng = np.random.default_rng(0)
    windows = rng.random((9, 120, 40)).astype(np.float32) * np.arange(1, 10)[:, None, None]
    for gain in (1e-3, 1.0, 50.0):
        louder = (windows * gain).astype(np.float32)
        evened = even_level(louder, reference_energy(louder))
        np.testing.assert_allclose(
            evened, even_level(windows, reference_energy(windows)), rtol=1e-4
        )
    energy = evened.sum(axis=2).mean(axis=1)
    assert np.median(energy) == pytest.approx(2.5, rel=0.01)
    assert energy[-1] / energy[0] == pytest.approx(3.0, rel=0.1)  # the root of nine


def test_silence_stays_finite():
    silent = np.zeros((3, 120, 40), np.float32)
    assert reference_energy(silent) == 1.0
    assert (even_level(silent, 1.0) == 0.0).all()
