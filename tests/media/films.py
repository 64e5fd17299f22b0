"""Films made for the tests: each frame's picture says which one it is."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WIDTH_PX, HEIGHT_PX = 64, 36
BITS = 10
"""A frame's number stands in the upper half as black and white fields, of 6 pixels each."""


def picture(number: int, width: int = WIDTH_PX, height: int = HEIGHT_PX) -> np.ndarray:
    """A frame's picture, uint8 [height, width, 3]: its number in fields, colours below."""
    made = np.zeros((height, width, 3), np.uint8)
    made[height // 2 :] = (40 + 7 * number % 160, 90, 200 - 5 * number % 150)
    step = width / BITS
    for bit in range(BITS):
        if number >> bit & 1:
            made[: height // 2, round(bit * step) : round((bit + 1) * step)] = 255
    return made


def number_of(pixels: np.ndarray) -> int:
    """The number that a frame's picture says."""
    height, width = pixels.shape[:2]
    step = width / BITS
    row = pixels[height // 4].mean(axis=-1)
    return sum((row[round((bit + 0.5) * step)] > 127) << bit for bit in range(BITS))


def write_film(
    path: Path,
    pictures: Sequence[np.ndarray] | int = 30,
    *,
    fps: int = 25,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    gop: int = 12,
    b_frames: int = 2,
    times_ms: Sequence[int] | None = None,
    start_ms: int = 0,
    aspect: Fraction | None = None,
    form: str = "rgb24",
    container: str | None = None,
    options: dict[str, str] | None = None,
    muxer: dict[str, str] | None = None,
) -> Path:
    """Write a film; `times_ms` are when its frames are shown, where not one after the other."""
    if isinstance(pictures, int):
        pictures = [picture(number) for number in range(pictures)]
    height, width = pictures[0].shape[:2]
    base = Fraction(1, 1000) if times_ms is not None else Fraction(1, fps)
    with av.open(str(path), "w", format=container, options=muxer or {}) as output:
        stream = output.add_stream(codec, rate=fps, options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        context = stream.codec_context
        context.time_base = base
        context.gop_size = gop
        if codec in ("libx264", "mpeg4", "mpeg2video"):
            context.max_b_frames = b_frames
        context.thread_count = 1
        if aspect is not None:
            context.sample_aspect_ratio = aspect
        for number, made in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(made, format=form)
            frame = frame if frame.format.name == pix_fmt else frame.reformat(format=pix_fmt)
            at = times_ms[number] if times_ms is not None else number
            frame.pts, frame.time_base = at + round(start_ms / 1000 / base), base
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def turn(path: Path, matrix: Sequence[int]) -> Path:
    """Put a display matrix (a, b, c, d of 16.16) into the track header of an mp4."""
    content = bytearray(path.read_bytes())
    place = content.index(b"tkhd") + 4 + 40
    a, b, c, d = matrix
    content[place : place + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    return path


def write_covered(path: Path, *, moving: bool) -> Path:
    """An mp4 with a cover picture, and with a film of 20 frames or with sound alone."""
    with av.open(str(path), "w") as output:
        cover = output.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt, cover.disposition = 32, 32, "rgb24", 0x400
        if moving:
            other = output.add_stream("libx264", rate=25)
            other.width, other.height, other.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        else:
            other = output.add_stream("aac", rate=16_000)
            other.layout = "mono"
        still = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 200, np.uint8), format="rgb24")
        still.pts = 0
        packets = [*cover.encode(still), *cover.encode(None)]
        for number in range(20):
            if moving:
                frame = av.VideoFrame.from_ndarray(picture(number), format="rgb24")
                frame = frame.reformat(format="yuv420p")
            else:
                frame = av.AudioFrame.from_ndarray(
                    np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
                )
                frame.sample_rate = 16_000
            frame.pts = number * (1 if moving else 1024)
            packets += other.encode(frame)
        for packet in [*packets, *other.encode(None)]:
            output.mux(packet)
    return path
