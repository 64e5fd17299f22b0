"""Labelled videos in shards, on a disk or behind an address: opened where they are asked for."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import InputError
from loquitur.text import display
from loquitur.vision.labels.dataset_files import missing_end, open_dataset, shards_of
from loquitur.vision.labels.feeding.data import Found, Skipped
from loquitur.vision.labels.feeding.holding import HeldBlocks
from loquitur.vision.labels.feeding.order import BLOCK
from loquitur.vision.labels.records import indices
from loquitur.vision.labels.records.recordfile import refusal
from loquitur.vision.labels.records.remote import beside, is_remote
from loquitur.vision.labels.records.shards import open_shard
from loquitur.vision.labels.records.sources import open_source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path
    from typing import Self

    from numpy.typing import NDArray

    from loquitur.vision.labels.dataset import DatasetInfo
    from loquitur.vision.labels.dataset_files import ShardFile
    from loquitur.vision.labels.records.framing import Problem
    from loquitur.vision.labels.records.shards import Shard

MOST_OPEN, MOST_UNPACKED = 64, 8
"""Shards that are open at once; of compressed ones, which lie unpacked on the disk as long."""
COLUMNS = ".safetensors"
_PACKED = (".gz", ".zz")
_CHANGED = "`loquitur label data inspect` tells what is there; --keep-going leaves out what is not"
_OPENERS = 8
"""Threads that look into shards for how many records they have."""


def open_data(
    folder: str | Path,
    *,
    verify: bool = True,
    keep_going: bool = False,
    index: Path | None = None,
) -> ShardedDataset | HeldBlocks:
    """A folder of shards, to make batches of.

    Args:
        folder: On a disk, or an address (`records.remote.SCHEMES`). Of what lies at an address
            blocks are read whole and held for a while, `HeldBlocks`.
        verify: Compare the checksums of what is read.
        keep_going: Leave out what is damaged, and tell; otherwise it is an error.
        index: The folder where indices of shards are kept; the user's cache folder where None.

    Raises:
        InputError: It is no data set.
    """
    info, files = open_dataset(folder)
    found = ShardedDataset(info, files, verify=verify, keep_going=keep_going, index=index)
    if not any(is_remote(file.address) for file in files):
        return found
    records = [file for file in files if not file.name.endswith(COLUMNS)]
    return HeldBlocks(found, mixes=not records or _is_indexed(records[0]))


class ShardedDataset:
    """Shards as `LabelData`; close it, or use it as a context.

    Args:
        info: What they hold.
        files: Where they are.
        verify: See `open_data`.
        keep_going: See `open_data`.
        index: See `open_data`.
    """

    def __init__(
        self,
        info: DatasetInfo,
        files: Sequence[ShardFile],
        *,
        verify: bool = True,
        keep_going: bool = False,
        index: Path | None = None,
    ) -> None:
        self._info = info
        self._all = tuple(files)
        self._files: dict[str, tuple[ShardFile, ...]] = {}
        self._verify, self._keep_going, self._index = verify, keep_going, index
        self._packed = any(file.name.endswith(_PACKED) for file in files)
        self._counts: dict[str, NDArray[np.int64]] = {}
        self._lost: dict[str, tuple[Skipped, ...]] = {}
        self._open: OrderedDict[tuple[str, int, frozenset[str] | None], _Slot] = OrderedDict()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def info(self) -> DatasetInfo:
        """Streams and vocabulary."""
        return self._info

    @property
    def block(self) -> int:
        """Blocks of a shard; whole shards where each would have to be unpacked several times."""
        return 0 if self._packed else BLOCK

    @property
    def buffer(self) -> int:
        """Any number: nothing is held."""
        return 0

    def files(self, part: str) -> tuple[ShardFile, ...]:
        """The shards of a part, in the order of their names.

        Raises:
            UsageError: No such part.
            InputError: There are none.
        """
        if part not in self._files:
            self._files[part] = shards_of(self._all, part)
        return self._files[part]

    def version(self, part: str, /) -> str:
        """The sha256 of what the shards are, and how they are read; empty where a server says not.

        Their names, sizes, and when they were written.
        """
        with ThreadPoolExecutor(_OPENERS, thread_name_prefix="label-versions") as pool:
            found = list(pool.map(_version, self.files(part)))
        if not all(found):
            return ""
        how = f"{self._info!r} {self._verify} {self._keep_going}"
        return hashlib.sha256("\n".join((how, *found)).encode("utf-8", "replace")).hexdigest()

    def counts(self, part: str, /) -> NDArray[np.int64]:
        """How many records each shard has: as `dataset.json` says, else by its index.

        Raises:
            UsageError: No such part.
            InputError: Nothing is in it, or a shard is broken off.
        """
        if part not in self._counts:
            files = self.files(part)
            with ThreadPoolExecutor(_OPENERS, thread_name_prefix="label-indices") as pool:
                found = list(pool.map(self._looked_into, files))
            self._lost[part] = tuple(each for _, lost in found for each in lost)
            self._counts[part] = np.array([count for count, _ in found], np.int64)
        return self._counts[part]

    def lost(self, part: str, /) -> tuple[Skipped, ...]:
        """The ends of shards that are broken off, where `keep_going` was asked for."""
        self.counts(part)
        return self._lost[part]

    def read(
        self,
        part: str,
        shard: int,
        records: NDArray[np.int64],
        streams: Collection[str] | None = None,
        /,
    ) -> Found:
        """Some records of a shard; see `LabelData.read`.

        Raises:
            InputError: They are damaged, and `keep_going` was not asked for.
            RemoteError: The server refused or went away.
        """
        file = self.files(part)[shard]
        wanted = None if streams is None else frozenset(streams)
        with self._opened((part, shard, wanted), file) as opened:
            there = records[records < opened.count]
            kept, examples = opened.read_numbered(there)
            if len(kept) == len(records):
                return Found(examples=examples, records=records)
            skipped = _left_out(file, opened, records, there[kept])
        if len(there) < len(records) and not self._keep_going:
            raise InputError(f"{display(file.address)}: {skipped[-1].reason}", hint=_CHANGED)
        return Found(examples=examples, records=there[kept], skipped=skipped)

    def close(self) -> None:
        """Close all shards; what was read stays."""
        with self._lock:
            slots = list(self._open.values())
            self._open.clear()
        for slot in slots:
            slot.close()

    def _looked_into(self, file: ShardFile) -> tuple[int, tuple[Skipped, ...]]:
        if file.count is not None:
            return file.count, ()
        with self._shard(file, self._info) as opened:
            count = opened.count
            broken = tuple(_skipped(file, one) for one in opened.problems if one.ends)
        end = missing_end(file, count)
        if end is None or broken:
            return count, broken
        if not self._keep_going:
            raise refusal(file.address, end)
        return count, (_skipped(file, end),)

    def _shard(self, file: ShardFile, info: DatasetInfo) -> Shard:
        return open_shard(
            file.address,
            info,
            verify=self._verify,
            keep_going=self._keep_going,
            index=self._index,
        )

    @contextmanager
    def _opened(
        self, key: tuple[str, int, frozenset[str] | None], file: ShardFile
    ) -> Iterator[Shard]:
        """A shard that stays open as long as the block lasts, and some while after."""
        with self._lock:
            slot = self._open.setdefault(key, _Slot())
            slot.users += 1
            self._open.move_to_end(key)
        try:
            with slot.lock:
                if slot.shard is None:
                    slot.shard = self._shard(file, _narrowed(self._info, key[2]))
                    slot.shard.read([])  # index and unpacked bytes are there before threads read
            yield slot.shard
        finally:
            with self._lock:
                slot.users -= 1
                idle = self._idle()
            for one in idle:
                one.close()

    def _idle(self) -> list[_Slot]:
        """Those used longest ago, where too many are open; they are taken out."""
        most = MOST_UNPACKED if self._packed else MOST_OPEN
        if len(self._open) <= most:
            return []
        spare = [key for key, slot in self._open.items() if not slot.users]
        return [self._open.pop(key) for key in spare[: len(self._open) - most]]


class _Slot:
    """A shard, open or not yet, and how many threads read it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.shard: Shard | None = None
        self.users = 0

    def close(self) -> None:
        if self.shard is not None:
            self.shard.close()


def _narrowed(info: DatasetInfo, streams: frozenset[str] | None) -> DatasetInfo:
    """The data set with the wanted streams alone: only those are read."""
    if streams is None:
        return info
    kept = tuple(stream for stream in info.streams if stream.name in streams)
    return dataclasses.replace(info, streams=kept)


def _is_indexed(file: ShardFile) -> bool:
    """Whether an index lies beside a shard far away; where one has it, all have."""
    if not is_remote(file.address) or file.name.endswith(_PACKED):
        return False
    size = file.size_bytes
    if size is None:
        source = open_source(file.address)
        size = source.size
        source.close()
    return indices.load_beside(beside(file.address, indices.BESIDE), size) is not None


def _version(file: ShardFile) -> str:
    if is_remote(file.address) and file.count is not None:  # listed: thousands are not asked
        return f"{file.address}\0{file.size_bytes}\0{file.count}"
    source = open_source(file.address)
    try:
        return f"{file.address}\0{source.size}\0{source.version}" if source.version else ""
    finally:
        source.close()


def _left_out(
    file: ShardFile, shard: Shard, wanted: NDArray[np.int64], kept: NDArray[np.int64]
) -> tuple[Skipped, ...]:
    """What of the wanted records was not read, and why."""
    missing = set(np.setdiff1d(wanted, kept).tolist())
    found = [
        _skipped(file, problem)
        for problem in shard.problems
        if problem.record in missing or problem.ends
    ]
    if max(missing) >= shard.count:
        why = f"it has {shard.count} records, and {file.count} in the data set's index"
        found.append(Skipped(shard=file.name, record=None, reason=why))
    return tuple(found)


def _skipped(file: ShardFile, problem: Problem) -> Skipped:
    return Skipped(
        shard=file.name,
        record=None if problem.ends else problem.record,
        reason=f"record {problem.record}, byte {problem.offset}: {problem.why}",
    )
