"""Pictures of a generated clip: drawn by signed distances, with smooth edges, a gradient and noise.

The distances are the usual ones of two-dimensional figures; each is scaled so that all figures of
one radius have the area of the circle: size tells nothing about shape.
"""

from __future__ import annotations

import functools
import math
import zlib
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from loquitur.model.vision import FrameBatch
from loquitur.vision.shapes.casting import scene
from loquitur.vision.shapes.scene import Scene, Source, Thing, source_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAINTS = {
    "red": (214, 44, 40),
    "green": (46, 172, 62),
    "blue": (48, 84, 222),
    "yellow": (232, 212, 48),
    "white": (240, 240, 240),
    "purple": (150, 52, 182),
}
_SQUARE = math.sqrt(math.pi) / 2
_TRIANGLE = math.sqrt(4 * math.pi / (3 * math.sqrt(3)))  # circumradius of an equilateral one
_BAR = 0.34  # half a bar's width over half its length
_CROSS = math.sqrt(math.pi / (4 * _BAR * (2 - _BAR)))
_QUANTILE_BITS = 12


def render(source: str | Source) -> FrameBatch:
    """The pictures of a clip, all of them: uint8 [frames, size, size, 3], and their times.

    About a seventh of a millisecond for a picture of 64 x 64.

    Raises:
        InputError: The source is no name of a generated clip.
    """
    named = source_of(source) if isinstance(source, str) else source
    return FrameBatch(times_ms=named.times_ms, pixels=paint(scene(named), named))


def paint(shown: Scene, source: Source) -> NDArray[np.uint8]:
    """Draw a scene: from the back to the front, then the noise of `source`.

    One picture after the other, so that a long or large clip takes no more than its own pixels.
    """
    size, frames = source.size, source.frames
    line = (np.arange(size, dtype=np.float32) + np.float32(0.5)) / np.float32(size)
    ground = _ground(shown, line)
    noise = _Noise(source) if source.noise else None
    pixels = np.empty((frames, size, size, 3), np.uint8)
    for at in range(frames):
        picture = np.repeat(ground[..., None], 3, axis=2)
        for place in shown.order:
            _paint_thing(picture, shown.things[place], at, line)
        if noise is not None:
            picture += noise.drawn(picture.size).reshape(picture.shape)
        pixels[at] = np.clip(np.rint(picture), 0, 255)
    return pixels


def _ground(shown: Scene, line: NDArray[np.float32]) -> NDArray[np.float32]:
    """A slope of grey and the specks on it, [size, size]."""
    size = len(line)
    grey, down, across = shown.background
    ground: NDArray[np.float32] = np.asarray(
        grey + down * (line[:, None] - 0.5) + across * (line[None, :] - 0.5), np.float32
    )
    for x, y, radius, level in shown.specks:
        distance = _length(line[None, :] - np.float32(x), line[:, None] - np.float32(y)) - radius
        cover = np.clip(0.5 - distance * size, 0, 1)
        ground = ground + cover * (level - ground)
    return ground


class _Noise:
    """Normal noise that is the same for ever: of bits, which numpy promises to keep (NEP 19).

    `Generator.standard_normal` may be another in a later version. Twelve bits choose one of 4,096
    quantiles of the normal distribution, the middle of each 4,096th part of it.
    """

    def __init__(self, source: Source) -> None:
        self._bits = np.random.PCG64(zlib.crc32(str(source).encode()))
        self._levels = _quantiles() * np.float32(source.noise)

    def drawn(self, count: int) -> NDArray[np.float32]:
        """The next `count` numbers."""
        raw = np.asarray(self._bits.random_raw(-(-count // 4)), dtype="<u8").view("<u2")
        return np.asarray(self._levels[raw[:count] >> (16 - _QUANTILE_BITS)], np.float32)


@functools.lru_cache(maxsize=1)
def _quantiles() -> NDArray[np.float32]:
    many = 1 << _QUANTILE_BITS
    normal = NormalDist()
    return np.array([normal.inv_cdf((at + 0.5) / many) for at in range(many)], np.float32)


def _paint_thing(
    picture: NDArray[np.float32], thing: Thing, at: int, line: NDArray[np.float32]
) -> None:
    """Draw one thing into a picture, only where it can be."""
    size = len(line)
    paint = np.asarray(PAINTS[thing.colour], np.float32) * np.float32(thing.shade)
    (x, y), radius = thing.track[at], thing.radii[at]
    reach = radius * 1.6 + 1 / size
    left, right = _bounds(x, reach, size)
    top, bottom = _bounds(y, reach, size)
    dx = line[None, left:right] - np.float32(x)
    dy = line[top:bottom, None] - np.float32(y)
    distance = _distance(thing.shape, dx, dy, radius)
    cover = np.clip(0.5 - distance * size, 0, 1)[..., None]
    window = picture[top:bottom, left:right]
    window += cover * (paint - window)


def _length(dx: NDArray[np.float32], dy: NDArray[np.float32]) -> NDArray[np.float32]:
    """As `hypot`, of operations that IEEE 754 rounds in one way: the same on every machine."""
    return np.asarray(np.sqrt(dx * dx + dy * dy), np.float32)


def _bounds(middle: float, reach: float, size: int) -> tuple[int, int]:
    return max(0, math.floor((middle - reach) * size)), min(
        size, math.ceil((middle + reach) * size)
    )


def _distance(
    shape: str, dx: NDArray[np.float32], dy: NDArray[np.float32], radius: float
) -> NDArray[np.float32]:
    """How far each place is outside the figure (negative inside), in parts of the side."""
    if shape == "circle":
        round_: NDArray[np.float32] = _length(dx, dy) - np.float32(radius)
        return round_
    if shape == "square":
        return np.maximum(abs(dx), abs(dy)) - np.float32(radius * _SQUARE)
    if shape == "triangle":
        inradius = np.float32(radius * _TRIANGLE / 2)
        slope = np.float32(math.sqrt(3) / 2)
        return np.maximum(slope * abs(dx) - dy / 2, dy) - inradius
    half = radius * _CROSS
    long, short = np.float32(half), np.float32(half * _BAR)
    lying = np.maximum(abs(dx) - long, abs(dy) - short)
    standing = np.maximum(abs(dx) - short, abs(dy) - long)
    outside: NDArray[np.float32] = np.minimum(lying, standing)
    return outside
