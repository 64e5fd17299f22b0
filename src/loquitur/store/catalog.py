"""The index: an SQLite file that answers questions over all records, and arbitrates leases.

It is a cache. Whatever happens to it, `refresh` brings it in step with the records, and a missing
or damaged file is made anew without a word; only leases and remembered digests are lost, and
nothing rests on those.
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, TypeVar

from loquitur.errors import FullError, StoreError
from loquitur.store import writing
from loquitur.store.sqlite_files import (
    DAMAGED,
    ROOM_BYTES,
    SharedFile,
    connect,
    identity,
    journal_mode,
    transaction,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

SCHEMA_VERSION = 1

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


class Catalog(SharedFile):
    """One process's connection to a store's index; threads share it, forked children do not.

    Args:
        root: The store's folder.
        read_only: Work on a copy in memory and leave the file as it is.
    """

    what = "index"

    def __init__(self, root: Path, *, read_only: bool = False) -> None:
        super().__init__(root / "index.sqlite")
        self._gate = root / "index.lock"
        self._read_only = read_only

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

        def change(db: sqlite3.Connection) -> T:
            with transaction(db):
                result = work(db)
                writing.point("index.commit")
            return result

        writing.point("index.begin")
        return self._run(change)

    def _connected(self) -> sqlite3.Connection:
        if self._read_only and self._connection is not None:
            return self._connection  # a copy is good for as long as the store is open
        return super()._connected()

    def _open(self) -> sqlite3.Connection:
        if self._read_only:
            return _copy_in_memory(self.path)
        # One process at a time: a first switch to WAL may fail at once while another one tries.
        with writing.locked(self._gate, exclusive=True):
            if not self.path.exists():
                _unlink_all(self.path)  # a left-over WAL would be replayed into the new file
            connection = connect(self.path)
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
            self._identity = identity(self.path)
        return connection

    def _mend(self, exc: sqlite3.DatabaseError, code: int) -> bool:
        """Put a new, empty file in the place of a damaged one."""
        missing_table = code == sqlite3.SQLITE_ERROR and "no such" in str(exc)
        if self._read_only or not (code in DAMAGED or missing_table):
            return False
        damaged = identity(self.path)
        opened = self._identity if self._connection is not None else damaged
        self.close()
        with writing.locked(self._gate, exclusive=True):
            if identity(self.path) == opened:  # else another process was faster
                with writing.translated(self.path):
                    _unlink_all(self.path)
        return True


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
        if wal.stat().st_size > ROOM_BYTES:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


def _copy_in_memory(path: Path) -> sqlite3.Connection:
    """What can be read of an index on a medium that cannot be written; empty where nothing can."""
    connection = connect(":memory:")
    if path.exists():
        uri = f"{path.absolute().as_uri()}?immutable=1"
        try:
            with contextlib.closing(sqlite3.connect(uri, uri=True)) as source:
                source.backup(connection)
            _migrate(connection, path)
            connection.execute("SELECT count(*) FROM results")
        except sqlite3.DatabaseError:
            connection.close()
            connection = connect(":memory:")
    _migrate(connection, path)
    return connection


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _unlink_all(path: Path) -> None:
    for suffix in ("-wal", "-shm", "-journal", ""):  # the file last: alone it is only out of date
        path.with_name(path.name + suffix).unlink(missing_ok=True)
