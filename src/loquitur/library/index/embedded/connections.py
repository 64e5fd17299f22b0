"""The connections of one process to a library: one that writes, some that read beside it.

SQLite's write-ahead log lets readers see the state before a change while it is written, in other
processes and in other threads; so each reader here has a connection of its own for as long as it
reads, and no reader waits for the writer. Children of a fork open their own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

from loquitur.library.index import agreement
from loquitur.library.index.embedded import schema
from loquitur.store import sqlite_files, writing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loquitur.errors import StoreError

_PATIENCE_S = 120.0
_IDLE = 4
"""Readers that are kept open."""
_READER_PAGES_KIB, _WRITER_PAGES_KIB = 32 << 10, 64 << 10


class Connections:
    """One process's connections to a file; made with the file where there is none.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pid = os.getpid()
        self._mutex = threading.RLock()
        self._guard = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._idle: list[sqlite3.Connection] = []
        self._identity = (0, 0)
        self._inherited: list[sqlite3.Connection] = []
        with self.reading():
            pass

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state of the library, whatever is written meanwhile.

        Raises:
            StoreError: It cannot be read.
        """
        with self._translating():
            db = self._take()
            try:
                db.execute("BEGIN")
                yield db
            finally:
                if db.in_transaction:
                    with contextlib.suppress(sqlite3.Error):
                        db.execute("ROLLBACK")
                self._give_back(db)

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection in a transaction: all that the block changes, or nothing of it.

        Raises:
            LockedError: Another one writes, and did not come to an end.
            FullError: There is no space, or no right to write.
            StoreError: It cannot be written.
        """
        self._leave_parent()
        with self._mutex, self._translating():
            db = self._connected_writer()
            _begin(db)
            try:
                yield db
                writing.point("library commit")
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:  # a full disk may have ended it already
                    with contextlib.suppress(sqlite3.Error):
                        db.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close all of them; the next use opens them again."""
        self._leave_parent()
        with self._mutex, self._guard, self._translating():
            for db in (*self._idle, *([self._writer] if self._writer else [])):
                db.close()
            self._idle, self._writer = [], None

    def translated(self, exc: sqlite3.Error) -> StoreError:
        """Our error for one of SQLite's."""
        return sqlite_files.translate(
            exc,
            self.path,
            what="library",
            busy=f"{self.path}: busy for {_PATIENCE_S:.0f} s",
            cure=agreement.cure(schema.named(self.path)),
        )

    @contextlib.contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as exc:
            raise self.translated(exc) from exc

    def _take(self) -> sqlite3.Connection:
        self._leave_parent()
        with self._guard:
            self._forget_other_file()
            if self._idle:
                return self._idle.pop()
        return self._opened()

    def _give_back(self, db: sqlite3.Connection) -> None:
        with self._guard:
            same = sqlite_files.identity(self.path) == self._identity
            if same and len(self._idle) < _IDLE and self._pid == os.getpid():
                self._idle.append(db)
                return
        db.close()

    def _connected_writer(self) -> sqlite3.Connection:
        with self._guard:
            self._forget_other_file()
        if self._writer is None:
            self._writer = self._opened()
            self._writer.execute(f"PRAGMA cache_size=-{_WRITER_PAGES_KIB}")
        return self._writer

    def _forget_other_file(self) -> None:
        """Close what is open where the file is another one by now."""
        found = sqlite_files.identity(self.path)
        if found == self._identity:
            return
        for db in (*self._idle, *([self._writer] if self._writer else [])):
            db.close()
        self._idle, self._writer, self._identity = [], None, found

    def _opened(self) -> sqlite3.Connection:
        has_content = self.path.is_file() and self.path.stat().st_size > 0
        if not has_content:
            with writing.translated(self.path.parent):
                writing.ensure_folder(self.path.parent)
            if not os.access(self.path.parent, os.W_OK):
                raise writing.read_only_error(self.path)
        try:
            db = sqlite_files.connect(self.path)
            try:
                schema.prepare(db, self.path)
                db.execute("PRAGMA synchronous=NORMAL")
                db.execute("PRAGMA secure_delete=FAST")  # zeros what it writes anyway
                db.execute(f"PRAGMA cache_size=-{_READER_PAGES_KIB}")
            except BaseException:
                db.close()
                raise
        except sqlite3.OperationalError:
            if not has_content or self._takes_changes():
                raise
            db = self._opened_unwritable()
        self._identity = sqlite_files.identity(self.path)
        return db

    def _takes_changes(self) -> bool:
        """Whether WAL's files could be made beside the file."""
        free_bytes = shutil.disk_usage(self.path.parent).free
        return os.access(self.path.parent, os.W_OK) and free_bytes >= sqlite_files.ROOM_BYTES

    def _opened_unwritable(self) -> sqlite3.Connection:
        """On a file system that takes nothing: what was written out to the file itself."""
        log = self.path.with_name(f"{self.path.name}-wal")
        address = f"{self.path.resolve().as_uri()}?mode=ro"
        if not log.exists() or not log.stat().st_size:
            address += "&immutable=1"
        db = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        try:
            schema.check(db, self.path)
        except BaseException:
            db.close()
            raise
        return db

    def _leave_parent(self) -> None:
        """After a fork: leave the parent's connections alone, even unclosed."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._mutex, self._guard = threading.RLock(), threading.Lock()
            self._inherited += [*self._idle, *([self._writer] if self._writer else [])]
            self._idle, self._writer = [], None


def _begin(db: sqlite3.Connection) -> None:
    """Begin to write; SQLite's busy handler is no queue: an unlucky one is sent away, and again."""
    give_up = time.monotonic() + _PATIENCE_S
    while True:
        try:
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as exc:
            busy = sqlite_files.error_code(exc) == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > give_up:
                raise
        else:
            return
