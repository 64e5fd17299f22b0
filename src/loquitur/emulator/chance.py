"""Numbers that look drawn and are computed: the same seed and place give the same, at once.

A world of tens of thousands of videos starts in no time because nothing is drawn ahead: what is
asked for is a function of the seed, of a purpose and of a place. `mix` is the finisher of
SplitMix64 (Steele, Lea and Flood, 2014), which is a bijection of 64 bits: an id made with it can
be read back with `unmix`, and no table of ids is kept.
"""

from __future__ import annotations

import hashlib
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Words64: TypeAlias = NDArray[np.uint64]

_MASK = (1 << 64) - 1
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_FIRST_BACK, _SECOND_BACK = pow(_FIRST, -1, 1 << 64), pow(_SECOND, -1, 1 << 64)
_SHIFTS = tuple(np.uint64(count) for count in (30, 27, 31))
_MULTIPLIERS = (np.uint64(_FIRST), np.uint64(_SECOND))


def salt(seed: int, *purpose: object) -> int:
    """64 bits of their own for a purpose in the world of a seed."""
    text = ":".join(str(item) for item in (seed, *purpose))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def mix(value: int) -> int:
    """64 bits from 64 bits, one to one."""
    value &= _MASK
    value = ((value ^ (value >> 30)) * _FIRST) & _MASK
    value = ((value ^ (value >> 27)) * _SECOND) & _MASK
    return value ^ (value >> 31)


def unmix(value: int) -> int:
    """What `mix` made this of."""
    value = _unshifted(value & _MASK, 31)
    value = (value * _SECOND_BACK) & _MASK
    value = _unshifted(value, 27)
    value = (value * _FIRST_BACK) & _MASK
    return _unshifted(value, 30)


def mixed(values: Words64) -> Words64:
    """`mix` of every value of an array."""
    values = values ^ (values >> _SHIFTS[0])
    values = values * _MULTIPLIERS[0]
    values = values ^ (values >> _SHIFTS[1])
    values = values * _MULTIPLIERS[1]
    return values ^ (values >> _SHIFTS[2])


def drawn(places: NDArray[Any], purpose: int) -> Words64:
    """64 bits for each place, under a `salt`."""
    return mixed(places.astype(np.uint64) ^ np.uint64(purpose))


def shares(words: Words64) -> NDArray[np.float64]:
    """The same numbers as shares of one, from 0 up to but not including 1."""
    return (words >> np.uint64(11)).astype(np.float64) * (1.0 / (1 << 53))


def share(word: int) -> float:
    """64 bits as a share of one, from 0 up to but not including 1."""
    return (word >> 11) * (1.0 / (1 << 53))


def _unshifted(value: int, count: int) -> int:
    found = value
    for _ in range(64 // count + 1):
        found = value ^ (found >> count)
    return found
