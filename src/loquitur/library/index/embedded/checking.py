"""Whether a library agrees with itself, and what is derived in it made anew."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from loquitur.library.index.agreement import rules
from loquitur.library.index.contract import Finding
from loquitur.library.index.embedded import changing, schema, vocabulary

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_BATCH = 2000
_SAMPLE = 400
"""Passages whose words are compared with their texts."""


def verify(db: sqlite3.Connection) -> tuple[Finding, ...]:
    """All that is wrong, as far as one can tell without cutting every passage again."""
    damaged = [
        Finding(code="damaged", message=row[0])
        for row in db.execute("PRAGMA integrity_check").fetchall()
        if row[0] != "ok"
    ]
    if damaged:
        return tuple(damaged)
    found = [*_counts(db), *_vectors(db)]
    made = schema.about(db, "terms")
    if made != rules():
        message = f"words were cut by other rules: {made}; here {rules()}"
        return (*found, Finding(code="rules", message=message))
    return (*found, *_words(db))


def rebuild(db: sqlite3.Connection) -> None:
    """Words, vocabulary and languages from the passages; in a transaction."""
    # `gone` too: with another key there is no side file that could hold what went
    for table in ("vocabulary", "uncounted", "forms", "languages", "gone"):
        db.execute(f"DELETE FROM {table}")
    db.execute("DROP TABLE IF EXISTS words")
    db.execute(schema.WORDS)
    for first, last in _batches(db):
        cuts = changing.cut(db, first, last)
        changing.insert_words(db, cuts)
        vocabulary.change(db, (each.terms for each in cuts), by=1)
    vocabulary.settle(db)
    db.execute("INSERT INTO languages SELECT language, count(*) FROM passages GROUP BY language")
    db.execute("INSERT INTO words (words) VALUES ('optimize')")
    db.execute("UPDATE about SET value = ? WHERE name = 'terms'", (rules(),))
    changing.step(db)
    db.execute("UPDATE about SET value = ? WHERE name = 'key'", (secrets.token_hex(8),))
    db.execute("DELETE FROM vectors WHERE id NOT IN (SELECT id FROM passages)")


def _batches(db: sqlite3.Connection) -> Iterator[tuple[int, int]]:
    lowest, highest = db.execute("SELECT min(id), max(id) FROM passages").fetchone()
    for first in range(lowest or 0, (highest or -1) + 1, _BATCH):
        yield first, min(first + _BATCH - 1, highest)


def _counts(db: sqlite3.Connection) -> Iterator[Finding]:
    """Parts against passages, passages against texts and words."""
    (wrong,) = db.execute(
        "SELECT count(*) FROM parts t WHERE last - first + 1 !="
        " (SELECT count(*) FROM passages p WHERE p.id BETWEEN t.first AND t.last AND p.part = t.id)"
    ).fetchone()
    if wrong:
        yield Finding(code="half", message=f"{wrong} parts have lost passages")
    (strays,) = db.execute(
        "SELECT count(*) FROM passages WHERE part NOT IN (SELECT id FROM parts)"
        " OR volume NOT IN (SELECT id FROM volumes) OR id NOT IN (SELECT id FROM texts)"
    ).fetchone()
    if strays:
        yield Finding(code="strays", message=f"{strays} passages are of no part, or have no text")
    words = {row[0] for row in db.execute("SELECT id FROM words_docsize")}
    passages = {row[0] for row in db.execute("SELECT id FROM passages")}
    if missing := len(passages - words):
        yield Finding(code="words", message=f"{missing} passages cannot be found by words")
    if extra := len(words - passages):
        yield Finding(code="words", message=f"words of {extra} passages that are gone")
    (counted,) = db.execute("SELECT coalesce(sum(passages), 0) FROM languages").fetchone()
    if counted != len(passages):
        yield Finding(code="languages", message=f"{counted} passages by language, {len(passages)}")


def _vectors(db: sqlite3.Connection) -> Iterator[Finding]:
    (strays,) = db.execute(
        "SELECT count(*) FROM vectors WHERE id NOT IN (SELECT id FROM passages)"
    ).fetchone()
    if strays:
        yield Finding(code="vectors", message=f"{strays} vectors of passages that are gone")
    dimension = db.execute(
        "SELECT json_extract(value, '$.dimension') FROM about WHERE name = 'encoding'"
    ).fetchone()
    if dimension is None:
        return
    (wrong,) = db.execute(
        "SELECT count(*) FROM vectors WHERE length(data) != 2 * ?", dimension
    ).fetchone()
    if wrong:
        yield Finding(code="vectors", message=f"{wrong} vectors of another length")
    (missing,) = db.execute(
        "SELECT count(*) FROM parts t WHERE (SELECT count(*) FROM vectors r"
        " WHERE r.id BETWEEN t.first AND t.last) NOT IN (0, last - first + 1)"
    ).fetchone()
    if missing:
        yield Finding(code="vectors", message=f"{missing} parts have lost vectors")


def _words(db: sqlite3.Connection) -> Iterator[Finding]:
    """The terms of some passages: each must find its passage, and be counted."""
    ids = [row[0] for row in db.execute("SELECT id FROM passages ORDER BY id")]
    lost = 0
    asked: set[str] = set()
    for one in ids[:: max(1, len(ids) // _SAMPLE)]:
        (cut,) = changing.cut(db, one, one)
        terms = sorted(set(cut.terms))
        for term in (terms[0], terms[len(terms) // 2], terms[-1]) if terms else ():
            quoted = '"' + term.replace('"', '""') + '"'
            query = "SELECT 1 FROM words WHERE words MATCH ? AND rowid = ?"
            lost += db.execute(query, (quoted, one)).fetchone() is None
            asked.add(term)
    if lost:
        yield Finding(code="words", message=f"{lost} words do not find the passages they are in")
    uncounted = sum(
        not count for count in vocabulary.frequencies(db, asked, vocabulary.uncounted(db)).values()
    )
    if uncounted:
        yield Finding(code="vocabulary", message=f"{uncounted} words are not counted")
