"""Arrays put down in a file that nobody else sees, and read back by pieces.

The file has no name (`O_TMPFILE`, or unlinked as soon as it is open): it is gone with the last
array that lies in it, and with the process, however that ends.
"""

from __future__ import annotations

import os
import tempfile
import weakref
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import FullError, StoreError
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_AT_ONCE = 1 << 20


class Scratch:
    """A file to be filled from its start.

    Args:
        folder: Where it lies; that of temporary files (`TMPDIR`) where None.

    Raises:
        FullError: Nothing may be written there.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        # a child after `fork` has the place in the file too: it must not write there
        self._owner = os.getpid()
        self._end = 0
        try:
            self._file: IO[bytes] = tempfile.TemporaryFile(  # noqa: SIM115 - until the last reader
                buffering=0, prefix="loquitur-", dir=folder
            )
        except OSError as exc:
            raise self._full(exc) from exc
        weakref.finalize(self, self._file.close)

    @property
    def own(self) -> bool:
        """Whether this process made it, and may write."""
        return self._owner == os.getpid()

    def append(self, pieces: Iterable[NDArray[Any]], kind: type[np.generic]) -> Extent:
        """Put arrays [n] down, one behind the other.

        Args:
            pieces: Of one kind.
            kind: Which.

        Raises:
            FullError: No room: what was there before is as it was.
        """
        size = 0
        try:
            for data in _gathered(pieces):
                view = memoryview(data.data).cast("B")
                while view:
                    size += (written := os.pwrite(self._file.fileno(), view, self._end + size))
                    view = view[written:]
        except OSError as exc:
            raise self._full(exc) from exc
        count = size // np.dtype(kind).itemsize
        found = Extent(file=self, offset=self._end, count=count, kind=kind)
        self._end += size
        return found

    def read(self, into: NDArray[Any], offset: int) -> None:
        """Fill an array from a place on.

        Raises:
            StoreError: The file cannot be read.
        """
        view = memoryview(into.data).cast("B")
        why = "it ends early"
        try:
            while view and (count := os.preadv(self._file.fileno(), [view], offset)):
                view, offset = view[count:], offset + count
        except OSError as exc:
            why = exc.strerror or str(exc)
        if view:
            raise StoreError(f"predictions put down in {self._where()} cannot be read back ({why})")

    def _where(self) -> str:
        if self._folder is not None:
            return display(str(self._folder))
        try:
            return tempfile.gettempdir()
        except OSError:  # none of the usual folders may be written
            return "a temporary folder"

    def _full(self, exc: OSError) -> FullError:
        return FullError(
            f"no room for predictions in {self._where()} ({exc.strerror or exc})",
            hint="free some, or "
            + ("set TMPDIR to" if self._folder is None else "name")
            + " another folder",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """An array [count] in a scratch file."""

    file: Scratch
    offset: int
    count: int
    kind: type[np.generic]

    def read(self, first: int = 0, last: int | None = None) -> NDArray[Any]:
        """Some of it; all where nothing is said."""
        last = self.count if last is None else last
        found = np.empty(last - first, self.kind)
        self.fill(found, first)
        return found

    def fill(self, into: NDArray[Any], first: int) -> None:
        """As many as there is room for, from `first` on.

        Raises:
            StoreError: The file cannot be read.
        """
        if len(into):
            self.file.read(into, self.offset + first * np.dtype(self.kind).itemsize)


def _gathered(pieces: Iterable[NDArray[Any]]) -> Iterator[NDArray[Any]]:
    """Small arrays as larger ones, so that each is one call of the system."""
    some: list[NDArray[Any]] = []
    size = 0
    for piece in pieces:
        if not len(piece):
            continue
        some.append(piece)
        size += piece.nbytes
        if size >= _AT_ONCE:
            yield np.concatenate(some) if len(some) > 1 else np.ascontiguousarray(piece)
            some, size = [], 0
    if some:
        yield np.concatenate(some)
