"""Where the bytes of a shard come from: a file of this machine; an address."""

from __future__ import annotations

import os
import stat
import weakref
from pathlib import Path
from typing import Protocol

from loquitur.errors import InputError
from loquitur.text import display


class ByteSource(Protocol):
    """Bytes of a file, read at any place."""

    @property
    def span_bytes(self) -> int:
        """Up to so many bytes neighbouring records are read together.

        Of a server many, so that it is not asked for each; of a disk few, so that the processor has
        them at hand.
        """
        ...

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
    """A file of this machine.

    It is read, not mapped: reading a record into memory that the processor has at hand is as fast,
    costs no page faults, and a file that somebody cuts off meanwhile gives an error and no SIGBUS.
    """

    span_bytes = 256 << 10

    def __init__(self, path: Path) -> None:
        self._path = path.expanduser()
        try:
            # without O_NONBLOCK the opening of a pipe would wait for its writer
            self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError as exc:
            raise InputError(f"{display(str(path))}: no such file") from exc
        except (OSError, ValueError) as exc:
            raise _unreadable(path, exc) from exc
        found = os.fstat(self._file)
        if not stat.S_ISREG(found.st_mode):
            os.close(self._file)
            raise InputError(f"{display(str(path))}: is no file of records")
        self._size = found.st_size
        self._version = f"{found.st_mtime_ns}-{found.st_size}"
        self._closed = weakref.finalize(self, os.close, self._file)

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

    def read(self, offset: int, length: int) -> bytes:
        """Bytes from a place on; fewer where the file ends. Threads may read side by side."""
        try:
            data = os.pread(self._file, length, offset)
            while len(data) < length:
                more = os.pread(self._file, length - len(data), offset + len(data))
                if not more:
                    break
                data += more
        except OSError as exc:
            raise _unreadable(self._path, exc) from exc
        return data

    def fill(self, offset: int, buffer: memoryview) -> int:
        """As `read`, into memory that is there already; how many bytes it was."""
        try:
            count = os.preadv(self._file, (buffer,), offset)
            return count if count in (0, len(buffer)) else filled(self._file, offset, buffer, count)
        except OSError as exc:
            raise _unreadable(self._path, exc) from exc

    def close(self) -> None:
        """Let go of the file."""
        self._closed()


def filled(file: int, offset: int, buffer: memoryview, count: int = 0) -> int:
    """Read a file into memory, until that is full or the file ends; how many bytes it was.

    Args:
        file: Its number.
        offset: Where to begin.
        buffer: The memory.
        count: So many bytes are there already.
    """
    while count < len(buffer):
        more = os.preadv(file, (buffer[count:],), offset + count)
        if not more:
            break
        count += more
    return count


def _unreadable(path: Path, exc: Exception) -> InputError:
    why = exc.strerror if isinstance(exc, OSError) and exc.strerror else exc
    return InputError(f"{display(str(path))}: cannot be read ({why})")
