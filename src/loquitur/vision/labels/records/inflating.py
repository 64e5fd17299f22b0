"""Compressed files of records (`TFRecordOptions`: GZIP, ZLIB), unpacked.

They go to a file without a name, of which any place can be read, and which goes when it is closed.
Memory stays flat.
"""

from __future__ import annotations

import os
import tempfile
import zlib
from typing import IO, TYPE_CHECKING

from loquitur.errors import FullError
from loquitur.text import display
from loquitur.vision.labels.records.framing import HEAD, looks_plain
from loquitur.vision.labels.records.sources import LocalSource, filled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.vision.labels.records.sources import ByteSource

_PIECE = 1 << 20
_MOST_BYTES = 64 << 30
"""Unpacked; YouTube-8M's shards have 0.4 GB. What is larger is meant to fill a disk."""
_EITHER = 47  # zlib.decompressobj: gzip or zlib, by the first bytes


def is_compressed(source: ByteSource) -> bool:
    """Whether a file begins as gzip or zlib does, and not with a record's length."""
    head = bytes(source.read(0, HEAD))
    if len(head) < 2 or looks_plain(head):
        return False
    zlib_head = head[0] & 0x0F == 8 and head[0] >> 4 <= 7 and (head[0] << 8 | head[1]) % 31 == 0
    return head[:2] == b"\x1f\x8b" or zlib_head


class InflatedSource:
    """A compressed file, unpacked.

    Args:
        source: The file as it lies there; it stays open.

    Raises:
        FullError: The folder for temporary files is full.
    """

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self.why = ""
        """Why it could not be unpacked to its end; empty where it could."""
        try:
            self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `close`)
            self._size = self._unpack()
            self._file.flush()
        except OSError as exc:
            raise FullError(
                f"{display(source.address)}: no room to unpack it in {tempfile.gettempdir()}"
                f" ({exc.strerror or exc})",
                hint="free some, or set TMPDIR to another folder",
            ) from exc

    def _unpack(self) -> int:
        total = 0
        try:
            for piece in inflated(self._source):
                total += len(piece)
                if total > _MOST_BYTES:
                    self.why = f"unpacks to more than {_MOST_BYTES >> 30} GiB"
                    break
                self._file.write(piece)
        except zlib.error as exc:
            self.why = f"the compressed data are damaged ({exc})"
        except EOFError:
            self.why = f"the compressed data end early, at byte {self._source.size}"
        return min(total, _MOST_BYTES)

    span_bytes = LocalSource.span_bytes

    @property
    def address(self) -> str:
        """Of the compressed file."""
        return self._source.address

    @property
    def size(self) -> int:
        """Bytes, unpacked."""
        return self._size

    @property
    def version(self) -> str:
        """Of the compressed file."""
        return self._source.version

    def read(self, offset: int, length: int) -> bytes:
        """Bytes from a place on; fewer where it ends."""
        return os.pread(self._file.fileno(), max(0, min(length, self._size - offset)), offset)

    def fill(self, offset: int, buffer: memoryview) -> int:
        """As `read`, into memory that is there already; how many bytes it was."""
        return filled(self._file.fileno(), offset, buffer[: max(0, self._size - offset)])

    def close(self) -> None:
        """Let go of what was unpacked."""
        self._file.close()


def inflated(source: ByteSource) -> Iterator[bytes]:
    """What a compressed file holds, in pieces of a bounded size.

    Raises:
        zlib.error: It is damaged.
        EOFError: It ends before what is compressed does.
    """
    machine = zlib.decompressobj(_EITHER)
    at = 0
    while at < source.size:
        left = bytes(source.read(at, _PIECE))
        if not left:
            break
        at += len(left)
        while left:
            if machine.eof:  # gzip files may be joined
                machine = zlib.decompressobj(_EITHER)
            piece = machine.decompress(left, _PIECE)
            if piece:
                yield piece
            left = machine.unconsumed_tail or machine.unused_data
    if not machine.eof:
        raise EOFError
