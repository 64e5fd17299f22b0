"""Where the bytes of a shard come from: a file that is mapped; an address."""

from __future__ import annotations

import mmap
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from loquitur.errors import InputError
from loquitur.text import display

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


class ByteSource(Protocol):
    """Bytes of a file, read at any place."""

    @property
    def address(self) -> str:
        """Where it lies, for people."""
        ...

    @property
    def size(self) -> int:
        """Bytes in all."""
        ...

    @property
    def version(self) -> str:
        """Another where the file is: time and size, or the server's own tag; empty: nobody says."""
        ...

    def read(self, offset: int, length: int) -> memoryview | bytes:
        """Bytes from a place on; fewer where the file ends, or ended since.

        Raises:
            InputError: It cannot be read any more.
            RemoteError: The server refused or went away.
        """
        ...

    def close(self) -> None:
        """Let go of it; what was read stays."""
        ...


def open_source(address: str | Path) -> ByteSource:
    """The bytes of a file.

    Args:
        address: A path, or an address of `remote.SCHEMES`.

    Raises:
        InputError: There is no such file, it may not be read, or it is an address of another kind.
        MissingError: The client of an object store is not installed.
        RemoteError: The server refuses or fails.
    """
    from loquitur.vision.labels.records import remote

    if isinstance(address, str) and remote.is_remote(address):
        return remote.open_remote(address)
    return LocalSource(Path(address))


class LocalSource:
    """A file of this machine, mapped: what is read is a view of the system's own pages."""

    def __init__(self, path: Path) -> None:
        self._path = path.expanduser()
        self._map: mmap.mmap | None = None
        try:
            with self._path.open("rb") as file:
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode):
                    raise InputError(f"{display(str(path))}: is no file of records")
                self._size = found.st_size
                if self._size:
                    self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except FileNotFoundError as exc:
            raise InputError(f"{display(str(path))}: no such file") from exc
        except OSError as exc:
            raise InputError(
                f"{display(str(path))}: cannot be read ({exc.strerror or exc})"
            ) from exc
        self._view = memoryview(self._map) if self._map is not None else memoryview(b"")
        self._version = f"{found.st_mtime_ns}-{found.st_size}"

    @property
    def address(self) -> str:
        """The path."""
        return str(self._path)

    @property
    def size(self) -> int:
        """Bytes in all, as it was opened."""
        return self._size

    @property
    def version(self) -> str:
        """When it was written, in ns, and its size."""
        return self._version

    def read(self, offset: int, length: int) -> memoryview:
        """A view of bytes; fewer where the file ends."""
        return self._view[offset : offset + length]

    def forget(self, offset: int, length: int) -> None:
        """Tell the system that pages will not be read again soon: they leave this process."""
        if self._map is None:
            return
        first = -(-offset // mmap.PAGESIZE) * mmap.PAGESIZE
        last = min(offset + length, self._size) // mmap.PAGESIZE * mmap.PAGESIZE
        if last > first:
            self._map.madvise(mmap.MADV_DONTNEED, first, last - first)

    def close(self) -> None:
        """Let go of the file; the mapping ends with the last view of it."""
        self._view = memoryview(b"")
        self._map = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
