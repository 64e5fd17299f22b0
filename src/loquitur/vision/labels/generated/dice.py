"""Draws that are the same on every machine and with every numpy.

numpy promises the stream of a bit generator, not what its `Generator` makes of it; so only raw bits
are taken, and arithmetic that is exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_UNIT = 2.0**-53
_SUMMED = 12
"""So many uniform numbers are added up to a nearly normal one (variance 1; none beyond 6)."""


class Dice:
    """Draws of one thing, named by whole numbers.

    Args:
        key: What it is of: seed, part, number of a video ...; other keys draw independently.
    """

    __slots__ = ("_bits",)

    def __init__(self, *key: int) -> None:
        self._bits = np.random.SFC64(np.random.SeedSequence(key))

    def uniform(self, count: int) -> NDArray[np.float64]:
        """Numbers in [0, 1)."""
        raw: NDArray[Any] = self._bits.random_raw(count)
        return (raw >> np.uint64(11)).astype(np.float64) * _UNIT

    def one(self) -> float:
        """One number in [0, 1)."""
        return float(self.uniform(1)[0])

    def happens(self, probability: float) -> bool:
        """Whether it is so."""
        return self.one() < probability

    def between(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self.one()

    def below(self, limit: int, count: int) -> NDArray[np.int64]:
        """Whole numbers from 0 up to a limit."""
        return (self.uniform(count) * limit).astype(np.int64)

    def normal(self, *shape: int) -> NDArray[np.float32]:
        """Nearly normal numbers, mean 0, variance 1: sums of twelve uniform ones of 16 bits."""
        count = int(np.prod(shape))
        raw: NDArray[Any] = self._bits.random_raw(-(-count * _SUMMED // 4))
        pieces = raw.astype("<u8").view("<u2")[: count * _SUMMED].reshape(count, _SUMMED)
        sums: NDArray[np.float32] = pieces.sum(axis=1, dtype=np.uint32).astype(np.float32)
        sums -= np.float32(_SUMMED * 65535 / 2)
        sums *= np.float32(1 / 65536)
        return np.reshape(sums, shape)
