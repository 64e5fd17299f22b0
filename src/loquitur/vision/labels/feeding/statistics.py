"""How often each label stands in a part of a data set: one pass, kept beside what was counted."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from loquitur.conversion import decoder
from loquitur.errors import InputError, LoquiturError
from loquitur.tables.writing import replacing
from loquitur.text import display
from loquitur.vision.labels.feeding.data import Skipped
from loquitur.vision.labels.feeding.order import BLOCK

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.vision.labels.dataset import DatasetInfo
    from loquitur.vision.labels.examples import Examples
    from loquitur.vision.labels.feeding.data import LabelData

SCHEMA = "loquitur/label-counts/1"
_READ = 256
"""Records that are read at one go."""
_SHARDS = 4
"""Shards that are counted side by side."""
_LOOK = 32
"""Records of a shard that are looked at at one go: of a server that is one block."""
MOST_LOOKED_AT = 4096
"""Videos after which a stream that none of them has is taken for one that none has at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """Counts as they are kept; `version` is `LabelData.version`."""

    schema: str
    version: str
    videos: int
    unlabelled: int
    counts: tuple[int, ...]
    skipped: tuple[Skipped, ...]


_KEPT = decoder(_Kept)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelCounts:
    """How the labels of a part are spread.

    Args:
        videos: How many there are.
        unlabelled: Those without a label.
        counts: Videos of each label, int64 [labels]; where nobody knows how many labels there are
            (`DatasetInfo.labels` of 0), up to the highest that was met.
        skipped: What could not be read, and is not counted.
    """

    videos: int
    unlabelled: int
    counts: NDArray[np.int64]
    skipped: tuple[Skipped, ...] = ()

    @property
    def shares(self) -> NDArray[np.float64]:
        """The share of videos that have each label, [labels]; what one guesses of none seen."""
        return self.counts / max(1, self.videos)


def label_counts(dataset: LabelData, part: str, *, cache: Path | None = None) -> LabelCounts:
    """Count the labels of a part: all records are read once, and not again while they are the same.

    Args:
        dataset: What is read; its labels alone.
        part: `train`, `validate` or `test`.
        cache: The folder where counts are kept; the user's cache folder where None.

    Raises:
        UsageError: No such part.
        InputError: Nothing is in it, a label is out of range, or a record is damaged.
    """
    version = dataset.version(part)
    kept = _kept_at(version, cache) if version else None
    known = None if kept is None else _known(kept, version)
    if known is not None:
        return known
    found = _counted(dataset, part)
    if kept is not None:
        _keep(kept, version, found)
    return found


def any_labelled(dataset: LabelData, part: str) -> bool:
    """Whether a video of a part has a label; it reads on only until one has.

    Raises:
        UsageError: No such part.
        InputError: Nothing is in it, or a record is damaged.
    """
    for shard, count in enumerate(dataset.counts(part).tolist()):
        for first in range(0, count, BLOCK):
            records = np.arange(first, min(first + BLOCK, count), dtype=np.int64)
            if len(dataset.read(part, shard, records, ()).examples.labels):
                return True
    return False


def streams_without_rows(
    dataset: LabelData, part: str, streams: Collection[str], *, most: int = MOST_LOOKED_AT
) -> tuple[tuple[str, ...], int]:
    """Which streams no video of a part has a row of, and how many videos say so.

    Some videos of each shard in turn, until every stream was met or `most` videos were looked at.

    Raises:
        UsageError: No such part.
        InputError: Nothing is in it, or a record is damaged.
    """
    left = dict.fromkeys(streams)
    counts = dataset.counts(part).tolist()
    looked = 0
    for first in range(0, max(counts, default=0), _LOOK):
        for shard, count in enumerate(counts):
            if not left or looked >= most:
                return tuple(left), looked
            records = np.arange(first, min(first + _LOOK, count), dtype=np.int64)
            if not len(records):
                continue
            found = dataset.read(part, shard, records, tuple(left)).examples
            looked += len(found)
            for name in [name for name in left if _has_rows(found, name)]:
                del left[name]
    return tuple(left), looked


def _has_rows(examples: Examples, name: str) -> bool:
    stream = examples.streams.get(name)
    return stream is not None and len(stream.rows) > 0


def _counted(dataset: LabelData, part: str) -> LabelCounts:
    """One pass, several shards at a time."""
    many = dataset.counts(part).tolist()
    counts = np.zeros(dataset.info.labels, np.int64)
    videos = unlabelled = 0
    skipped = list(dataset.lost(part))
    with ThreadPoolExecutor(_SHARDS, thread_name_prefix="label-counts") as pool:
        for one in pool.map(
            lambda shard: _of_shard(dataset, part, shard, many[shard]), range(len(many))
        ):
            wide = max(len(counts), len(one.counts))
            counts = np.pad(counts, (0, wide - len(counts)))
            counts[: len(one.counts)] += one.counts
            videos, unlabelled = videos + one.videos, unlabelled + one.unlabelled
            skipped += one.skipped
    return LabelCounts(
        videos=videos, unlabelled=unlabelled, counts=counts, skipped=tuple(dict.fromkeys(skipped))
    )


def _of_shard(dataset: LabelData, part: str, shard: int, many: int) -> LabelCounts:
    counts = np.zeros(dataset.info.labels, np.int64)
    videos = unlabelled = 0
    skipped: list[Skipped] = []
    for at in range(0, many, _READ):
        found = dataset.read(part, shard, np.arange(at, min(many, at + _READ)), ())
        counts = _added(counts, found.examples.labels, dataset.info)
        videos += len(found.examples)
        unlabelled += int((np.diff(found.examples.label_offsets) == 0).sum())
        skipped += found.skipped
    return LabelCounts(videos=videos, unlabelled=unlabelled, counts=counts, skipped=tuple(skipped))


def _added(
    counts: NDArray[np.int64], labels: NDArray[np.int64], info: DatasetInfo
) -> NDArray[np.int64]:
    """The counts with some labels more."""
    highest = int(labels.max(initial=-1))
    lowest = int(labels.min(initial=0))
    if lowest < 0 or 0 < info.labels <= highest:
        wrong = lowest if lowest < 0 else highest
        raise InputError(
            f"label {wrong} in '{display(info.name)}', which has {info.labels} labels from 0",
            hint="the vocabulary of another version?",
        )
    if highest >= len(counts):
        counts = np.pad(counts, (0, highest + 1 - len(counts)))
    return counts + np.bincount(labels, minlength=len(counts))


def _kept_at(version: str, folder: Path | None) -> Path:
    """Where the counts of a version are kept."""
    if folder is None:
        from loquitur.settings import cache_folder

        folder = cache_folder() / "label-counts"
    return folder / f"{version[:32]}.json"


def _known(kept: Path, version: str) -> LabelCounts | None:
    """Counts that were kept; None where there are none to trust."""
    try:
        found = _KEPT.decode(kept.read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None
    if (found.schema, found.version) != (SCHEMA, version):
        return None
    return LabelCounts(
        videos=found.videos,
        unlabelled=found.unlabelled,
        counts=np.array(found.counts, np.int64),
        skipped=found.skipped,
    )


def _keep(kept: Path, version: str, found: LabelCounts) -> None:
    """Keep counts, where there is room."""
    document = _Kept(
        schema=SCHEMA,
        version=version,
        videos=found.videos,
        unlabelled=found.unlabelled,
        counts=tuple(found.counts.tolist()),
        skipped=found.skipped,
    )
    with contextlib.suppress(LoquiturError), replacing(kept) as temporary:
        temporary.write_bytes(msgspec.json.encode(document))
