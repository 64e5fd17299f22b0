"""Filterbanks as Kaldi computes them: what speaker and speech models of that school were fed with.

D. Povey et al., "The Kaldi speech recognition toolkit", ASRU 2011, `feat/feature-fbank.cc` and
`feat/mel-computations.cc`: frames of 25 ms every 10 ms, mean removed, high tones raised, a window
between Hann's and a rectangle, power in triangles that are even on the mel scale from 20 Hz, and
its logarithm. Without dither, and no frame reaches beyond the sound.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from loquitur.model.media import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from numpy.typing import NDArray

BANDS = 80
FRAME_SAMPLES = 400
SHIFT_SAMPLES = 160
FRAME_MS = 10  # from one frame to the next
MIDDLE_MS = 12  # of the first frame
_N_FFT = 512
_RAISE = 0.97
_LOW_HZ = 20.0
_FLOOR = float(np.finfo(np.float32).eps)
_BLOCK = 4096  # frames at a time


def fbank(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log mel power of 80 bands.

    Args:
        sound: Mono, 16 kHz, -1..1, shape [n].

    Returns:
        Shape [(n - 400) // 160 + 1, 80]; no frames where the sound is shorter than one.
    """
    if len(sound) < FRAME_SAMPLES:
        return np.zeros((0, BANDS), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(sound, FRAME_SAMPLES)[::SHIFT_SAMPLES]
    found = np.empty((len(frames), BANDS), np.float32)
    for begin in range(0, len(frames), _BLOCK):
        found[begin : begin + _BLOCK] = _block(frames[begin : begin + _BLOCK])
    return found


def _block(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    level = frames - frames.mean(axis=1, keepdims=True)
    raised = level.copy()
    raised[:, 1:] -= _RAISE * level[:, :-1]
    raised[:, 0] -= _RAISE * level[:, 0]
    spectrum = np.fft.rfft(raised * _window(), _N_FFT, axis=1)[:, : _N_FFT // 2]
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    mels: NDArray[np.float32] = np.log(np.maximum(power @ _triangles(), _FLOOR))
    return mels


@functools.cache
def _window() -> NDArray[np.float32]:
    return (np.hanning(FRAME_SAMPLES) ** 0.85).astype(np.float32)


@functools.cache
def _triangles() -> NDArray[np.float32]:
    """Weights of the power of each frequency in each band, shape [256, 80]."""
    edges = np.linspace(_mel(_LOW_HZ), _mel(SAMPLE_RATE_HZ / 2), BANDS + 2)
    at = _mel(np.arange(_N_FFT // 2) * SAMPLE_RATE_HZ / _N_FFT)[:, None]
    rising = (at - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - at) / (edges[2:] - edges[1:-1])
    triangles: NDArray[np.float32] = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    return triangles


def _mel(hz: NDArray[np.float64] | float) -> NDArray[np.float64]:
    mels: NDArray[np.float64] = 1127.0 * np.log1p(np.asarray(hz) / 700.0)
    return mels
