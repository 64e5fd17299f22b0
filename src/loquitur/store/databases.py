"""SQLite beside the index: one transaction, and what SQLite says in our words."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from loquitur.errors import CorruptError, LockedError, StoreError
from loquitur.store import writing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All that the block writes, or nothing; no other process writes meanwhile."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk ends it by itself
            with contextlib.suppress(sqlite3.Error):
                db.execute("ROLLBACK")
        raise


def code_of(exc: sqlite3.Error) -> int:
    """The primary code of an error (`sqlite3.SQLITE_BUSY` ...); 0 where it has none."""
    return (getattr(exc, "sqlite_errorcode", None) or 0) & 0xFF


def translate(exc: sqlite3.Error, path: Path, *, what: str, cure: str, busy: str) -> StoreError:
    """Our error for one of SQLite's.

    Args:
        exc: What it raised.
        path: The file.
        what: The file's name in a sentence: `the collection`.
        cure: What to do where it is damaged.
        busy: Why nobody else may write to it now, as a whole line.
    """
    code = code_of(exc)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LockedError(busy, hint="let it finish, or stop it first")
    if code == sqlite3.SQLITE_FULL:
        return writing.full_error(path, f"no space left for {what}")
    if code == sqlite3.SQLITE_READONLY:
        return writing.read_only_error(path)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return CorruptError(f"{path}: {what} is damaged: {exc}", hint=cure)
    return StoreError(f"{path}: {exc}", hint="check the disk and its free space")
