"""In which order the records of many shards are read: a pure function of seed, epoch and counts.

Shards are cut into blocks of neighbours. An epoch is a permutation of all blocks; the stream that
they make is cut into windows, and the records of each window change places among themselves. So
one place of the stream can be worked out without those before it: nothing has to be read or
remembered to go on in the middle of an epoch, and what a machine reads follows from its number.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

BLOCK = 256
"""Neighbouring records that are near each other in an epoch, too: what a disk reads at one go."""
BUFFER = 4096
"""Records that change places among themselves."""
_BLOCKS, _WINDOW = 0, 1


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """The order of the records of some shards, epoch by epoch.

    Args:
        counts: Records of each shard, int64 [shards].
        seed: Of the order.
        shuffle: Another order each epoch; otherwise that of the shards.
        buffer: Records of a window. With all records or more each order is as likely as any other.
        block: Records of a block; 0 for whole shards, which are then read one after another, as
            many at a time as fill a window.

    Raises:
        ValueError: Nonsense among the numbers.
    """

    counts: Numbers
    _: KW_ONLY
    seed: int = 0
    shuffle: bool = True
    buffer: int = BUFFER
    block: int = BLOCK
    total: int = field(init=False)
    _shards: Numbers = field(init=False)
    _firsts: Numbers = field(init=False)
    _sizes: Numbers = field(init=False)

    def __post_init__(self) -> None:
        counts = np.asarray(self.counts, np.int64)
        if counts.ndim != 1 or (counts < 0).any():
            raise ValueError("counts are one a shard, none below 0")
        if self.seed < 0 or self.buffer < 1 or self.block < 0:
            raise ValueError(f"no such: seed {self.seed}, {self.buffer} and {self.block} records")
        shards, firsts, sizes = _blocks(counts, self.block if self.shuffle else 0)
        for name, value in (
            ("counts", counts),
            ("total", int(counts.sum())),
            ("_shards", shards),
            ("_firsts", firsts),
            ("_sizes", sizes),
        ):
            object.__setattr__(self, name, value)

    def epoch(self, number: int) -> EpochOrder:
        """The order of one epoch."""
        if number < 0:
            raise ValueError(f"no epoch {number}")
        blocks = np.arange(len(self._sizes))
        if self.shuffle:
            blocks = np.random.default_rng((self.seed, _BLOCKS, number)).permutation(blocks)
        return EpochOrder(
            seed=(self.seed, _WINDOW, number),
            buffer=self.buffer if self.shuffle else 0,
            total=self.total,
            shards=self._shards[blocks],
            firsts=self._firsts[blocks],
            ends=np.cumsum(self._sizes[blocks]),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EpochOrder:
    """The order of one epoch, worked out where it is asked for.

    Args:
        seed: Of the windows.
        buffer: Records of a window; 0 where nothing is mixed.
        total: Records of the epoch.
        shards: Of each block in the order of the epoch, int64 [blocks].
        firsts: Its first record in its shard.
        ends: Where it ends in the stream.
    """

    seed: tuple[int, ...]
    buffer: int
    total: int
    shards: Numbers
    firsts: Numbers
    ends: Numbers

    def places(self, start: int, stop: int) -> tuple[Numbers, Numbers]:
        """Which records stand there in the epoch.

        Args:
            start: From this place on.
            stop: Up to this one; less where the epoch ends before.

        Returns:
            Of each place its shard, and its record in that shard; int64 [stop - start] both.
        """
        stop = min(stop, self.total)
        stream = np.arange(min(start, stop), stop)
        if self.buffer and len(stream):
            windows = range(start // self.buffer, (stop - 1) // self.buffer + 1)
            mixed = [self._window(window) for window in windows]
            stream = np.concatenate(mixed)[start - windows[0] * self.buffer :][: len(stream)]
        at = np.searchsorted(self.ends, stream, side="right")
        begins = np.concatenate([np.zeros(1, np.int64), self.ends])[at]
        return self.shards[at], self.firsts[at] + stream - begins

    def _window(self, number: int) -> Numbers:
        """The places of a window of the stream, mixed."""
        places = np.arange(number * self.buffer, min((number + 1) * self.buffer, self.total))
        return np.random.default_rng((*self.seed, number)).permutation(places)


def share(shards: Numbers, records: Numbers, place: tuple[int, int]) -> tuple[Numbers, Numbers]:
    """One machine's part of a batch, sorted as it is read: by shard, then by record.

    A batch is the same however many share it. It is cut into parts of equal size (to one record)
    so that a machine reads, but for the ends of its part, every `world`-th shard.

    Args:
        shards: Of each record of the batch.
        records: Its number there.
        place: Which machine, and of how many.

    Returns:
        Shards and records of its part.
    """
    rank, world = place
    sorted_by = np.lexsort((records, shards, shards % world))
    mine = sorted_by[len(shards) * rank // world : len(shards) * (rank + 1) // world]
    return shards[mine], records[mine]


def _blocks(counts: Numbers, block: int) -> tuple[Numbers, Numbers, Numbers]:
    """Shard, first record and size of every block; empty shards have none."""
    sizes_at = np.where(counts > 0, counts if block == 0 else block, 1)
    many = -(-counts // sizes_at)
    shards = np.repeat(np.arange(len(counts)), many)
    begins = np.concatenate([np.zeros(1, np.int64), np.cumsum(many)])[:-1]
    within = np.arange(len(shards)) - begins[shards]
    firsts = within * sizes_at[shards]
    return shards, firsts, np.minimum(sizes_at[shards], counts[shards] - firsts)
