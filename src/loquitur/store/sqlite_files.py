"""SQLite files that processes share: opening, changing, and what a fork leaves alone.

Every change is a `BEGIN IMMEDIATE`: a transaction that starts by reading and then writes fails at
once with "database is locked" (SQLITE_BUSY_SNAPSHOT), however long the timeout.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import threading
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from loquitur.errors import CorruptError, LockedError, StoreError
from loquitur.store import writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
ROOM_BYTES = 256 << 10
"""What a file and its WAL need to be opened."""
_IO_CODES = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)  # also a WAL that finds no room says so
_BUSY_TIMEOUT_S = 30.0
_PATIENCE_S = 120.0  # SQLite's busy handler is no queue: an unlucky one is sent away, and tries on

_NETWORKED = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ceph", "glusterfs", "lustre"),
        *("beegfs", "fuse.sshfs", "fuse.s3fs", "fuse.rclone", "fuse.gcsfuse", "fuse.glusterfs"),
    )
)


class SharedFile(ABC):
    """One process's connection to a file; threads share it, forked children do not.

    Args:
        path: The file.
    """

    what: ClassVar[str]
    """What the file is called in errors."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._identity = (0, 0)
        self._pid = os.getpid()
        self._mutex = threading.RLock()
        self._inherited: list[sqlite3.Connection] = []

    def close(self) -> None:
        """Close the connection; the next call opens it again."""
        self._leave_parent()
        with self._mutex:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _connected(self) -> sqlite3.Connection:
        """The connection, opened where there is none or where the file is another one by now."""
        if self._connection is None or identity(self.path) != self._identity:
            self.close()
            self._connection = self._open()
        return self._connection

    @abstractmethod
    def _open(self) -> sqlite3.Connection:
        """Another connection to a file that is ready, its identity noted before others go on."""

    @abstractmethod
    def _mend(self, exc: sqlite3.DatabaseError, code: int) -> bool:
        """Make good what failed, so that it can be tried once more; False where that cannot be."""

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` gives; it is called again while others keep the file busy."""
        self._leave_parent()
        give_up = time.monotonic() + _PATIENCE_S
        is_mended = False
        with self._mutex:
            while True:
                try:
                    return work(self._connected())
                except sqlite3.DatabaseError as exc:
                    code = error_code(exc)
                    if code == sqlite3.SQLITE_BUSY and time.monotonic() < give_up:
                        continue
                    if is_mended or not self._mend(exc, code):
                        raise self._translated(exc) from exc
                    is_mended = True

    def _translated(self, exc: sqlite3.DatabaseError) -> StoreError:
        return translate(
            exc, self.path, what=self.what, busy=f"{self.path}: busy for {_PATIENCE_S:.0f} s"
        )

    def _leave_parent(self) -> None:
        """After a fork: leave the parent's connection alone, even unclosed, and open an own one."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._mutex = threading.RLock()
            if self._connection is not None:
                self._inherited.append(self._connection)
                self._connection = None


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All that the block changes, or nothing of it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk may have ended it already
            with contextlib.suppress(sqlite3.Error):
                db.execute("ROLLBACK")
        raise


def translate(
    exc: sqlite3.Error,
    path: Path,
    *,
    what: str,
    busy: str = "",
    cure: str = "move it away, then run it again",
) -> StoreError:
    """Our error for one of SQLite's.

    Args:
        exc: What SQLite said.
        path: The file.
        what: What the file is called: `collection`.
        busy: Why nobody else may write to it now, as a whole line.
        cure: What to do where it is damaged.
    """
    code = error_code(exc)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LockedError(busy or f"{path}: busy", hint="another process is at it; try again")
    if code == sqlite3.SQLITE_FULL or (code in _IO_CODES and _nearly_full(path.parent)):
        return writing.full_error(path, f"no space left for the {what}")
    if code == sqlite3.SQLITE_READONLY:
        return writing.read_only_error(path)
    if code in DAMAGED:
        return CorruptError(f"{path}: the {what} is damaged: {exc}", hint=cure)
    hint = "check the disk and its free space"
    if code in _IO_CODES:
        hint = "check the disk, its free space and the open file limit"
    return StoreError(f"{path}: {exc}", hint=hint)


def connect(place: Path | str) -> sqlite3.Connection:
    """A connection that waits for others, and that threads may share under a lock of their own."""
    return sqlite3.connect(
        place, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )


def identity(path: Path) -> tuple[int, int]:
    """What tells a file from another one of its name; zeros where there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except FileNotFoundError:
        return (0, 0)
    return (status.st_dev, status.st_ino)


def error_code(exc: sqlite3.Error) -> int:
    """SQLite's primary code of an error, 0 where it has none."""
    return (getattr(exc, "sqlite_errorcode", None) or 0) & 0xFF


def journal_mode(folder: Path, mounts: str | None = None) -> str:
    """`WAL`, or `DELETE` on a network file system, where WAL's shared memory does not work.

    Args:
        folder: Where the index lies.
        mounts: The text of `/proc/self/mounts`; read from the system where it is None.
    """
    if mounts is None:
        system = Path("/proc/self/mounts")
        if not system.exists():
            return "WAL"
        with writing.translated(system):
            mounts = system.read_text(encoding="utf-8", errors="replace")
    place = str(folder.resolve())
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ").replace("\\011", "\t").rstrip("/")
        if (place == point or place.startswith(point + "/")) and len(point) >= len(best):
            best, kind = point, fields[2]
    return "DELETE" if kind in _NETWORKED else "WAL"


def _nearly_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < ROOM_BYTES
    except OSError:
        return False
