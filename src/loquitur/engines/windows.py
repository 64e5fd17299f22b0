"""Windows of sound, as engines of the kind `audio` are given them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def check(windows: NDArray[Any]) -> None:
    """Hold that these are windows of sound.

    Raises:
        InputError: Of another type or shape, without a sample, or with what is no number.
    """
    if windows.dtype != np.float32 or windows.ndim != 2 or windows.shape[1] < 1:
        raise InputError(
            f"no windows of sound: {windows.dtype} {list(windows.shape)}, expected float32"
            " [windows, samples]"
        )
    if not np.isfinite(windows).all():
        raise InputError("windows of sound with what is no number")


def normalised(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each window with mean 0 and variance 1, as models of waves are trained on."""
    centred = windows - windows.mean(axis=1, keepdims=True)
    found: NDArray[np.float32] = centred / np.sqrt(centred.var(axis=1, keepdims=True) + 1e-7)
    return found
