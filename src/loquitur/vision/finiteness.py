"""Whether numbers are finite, without asking each of them where that takes long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HALF_INFINITY = 0x7C00
"""All bits of a half number's exponent: infinity, and with more bits NaN (IEEE 754)."""


def is_finite(matrix: NDArray[Any]) -> bool:
    """Whether no number is NaN or infinite.

    Of half numbers by their bits: numpy has no half arithmetic, and its `isfinite` takes ten times
    as long. Of others the sum of squares is finite only where all are.
    """
    if matrix.dtype.kind != "f":
        return matrix.dtype.kind in "biu" or bool(np.isfinite(matrix).all())
    if not matrix.size:
        return True
    if matrix.dtype == np.float16:
        exponents = np.asarray(matrix).view(np.int16) & 0x7FFF
        return int(exponents.max()) < _HALF_INFINITY
    flat = matrix.reshape(-1)
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.dot(flat, flat)
    return bool(np.isfinite(squares) or np.isfinite(matrix).all())
