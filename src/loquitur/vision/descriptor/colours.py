"""Colours by name: the share of each of eleven in every cell of a grid.

The names are the eleven basic colour terms of English (Berlin and Kay 1969, "Basic Color Terms").
A colour has the name of the nearest of a few prototypes of our own in CIELAB (CIE 1976, from sRGB
as IEC 61966-2-1 has it, white point D65).
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAMES = (
    *("black", "grey", "white", "red", "orange", "brown"),
    *("yellow", "green", "blue", "purple", "pink"),
)
GRID = 8
LENGTH = GRID * GRID * len(NAMES)
_PROTOTYPES: dict[str, tuple[tuple[int, int, int], ...]] = {
    "black": ((0, 0, 0), (24, 24, 24)),
    "grey": ((72, 72, 72), (128, 128, 128), (188, 188, 188)),
    "white": ((255, 255, 255), (238, 238, 238)),
    "red": ((220, 30, 30), (255, 0, 0), (150, 20, 20)),
    "orange": ((245, 130, 20), (255, 165, 0)),
    "brown": ((120, 70, 30), (92, 52, 24)),
    "yellow": ((250, 230, 30), (220, 200, 60)),
    "green": ((30, 160, 60), (0, 220, 0), (20, 90, 30), (110, 200, 90)),
    "blue": ((30, 60, 220), (0, 0, 255), (20, 30, 110), (90, 160, 230)),
    "purple": ((130, 40, 160), (90, 40, 120), (160, 120, 200)),
    "pink": ((250, 150, 190), (240, 80, 160)),
}
_BITS = 5
_LEVELS = 1 << _BITS
_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def name_shares(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The share of each name in each cell.

    Args:
        pictures: uint8 [n, h, w, 3], both sides multiples of 8.

    Returns:
        float32 [n, 704]: cells row by row, in each the names in order.
    """
    count, height, width = pictures.shape[:3]
    cell = (np.arange(height) * GRID // height)[:, None] * GRID + np.arange(width) * GRID // width
    places = names_of(pictures) + (cell * len(NAMES))[None]
    places += (np.arange(count) * LENGTH)[:, None, None]
    counted = np.bincount(places.reshape(-1), minlength=count * LENGTH)
    area = height * width / (GRID * GRID)
    return np.asarray(counted.reshape(count, LENGTH) / area, dtype=np.float32)


def names_of(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The number in `NAMES` of each pixel's colour, [n, h, w]."""
    levels = (pictures >> (8 - _BITS)).astype(np.int32)
    places = (levels[..., 0] << 2 * _BITS) | (levels[..., 1] << _BITS) | levels[..., 2]
    return np.asarray(_table()[places], dtype=np.uint8)


@functools.lru_cache(maxsize=1)
def _table() -> NDArray[np.int64]:
    """The name's number for every colour of five bits a channel, 32,768 of them."""
    middle = (np.arange(_LEVELS) + 0.5) * (256 / _LEVELS)
    every = np.stack(np.meshgrid(middle, middle, middle, indexing="ij"), axis=-1).reshape(-1, 3)
    told = [(number, one) for number, name in enumerate(NAMES) for one in _PROTOTYPES[name]]
    known = _lab(np.array([one for _, one in told], dtype=np.float64))
    numbers = np.array([number for number, _ in told])
    lab = _lab(every)
    far = ((lab[:, None] - known[None]) ** 2).sum(axis=2)
    return np.asarray(numbers[far.argmin(axis=1)], dtype=np.int64)


def _lab(rgb: NDArray[Any]) -> NDArray[Any]:
    """CIELAB of sRGB in 0..255."""
    value = rgb / 255.0
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _XYZ.T / _WHITE
    bent = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = bent[..., 0], bent[..., 1], bent[..., 2]
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), axis=-1)
