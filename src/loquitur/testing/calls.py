"""A call on two channels, made of speech that is known: who speaks when, and on which channel."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.model.media import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Sound = NDArray[np.float32]

LEAD_MS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What is said on a channel, and when it begins after the end of the remark before.

    `after_ms` below 0: it begins before the other has ended. `sound` is 16 kHz mono, shape [n].
    """

    channel: int
    sound: Sound
    text: str
    after_ms: int = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The channels as they are recorded and as they would be without bleed; spans of the remarks.

    Both sounds have the shape [channels, n] at 16 kHz; spans are (start, end) in ms.
    """

    heard: Sound
    clean: Sound
    spans: tuple[tuple[int, int], ...]


def make_call(
    remarks: Sequence[Remark],
    *,
    bleed: float = 0.05,
    delay_ms: float = 0.0,
    gains: Sequence[float] = (1.0, 1.0),
    noise: float = 1e-4,
    seed: int = 0,
) -> Call:
    """Remarks laid out on two channels that each hear a share of the other.

    Args:
        remarks: In their order.
        bleed: The share (of amplitude) of each channel that the other hears.
        delay_ms: How much later.
        gains: How loud each channel is recorded.
        noise: Root mean square of each channel's own noise, full scale 1.
        seed: Of the noise.
    """
    spans, ends_ms = [], LEAD_MS
    for remark in remarks:
        start_ms = max(LEAD_MS, ends_ms + remark.after_ms)
        ends_ms = start_ms + len(remark.sound) * 1000 // SAMPLE_RATE_HZ
        spans.append((start_ms, ends_ms))
    count = (max(end for _, end in spans) + LEAD_MS) * SAMPLE_RATE_HZ // 1000
    clean = np.zeros((2, count), np.float32)
    for remark, (start_ms, _) in zip(remarks, spans, strict=True):
        first = start_ms * SAMPLE_RATE_HZ // 1000
        clean[remark.channel, first : first + len(remark.sound)] += remark.sound
    late = np.roll(clean[::-1], round(delay_ms * SAMPLE_RATE_HZ / 1000), axis=1)
    hiss = np.random.default_rng(seed).standard_normal(clean.shape) * noise
    heard = (clean + bleed * late) * np.array(gains)[:, None] + hiss
    return Call(heard=np.clip(heard, -1, 1).astype(np.float32), clean=clean, spans=tuple(spans))


def write_wav(target: Path, sound: Sound, *, rate_hz: int = 48_000) -> Path:
    """Sound of 16 kHz, shape [channels, n], as a 16-bit WAV file of another rate."""
    channels = [resampled(row, rate_hz) for row in sound]
    shortest = min(map(len, channels))
    numbers = np.stack([row[:shortest] for row in channels], axis=1)
    with wave.open(str(target), "wb") as sink:
        sink.setnchannels(len(channels))
        sink.setsampwidth(2)
        sink.setframerate(rate_hz)
        sink.writeframes(np.rint(np.clip(numbers, -1, 1) * 32767).astype("<i2").tobytes())
    return target


def resampled(sound: Sound, rate_hz: int) -> Sound:
    """Sound of 16 kHz at another rate, shape [n], by FFmpeg."""
    import av

    if rate_hz == SAMPLE_RATE_HZ:
        return sound
    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate_hz)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[None, :]), "flt", "mono")
    frame.sample_rate = SAMPLE_RATE_HZ
    pieces: list[Any] = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([piece.to_ndarray()[0] for piece in pieces]).astype(np.float32)


def loud_spans(sound: Sound, *, below_db: float = 35.0, gap_ms: int = 500) -> list[tuple[int, int]]:
    """Where there is sound at all: (start, end) in ms, without help of any detector.

    Args:
        sound: 16 kHz, shape [n].
        below_db: Frames of 10 ms that are more than this below the loudest are silence.
        gap_ms: Shorter silence is none.
    """
    frame = SAMPLE_RATE_HZ // 100
    whole = sound[: len(sound) // frame * frame].reshape(-1, frame)
    level_db = 10 * np.log10(np.square(whole, dtype=np.float64).mean(axis=1) + 1e-12)
    loud = np.flatnonzero(level_db > level_db.max() - below_db)
    spans: list[tuple[int, int]] = []
    for at in loud.tolist():
        if spans and at * 10 - spans[-1][1] < gap_ms:
            spans[-1] = (spans[-1][0], at * 10 + 10)
        else:
            spans.append((at * 10, at * 10 + 10))
    return spans
