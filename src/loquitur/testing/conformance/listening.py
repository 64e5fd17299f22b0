"""The suite of engines that turn sound into vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import InputError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.testing import signals
from loquitur.testing.conformance.plain import check_vectors, quiet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.protocols import AudioEncoder

_CLOSE = 1e-4
"""Between a window alone and among others, of the largest number: batches add up otherwise."""


def check_audio_encoder(engine: AudioEncoder) -> None:
    """One finite vector a window, each of its window alone.

    Args:
        engine: Made and ready.
    """
    assert type(engine.window_ms) is int, "window_ms is a plain int"
    assert type(engine.step_ms) is int, "step_ms is a plain int"
    assert 0 < engine.step_ms <= 60_000, f"step_ms: {engine.step_ms}"
    assert 0 < engine.window_ms <= 60_000, f"window_ms: {engine.window_ms}"
    sound = _sound(engine.window_ms)
    before = sound.copy()
    with quiet():
        first, second = engine.encode(sound), engine.encode(sound)
    assert np.array_equal(sound, before), "sound is left as it was"
    check_vectors(engine.dimension, first, len(sound))
    assert np.array_equal(first, second), "the same sound, the same vectors"
    scale = max(1.0, float(np.abs(first).max()))
    for at in range(len(sound)):
        alone = engine.encode(sound[at : at + 1])
        assert np.abs(alone - first[at : at + 1]).max() <= _CLOSE * scale, "each window by itself"
    turned = engine.encode(np.ascontiguousarray(sound[::-1]))[::-1]
    assert np.abs(turned - first).max() <= _CLOSE * scale, "the order is no matter"
    assert not np.allclose(first[0], first[1], atol=1e-6), "a voice and noise sound different"
    assert not np.allclose(first[0], first[2], atol=1e-6), "a voice and silence sound different"
    wide = np.zeros((len(sound), 2 * sound.shape[1]), np.float32)
    wide[:, ::2] = sound
    strided = wide[:, ::2]
    strided.setflags(write=False)
    assert np.array_equal(engine.encode(strided), first), "a strided array is the same sound"
    assert engine.encode(sound[:0]).shape == (0, engine.dimension), "no windows, no vectors"
    _check_refusals(engine)


def _sound(window_ms: int) -> NDArray[np.float32]:
    """A voice, noise, silence, and what is overdriven."""
    size = window_ms * SAMPLE_RATE_HZ // 1000
    voice, noise = signals.voice(window_ms + 100), signals.noise(window_ms + 100)
    loud = np.where(np.arange(size) // 40 % 2, 1.0, -1.0)
    rows = (voice[:size], noise[:size], np.zeros(size), loud)
    return np.stack([np.asarray(row, dtype=np.float32) for row in rows])


def _check_refusals(engine: AudioEncoder) -> None:
    size = engine.window_ms * SAMPLE_RATE_HZ // 1000
    for windows in (
        np.zeros(size, np.float32),
        np.zeros((1, size), np.float64),
        np.full((1, size), np.nan, np.float32),
    ):
        refused = False
        try:
            engine.encode(windows)  # type: ignore[arg-type]
        except InputError:
            refused = True
        assert refused, f"what is no sound is refused: {windows.dtype} {windows.shape}"
