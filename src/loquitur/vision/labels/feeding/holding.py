"""Shards far away, read in blocks: each block is asked for once and held while its window lasts.

A record alone is a request of its own; of a server that is a wait each. Here all neighbours of a
block come together, and what was read of it stays until so many later blocks were read.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future
from typing import TYPE_CHECKING

import numpy as np

from loquitur.vision.labels.columns import joined, taken
from loquitur.vision.labels.feeding.data import Found

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Self

    from numpy.typing import NDArray

    from loquitur.vision.labels.dataset import DatasetInfo
    from loquitur.vision.labels.feeding.data import Skipped
    from loquitur.vision.labels.feeding.sharded import ShardedDataset

    _Key = tuple[str, int, int, frozenset[str] | None]

FAR_BLOCK = 32
"""Records of a block: about 8 MB of frame-level ones."""
_HELD_BYTES = 512 << 20
_WINDOWS = 3
"""How many windows of records are held: readers that are ahead are in the next or that behind it.
"""
_LONGEST_ROWS = 300


class HeldBlocks:
    """A data set whose blocks are read whole, as `LabelData`; threads may share it.

    Three times the records of a window are held at most: those of one, and of the next, which
    readers that are ahead have begun.

    Args:
        dataset: What is read; it is closed with this.
        block: Records of a block.
        buffer: Records of a window; where None so many that 512 MiB hold them.
        mixes: Blocks of all shards change places. Otherwise one shard is read after another: what
            TFRecord wants, where the first block of a shard has to wait for its index, for which
            all of the shard comes here.
    """

    def __init__(
        self,
        dataset: ShardedDataset,
        *,
        block: int = FAR_BLOCK,
        buffer: int | None = None,
        mixes: bool = True,
    ) -> None:
        if buffer is None:
            buffer = max(block, _fitting(dataset.info) // block * block)
        if min(block, buffer) < 1:
            raise ValueError(f"windows of {buffer} records in blocks of {block}")
        self._dataset, self._block, self._buffer = dataset, block, buffer
        self._mixes = mixes
        self._held: OrderedDict[_Key, tuple[Future[Found], int]] = OrderedDict()
        self._records = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all blocks, and close the data set."""
        with self._lock:
            self._held.clear()
            self._records = 0
        self._dataset.close()

    @property
    def info(self) -> DatasetInfo:
        """Streams and vocabulary."""
        return self._dataset.info

    @property
    def block(self) -> int:
        """Those that are held, or whole shards."""
        return self._block if self._mixes else 0

    @property
    def buffer(self) -> int:
        """Those of a window that is held."""
        return self._buffer

    def version(self, part: str, /) -> str:
        """That of the data."""
        return self._dataset.version(part)

    def counts(self, part: str, /) -> NDArray[np.int64]:
        """See `LabelData.counts`."""
        return self._dataset.counts(part)

    def lost(self, part: str, /) -> tuple[Skipped, ...]:
        """See `LabelData.lost`."""
        return self._dataset.lost(part)

    def read(
        self,
        part: str,
        shard: int,
        records: NDArray[np.int64],
        streams: Collection[str] | None = None,
        /,
    ) -> Found:
        """Some records of a shard, out of its blocks; see `LabelData.read`."""
        wanted = None if streams is None else frozenset(streams)
        parts, numbers, skipped = [], [], []
        for number in np.unique(records // self._block).tolist():
            mine = records[records // self._block == number]
            found = self._brought((part, shard, number, wanted))
            places = np.flatnonzero(np.isin(found.records, mine))
            parts.append(taken(found.examples, places))
            numbers.append(found.records[places])
            skipped += [one for one in found.skipped if one.record is None or one.record in mine]
        if not parts:
            return self._dataset.read(part, shard, records, streams)
        return Found(
            examples=joined(parts), records=np.concatenate(numbers), skipped=tuple(skipped)
        )

    def _brought(self, key: _Key) -> Found:
        """A block: held, on its way by another thread, or to be read by this one."""
        with self._lock:
            coming, size = self._held.get(key, (None, 0))
            mine = coming is None
            if coming is None:
                coming, size = Future(), self._size(key)
                self._held[key] = coming, size
                self._records += size
            self._held.move_to_end(key)
            while self._records > _WINDOWS * self._buffer and len(self._held) > 1:
                self._records -= self._held.popitem(last=False)[1][1]
        if mine:
            try:
                coming.set_result(self._read(key))
            except BaseException as exc:
                with self._lock:
                    self._records -= self._held.pop(key, (None, 0))[1]
                coming.set_exception(exc)
                raise
        return coming.result()

    def _size(self, key: _Key) -> int:
        part, shard, number, _ = key
        return min(self._block, int(self._dataset.counts(part)[shard]) - number * self._block)

    def _read(self, key: _Key) -> Found:
        part, shard, number, streams = key
        first = number * self._block
        return self._dataset.read(part, shard, np.arange(first, first + self._size(key)), streams)


def _fitting(info: DatasetInfo) -> int:
    """How many records a window has, so that all that are held fit; the longest of YouTube-8M."""
    width = sum(one.dimension * (1 if one.quantised else 4) for one in info.streams)
    rows = _LONGEST_ROWS if info.level == "frame" else 1
    return _HELD_BYTES // (_WINDOWS * max(1, width * rows))
