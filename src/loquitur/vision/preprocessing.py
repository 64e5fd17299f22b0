"""What an encoder does to pictures before it looks: scaled, cut or padded, normalised.

Scaling is Pillow's (`media.frames.fitting`), which a decoding child does as well; here are what it
is as matrices, and what comes after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.media.frames import fitting
from loquitur.media.frames.fitting import check, fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.model.vision import Preprocessing

__all__ = ["check", "fit", "matrices", "normalise"]


def matrices(
    height: int, width: int, how: Preprocessing
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What `fit` does, as two matrices: for who multiplies faster elsewhere.

    Planes [3, h, w] times the transposed second, rounded (half up) to whole levels of 0 to 255,
    and the first times that, rounded so too, are the planes that `fit` gives.

    Args:
        height: Of the pictures.
        width: Of the pictures.
        how: The model's own preprocessing.

    Returns:
        float32 [height_px, height] and [width_px, width]; rows of zeros make a border.
    """
    sides = []
    scaled = fitting.scaled_size(height, width, how)
    for source, whole, goal in (
        (height, scaled[0], how.height_px),
        (width, scaled[1], how.width_px),
    ):
        first = fitting.first_of(goal, whole, how)
        window = fitting.Window(source, whole, max(0, first), min(whole, first + goal))
        found = np.zeros((goal, source), dtype=np.float32)
        inner = found[max(0, -first) :]
        if how.interpolation == "nearest":
            places = fitting.nearest_of(window)
            inner[np.arange(len(places)), places] = 1.0
        elif source == whole:
            inner[np.arange(window.end - window.start), np.arange(window.start, window.end)] = 1.0
        else:
            for block in fitting.blocks_of(window, how.interpolation):
                inner[block.start : block.end, block.low : block.high] = block.shares
        sides.append(found)
    return sides[0], sides[1]


def normalise(fitted: NDArray[np.uint8], how: Preprocessing) -> NDArray[np.float32]:
    """Times `scale`, minus `mean`, over `std`, by channel.

    Args:
        fitted: uint8 [n, h, w, 3], RGB, at the model's size.
        how: The model's own preprocessing.

    Returns:
        float32 [n, 3, h, w], channels in the model's order.
    """
    ordered = fitted[..., ::-1] if how.channels == "bgr" else fitted
    std = np.asarray(how.std, dtype=np.float64)
    factor = (how.scale / std).astype(np.float32)
    shift = (np.asarray(how.mean, dtype=np.float64) / std).astype(np.float32)
    values = ordered.transpose(0, 3, 1, 2).astype(np.float32)
    values *= factor[None, :, None, None]
    values -= shift[None, :, None, None]
    return values
