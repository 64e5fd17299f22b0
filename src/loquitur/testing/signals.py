"""Sound made by numpy for tests: voices of pulses, noise, tones; no file, no synthesizer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.model.speech import Activity, EngineStamp
from loquitur.timing import from_samples, to_samples

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_FORMANTS_HZ = ((660.0, 80.0), (1720.0, 110.0), (2410.0, 160.0))


def voice(
    duration_ms: int,
    *,
    f0_hz: float = 120.0,
    level: float = 0.1,
    syllables_hz: float = 4.0,
    seed: int = 0,
) -> NDArray[np.float32]:
    """A voiced, syllabic sound: glottal pulses through three formants, loud and soft in turn.

    Args:
        duration_ms: Its length.
        f0_hz: Its pitch, gliding 5 % up and down.
        level: Root mean square, 1 = full scale.
        syllables_hz: How many loud stretches a second.
        seed: Decides the faint noise in it.

    Returns:
        float32, 16 kHz, shape [n].
    """
    count = to_samples(duration_ms, SAMPLE_RATE_HZ)
    time_s = np.arange(count) / SAMPLE_RATE_HZ
    glide = f0_hz * (1.0 + 0.05 * np.sin(2 * np.pi * 0.7 * time_s))
    phase = np.cumsum(glide) / SAMPLE_RATE_HZ
    harmonics = np.arange(1, int(3800 / (1.05 * f0_hz)) + 1)
    sound = np.zeros(count)
    for harmonic in harmonics:
        gain = sum(
            1.0 / (1.0 + ((harmonic * f0_hz - centre) / width) ** 2)
            for centre, width in _FORMANTS_HZ
        )
        sound += (0.05 + gain) / harmonic**0.5 * np.sin(2 * np.pi * harmonic * phase)
    envelope = 0.02 + 0.98 * np.sin(np.pi * syllables_hz * time_s) ** 2
    sound = sound * envelope + 1e-3 * np.random.default_rng(seed).standard_normal(count)
    scale = level / max(float(np.sqrt(np.mean(sound**2))), 1e-12) if count else 0.0
    return (sound * scale).astype(np.float32)


def noise(duration_ms: int, *, level: float = 0.1, seed: int = 0) -> NDArray[np.float32]:
    """White noise; `level` is its root mean square. float32, 16 kHz, shape [n]."""
    count = to_samples(duration_ms, SAMPLE_RATE_HZ)
    return (level * np.random.default_rng(seed).standard_normal(count)).astype(np.float32)


def silence(duration_ms: int) -> NDArray[np.float32]:
    """Digital silence. float32, 16 kHz, shape [n]."""
    return np.zeros(to_samples(duration_ms, SAMPLE_RATE_HZ), dtype=np.float32)


def tone(
    duration_ms: int, *, frequency_hz: float = 440.0, level: float = 0.1
) -> NDArray[np.float32]:
    """A sine; `level` is its root mean square. float32, 16 kHz, shape [n]."""
    time_s = np.arange(to_samples(duration_ms, SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    sound = level * np.sqrt(2.0) * np.sin(2 * np.pi * frequency_hz * time_s)
    return np.asarray(sound, dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArraySamples:
    """An array that reads like decoded sound (`loquitur.protocols.Samples`)."""

    sound: NDArray[np.float32]
    offset_ms: int = 0

    @property
    def end_ms(self) -> int:
        """Media time after the last sample."""
        return self.offset_ms + from_samples(len(self.sound), SAMPLE_RATE_HZ)

    def read(self, start_ms: int, end_ms: int) -> NDArray[np.float32]:
        """The samples of `[start_ms, end_ms)`, zeros where there are none; shape [n]."""
        first = to_samples(start_ms - self.offset_ms, SAMPLE_RATE_HZ)
        last = to_samples(end_ms - self.offset_ms, SAMPLE_RATE_HZ)
        piece = np.zeros(max(0, last - first), dtype=np.float32)
        low, high = max(first, 0), min(last, len(self.sound))
        if low < high:
            piece[low - first : high - first] = self.sound[low:high]
        return piece

    def blocks(self, length_ms: int) -> Iterator[NDArray[np.float32]]:
        """All samples from the first on, in blocks of `length_ms` (the last may be shorter)."""
        step = to_samples(length_ms, SAMPLE_RATE_HZ)
        for first in range(0, len(self.sound), step):
            yield self.sound[first : first + step]


def activity(
    spans: Sequence[tuple[int, int]], *, duration_ms: int, offset_ms: int = 0, frame_ms: int = 32
) -> Activity:
    """Voice activity that is certain inside `spans` (media time in ms) and nil outside."""
    count = -(-duration_ms // frame_ms)
    starts = offset_ms + frame_ms * np.arange(count)
    probabilities = np.zeros(count, dtype=np.uint8)
    for start_ms, end_ms in spans:
        probabilities[(starts >= start_ms) & (starts < end_ms)] = 255
    return Activity(
        frame_ms=frame_ms,
        offset_ms=offset_ms,
        probabilities=probabilities.tobytes(),
        gain_db=0.0,
        engine=EngineStamp(name="made", version="1"),
    )
