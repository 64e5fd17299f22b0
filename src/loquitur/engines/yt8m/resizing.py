"""Pictures at another size, as `ResizeBilinear` of TensorFlow 1 does it in Inception's graph.

Output pixel i lies at i * (input / output): corners are not aligned, nothing is smoothed before, so
that a large picture is read at four pixels an output pixel. It is what the features were made of;
smoother ones would be others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def resize(picture: NDArray[np.uint8], height: int, width: int) -> NDArray[np.float32]:
    """A picture [h, w, c] as float32 [height, width, c], 0 to 255."""
    top, bottom, down = _taps(picture.shape[0], height)
    if len(picture) > 2 * height:  # then most rows are never looked at
        found, second = _narrow(picture[top], width), _narrow(picture[bottom], width)
    else:
        rows = _narrow(picture, width)
        found, second = rows[top], rows[bottom]
    second -= found
    second *= down[:, None, None]
    found += second
    return found


def _narrow(rows: NDArray[np.uint8], width: int) -> NDArray[np.float32]:
    """Rows [n, w, c] as float32 [n, width, c]."""
    left, right, across = _taps(rows.shape[1], width)
    found: NDArray[np.float32] = rows.take(left, axis=1).astype(np.float32)
    second: NDArray[np.float32] = rows.take(right, axis=1).astype(np.float32)
    second -= found
    second *= across[None, :, None]
    found += second
    return found


def _taps(
    source: int, target: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """The two pixels that each output pixel lies between, and how near it is to the second."""
    places = np.arange(target, dtype=np.float32) * np.float32(source / target)
    first = places.astype(np.intp)
    second = np.minimum(first + 1, source - 1)
    return first, second, places - first.astype(np.float32)
