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
from loquitur.errors import InputError, LoquiturError
from loquitur.tables.writing import replacing
from loquitur.text import display
from loquitur.vision.labels.records.checksums import crc32c
from loquitur.vision.labels.records.framing import (
    FOOT,
    HEAD,
    LENGTH,
    MOST_RECORD_BYTES,
    Frames,
    Problem,
    looks_plain,
)
from loquitur.vision.labels.records.sources import LocalSource, open_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.vision.labels.records.sources import ByteSource

SCHEMA = "loquitur/record-index/1"
BESIDE = ".idx"
"""Behind a shard's name, where its index lies beside it."""
_WORTH_BYTES = 1 << 20
"""Of a file whose index is kept; a smaller one is walked over in a moment."""
_LOOKED_AT = 9
"""Records of a file whose index is found."""


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


def load(source: ByteSource, folder: Path | None, *, packed: bool = False) -> Index | None:
    """The index that was kept of this version of a file; None where there is none to trust.

    Args:
        source: The file.
        folder: Of the indices; the user's cache folder where None.
        packed: It is compressed: its index is of what it unpacks to.
    """
    if source.size < _WORTH_BYTES or not source.version:
        return None
    try:
        data = sidecar(source.address, folder).read_bytes()
        head, lengths = _parsed(data)
    except (OSError, ValueError, msgspec.MsgspecError):
        return None
    if (head.address, head.version) != (source.address, source.version):
        return None
    found = _spread(lengths, head.problem)
    return found if packed or _agrees(source, found) else None


def _agrees(source: ByteSource, index: Index) -> bool:
    """Whether some records of a near file begin where its index says.

    Another file of the same size and time (`cp -p`, a clock that was set) would be told only where
    it is read, and then records would be missing.
    """
    if not isinstance(source, LocalSource) or not len(index):
        return True
    for at in np.unique(np.linspace(0, len(index) - 1, _LOOKED_AT).astype(np.int64)).tolist():
        head = source.read(int(index.offsets[at]) - HEAD, HEAD)
        length = int(index.lengths[at])
        if not looks_plain(head) or LENGTH.unpack(head)[0] != length:
            return False
    return True


def load_beside(address: str, size: int) -> Index | None:
    """The index that lies beside a far file (`write_beside`); None where there is none to trust.

    Args:
        address: Of the index.
        size: Bytes of the file: its records have to fill it.
    """
    from loquitur.vision.labels.records import remote

    try:
        head, lengths = _parsed(remote.read_small(address))
    except (LoquiturError, ValueError, msgspec.MsgspecError):
        return None  # whatever is wrong there, the file itself can be walked over
    whole = int(lengths.sum()) + (HEAD + FOOT) * len(lengths)
    return _spread(lengths, None) if head.problem is None and whole == size else None


def keep(source: ByteSource, index: Index, folder: Path | None) -> None:
    """Keep an index, where it is worth it and there is room."""
    if source.size < _WORTH_BYTES or not source.version:
        return
    target = sidecar(source.address, folder)
    with contextlib.suppress(LoquiturError), replacing(target) as temporary:
        temporary.write_bytes(_bytes(index, source.address, source.version))


def write_beside(path: Path) -> Path:
    """Write the index of a shard beside it, for a server to give: `NAME.idx`.

    Who reads the shard from afar finds its records there, and need not fetch all of it first.

    Raises:
        InputError: The shard is compressed, columns, broken off, or cannot be read.
        FullError: No space, or no right to write there.
    """
    source = open_source(path)
    try:
        index = walk(source)
        if index.problem is not None:
            raise InputError(
                f"{display(str(path))}: has no index: {index.problem.why}",
                hint="of plain TFRecord files that are whole there is one",
            )
        target = path.with_name(path.name + BESIDE)
        with replacing(target) as temporary:
            temporary.write_bytes(_bytes(index, path.name, ""))
    finally:
        source.close()
    return target


def _bytes(index: Index, address: str, version: str) -> bytes:
    body = index.lengths.astype("<u8").tobytes()
    head: dict[str, Any] = {
        "schema": SCHEMA,
        "address": address,
        "version": version,
        "count": len(index),
        "crc": crc32c()(body),
        "problem": None if index.problem is None else asdict(index.problem),
    }
    return json.dumps(head, ensure_ascii=True).encode() + b"\n" + body


def _parsed(data: bytes) -> tuple[_Head, NDArray[np.int64]]:
    """What an index says.

    Raises:
        ValueError: It is none, or damaged (or `msgspec.MsgspecError`).
    """
    line, _, body = data.partition(b"\n")
    head = _HEAD.decode(line)
    if (head.schema, 8 * head.count, head.crc) != (SCHEMA, len(body), crc32c()(body)):
        raise ValueError("damaged, or of another version")
    lengths = np.frombuffer(body, "<u8")
    if len(lengths) and int(lengths.max()) > MOST_RECORD_BYTES:
        raise ValueError("a record is too long")
    return head, lengths.astype(np.int64)


def _spread(lengths: NDArray[np.int64], problem: Problem | None) -> Index:
    begins = np.cumsum(lengths + HEAD + FOOT) - lengths - FOOT
    return Index(offsets=begins, lengths=lengths, problem=problem)


def drop(source: ByteSource, folder: Path | None) -> None:
    """Remove an index that turned out to be wrong."""
    with contextlib.suppress(OSError):
        sidecar(source.address, folder).unlink(missing_ok=True)
