"""Memory for batches, used again when the last view of it is gone.

A batch of frames is tens of megabytes. Memory fresh from the system is first cleared by it, page by
page, which costs as much as reading the batch; so some of what was let go of is kept for the next.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STEP = 1 << 16
"""Sizes are rounded up to this, so that batches of about one size fit each other's memory."""
_MOST_KEPT = 256 << 20
_LOOSE = 2
"""Memory of up to so many times the size that is needed is taken."""


class Spare:
    """Keeps memory that was let go of; threads may share it.

    Args:
        most: Bytes that are kept at most.
    """

    def __init__(self, most: int = _MOST_KEPT) -> None:
        self._most = most
        self._free: list[NDArray[np.uint8]] = []
        # a finaliser may run inside any call of any thread, so it takes no lock
        self._returned: deque[NDArray[np.uint8]] = deque()
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._begin_anew)

    def empty(self, rows: int, width: int) -> NDArray[np.uint8]:
        """A matrix of bytes [rows, width] of no particular content."""
        size = rows * width
        if size < _STEP:
            return np.empty((rows, width), np.uint8)
        raw = self._taken(size)
        if raw is None:
            raw = np.empty(-(-size // _STEP) * _STEP, np.uint8)
        # views lean on this array, since what it leans on is no array; so its end is their end
        lent = np.frombuffer(raw.data, np.uint8)
        weakref.finalize(lent, self._back, raw).atexit = False
        return lent[:size].reshape(rows, width)

    def _taken(self, size: int) -> NDArray[np.uint8] | None:
        with self._lock:
            while self._returned:
                self._free.append(self._returned.popleft())
            if sum(map(len, self._free)) > self._most // 2:  # what fits nobody makes room
                self._free.pop(0)
            for at, raw in enumerate(self._free):
                if size <= len(raw) <= _LOOSE * size + _STEP:
                    return self._free.pop(at)
        return None

    def _back(self, raw: NDArray[np.uint8]) -> None:
        kept = sum(map(len, (*self._free, *self._returned)))
        if kept + len(raw) <= self._most:
            self._returned.append(raw)

    def _begin_anew(self) -> None:
        """In a process that was forked: another thread may have held the lock."""
        self._lock = threading.Lock()
        self._free, self._returned = [], deque()


SPARE = Spare()
"""Of this process."""
