"""The suite of voice detectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.testing import signals
from loquitur.testing.conformance.plain import quiet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from loquitur.protocols import (
        VoiceDetector,
    )

_RATE_HZ = 16_000


def check_voice_detector(engine: VoiceDetector) -> None:
    """One probability per frame, alike however the sound is cut, streamed, low on silence."""
    frame = engine.frame_ms * _RATE_HZ // 1000
    assert type(engine.frame_ms) is int, "frame_ms is a whole number"
    assert engine.frame_ms > 0, "frame_ms is positive"
    sound = np.concatenate(
        [signals.silence(1000), signals.voice(2000), signals.noise(1000, level=0.01)]
    )
    whole = _detected(engine, [sound])
    assert abs(len(whole) - len(sound) / frame) <= 1.0, "one probability per frame"
    for step in (1600, 16_001, 511):
        pieces = [sound[at : at + step] for at in range(0, len(sound), step)]
        cut = _detected(engine, pieces)
        assert cut.shape == whole.shape, "cuts are no matter: as many frames"
        assert np.allclose(cut, whole, atol=1e-5), "cuts are no matter: the same probabilities"
    assert np.array_equal(_detected(engine, [sound]), whole), "nothing is left from before"
    still = _detected(engine, [signals.silence(2000)])
    assert float(still.max(initial=0.0)) < 0.5, "nobody speaks in silence"
    for count in (0, 1, frame - 1, frame, frame + 1):
        assert len(_detected(engine, [sound[:count]])) <= -(-count // frame) + 1
    assert len(_detected(engine, [])) == 0, "no sound, no frames"
    _check_streaming(engine)


def _detected(engine: VoiceDetector, blocks: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    with quiet():
        pieces = [np.asarray(piece) for piece in engine.detect(iter(blocks))]
    whole = np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.float32)
    assert whole.ndim == 1, "probabilities are one-dimensional"
    assert np.isfinite(whole).all(), "probabilities are finite"
    assert ((whole >= 0) & (whole <= 1)).all(), "probabilities are in 0..1"
    return whole.astype(np.float32)


def _check_streaming(engine: VoiceDetector) -> None:
    """The first frames come long before the last block is asked for."""
    asked = 0

    def blocks() -> Iterator[NDArray[np.float32]]:
        nonlocal asked
        for _ in range(120):
            asked += 1
            yield signals.noise(1000, level=0.01)

    stream = engine.detect(blocks())
    next(stream)
    assert asked <= 60, f"{asked} s of sound were held before the first frame came"
