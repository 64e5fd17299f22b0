"""A file far away as blocks: those read last are kept, neighbours are asked for together.

Who reads on where he stopped gets more and more ahead of time, up to eight blocks; who jumps about
gets the blocks he needs alone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCK_BYTES = 1 << 20
MOST_BLOCKS = 16
_MOST_AHEAD = 8
SPAN_BYTES = 8 << 20
"""Neighbouring records are read together up to so many bytes (`ByteSource.span_bytes`)."""


class Blocks:
    """Bytes of a file by place, through a bounded cache; threads may share it.

    Args:
        size: Bytes of the file.
        fetch: The bytes from the first place up to, not with, the second: all of them, or it
            raises.
        block_bytes: Of one block.
        most: So many blocks are kept.
    """

    def __init__(
        self,
        size: int,
        fetch: Callable[[int, int], bytes],
        *,
        block_bytes: int = BLOCK_BYTES,
        most: int = MOST_BLOCKS,
    ) -> None:
        self._size, self._fetch, self._block, self._most = size, fetch, block_bytes, most
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._next, self._ahead = 0, 1
        self._lock = threading.Lock()

    def read(self, offset: int, length: int) -> bytes:
        """Bytes from a place on; fewer where the file ends.

        Raises:
            ValueError: A place or length below 0.
        """
        if offset < 0 or length < 0:
            raise ValueError("no place in a file")
        end = min(offset + length, self._size)
        if offset >= end:
            return b""
        first, last = offset // self._block, (end - 1) // self._block
        with self._lock:
            found = self._blocks(first, last)
        begin = offset - first * self._block
        if first == last:
            return found[0][begin : begin + end - offset]
        return b"".join(found)[begin : begin + end - offset]

    def keep(self, number: int, data: bytes) -> None:
        """Take a block that is known already."""
        with self._lock:
            self._keep(number, data)

    def clear(self) -> None:
        """Forget all blocks."""
        with self._lock:
            self._kept.clear()

    def _blocks(self, first: int, last: int) -> list[bytes]:
        there = {at: self._kept[at] for at in range(first, last + 1) if at in self._kept}
        for at in there:
            self._kept.move_to_end(at)
        missing = [at for at in range(first, last + 1) if at not in there]
        if missing:
            there |= self._brought(missing[0], missing[-1])
        self._next = last + 1
        return [there[at] for at in range(first, last + 1)]

    def _brought(self, low: int, high: int) -> dict[int, bytes]:
        """Blocks in one piece, and some behind them for who reads on."""
        self._ahead = min(2 * self._ahead, _MOST_AHEAD) if low <= self._next <= high + 1 else 1
        ends = -(-self._size // self._block)
        high = min(max(high, low + self._ahead - 1), ends - 1)
        begin = low * self._block
        data = self._fetch(begin, min((high + 1) * self._block, self._size))
        found = {}
        for at in range(low, high + 1):
            place = at * self._block - begin
            found[at] = data[place : place + self._block]
            self._keep(at, found[at])
        return found

    def _keep(self, number: int, data: bytes) -> None:
        self._kept[number] = data
        self._kept.move_to_end(number)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
