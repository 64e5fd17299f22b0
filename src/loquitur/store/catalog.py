"""The index: an SQLite file that answers questions over all records, and arbitrates leases.

It is a cache. Whatever happens to it, `refresh` brings it in step with the records, and a missing
or damaged file is made anew without a word; only leases and remembered digests are lost, and
nothing rests on those.

Every write is a `BEGIN IMMEDIATE`: a transaction that starts by reading and then writes fails at
once with "database is locked" (SQLITE_BUSY_SNAPSHOT), however long the timeout.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from loquitur.errors import FullError, LockedError, StoreError
from loquitur.store import writing

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

SCHEMA_VERSION = 1
BUSY_TIMEOUT_S = 30.0
_PATIENCE_S = 120.0  # SQLite's busy handler is no queue: an unlucky one is sent away, and tries on

_IO_CODES = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)  # also a WAL that finds no room says so
_ROOM_BYTES = 256 << 10  # what the index and its WAL need to be opened

_MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE results (
        key BLOB PRIMARY KEY, stage TEXT NOT NULL, media TEXT NOT NULL, engine TEXT NOT NULL,
        title TEXT NOT NULL, started TEXT NOT NULL, seconds REAL NOT NULL, part_of BLOB
    ) WITHOUT ROWID;
    CREATE INDEX results_media ON results (media);
    CREATE TABLE outputs (
        object BLOB NOT NULL, key BLOB NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL,
        PRIMARY KEY (object, key, name)
    ) WITHOUT ROWID;
    CREATE INDEX outputs_key ON outputs (key);
    CREATE TABLE leases (
        key BLOB PRIMARY KEY, owner TEXT NOT NULL, host TEXT NOT NULL, place TEXT NOT NULL,
        pid INTEGER NOT NULL, pid_start INTEGER NOT NULL, token INTEGER NOT NULL,
        started REAL NOT NULL, heartbeat REAL NOT NULL, ttl REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE digests (
        path BLOB PRIMARY KEY, stamp TEXT NOT NULL, digest BLOB NOT NULL
    ) WITHOUT ROWID;
    """,
)

_NETWORKED = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ceph", "glusterfs", "lustre"),
        *("beegfs", "fuse.sshfs", "fuse.s3fs", "fuse.rclone", "fuse.gcsfuse", "fuse.glusterfs"),
    )
)


class Catalog:
    """One process's connection to a store's index; threads share it, forked children do not.

    Args:
        root: The store's folder.
        read_only: Work on a copy in memory and leave the file as it is.
    """

    def __init__(self, root: Path, *, read_only: bool = False) -> None:
        self.path = root / "index.sqlite"
        self._gate = root / "index.lock"
        self._read_only = read_only
        self._connection: sqlite3.Connection | None = None
        self._identity = (0, 0)
        self._pid = os.getpid()
        self._mutex = threading.RLock()
        self._inherited: list[sqlite3.Connection] = []

    def read(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        """The rows of a query; where a full disk lets nobody open the index, of a copy of it."""

        def look(db: sqlite3.Connection) -> list[tuple[object, ...]]:
            return db.execute(query, values).fetchall()

        try:
            return self._run(look)
        except FullError:
            if _size_bytes(self.path.with_name(self.path.name + "-wal")):
                raise  # the file alone is not the whole index
            with contextlib.closing(_copy_in_memory(self.path)) as copy:
                return look(copy)

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` returns, its changes made in one transaction; it may be called again.

        Raises:
            FullError: No space, or no right to write.
            LockedError: Others kept the index busy all the time.
        """

        def transaction(db: sqlite3.Connection) -> T:
            db.execute("BEGIN IMMEDIATE")
            try:
                result = work(db)
                writing.point("index.commit")
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    with contextlib.suppress(sqlite3.Error):
                        db.execute("ROLLBACK")
                raise
            return result

        writing.point("index.begin")
        return self._run(transaction)

    def close(self) -> None:
        """Close the connection; the next call opens it again."""
        self._leave_parent()
        with self._mutex:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self._leave_parent()
        give_up = time.monotonic() + _PATIENCE_S
        remade = False
        with self._mutex:
            while True:
                try:
                    return work(self._open())
                except sqlite3.DatabaseError as exc:
                    code = (getattr(exc, "sqlite_errorcode", None) or 0) & 0xFF
                    if code == sqlite3.SQLITE_BUSY and time.monotonic() < give_up:
                        continue
                    if not self._damaged(exc, code) or remade or self._read_only:
                        raise self._translate(exc, code) from exc
                    self._remake()
                    remade = True

    def _open(self) -> sqlite3.Connection:
        """The connection, opened where there is none or where the file is another one by now."""
        if self._connection is not None and (
            self._read_only or _identity(self.path) == self._identity
        ):
            return self._connection
        self.close()
        if self._read_only:
            self._connection = _copy_in_memory(self.path)
            return self._connection
        # One process at a time: a first switch to WAL may fail at once while another one tries.
        with writing.locked(self._gate, exclusive=True):
            if not self.path.exists():
                _unlink_all(self.path)  # a left-over WAL would be replayed into the new file
            connection = _connect(str(self.path))
            try:
                connection.execute(f"PRAGMA journal_mode={journal_mode(self.path.parent)}")
                connection.execute("PRAGMA synchronous=NORMAL")
                if _migrate(connection, self.path):
                    # Give the tables their place in the file now: a disk that is full later on can
                    # then still move the WAL's pages there, and the WAL stays small.
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                else:
                    _shorten(connection, self.path)
            except BaseException:
                connection.close()
                raise
            self._identity = _identity(self.path)
            self._connection = connection
        return connection

    def _remake(self) -> None:
        """Put a new, empty file in the place of a damaged one."""
        damaged = _identity(self.path)
        opened = self._identity if self._connection is not None else damaged
        self.close()
        with writing.locked(self._gate, exclusive=True):
            if _identity(self.path) == opened:  # else another process was faster
                with writing.translated(self.path):
                    _unlink_all(self.path)

    def _damaged(self, exc: sqlite3.DatabaseError, code: int) -> bool:
        missing_table = code == sqlite3.SQLITE_ERROR and "no such" in str(exc)
        return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or missing_table

    def _translate(self, exc: sqlite3.DatabaseError, code: int) -> StoreError:
        if code == sqlite3.SQLITE_BUSY:
            return LockedError(f"{self.path}: busy for {_PATIENCE_S:.0f} s", hint="try again")
        if code == sqlite3.SQLITE_FULL or (code in _IO_CODES and _nearly_full(self.path.parent)):
            return writing.full_error(self.path, "no space left for the index")
        if code == sqlite3.SQLITE_READONLY:
            return writing.read_only_error(self.path)
        if code in _IO_CODES:
            return StoreError(
                f"{self.path}: {exc}", hint="check the disk, its free space and the open file limit"
            )
        return StoreError(f"{self.path}: {exc}")

    def _leave_parent(self) -> None:
        """After a fork: leave the parent's connection alone, even unclosed, and open an own one."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._mutex = threading.RLock()
            if self._connection is not None:
                self._inherited.append(self._connection)
                self._connection = None


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


def _connect(name: str) -> sqlite3.Connection:
    return sqlite3.connect(
        name, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )


def _migrate(connection: sqlite3.Connection, path: Path) -> bool:
    """Bring the tables to this version; gives whether anything was to be done."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{path}: index version {version}, this Loquitur reads up to {SCHEMA_VERSION}",
            hint="upgrade: pip install -U loquitur",
        )
    for number in range(version, SCHEMA_VERSION):
        connection.executescript(
            f"BEGIN IMMEDIATE; {_MIGRATIONS[number]} PRAGMA user_version={number + 1}; COMMIT;"
        )
    return bool(version < SCHEMA_VERSION)


def _shorten(connection: sqlite3.Connection, path: Path) -> None:
    """Let a WAL that killed processes left long be written from its start again."""
    wal = path.with_name(path.name + "-wal")
    with contextlib.suppress(OSError, sqlite3.OperationalError):  # no space: then it stays as it is
        if wal.stat().st_size > _ROOM_BYTES:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


def _copy_in_memory(path: Path) -> sqlite3.Connection:
    """What can be read of an index on a medium that cannot be written; empty where nothing can."""
    connection = _connect(":memory:")
    if path.exists():
        uri = f"{path.absolute().as_uri()}?immutable=1"
        try:
            with contextlib.closing(sqlite3.connect(uri, uri=True)) as source:
                source.backup(connection)
            _migrate(connection, path)
            connection.execute("SELECT count(*) FROM results")
        except sqlite3.DatabaseError:
            connection.close()
            connection = _connect(":memory:")
    _migrate(connection, path)
    return connection


def _identity(path: Path) -> tuple[int, int]:
    try:
        status = os.stat(path)  # noqa: PTH116
    except FileNotFoundError:
        return (0, 0)
    return (status.st_dev, status.st_ino)


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _nearly_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _ROOM_BYTES
    except OSError:
        return False


def _unlink_all(path: Path) -> None:
    for suffix in ("-wal", "-shm", "-journal", ""):  # the file last: alone it is only out of date
        path.with_name(path.name + suffix).unlink(missing_ok=True)
