"""The tables of an embedded library, and what its file says about itself."""

from __future__ import annotations

import secrets
import sqlite3
from typing import TYPE_CHECKING

from loquitur.errors import CorruptError, StoreError
from loquitur.library.index import agreement
from loquitur.library.index.agreement import rules
from loquitur.store import sqlite_files

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 1
_APPLICATION = 0x4C715669
"""SQLite's `application_id` of a library, by which another program's file is told from one."""
_TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE volumes (
    id INTEGER PRIMARY KEY, media_id TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
    channel TEXT NOT NULL, channel_key TEXT NOT NULL, published TEXT NOT NULL,
    language TEXT NOT NULL, duration_ms INTEGER, origin TEXT NOT NULL
);
CREATE TABLE parts (
    id INTEGER PRIMARY KEY, volume INTEGER NOT NULL REFERENCES volumes (id), name TEXT NOT NULL,
    kind TEXT NOT NULL, language TEXT NOT NULL, digest TEXT NOT NULL, source TEXT NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, UNIQUE (volume, name)
);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY, volume INTEGER NOT NULL, part INTEGER NOT NULL,
    number INTEGER NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,
    speaker TEXT NOT NULL, chapter TEXT NOT NULL, language TEXT NOT NULL, emotion TEXT NOT NULL,
    timed INTEGER NOT NULL
);
CREATE TABLE texts (
    id INTEGER PRIMARY KEY, text TEXT NOT NULL, speakers TEXT NOT NULL, sentences BLOB NOT NULL,
    offsets BLOB NOT NULL, times_ms BLOB NOT NULL
);
CREATE TABLE vectors (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE speakers (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, key TEXT NOT NULL);
CREATE INDEX speakers_key ON speakers (key);
CREATE TABLE voices (
    speaker INTEGER NOT NULL, passage INTEGER NOT NULL, PRIMARY KEY (speaker, passage)
) WITHOUT ROWID;
CREATE INDEX voices_passage ON voices (passage);
CREATE TABLE languages (language TEXT PRIMARY KEY, passages INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE gone (generation INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL);
CREATE TABLE vocabulary (term TEXT PRIMARY KEY, passages INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE uncounted (id INTEGER PRIMARY KEY, terms TEXT NOT NULL);
CREATE TABLE forms (form TEXT NOT NULL, term TEXT NOT NULL, PRIMARY KEY (form, term)) WITHOUT ROWID;
"""
WORDS = """
CREATE VIRTUAL TABLE words USING fts5 (
    text, chapter, title, content='',
    tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Cf Cn Co Cs'"
);
"""


def prepare(db: sqlite3.Connection, path: Path) -> None:
    """Make the tables where the file is empty; refuse what is no library or a newer one.

    Raises:
        StoreError: A newer version of this package made it.
        CorruptError: It is no library.
    """
    if db.execute("PRAGMA user_version").fetchone()[0] == 0 and _is_empty(db):
        db.execute(f"PRAGMA journal_mode={sqlite_files.journal_mode(path.parent)}")
        with sqlite_files.transaction(db):
            if _is_empty(db):  # another process may have been faster
                for statement in (_TABLES + WORDS).split(";\n"):
                    db.execute(statement)
                rows = {"generation": 0, "next": 1, "terms": rules(), "key": secrets.token_hex(8)}
                db.executemany("INSERT INTO about VALUES (?, ?)", rows.items())
                db.execute(f"PRAGMA application_id={_APPLICATION}")
                db.execute(f"PRAGMA user_version={VERSION}")
    check(db, path)


def check(db: sqlite3.Connection, path: Path) -> None:
    """Refuse what is no library, or a newer one's.

    Raises:
        StoreError: A newer version of this package made it.
        CorruptError: It is no library.
    """
    if db.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION:
        raise CorruptError(
            f"{path}: not a library of Loquitur",
            hint="move it away, or name another with --library",
        )
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise StoreError(
            f"{path}: library version {version}, this Loquitur reads up to {VERSION}",
            hint="upgrade: pip install -U loquitur",
        )


def check_rules(db: sqlite3.Connection, path: Path) -> None:
    """Refuse to look for, or take out, words that were cut by other rules.

    Raises:
        UsageError: They were; with the command that makes them anew.
    """
    agreement.check_rules(about(db, "terms"), place=str(path), library=named(path))


def about(db: sqlite3.Connection, name: str) -> str:
    """What the file says about itself; empty where it says nothing."""
    row = db.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else ""


def named(path: Path) -> str:
    """What a command names a library by."""
    return path.stem if path.suffix == ".library" else str(path)


def _is_empty(db: sqlite3.Connection) -> bool:
    return not db.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
