"""Frames as the S2VT chapter's code made them, for checkpoints that were trained on such.

"Intelligent Projects Using Python" (Packt 2019), chapter 5: ffmpeg writes every frame at 400x300,
whatever its proportions; eighty are chosen by round(linspace(0, n - 1, 80)); OpenCV reads them,
blue first, and scales to 224x224 by bilinear interpolation without smoothing. What is left out is
the JPEG between (quality 2, about one level a pixel on ordinary film).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.media.frames.sampling import sample
from loquitur.model.vision import FrameBatch, Geometry, Sampling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

COUNT = 80
SIDE_PX = 224
BETWEEN = Geometry(width_px=400, height_px=300, fit="stretch", interpolation="bicubic")
"""What ffmpeg's `-s 400x300` makes of a frame."""


def sample_legacy(
    path: Path,
    *,
    count: int = COUNT,
    batch: int = 16,
    isolated: bool = True,
    warn: Callable[[str], None] | None = None,
) -> Iterator[FrameBatch]:
    """The chapter's eighty frames: uint8 [n, 224, 224, 3], and **blue first**.

    Args:
        path: A local film.
        count: How many frames; fewer in the film repeat.
        batch: Frames a batch.
        isolated: As of `sample`.
        warn: Hears what was lost.

    Raises:
        InputError: As `sample`.
    """
    wanted = Sampling(count=count)
    for one in sample(path, wanted, geometry=BETWEEN, batch=batch, isolated=isolated, warn=warn):
        yield FrameBatch(times_ms=one.times_ms, pixels=legacy(one.pixels))


def legacy(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures [n, 300, 400, 3], RGB, as the chapter's `load_image` gives them, blue first."""
    return scaled_plainly(pixels, SIDE_PX, SIDE_PX)[..., ::-1].copy()


def scaled_plainly(pixels: NDArray[np.uint8], width_px: int, height_px: int) -> NDArray[np.uint8]:
    """Bilinear interpolation between the four nearest pixels, as OpenCV's INTER_LINEAR.

    Nothing is smoothed where a picture shrinks. Weights have 11 bits and sums are rounded half up,
    as OpenCV has it for 8-bit pictures, so that values are the same to one level.

    Args:
        pixels: uint8 [n, height, width, 3].
        width_px: The new width.
        height_px: The new height.
    """
    height, width = pixels.shape[1:3]
    top, bottom, down = _places(height, height_px)
    left, right, along = _places(width, width_px)
    rows: NDArray[np.int64] = pixels.astype(np.int64)
    across: NDArray[np.int64] = (
        rows[:, :, left] * (2048 - along)[:, None] + rows[:, :, right] * along[:, None]
    )
    weight = down[:, None, None]
    summed: NDArray[np.int64] = across[:, top] * (2048 - weight) + across[:, bottom] * weight
    made: NDArray[np.uint8] = np.clip((summed + (1 << 21)) >> 22, 0, 255).astype(np.uint8)
    return made


def _places(length: int, wanted: int) -> tuple[NDArray[np.int64], ...]:
    """The two pixels between which each new one lies, and the second one's weight of 2048."""
    at = np.clip((np.arange(wanted) + 0.5) * (length / wanted) - 0.5, 0, length - 1)
    low = np.floor(at).astype(np.int64)
    weights = np.rint((at - low) * 2048).astype(np.int64)
    return low, np.minimum(low + 1, length - 1), weights
