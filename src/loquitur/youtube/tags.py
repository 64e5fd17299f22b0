"""Answers kept beside their ETag, so that an unchanged one need not travel again.

A 304 costs as many units as the whole answer; what it saves is bytes. Nothing is ever taken from
here unless the service has just said that it still holds.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

_MOST_BYTES = 8 << 20
_LARGEST_BYTES = 1 << 20


class Tags:
    """The newest answers by what was asked, in memory, at most so many bytes of them."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def find(self, asked: str) -> tuple[str, bytes] | None:
        """The ETag and the answer of what was asked before; None where nothing is kept."""
        with self._lock:
            if asked in self._kept:
                self._kept.move_to_end(asked)
            return self._kept.get(asked)

    def keep(self, asked: str, tag: str, content: bytes) -> None:
        """Keep an answer; the oldest ones go where there is no room."""
        if not tag or len(content) > _LARGEST_BYTES:
            return
        with self._lock:
            old = self._kept.pop(asked, None)
            self._bytes += len(content) - (len(old[1]) if old else 0)
            self._kept[asked] = (tag, content)
            while self._bytes > self._most_bytes:
                _, (_, gone) = self._kept.popitem(last=False)
                self._bytes -= len(gone)
