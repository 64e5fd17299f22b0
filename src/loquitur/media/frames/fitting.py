"""Scaling decoded pictures as Pillow does, to what an encoder takes.

Models were trained and are served with Pillow's resampling (its libImaging/Resample.c, which
torchvision has too): two passes, first along rows, each a filter as wide as the picture is scaled
down (antialiasing), rounded to 8 bits in between. Sums are taken in float32 here, not in fixed
point: one level of 255 may differ, in about one pixel of a thousand. The decoder's own scaler
(`picture.py`) is three to ten times as fast, but filters brightness and colours apart: on films
0.2 to 0.5 levels differ on average, and up to 50 at an edge between two pure colours.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import InputError
from loquitur.model.vision import MOST_SIDE_PX

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from loquitur.model.vision import Interpolation, Preprocessing

Array = np.ndarray
_SLICE_BYTES = 1 << 25
"""Of the float32 pictures between the passes: frames are resampled in slices of about this size."""


def fit(pictures: NDArray[np.uint8], how: Preprocessing) -> NDArray[np.uint8]:
    """Pictures at the size that a model takes, still in 8 bits.

    With `short_px`, the shorter side is scaled to it (the longer one in proportion, rounded down,
    as torchvision and transformers do) before `crop` cuts the middle out, or pads with black what
    is too small; without, `crop` scales until both sides are covered.

    Args:
        pictures: uint8 [n, h, w, 3].
        how: The model's own preprocessing.

    Returns:
        uint8 [n, height_px, width_px, 3].

    Raises:
        InputError: They are no such pictures.
    """
    check(pictures)
    height, width = pictures.shape[1:3]
    goal = (how.height_px, how.width_px)
    scaled = scaled_size(height, width, how)
    # along each side: where the goal's first pixel lies in the scaled picture, below 0 for a border
    first = tuple(first_of(one, whole, how) for one, whole in zip(goal, scaled, strict=True))
    rows = Window(height, scaled[0], max(0, first[0]), min(scaled[0], first[0] + goal[0]))
    columns = Window(width, scaled[1], max(0, first[1]), min(scaled[1], first[1] + goal[1]))
    inner = _resampled(pictures, rows, columns, how.interpolation)
    if inner.shape[1:3] == goal:
        return inner
    found = np.zeros((len(pictures), *goal, 3), dtype=np.uint8)
    top, left = max(0, -first[0]), max(0, -first[1])
    found[:, top : top + inner.shape[1], left : left + inner.shape[2]] = inner
    return found


def check(pictures: NDArray[np.uint8]) -> None:
    """Hold that an array is pictures.

    Raises:
        InputError: It is not uint8 [n, h, w, 3], or a side is 0 or above 16,384 pixels.
    """
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3:
        raise InputError(
            f"pictures are uint8 [n, h, w, 3], not {pictures.dtype} {list(pictures.shape)}",
            code="LQ-NO-PICTURES",
        )
    if not all(0 < side <= MOST_SIDE_PX for side in pictures.shape[1:3]):
        raise InputError(
            f"pictures of {pictures.shape[2]} x {pictures.shape[1]} pixels", code="LQ-NO-PICTURES"
        )


def scaled_size(height: int, width: int, how: Preprocessing) -> tuple[int, int]:
    """The size of the whole picture before its middle is taken."""
    if how.fit == "stretch":
        return how.height_px, how.width_px
    if how.short_px is not None:
        return _by_shorter(height, width, how.short_px)
    across, down = how.width_px / width, how.height_px / height
    by_width = (across >= down) if how.fit == "crop" else (across < down)
    if by_width:
        return max(1, int(how.width_px * height / width)), how.width_px
    return how.height_px, max(1, int(how.height_px * width / height))


def _by_shorter(height: int, width: int, short_px: int) -> tuple[int, int]:
    if height <= width:
        return short_px, int(short_px * width / height)
    return int(short_px * height / width), short_px


def first_of(goal: int, whole: int, how: Preprocessing) -> int:
    """Where the middle begins that is taken; negative where a border is put around instead."""
    if goal >= whole:
        return -((goal - whole) // 2)
    return round((whole - goal) / 2) if how.middle == "even" else (whole - goal) // 2


# --- resampling ------------------------------------------------------------------------------


class Window:
    """One side: `source` pixels scaled to `target`, of which `[start, end)` are wanted."""

    __slots__ = ("end", "source", "start", "target")

    def __init__(self, source: int, target: int, start: int, end: int) -> None:
        self.source, self.target, self.start, self.end = source, target, start, end


def _resampled(
    pictures: NDArray[np.uint8], rows: Window, columns: Window, kind: Interpolation
) -> NDArray[np.uint8]:
    if kind == "nearest":
        down, across = nearest_of(rows), nearest_of(columns)
        return np.ascontiguousarray(pictures[:, down][:, :, across])
    if rows.source == rows.target and columns.source == columns.target:
        kept = pictures[:, rows.start : rows.end, columns.start : columns.end]
        return np.ascontiguousarray(kept)
    size = (rows.end - rows.start, columns.end - columns.start)
    found = np.empty((len(pictures), *size, 3), dtype=np.uint8)
    wide, tall = blocks_of(columns, kind), blocks_of(rows, kind)
    # no more rows go through the first pass than the second looks at
    top, bottom = tall[0].low, max(block.high for block in tall)
    step = max(1, _SLICE_BYTES // (12 * (bottom - top) * columns.source))
    for at in range(0, len(pictures), step):
        planes = pictures[at : at + step, top:bottom].transpose(0, 3, 1, 2).astype(np.float32)
        narrow = _wide(planes, wide, size[1])
        short = _tall(narrow, tall, size[0], top)
        found[at : at + step] = short.transpose(0, 2, 3, 1)
    return found


class Block:
    """Target pixels side by side: [start, end) of the wanted, made of the source in [low, high).

    `shares` is [target pixels, source pixels]; None where pixels are taken as they are.
    """

    __slots__ = ("end", "high", "low", "shares", "start")

    def __init__(self, start: int, end: int, low: int, high: int, shares: Array | None) -> None:
        self.start, self.end, self.low, self.high, self.shares = start, end, low, high, shares


_AT_ONCE = 32
"""Target pixels of a block: small enough that its matrix is mostly filled."""


def blocks_of(window: Window, kind: Interpolation) -> list[Block]:
    """A pass as small matrices: what BLAS multiplies in a fifth of the time of a sum over taps."""
    if window.source == window.target:
        return [Block(0, window.end - window.start, window.start, window.end, None)]
    return _made_blocks(window.source, window.target, window.start, window.end, kind)


@functools.lru_cache(maxsize=32)
def _made_blocks(
    source: int, target: int, start_px: int, end_px: int, kind: Interpolation
) -> list[Block]:
    """Frames of a film are fitted one by one, and each needs the same."""
    places, shares = _taps(source, target, kind)
    found = []
    for start in range(start_px, end_px, _AT_ONCE):
        end = min(start + _AT_ONCE, end_px)
        some = places[start:end]
        low, high = int(some.min()), int(some.max()) + 1
        matrix = np.zeros((end - start, high - low), dtype=np.float32)
        np.add.at(matrix, (np.arange(end - start)[:, None], some - low), shares[start:end])
        found.append(Block(start - start_px, end - start_px, low, high, matrix))
    return found


def _wide(planes: Array, blocks: list[Block], width: int) -> Array:
    """The pass along rows: [n, 3, h, w] to [n, 3, h, width], whole levels."""
    found = np.empty((*planes.shape[:3], width), dtype=np.float32)
    for block in blocks:
        part = planes[..., block.low : block.high]
        if block.shares is None:
            return part
        np.matmul(part, block.shares.T, out=found[..., block.start : block.end])
    return _whole(found)


def _tall(planes: Array, blocks: list[Block], height: int, top: int) -> Array:
    """The pass along columns, of planes that begin with row `top`."""
    found = np.empty((*planes.shape[:2], height, planes.shape[3]), dtype=np.float32)
    for block in blocks:
        part = planes[:, :, block.low - top : block.high - top]
        if block.shares is None:
            return part
        np.matmul(block.shares, part, out=found[:, :, block.start : block.end])
    return _whole(found)


def _whole(values: Array) -> Array:
    """Rounded to levels of 0 to 255, in place."""
    values += 0.5
    np.floor(values, out=values)
    np.clip(values, 0.0, 255.0, out=values)
    return values


def nearest_of(window: Window) -> Array:
    """The source pixel that each wanted one is, where nothing is mixed."""
    scale = window.source / window.target
    steps = np.full(window.target, scale)
    steps[0] = scale * 0.5
    at = np.cumsum(steps)  # Pillow adds up too, and so decides halves
    return np.minimum(at.astype(np.int64), window.source - 1)[window.start : window.end]


@functools.lru_cache(maxsize=64)
def _taps(source: int, target: int, kind: Interpolation) -> tuple[Array, Array]:
    """Which source pixels each target pixel is made of, and the share of each, [target, taps]."""
    shape, support = _FILTERS[kind]
    scale = source / target
    stretch = max(1.0, scale)
    reach = support * stretch
    centre = (np.arange(target) + 0.5) * scale
    low = np.maximum((centre - reach + 0.5).astype(np.int64), 0)
    high = np.minimum((centre + reach + 0.5).astype(np.int64), source)
    places = low[:, None] + np.arange(int((high - low).max()))[None, :]
    inside = places < high[:, None]
    shares = np.where(inside, shape((places - centre[:, None] + 0.5) / stretch), 0.0)
    shares /= shares.sum(axis=1, keepdims=True)
    return np.minimum(places, source - 1), np.asarray(shares, dtype=np.float32)


def _box(x: Array) -> Array:
    return np.asarray(np.where((x > -0.5) & (x <= 0.5), 1.0, 0.0))


def _triangle(x: Array) -> Array:
    return np.asarray(np.maximum(0.0, 1.0 - np.abs(x)))


def _cubic(x: Array, a: float = -0.5) -> Array:
    """Keys 1981, "Cubic convolution interpolation", with a = -0.5 as Pillow has it."""
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def _lanczos(x: Array) -> Array:
    """Lanczos 1956 with three lobes."""
    return np.where((x >= -3) & (x < 3), np.sinc(x) * np.sinc(x / 3), 0.0)


_FILTERS: dict[str, tuple[Callable[[Array], Array], float]] = {
    "area": (_box, 0.5),
    "bilinear": (_triangle, 1.0),
    "bicubic": (_cubic, 2.0),
    "lanczos": (_lanczos, 3.0),
}
"""Each filter's shape and how far it reaches at scale 1, in pixels."""
