"""TFRecord files: records one behind another, each with its length and two checksums.

u64 length, u32 masked CRC-32C of those 8 bytes, the data, u32 masked CRC-32C of the data; little-
endian (tensorflow/core/lib/io/record_writer.cc).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from loquitur.vision.labels.records.checksums import crc32c, mask, masked_crc, unmask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.vision.labels.records.sources import ByteSource

HEAD, FOOT = 12, 4
"""Bytes before and behind a record's data."""
MOST_RECORD_BYTES = 256 << 20
"""Far above any labelled video: 3,000 rows of 1,152 bytes are 3.5 MB."""

LENGTH = struct.Struct("<QI")
CHECKSUM = struct.Struct("<I")

Kind = Literal["truncated", "length", "checksum", "compression", "content"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What of a shard cannot be read.

    Args:
        record: Its number from 0; of `truncated`, `length` and `compression` it and all behind it.
        offset: Where it begins, in bytes (of what was compressed: unpacked).
        kind: `truncated`: the file ends within it; `length`: the checksum of its length is wrong,
            so that nobody knows where the next begins; `checksum`: that of its data; `compression`:
            cannot be unpacked from there; `content`: whole, but no labelled video of this data set.
        why: In words.
    """

    record: int
    offset: int
    kind: Kind
    why: str

    @property
    def ends(self) -> bool:
        """Whether nothing behind it can be read either."""
        return self.kind in ("truncated", "length", "compression")


class Frames:
    """Walks over the records of a source from its start; where it broke off is in `problem`."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self.problem: Problem | None = None

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Where the data of each whole record begin, and how many bytes they are."""
        read, size = self._source.read, self._source.size
        unpack = LENGTH.unpack
        crc = crc32c()
        at = number = 0
        while at < size:
            head = bytes(read(at, HEAD))
            if len(head) < HEAD:
                self._break(number, at, "truncated", f"the file ends at byte {size} in a length")
                return
            length, masked = unpack(head)
            if crc(head[:8]) != unmask(masked):
                self._break(number, at, "length", "the checksum of its length is wrong")
                return
            last = at + HEAD + length + FOOT
            if length > MOST_RECORD_BYTES:
                self._break(number, at, "length", f"claims {length:,} bytes")
                return
            if last > size:
                why = f"the file ends at byte {size}, the record at {last}"
                self._break(number, at, "truncated", why)
                return
            yield at + HEAD, length
            at = last
            number += 1

    def _break(self, number: int, at: int, kind: Kind, why: str) -> None:
        self.problem = Problem(record=number, offset=at, kind=kind, why=why)


def looks_plain(head: bytes) -> bool:
    """Whether a file begins with the length of a record, by its checksum."""
    if len(head) < HEAD:
        return False
    length, masked = LENGTH.unpack(head[:HEAD])
    return bool(masked == masked_crc(LENGTH.pack(length, 0)[:8]))


def framed(data: bytes) -> tuple[bytes, bytes, bytes]:
    """A record as it stands in a file: what is before the data, they, what is behind."""
    length = struct.pack("<Q", len(data))
    return (
        length + CHECKSUM.pack(masked_crc(length)),
        data,
        CHECKSUM.pack(mask(crc32c()(data))),
    )
