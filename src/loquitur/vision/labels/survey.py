"""What shards hold, in figures: videos, rows, labels, pairs of labels, and what is damaged."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import LoquiturError
from loquitur.vision.labels.dataset import PARTS
from loquitur.vision.labels.records.framing import Problem
from loquitur.vision.labels.records.shards import open_shard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from loquitur.vision.labels.dataset import DatasetInfo
    from loquitur.vision.labels.dataset_files import ShardFile
    from loquitur.vision.labels.examples import Examples

_MANY_PAIRS = 1 << 20
_QUARTILES = (0, 0.25, 0.5, 0.75, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardFigures:
    """One shard.

    Args:
        file: Which one.
        records: How many it has, damaged ones included; None where it cannot be opened.
        videos: How many were read.
        problems: What could not be read, and where.
        error: Why it cannot be opened; empty where it can.
    """

    file: ShardFile
    records: int | None
    videos: int
    problems: tuple[Problem, ...] = ()
    error: str = ""

    @property
    def sound(self) -> bool:
        """Whether all of it was read."""
        return not self.problems and not self.error


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFigures:
    """One stream of one part.

    Args:
        name: Of the stream.
        absent: Videos without a row of it.
        rows: Of the videos that have some: least, quartiles, most; empty where none has any.
        total: All rows.
    """

    name: str
    absent: int
    rows: tuple[float, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFigures:
    """One part of a data set.

    Args:
        name: Of the part; empty for shards whose names say none.
        shards: How many.
        videos: How many were read.
        unlabelled: Of them without a label.
        labels: All labels of all videos.
        most_labels: Of one video.
        repeated: Videos whose id stands in this part before.
        streams: One a stream.
    """

    name: str
    shards: int
    videos: int
    unlabelled: int
    labels: int
    most_labels: int
    repeated: int
    streams: tuple[StreamFigures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two labels that stand together.

    Args:
        given: The rarer one.
        also: The other.
        videos: That have both.
        share: P(also | given): of the videos with `given`, the share that has `also` too.
    """

    given: int
    also: int
    videos: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Survey:
    """All that was found.

    Args:
        info: What the shards are read as.
        shards: Each shard.
        parts: Each part.
        counts: int64 [labels]: videos of each label.
        pairs: Labels that stand together, most videos first.
        shared_ids: Videos whose id stands in another part too: what is trained on must not be
            tested on.
    """

    info: DatasetInfo
    shards: tuple[ShardFigures, ...]
    parts: tuple[PartFigures, ...]
    counts: NDArray[np.int64]
    pairs: tuple[Pair, ...]
    shared_ids: int

    @property
    def sound(self) -> bool:
        """Whether all of all shards was read."""
        return all(shard.sound for shard in self.shards)


def survey(
    info: DatasetInfo,
    shards: Sequence[ShardFile],
    *,
    most_pairs: int = 20,
    each: Callable[[ShardFigures], None] = lambda _: None,
) -> Survey:
    """Read all of some shards, checksums compared, and count.

    Args:
        info: What they hold.
        shards: Which ones.
        most_pairs: So many pairs of labels.
        each: Hears of each shard when it is done.

    Memory grows by some 40 bytes a video, and with the pairs of labels that there are.
    """
    parts: dict[str, _Part] = {}
    counts, pairs = _Counts(info.labels), _Pairs()
    found = []
    for file in shards:
        part = parts.setdefault(file.part, _Part(info))
        part.shards += 1
        found.append(_read(file, info, part, counts, pairs))
        each(found[-1])
    totals = counts.found()
    return Survey(
        info=info,
        shards=tuple(found),
        parts=tuple(parts[name].figures(name) for name in sorted(parts, key=_place)),
        counts=totals,
        pairs=pairs.most(totals, most_pairs),
        shared_ids=_shared([part.ids() for part in parts.values()]),
    )


def _place(part: str) -> int:
    return PARTS.index(part) if part in PARTS else len(PARTS)


def _read(
    file: ShardFile, info: DatasetInfo, part: _Part, counts: _Counts, pairs: _Pairs
) -> ShardFigures:
    videos = 0
    try:
        with open_shard(file.address, info, keep_going=True) as shard:
            for examples in shard.examples():
                videos += len(examples)
                part.add(examples)
                counts.add(examples.labels)
                pairs.add(examples)
            problems = shard.problems or _otherwise(file, shard.count)
            return ShardFigures(file=file, records=shard.count, videos=videos, problems=problems)
    except LoquiturError as error:  # one shard that is no shard hides no other
        return ShardFigures(file=file, records=None, videos=videos, error=error.message)


def _otherwise(file: ShardFile, records: int) -> tuple[Problem, ...]:
    """A shard that is cut between two records looks whole; but its data set knows its size."""
    if file.size_bytes is None:
        return ()
    if file.listed_bytes not in (None, file.size_bytes):
        why = f"dataset.json says {file.listed_bytes} bytes, the file has {file.size_bytes}"
        return (Problem(record=records, offset=file.size_bytes, kind="truncated", why=why),)
    if file.count not in (None, records):
        why = f"dataset.json says {file.count} records, the file has {records}"
        return (Problem(record=records, offset=file.size_bytes, kind="content", why=why),)
    return ()


class _Counts:
    """How often each number stands there; the vocabulary's size may be unknown."""

    def __init__(self, labels: int) -> None:
        self._counts = np.zeros(labels, np.int64)

    def add(self, labels: NDArray[np.int64]) -> None:
        more = np.bincount(labels, minlength=len(self._counts))
        more[: len(self._counts)] += self._counts
        self._counts = more.astype(np.int64)

    def found(self) -> NDArray[np.int64]:
        return self._counts


class _Part:
    """What is counted of one part."""

    def __init__(self, info: DatasetInfo) -> None:
        self.shards = 0
        self._names = [stream.name for stream in info.streams]
        self._rows: dict[str, list[NDArray[np.int32]]] = {name: [] for name in self._names}
        self._labels: list[NDArray[np.int32]] = []
        self._ids: list[NDArray[np.uint64]] = []

    def add(self, examples: Examples) -> None:
        for name in self._names:
            self._rows[name].append(examples.streams[name].lengths.astype(np.int32))
        self._labels.append(np.diff(examples.label_offsets).astype(np.int32))
        hashed = [_hashed(one) for one in examples.video_ids]
        self._ids.append(np.array(hashed, dtype=np.uint64))

    def ids(self) -> NDArray[np.uint64]:
        """Each id once, as a number."""
        return np.unique(np.concatenate([np.zeros(0, np.uint64), *self._ids]))

    def figures(self, name: str) -> PartFigures:
        labels = np.concatenate([np.zeros(0, np.int32), *self._labels])
        return PartFigures(
            name=name,
            shards=self.shards,
            videos=len(labels),
            unlabelled=int((labels == 0).sum()),
            labels=int(labels.sum()),
            most_labels=int(labels.max(initial=0)),
            repeated=len(labels) - len(self.ids()),
            streams=tuple(self._stream(stream) for stream in self._names),
        )

    def _stream(self, name: str) -> StreamFigures:
        rows = np.concatenate([np.zeros(0, np.int32), *self._rows[name]])
        there = rows[rows > 0]
        spread = np.quantile(there, _QUARTILES) if len(there) else np.zeros(0)
        return StreamFigures(
            name=name,
            absent=len(rows) - len(there),
            rows=tuple(float(one) for one in spread),
            total=int(rows.sum(dtype=np.int64)),
        )


class _Pairs:
    """How many videos have both of two labels, as numbers of pairs and their counts."""

    def __init__(self) -> None:
        self._new: list[NDArray[np.int64]] = []
        self._waiting = 0
        self._codes = np.zeros(0, np.int64)
        self._counts = np.zeros(0, np.int64)

    def add(self, examples: Examples) -> None:
        lengths = np.diff(examples.label_offsets)
        for many in np.unique(lengths[lengths > 1]).tolist():
            firsts = examples.label_offsets[:-1][lengths == many]
            table = examples.labels[firsts[:, None] + np.arange(many)]
            low, high = np.triu_indices(many, 1)
            self._new.append((table[:, low] << 32 | table[:, high]).reshape(-1))
            self._waiting += self._new[-1].size
        if self._waiting > _MANY_PAIRS:
            self._settle()

    def _settle(self) -> None:
        fresh, counts = np.unique(np.concatenate(self._new), return_counts=True)
        codes, places = np.unique(np.concatenate([self._codes, fresh]), return_inverse=True)
        weights = np.concatenate([self._counts, counts])
        self._counts = np.bincount(places, weights=weights, minlength=len(codes)).astype(np.int64)
        self._codes, self._new, self._waiting = codes, [], 0

    def most(self, totals: NDArray[np.int64], most: int) -> tuple[Pair, ...]:
        """The pairs of most videos; equal ones by number."""
        if self._new:
            self._settle()
        order = np.lexsort((self._codes, -self._counts))[:most]
        found = []
        for code, videos in zip(self._codes[order], self._counts[order], strict=True):
            one, other = int(code) >> 32, int(code) & 0xFFFFFFFF
            given, also = (one, other) if totals[one] <= totals[other] else (other, one)
            share = int(videos) / int(totals[given])
            found.append(Pair(given=given, also=also, videos=int(videos), share=share))
        return tuple(found)


def _hashed(name: str) -> int:
    data = name.encode("utf-8", "surrogateescape")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")


def _shared(parts: Sequence[NDArray[np.uint64]]) -> int:
    _, counts = np.unique(np.concatenate([np.zeros(0, np.uint64), *parts]), return_counts=True)
    return int((counts > 1).sum())
