"""Pictures of a generated clip: drawn by signed distances, with smooth edges, a gradient and noise.

The distances are the usual ones of two-dimensional figures; each is scaled so that all figures of
one radius have the area of the circle: size tells nothing about shape.
"""

from __future__ import annotations

import math
import zlib
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


def render(source: str | Source) -> FrameBatch:
    """The pictures of a clip, all of them: uint8 [frames, size, size, 3], and their times.

    A thousandth part of a second for a picture of 64 x 64.

    Raises:
        InputError: The source is no name of a generated clip.
    """
    named = source_of(source) if isinstance(source, str) else source
    return FrameBatch(times_ms=named.times_ms, pixels=paint(scene(named), named))


def paint(shown: Scene, source: Source) -> NDArray[np.uint8]:
    """Draw a scene: from the back to the front, then the noise of `source`."""
    size, frames = source.size, source.frames
    line = (np.arange(size, dtype=np.float32) + np.float32(0.5)) / np.float32(size)
    grey, down, across = shown.background
    ground = grey + down * (line[:, None] - 0.5) + across * (line[None, :] - 0.5)
    for x, y, radius, level in shown.specks:
        distance = np.hypot(line[None, :] - x, line[:, None] - y) - radius
        cover = np.clip(0.5 - distance * size, 0, 1)
        ground = ground + cover * (level - ground)
    still = np.broadcast_to(ground[..., None], (size, size, 3)).astype(np.float32)
    pixels = np.repeat(still[None], frames, axis=0)
    for place in shown.order:
        _paint_thing(pixels, shown.things[place], line)
    if source.noise:
        dice = np.random.default_rng(zlib.crc32(str(source).encode()))
        pixels += dice.standard_normal(pixels.shape, dtype=np.float32) * np.float32(source.noise)
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def _paint_thing(pixels: NDArray[np.float32], thing: Thing, line: NDArray[np.float32]) -> None:
    """Draw one thing into each frame, only where it can be."""
    size = len(line)
    paint = np.asarray(PAINTS[thing.colour], np.float32) * np.float32(thing.shade)
    for at, ((x, y), radius) in enumerate(zip(thing.track, thing.radii, strict=True)):
        reach = radius * 1.6 + 1 / size
        left, right = _bounds(x, reach, size)
        top, bottom = _bounds(y, reach, size)
        dx = line[None, left:right] - np.float32(x)
        dy = line[top:bottom, None] - np.float32(y)
        distance = _distance(thing.shape, dx, dy, radius)
        cover = np.clip(0.5 - distance * size, 0, 1)[..., None]
        window = pixels[at, top:bottom, left:right]
        window += cover * (paint - window)


def _bounds(middle: float, reach: float, size: int) -> tuple[int, int]:
    return max(0, math.floor((middle - reach) * size)), min(
        size, math.ceil((middle + reach) * size)
    )


def _distance(
    shape: str, dx: NDArray[np.float32], dy: NDArray[np.float32], radius: float
) -> NDArray[np.float32]:
    """How far each place is outside the figure (negative inside), in parts of the side."""
    if shape == "circle":
        round_: NDArray[np.float32] = np.hypot(dx, dy) - np.float32(radius)
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
