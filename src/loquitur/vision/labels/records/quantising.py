"""Numbers as 8 bits and back, as YouTube-8M has them.

The published features were cut to -2 .. 2 and made 256 steps: q = floor((x + 2) * 255 / 4). Back:
x = q * 4 / 255 + 4 / 512 - 2 (`Dequantize` in utils.py of google/youtube-8m): the bias of half a
step, 0.0078, is often forgotten. Always in float32: float16 is ten times slower on a CPU.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.vision.labels.dataset import HIGH, LOW

if TYPE_CHECKING:
    from numpy.typing import NDArray


def dequantise(
    rows: NDArray[np.uint8], low: float = LOW, high: float = HIGH
) -> NDArray[np.float32]:
    """8 bits as numbers, of any shape."""
    span = high - low
    found: NDArray[np.float32] = rows.astype(np.float32)
    found *= np.float32(span / 255)
    found += np.float32(span / 512 + low)
    return found


def quantise(rows: NDArray[Any], low: float = LOW, high: float = HIGH) -> NDArray[np.uint8]:
    """Numbers as 8 bits, of any shape; what lies outside `low` to `high` is cut.

    `dequantise` brings back what was inside to 4/255 - 4/512 = 0.0079 (of a span of 4).

    Raises:
        ValueError: There is NaN among them.
    """
    plain = np.asarray(rows, dtype=np.float32)
    if np.isnan(plain).any():
        raise ValueError("NaN cannot be kept as 8 bits")
    scaled = (np.clip(plain, low, high) - np.float32(low)) * np.float32(255 / (high - low))
    found: NDArray[np.uint8] = np.clip(np.floor(scaled), 0, 255).astype(np.uint8)
    return found


def mean_of(
    rows: NDArray[Any], *, quantised: bool, low: float = LOW, high: float = HIGH
) -> NDArray[np.float32]:
    """The mean row [d] of rows [t, d] as numbers; t is at least 1.

    The mean of dequantised rows is the dequantised mean, so whole numbers are added up.
    """
    if not quantised:
        found: NDArray[np.float32] = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
        return found
    span = high - low
    mean = rows.sum(axis=0, dtype=np.int64) / len(rows)
    numbers: NDArray[np.float32] = (mean * (span / 255) + span / 512 + low).astype(np.float32)
    return numbers
