"""The file of a collection: its tables, its version, what SQLite says of it in our words."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

from loquitur.errors import CorruptError, StoreError
from loquitur.store.sqlite_files import translate

if TYPE_CHECKING:
    from pathlib import Path

    from loquitur.youtube.collecting.job import Job

VERSION = 1
SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE runs (
    run INTEGER PRIMARY KEY, started REAL NOT NULL, finished REAL, facts TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE rows (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, under INTEGER NOT NULL,
    data TEXT NOT NULL, collected REAL NOT NULL, UNIQUE (kind, id)
);
CREATE INDEX rows_order ON rows (kind, under, seq);
CREATE TABLE found (
    run INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (run, kind, id)
) WITHOUT ROWID;
CREATE TABLE places (
    run INTEGER NOT NULL, name TEXT NOT NULL, place TEXT NOT NULL, PRIMARY KEY (run, name)
) WITHOUT ROWID;
CREATE TABLE todo (
    seq INTEGER PRIMARY KEY, run INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '', done INTEGER NOT NULL DEFAULT 0, UNIQUE (run, kind, id)
);
CREATE INDEX todo_open ON todo (run, kind, done, seq);
CREATE TABLE spent (
    run INTEGER NOT NULL, day TEXT NOT NULL, method TEXT NOT NULL, calls INTEGER NOT NULL,
    PRIMARY KEY (run, day, method)
) WITHOUT ROWID;
CREATE TABLE outputs (
    path TEXT PRIMARY KEY, written REAL NOT NULL, count INTEGER NOT NULL, options TEXT NOT NULL
) WITHOUT ROWID;
"""


def prepare(db: sqlite3.Connection, path: Path, job: Job | None) -> None:
    """Make the tables of a new file; hold that an old one is ours.

    Raises:
        StoreError: A newer version of this package made it.
        CorruptError: It is no collection.
    """
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise StoreError(
            f"{path}: collection version {version}, this Loquitur reads up to {VERSION}",
            hint="upgrade: pip install -U loquitur",
        )
    if version == 0:
        if job is None:
            raise CorruptError(f"{path}: no collection", hint="remove the file")
        db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version={VERSION}; COMMIT;")
    if job is not None:
        about = {"verb": job.verb, "arguments": job.arguments, "endpoint": job.endpoint}
        db.executemany(
            "INSERT OR IGNORE INTO about VALUES (?, ?)",
            [(name, json.dumps(value)) for name, value in about.items()],
        )


def translated(exc: sqlite3.DatabaseError, path: Path) -> StoreError:
    """An error of SQLite as one of ours."""
    cure = f"forget it and collect again: loquitur youtube collections forget {path.stem}"
    return translate(exc, path, what="collection", cure=cure)
