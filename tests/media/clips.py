"""Media made for the tests: sound with clicks at known times, in any container PyAV can write."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CLICKS_MS = (0, 700, 1900, 3300, 4600)
"""Where a clip's clicks begin, on the clock of its pictures."""

RATES_HZ = {"libopus": 48_000, "opus": 48_000}
"""Codecs that know one rate only."""


@dataclass(frozen=True, kw_only=True)
class Sound:
    """One audio track: `late_ms` delays it against the pictures, `gaps_ms` lose its packets.

    With `opposite` the right channel is the left one, upside down and so many times as loud.
    """

    codec: str = "aac"
    rate_hz: int = 44_100
    channels: int = 1
    clicks_ms: Sequence[int] = CLICKS_MS
    duration_ms: int = 5_500
    late_ms: int = 0
    gaps_ms: Sequence[tuple[int, int]] = ()
    amplitude: float = 0.8
    language: str = ""
    title: str = ""
    default: bool | None = None
    opposite: float = 0.0


def wave(sound: Sound) -> np.ndarray:
    """Soft noise with 10 ms bursts of 2 kHz at the clicks; float32, shape [n]."""
    count = sound.duration_ms * sound.rate_hz // 1000
    samples = np.random.default_rng(7).normal(0, 0.001, count).astype(np.float32)
    length = sound.rate_hz // 100
    burst = np.cos(2 * np.pi * 2000 * np.arange(length) / sound.rate_hz) * sound.amplitude
    for click_ms in sound.clicks_ms:
        start = click_ms * sound.rate_hz // 1000
        stop = min(count, start + length)
        samples[start:stop] += burst[: max(0, stop - start)]
    return samples


def write_clip(
    path: Path,
    sounds: Sequence[Sound] = (Sound(),),
    *,
    container: str | None = None,
    video: str | None = None,
    video_ms: int = 1_000,
    title: str = "",
    options: dict[str, str] | None = None,
) -> Path:
    """Write a clip: `video` is the codec of moving pictures from time 0 on, or None."""
    with av.open(str(path), "w", format=container, options=options or {}) as output:
        if title:
            output.metadata["title"] = title
        packets = []
        if video:
            stream = output.add_stream(video, rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            packets += [(stream, _pictures(stream, video_ms))]
        for sound in sounds:
            stream = output.add_stream(sound.codec, rate=RATES_HZ.get(sound.codec, sound.rate_hz))
            stream.layout = {1: "mono", 2: "stereo", 6: "5.1"}[sound.channels]
            if sound.codec == "wmav2":
                stream.bit_rate = 96_000  # its encoder knows no default
            if sound.language:
                stream.metadata["language"] = sound.language
            if sound.title:
                stream.metadata["title"] = sound.title
            if sound.default is not None:
                stream.disposition = 1 if sound.default else 0
            packets += [(stream, _encoded(stream, sound))]
        made = [packet for _, items in packets for packet in items]
        for packet in sorted(made, key=lambda packet: packet.dts * packet.time_base):
            output.mux(packet)
    return path


def _pictures(stream, length_ms: int):
    context = stream.codec_context
    packets = []
    for number in range(length_ms * 25 // 1000):
        picture = np.full((72, 64), (number * 5) % 200, np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, 25)
        packets += context.encode(frame)
    return _of(stream, packets + context.encode(None))


def _encoded(stream, sound: Sound):
    rate_hz = stream.codec_context.sample_rate
    samples = wave(Sound(**{**sound.__dict__, "rate_hz": rate_hz}))
    context = stream.codec_context
    context.time_base = Fraction(1, rate_hz)
    context.open()
    resampler = av.AudioResampler(
        format=context.format, layout=context.layout, rate=rate_hz, frame_size=context.frame_size
    )
    packets, position = [], 0
    for frame in [*_cut(samples, sound.opposite, resampler, rate_hz), None]:
        if frame is not None:
            frame.pts, frame.time_base = position, Fraction(1, rate_hz)
            position += frame.samples
        packets += context.encode(frame)
    late = Fraction(sound.late_ms, 1000)
    kept = []
    for packet in _of(stream, packets):
        shift = round(late / packet.time_base)
        start_ms = 1000 * packet.pts * packet.time_base
        packet.pts += shift
        packet.dts += shift
        if not any(start <= start_ms < stop for start, stop in sound.gaps_ms):
            kept.append(packet)
    return kept


def _cut(samples, opposite: float, resampler, rate_hz: int):
    frames = []
    for start in range(0, len(samples), 1024):
        part = samples[None, start : start + 1024]
        if opposite:
            pair = np.ascontiguousarray(np.concatenate([part, -opposite * part]))
            frame = av.AudioFrame.from_ndarray(pair, format="fltp", layout="stereo")
        else:
            frame = av.AudioFrame.from_ndarray(part, format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, start, Fraction(1, rate_hz)
        frames += resampler.resample(frame)
    return [*frames, *resampler.resample(None)]


def _of(stream, packets):
    for packet in packets:
        packet.stream = stream
    return packets


def find_clicks(samples: np.ndarray, offset_ms: int) -> list[float]:
    """Media times (ms) at which bursts begin in 16 kHz sound whose first sample is `offset_ms`."""
    loud = np.flatnonzero(np.abs(samples) > 0.35 * np.abs(samples).max())
    starts = loud[np.flatnonzero(np.diff(loud, prepend=-(10**6)) > 1_600)]
    return [offset_ms + int(start) / 16 for start in starts]
