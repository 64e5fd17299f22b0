"""Level correction: one gain for a whole file, so that quiet far-field speech is heard at all.

A single constant gain keeps the proportions between speakers, needs one number in the artifact,
and can be applied again by every later listener. The level is taken from the blocks that look
like speech (the louder mode of the file), in the spirit of the gating of ITU-R BS.1770-4, without
its frequency weighting, which barely moves speech levels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.model.media import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_BLOCK_SAMPLES = SAMPLE_RATE_HZ // 10
_BIN_DB = 0.25
_LOWEST_DB = -90.0
_BINS = 361  # -90 dBFS ... 0 dBFS


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelOptions:
    """What level to aim at, and how far the correction may go.

    Args:
        target_db: RMS level of speech after the correction, dB relative to full scale.
        ceiling_db: The loudest blocks stay below this RMS level, so that a gain does not clip.
        most_gain_db: Largest amplification.
        most_cut_db: Largest attenuation, as a positive number.
    """

    target_db: float = -30.0
    ceiling_db: float = -9.0
    most_gain_db: float = 36.0
    most_cut_db: float = 12.0


def level_gain_db(
    blocks: Iterable[NDArray[np.float32]], *, options: LevelOptions | None = None
) -> float:
    """The gain that brings the speech of a file to a common level.

    Only a histogram of block levels is kept, so memory does not grow with the file, and the
    result does not depend on how the samples are cut into blocks.

    Args:
        blocks: All samples, float32 in -1..1, 16 kHz, in pieces of any length.
        options: Target and bounds.

    Returns:
        Decibels, rounded to a tenth; 0.0 for silence and for nothing.
    """
    options = options or LevelOptions()
    counts = np.zeros(_BINS, dtype=np.int64)
    rest = np.zeros(0, dtype=np.float32)
    for block in blocks:
        joined = np.concatenate([rest, block]) if len(rest) else block
        whole = len(joined) // _BLOCK_SAMPLES * _BLOCK_SAMPLES
        counts += _histogram(joined[:whole].reshape(-1, _BLOCK_SAMPLES))
        rest = joined[whole:].copy()
    if not counts.any() and len(rest):
        counts += _histogram(rest[None, :])
    counts[0] = 0  # digital silence says nothing about level
    if not counts.any():
        return 0.0
    speech_db, loudest_db = _speech_level_db(counts)
    gain_db = min(options.target_db - speech_db, max(options.ceiling_db - loudest_db, 0.0))
    return round(float(np.clip(gain_db, -options.most_cut_db, options.most_gain_db)), 1)


def apply(samples: NDArray[np.float32], gain_db: float) -> NDArray[np.float32]:
    """Samples amplified by a gain and held within -1..1; shape and dtype stay.

    The given array is never changed; it is returned as it is where the gain is 0.
    """
    if gain_db == 0.0:
        return samples
    factor = np.float32(10.0 ** (gain_db / 20.0))
    louder: NDArray[np.float32] = np.clip(samples * factor, np.float32(-1.0), np.float32(1.0))
    return louder


def _histogram(blocks: NDArray[np.float32]) -> NDArray[np.int64]:
    """Counts of block levels in bins of `_BIN_DB`; non-finite blocks are left out."""
    energy = np.einsum("ij,ij->i", blocks, blocks, dtype=np.float64) / max(1, blocks.shape[1])
    energy = energy[np.isfinite(energy)]
    level_db = 10.0 * np.log10(np.maximum(energy, 1e-12))
    index = np.clip(np.round((level_db - _LOWEST_DB) / _BIN_DB), 0, _BINS - 1).astype(np.int64)
    return np.bincount(index, minlength=_BINS)


def _speech_level_db(counts: NDArray[np.int64]) -> tuple[float, float]:
    """Median level of the speech-like blocks, and the level of the loudest thousandth."""
    floor = _quantile(counts, 0.10)
    top = _quantile(counts, 0.99)
    loud = counts.copy()
    loud[: (floor + top) // 2] = 0  # between noise floor and speech: the halfway level
    speech = _quantile(loud, 0.5)
    return _LOWEST_DB + speech * _BIN_DB, _LOWEST_DB + _quantile(counts, 0.999) * _BIN_DB


def _quantile(counts: NDArray[np.int64], share: float) -> int:
    """The first bin at which the running share reaches a value."""
    running = np.cumsum(counts)
    return int(np.searchsorted(running, share * running[-1], side="left"))
