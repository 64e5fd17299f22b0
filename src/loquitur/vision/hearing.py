"""Sound as an encoder takes it: windows of one length, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from loquitur.protocols import AudioEncoder, Samples

BATCH = 64
"""Windows that are listened to side by side where the engine does not say."""


def encode_sound(
    engine: AudioEncoder, samples: Samples
) -> Iterator[tuple[tuple[int, ...], NDArray[np.float32]]]:
    """Vectors of all windows of a sound, as they come: where each begins in ms, and [n, d].

    The first window begins with the sound. What is left behind the last whole one counts where it
    is half a window or more, or there is no other, with silence behind it. Memory is bounded
    whatever the length.

    Raises:
        EngineError: The engine failed, or gave vectors of another shape.
    """
    most = int(getattr(engine, "batch_size", BATCH))
    times = window_times(samples.offset_ms, samples.end_ms, engine.window_ms, engine.step_ms)
    for at in range(0, len(times), most):
        part = times[at : at + most]
        windows = np.stack([samples.read(start, start + engine.window_ms) for start in part])
        found = engine.encode(windows)
        if found.shape != (len(part), engine.dimension):
            raise EngineError(
                f"an encoder of sound gave vectors of shape {list(found.shape)}, expected"
                f" {[len(part), engine.dimension]}"
            )
        yield tuple(part), np.asarray(found, dtype=np.float32)


def window_times(start_ms: int, end_ms: int, window_ms: int, step_ms: int) -> list[int]:
    """Where windows begin, see `encode_sound`.

    >>> window_times(0, 2400, 960, 960), window_times(100, 300, 960, 960)
    ([0, 960, 1920], [100])
    """
    last_ms = end_ms - window_ms // 2
    times = list(range(start_ms, last_ms + 1, max(1, step_ms)))
    return times or [start_ms]
