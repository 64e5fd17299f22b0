"""The checksums of TFRecord files: CRC-32C, rotated and shifted.

CRC-32C is Castagnoli's polynomial (RFC 3720, appendix B.4). TensorFlow masks it, since a checksum
of data that hold checksums is weak: ((crc >> 15 | crc << 17) + 0xa282ead8) mod 2^32
(tensorflow/core/lib/hash/crc32c.h).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_DELTA = 0xA282EAD8
_BITS = 0xFFFFFFFF


def mask(crc: int) -> int:
    """A checksum as TFRecord files hold it."""
    return (((crc >> 15) | (crc << 17)) + _DELTA) & _BITS


def unmask(masked: int) -> int:
    """The checksum itself, so that many can be compared without masking each."""
    rotated = (masked - _DELTA) & _BITS
    return ((rotated >> 17) | (rotated << 15)) & _BITS


def unmasked(masked: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """As `unmask`, of many."""
    rotated = masked - np.uint32(_DELTA)  # wraps around, as is meant
    return (rotated >> np.uint32(17)) | (rotated << np.uint32(15))


@cache
def crc32c() -> Callable[[Any], int]:
    """What takes bytes or a contiguous array of uint8 and gives their CRC-32C.

    In C where the package google-crc32c was built with it; else by its own tables, a thousand times
    slower (`in_c`).
    """
    import google_crc32c

    value: Callable[[Any], int] = google_crc32c.value
    return value if in_c() else lambda data: value(bytes(data))


def in_c() -> bool:
    """Whether checksums are made in C; where not, reading is slow and a user should know."""
    import google_crc32c

    return bool(google_crc32c.implementation == "c")


def masked_crc(data: Any) -> int:
    """The masked checksum of bytes."""
    return mask(crc32c()(data))
