"""Contours and motion of pictures: gradients by direction, what changed since the frame before.

Gradients are counted by direction as in histograms of oriented gradients (Dalal and Triggs 2005),
without their blocks: one length for the whole frame keeps empty cells empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

GRID, DIRECTIONS = 4, 8
LENGTH = GRID * GRID * DIRECTIONS
MOTION_GRID = 8
MOTION_LENGTH = MOTION_GRID * MOTION_GRID
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""ITU-R BT.601."""
_LEAST = 1e-6


def brightness(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Luma in 0..1, [n, h, w]."""
    return np.asarray(pictures.astype(np.float32) @ (_LUMA / np.float32(255)), dtype=np.float32)


def directions(bright: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much contour of each direction is in each cell.

    Args:
        bright: float32 [n, h, w], luma in 0..1.

    Returns:
        float32 [n, 128]: cells row by row, in each eight directions of a half circle; the whole
        has length 1, or is 0 where there is no contour.
    """
    count, height, width = bright.shape
    across, down = np.zeros_like(bright), np.zeros_like(bright)
    across[:, :, 1:-1] = bright[:, :, 2:] - bright[:, :, :-2]
    down[:, 1:-1] = bright[:, 2:] - bright[:, :-2]
    strength = np.sqrt(across * across + down * down)
    turn = np.arctan2(down, across) * np.float32(DIRECTIONS / np.pi)
    number = np.floor(turn + 0.5).astype(np.int64) % DIRECTIONS
    cell = (np.arange(height) * GRID // height)[:, None] * GRID + np.arange(width) * GRID // width
    places = number + (cell * DIRECTIONS)[None] + (np.arange(count) * LENGTH)[:, None, None]
    summed = np.bincount(
        places.reshape(-1), weights=strength.reshape(-1), minlength=count * LENGTH
    ).reshape(count, LENGTH)
    length = np.linalg.norm(summed, axis=1, keepdims=True)
    return np.where(length > _LEAST, summed / np.maximum(length, _LEAST), 0.0).astype(np.float32)


def motion(bright: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much each cell changed since the frame before: the root of the mean change of luma.

    Args:
        bright: float32 [n, h, w], luma in 0..1, in the order shown; sides multiples of 8.

    Returns:
        float32 [n, 64], zeros for the first frame.
    """
    count, height, width = bright.shape
    change = np.zeros_like(bright)
    np.abs(bright[1:] - bright[:-1], out=change[1:])
    cells = change.reshape(
        count, MOTION_GRID, height // MOTION_GRID, MOTION_GRID, width // MOTION_GRID
    ).mean(axis=(2, 4))
    return np.asarray(np.sqrt(cells).reshape(count, MOTION_LENGTH), dtype=np.float32)
