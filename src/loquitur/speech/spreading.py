"""Times for words that nobody heard one by one: shared out over the voiced part of a stretch.

The last resort of alignment: each word gets the share of the voiced time that it has of the
letters. Words stay in order, inside the stretch, and out of its pauses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.model.speech import RawWord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FRAME_MS = 10
_FLOOR = 1e-6  # what a frame without voice still counts, so that time never stands still
_BELOW_LOUD_DB = 25.0
_ABOVE_QUIET_DB = 6.0


def spread(
    words: Sequence[str], voiced: NDArray[np.float64], *, frame_ms: int = FRAME_MS
) -> list[RawWord]:
    """The words, with times in ms from the start of the stretch, marked as interpolated.

    Args:
        words: In order; each counts as many as its letters and figures, one at least.
        voiced: How much voice there is in each frame, 0..1; shape [n].
        frame_ms: The length of a frame.
    """
    if not len(voiced):
        return [
            RawWord(start_ms=None, end_ms=None, text=word, timing="interpolated") for word in words
        ]
    weights = voiced if voiced.any() else np.ones(len(voiced))
    passed = np.concatenate([[0.0], np.cumsum(np.maximum(weights, _FLOOR))])
    step = min(2 * _FLOOR * len(voiced), passed[-1] / 1000)  # over any pause
    letters = [max(1, sum(sign.isalnum() for sign in word)) for word in words]
    shares = np.concatenate([[0], np.cumsum(letters)]) / max(1, sum(letters)) * passed[-1]
    # a word begins where voice begins again, and ends where the voice before a pause ended
    starts = np.interp(shares[:-1] + step, passed, np.arange(len(passed)) * frame_ms)
    ends = np.interp(shares[1:] - step, passed, np.arange(len(passed)) * frame_ms)
    return [
        RawWord(start_ms=start, end_ms=end, text=word, timing="interpolated")
        for word, start, end in zip(words, starts.tolist(), ends.tolist(), strict=True)
    ]


def voice_of(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """How much voice there is in each 10 ms of sound, 0 or 1, by its loudness.

    A frame counts where it is less than 25 dB under the loud ones and 6 dB over the quiet ones; of
    even sound, all of it.

    Args:
        samples: float32, 16 kHz, shape [n].

    Returns:
        float64, shape [n / 160], the last frame may be shorter; empty for no sound.
    """
    step = SAMPLE_RATE_HZ * FRAME_MS // 1000
    count = -(-len(samples) // step)
    if not count:
        return np.zeros(0)
    padded = np.zeros(count * step)
    padded[: len(samples)] = np.nan_to_num(samples)
    power = np.square(padded.reshape(count, step)).mean(axis=1)
    level_db = 10.0 * np.log10(power + 1e-10)
    quiet_db, loud_db = np.percentile(level_db, (10, 95))
    if loud_db - quiet_db < _ABOVE_QUIET_DB:
        return np.ones(count)
    least_db = max(loud_db - _BELOW_LOUD_DB, min(quiet_db + _ABOVE_QUIET_DB, loud_db - 3.0))
    voiced: NDArray[np.float64] = (level_db >= least_db).astype(np.float64)
    return voiced
