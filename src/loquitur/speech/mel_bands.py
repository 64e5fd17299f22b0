"""Log-mel patches as VGGish hears them: what is heard in a second, band by band.

After Hershey et al. 2017, "CNN architectures for large-scale audio classification", with the
numbers of the published code (tensorflow/models, research/audioset/vggish, `mel_features.py`):
sizes of a Fourier transform of 512 over 25 ms every 10 ms (periodic Hann window), 64 triangular
bands of 125 to 7,500 Hz on the mel scale 1127 ln(1 + f / 700), log(x + 0.01), 96 frames a patch.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from loquitur.model.media import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from numpy.typing import NDArray

BANDS = 64
FRAMES = 96
"""Of a patch."""
PATCH_MS = 975
"""As much sound as the 96 frames of a patch hear: 95 steps of 10 ms, and a window of 25 ms."""
_N_FFT = 512
_WINDOW, _HOP = SAMPLE_RATE_HZ * 25 // 1000, SAMPLE_RATE_HZ // 100
_LOW_HZ, _HIGH_HZ = 125.0, 7500.0
_OFFSET = 0.01


def log_mel(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log-mel frames of windows of sound.

    Args:
        windows: [n, samples] at 16 kHz, -1..1; what is shorter than 25 ms is filled with zeros.

    Returns:
        [n, frames, 64]: a frame every 10 ms, 96 of 975 ms.
    """
    if windows.shape[1] < _WINDOW:
        windows = np.pad(windows, ((0, 0), (0, _WINDOW - windows.shape[1])))
    frames = np.lib.stride_tricks.sliding_window_view(windows, _WINDOW, axis=1)[:, ::_HOP]
    sizes = np.abs(np.fft.rfft(frames * _hann(), n=_N_FFT, axis=2)).astype(np.float32)
    found: NDArray[np.float32] = np.log(sizes @ _filters() + np.float32(_OFFSET))
    return found


@functools.cache
def _hann() -> NDArray[np.float32]:
    return np.hanning(_WINDOW + 1)[:-1].astype(np.float32)


@functools.cache
def _filters() -> NDArray[np.float32]:
    """Triangles [257, 64], straight on the mel scale, of height 1; nothing of the lowest bin."""
    bins = _mel(np.linspace(0.0, SAMPLE_RATE_HZ / 2, _N_FFT // 2 + 1))
    lowest, highest = _mel(np.array([_LOW_HZ, _HIGH_HZ])).tolist()
    edges = np.linspace(lowest, highest, BANDS + 2)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins[:, None] - low) / (centre - low)
    falling = (high - bins[:, None]) / (high - centre)
    weights = np.maximum(0.0, np.minimum(rising, falling))
    weights[0] = 0.0
    found: NDArray[np.float32] = weights.astype(np.float32)
    return found


def _mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = 1127.0 * np.log1p(hz / 700.0)
    return found
