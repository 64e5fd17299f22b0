"""Where the records of a shard begin: found once, kept in a small file, doubted when read.

An index is kept for files that take long to walk over, in the user's cache folder, by the sha256 of
the address. It says of which version of the file it is, and carries a checksum of its own: where
anything is wrong it is made again, and where it cannot be kept nothing is lost but time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from loquitur.conversion import decoder
from loquitur.errors import LoquiturError
from loquitur.tables.writing import replacing
from loquitur.vision.labels.records.checksums import crc32c
from loquitur.vision.labels.records.framing import FOOT, HEAD, Frames, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.vision.labels.records.sources import ByteSource

SCHEMA = "loquitur/record-index/1"
_WORTH_BYTES = 1 << 20
"""Of a file whose index is kept; a smaller one is walked over in a moment."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Index:
    """The records of a shard.

    Args:
        offsets: int64 [n]: where the data of each begin (its length stands 12 bytes before).
        lengths: int64 [n]: bytes of data.
        problem: Where the file is broken off, if it is.
    """

    offsets: NDArray[np.int64]
    lengths: NDArray[np.int64]
    problem: Problem | None = None

    def __len__(self) -> int:
        return len(self.offsets)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """The first line of an index."""

    schema: str
    address: str
    version: str
    count: int
    crc: int
    problem: Problem | None = None


_HEAD = decoder(_Head)


def walk(source: ByteSource) -> Index:
    """Find the records of a file, by their lengths alone."""
    frames = Frames(source)
    places = list(frames)  # `problem` is there once all are found
    return indexed(places, frames.problem)


def indexed(places: Sequence[tuple[int, int]], problem: Problem | None) -> Index:
    """An index of records by where their data begin and how long they are."""
    table = np.array(places, dtype=np.int64).reshape(-1, 2)
    return Index(offsets=table[:, 0], lengths=table[:, 1], problem=problem)


def sidecar(address: str, folder: Path | None) -> Path:
    """Where the index of a file is kept.

    Args:
        address: Of the file.
        folder: Of the indices; the user's cache folder where None.
    """
    if folder is None:
        from loquitur.settings import cache_folder

        folder = cache_folder() / "record-index"
    place = address if "://" in address else str(Path(address).absolute())
    digest = hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()
    return folder / f"{digest[:32]}.idx"


def load(source: ByteSource, folder: Path | None) -> Index | None:
    """The index that was kept of this version of a file; None where there is none to trust."""
    if source.size < _WORTH_BYTES or not source.version:
        return None
    try:
        data = sidecar(source.address, folder).read_bytes()
        line, _, body = data.partition(b"\n")
        head = _HEAD.decode(line)
    except (OSError, msgspec.MsgspecError):
        return None
    mine = (SCHEMA, source.address, source.version, 8 * head.count, head.crc)
    theirs = (head.schema, head.address, head.version, len(body), crc32c()(body))
    if mine != theirs:
        return None
    lengths = np.frombuffer(body, "<u8").astype(np.int64)
    offsets = np.cumsum(np.concatenate(([0], lengths[:-1] + HEAD + FOOT))) + HEAD
    if len(lengths) == 0:
        offsets = np.zeros(0, np.int64)
    return Index(offsets=offsets, lengths=lengths, problem=head.problem)


def keep(source: ByteSource, index: Index, folder: Path | None) -> None:
    """Keep an index, where it is worth it and there is room."""
    if source.size < _WORTH_BYTES or not source.version:
        return
    body = index.lengths.astype("<u8").tobytes()
    head: dict[str, Any] = {
        "schema": SCHEMA,
        "address": source.address,
        "version": source.version,
        "count": len(index),
        "crc": crc32c()(body),
        "problem": None if index.problem is None else asdict(index.problem),
    }
    target = sidecar(source.address, folder)
    line = json.dumps(head, ensure_ascii=True).encode() + b"\n"
    with contextlib.suppress(LoquiturError), replacing(target) as temporary:
        temporary.write_bytes(line + body)
        return


def drop(source: ByteSource, folder: Path | None) -> None:
    """Remove an index that turned out to be wrong."""
    with contextlib.suppress(OSError):
        sidecar(source.address, folder).unlink(missing_ok=True)
