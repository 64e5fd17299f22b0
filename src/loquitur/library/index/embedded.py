"""The embedded index: one SQLite file, words in FTS5, vectors beside them, compared exactly."""

from __future__ import annotations

import json
import sqlite3
from array import array
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import CorruptError, StoreError, UsageError
from loquitur.library import terms as rules
from loquitur.library.index.contract import Counts, Finding, Scored
from loquitur.model.library import (
    AllOf,
    AnyOf,
    Encoding,
    Part,
    Passage,
    Phrase,
    Prefix,
    Term,
    Volume,
)
from loquitur.store import sqlite_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.model.library import Filters, Node

VERSION = 1
_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE volumes (
    id INTEGER PRIMARY KEY, media_id TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
    channel TEXT NOT NULL, published TEXT NOT NULL, language TEXT NOT NULL, duration_ms INTEGER,
    origin TEXT NOT NULL
);
CREATE TABLE parts (
    id INTEGER PRIMARY KEY, volume INTEGER NOT NULL REFERENCES volumes (id), name TEXT NOT NULL,
    kind TEXT NOT NULL, language TEXT NOT NULL, digest TEXT NOT NULL, source TEXT NOT NULL,
    UNIQUE (volume, name)
);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, volume INTEGER NOT NULL, part INTEGER NOT NULL,
    number INTEGER NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,
    text TEXT NOT NULL, speaker TEXT NOT NULL, speakers TEXT NOT NULL, chapter TEXT NOT NULL,
    language TEXT NOT NULL, emotion TEXT NOT NULL, sentences BLOB NOT NULL, offsets BLOB NOT NULL,
    times_ms BLOB NOT NULL, timed INTEGER NOT NULL, vector BLOB, UNIQUE (part, number)
);
CREATE INDEX passages_volume ON passages (volume);
CREATE VIRTUAL TABLE words USING fts5 (
    text, chapter, title, content='',
    tokenize="unicode61 remove_diacritics 0 categories 'L* N* Co M*'"
);
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, row);
"""
_RANK = "bm25(words, 1.0, 1.5, 2.0)"
_PASSAGE = (
    "p.id, v.media_id, t.name, p.number, p.start_ms, p.end_ms, p.text, p.speaker, p.speakers,"
    " p.chapter, p.language, p.emotion, p.sentences, p.offsets, p.times_ms, p.timed"
)
_FROM = "passages p JOIN volumes v ON v.id = p.volume JOIN parts t ON t.id = p.part"
_VOLUME = "media_id, title, channel, published, language, duration_ms, origin"


class EmbeddedIndex:
    """An index in a file (`library.index.contract.Index`).

    Args:
        path: The file; it is made where there is none.

    Raises:
        StoreError: It cannot be opened, or a newer version of this package made it.
        CorruptError: It is damaged, or no library.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite_files.connect(path)
            self._db.execute(f"PRAGMA journal_mode={sqlite_files.journal_mode(path.parent)}")
            self._db.execute("PRAGMA synchronous=NORMAL")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise StoreError(
                    f"{path}: library version {version}, this Loquitur reads up to {VERSION}",
                    hint="upgrade: pip install -U loquitur",
                )
            if not version:
                self._db.executescript(
                    f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version={VERSION}; COMMIT;"
                )
        except sqlite3.DatabaseError as exc:
            raise self._translated(exc) from exc

    @property
    def encoding(self) -> Encoding | None:
        """Whose vectors it holds."""
        row = self._db.execute("SELECT value FROM about WHERE name = 'encoding'").fetchone()
        return Encoding(**json.loads(row[0])) if row else None

    def replace(
        self,
        volume: Volume,
        part: Part,
        passages: Sequence[Passage],
        *,
        vectors: NDArray[np.float32] | None = None,
        encoding: Encoding | None = None,
    ) -> None:
        """Put a part in the place of the one of its name, in one transaction."""
        known = self.encoding
        if encoding is not None and known not in (None, encoding):
            raise UsageError(f"{self.path}: its vectors are of {known}, not of {encoding}")
        with sqlite_files.transaction(self._db):
            if encoding is not None and known is None:
                value = {name: getattr(encoding, name) for name in Encoding.__slots__}
                self._db.execute("INSERT INTO about VALUES ('encoding', ?)", (json.dumps(value),))
            self._db.execute(
                f"INSERT INTO volumes ({_VOLUME}) VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (media_id) DO UPDATE SET title=excluded.title,"
                " channel=excluded.channel, published=excluded.published,"
                " language=excluded.language, duration_ms=excluded.duration_ms,"
                " origin=excluded.origin",
                tuple(getattr(volume, name) for name in Volume.__slots__),
            )
            found = "SELECT id FROM volumes WHERE media_id = ?"
            number = self._db.execute(found, (volume.media_id,)).fetchone()[0]
            self._drop(number, part.name)
            place = self._db.execute(
                "INSERT INTO parts (volume, name, kind, language, digest, source)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (number, part.name, part.kind, part.language, part.digest, part.source),
            ).lastrowid
            for at, passage in enumerate(passages):
                vector = None if vectors is None else vectors[at].astype(np.float32).tobytes()
                self._add(number, place, volume, passage, vector)

    def _add(
        self, volume: int, part: int | None, about: Volume, passage: Passage, vector: bytes | None
    ) -> None:
        row = self._db.execute(
            "INSERT INTO passages (volume, part, number, start_ms, end_ms, text, speaker, speakers,"
            " chapter, language, emotion, sentences, offsets, times_ms, timed, vector)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                volume, part, passage.number, passage.start_ms, passage.end_ms, passage.text,
                passage.speaker, json.dumps(passage.speakers), passage.chapter, passage.language,
                passage.emotion, _packed(passage.sentences), _packed(passage.offsets),
                _packed(passage.times_ms), passage.timed, vector,
            ),
        )  # fmt: skip
        self._db.execute(
            "INSERT INTO words (rowid, text, chapter, title) VALUES (?, ?, ?, ?)",
            (row.lastrowid, *_terms(passage.text, passage.chapter, about.title, passage.language)),
        )

    def _drop(self, volume: int, part: str) -> bool:
        row = self._db.execute(
            "SELECT id FROM parts WHERE volume = ? AND name = ?", (volume, part)
        ).fetchone()
        if row is None:
            return False
        title = self._db.execute("SELECT title FROM volumes WHERE id = ?", (volume,)).fetchone()[0]
        old = self._db.execute(
            "SELECT id, text, chapter, language FROM passages WHERE part = ?", row
        ).fetchall()
        self._db.executemany(
            "INSERT INTO words (words, rowid, text, chapter, title) VALUES ('delete', ?, ?, ?, ?)",
            [(one, *_terms(text, chapter, title, tag)) for one, text, chapter, tag in old],
        )
        self._db.execute("DELETE FROM passages WHERE part = ?", row)
        self._db.execute("DELETE FROM parts WHERE id = ?", row)
        return True

    def remove(self, media_id: str, part: str = "") -> bool:
        """Take a volume out, or one part of it."""
        row = self._db.execute("SELECT id FROM volumes WHERE media_id = ?", (media_id,)).fetchone()
        if row is None:
            return False
        with sqlite_files.transaction(self._db):
            names = [part] if part else [one.name for one in self.parts(media_id)]
            removed = [self._drop(row[0], name) for name in names]
            left = self._db.execute("SELECT count(*) FROM parts WHERE volume = ?", row).fetchone()
            if not left[0]:
                self._db.execute("DELETE FROM volumes WHERE id = ?", row)
        return any(removed) or not part

    def volumes(self) -> Iterator[Volume]:
        """All volumes, by title."""
        query = f"SELECT {_VOLUME} FROM volumes ORDER BY title, media_id"
        for row in self._db.execute(query).fetchall():
            yield Volume(**dict(zip(Volume.__slots__, row, strict=True)))

    def volume(self, media_id: str) -> Volume | None:
        """One volume."""
        query = f"SELECT {_VOLUME} FROM volumes WHERE media_id = ?"
        row = self._db.execute(query, (media_id,)).fetchone()
        return Volume(**dict(zip(Volume.__slots__, row, strict=True))) if row else None

    def parts(self, media_id: str) -> tuple[Part, ...]:
        """The parts of a volume, by name."""
        query = (
            "SELECT kind, t.language, digest, source FROM parts t JOIN volumes v ON v.id = t.volume"
            " WHERE media_id = ? ORDER BY name"
        )
        return tuple(
            Part(kind=kind, language=language, digest=digest, source=source)
            for kind, language, digest, source in self._db.execute(query, (media_id,))
        )

    def passages(self, ids: Sequence[int]) -> tuple[Passage, ...]:
        """Passages in the order of their ids as given."""
        marks = ",".join("?" * len(ids))
        query = f"SELECT {_PASSAGE} FROM {_FROM} WHERE p.id IN ({marks})"
        found = {row[0]: _passage(row) for row in self._db.execute(query, tuple(ids))}
        return tuple(found[one] for one in ids if one in found)

    def passages_of(self, media_id: str, part: str = "") -> Iterator[Passage]:
        """All passages of a volume, or of one part of it, in order."""
        query = (
            f"SELECT {_PASSAGE} FROM {_FROM} WHERE v.media_id = ? AND (? = '' OR t.name = ?)"
            " ORDER BY t.name, p.number"
        )
        for row in self._db.execute(query, (media_id, part, part)).fetchall():
            yield _passage(row)

    def around(self, passage: Passage, *, before: int = 1, after: int = 1) -> tuple[Passage, ...]:
        """The passages of its part before and after it, and itself, in order."""
        query = (
            f"SELECT {_PASSAGE} FROM {_FROM} WHERE v.media_id = ? AND t.name = ?"
            " AND p.number BETWEEN ? AND ? ORDER BY p.number"
        )
        first, last = passage.number - before, passage.number + after
        rows = self._db.execute(query, (passage.media_id, passage.part, first, last))
        return tuple(map(_passage, rows))

    def by_words(self, query: Node, *, filters: Filters, limit: int) -> tuple[Scored, ...]:
        """The best by BM25 over text, chapter and title."""
        condition, values = _condition(filters)
        rows = self._db.execute(
            f"SELECT p.id, -{_RANK} AS score FROM words CROSS JOIN {_FROM}"
            f" WHERE p.id = words.rowid AND words MATCH ? {condition}"
            " ORDER BY score DESC, p.id LIMIT ?",
            (_match(query), *values, limit),
        )
        return tuple(Scored(id=one, score=score) for one, score in rows)

    def by_vector(
        self, vector: NDArray[np.float32], *, filters: Filters, limit: int
    ) -> tuple[Scored, ...]:
        """The nearest by cosine."""
        condition, values = _condition(filters)
        rows = self._db.execute(
            f"SELECT p.id, p.vector FROM {_FROM} WHERE p.vector IS NOT NULL {condition}"
            " ORDER BY p.id",
            values,
        ).fetchall()
        if not rows:
            return ()
        matrix = np.frombuffer(b"".join(row[1] for row in rows), np.float32).reshape(len(rows), -1)
        scores = matrix @ vector
        best = np.argsort(-scores, kind="stable")[:limit]
        return tuple(Scored(id=rows[at][0], score=float(scores[at])) for at in best)

    def vectors(self, ids: Sequence[int]) -> NDArray[np.float32] | None:
        """The vectors of passages, shape [n, d]."""
        marks = ",".join("?" * len(ids))
        query = f"SELECT id, vector FROM passages WHERE id IN ({marks})"
        found = dict(self._db.execute(query, tuple(ids)))
        if not ids or any(found.get(one) is None for one in ids):
            return None
        return np.stack([np.frombuffer(found[one], np.float32) for one in ids])

    def forget_vectors(self) -> None:
        """Drop all vectors, and whose they were."""
        with sqlite_files.transaction(self._db):
            self._db.execute("UPDATE passages SET vector = NULL WHERE vector IS NOT NULL")
            self._db.execute("DELETE FROM about WHERE name = 'encoding'")

    def languages(self) -> tuple[str, ...]:
        """Primary tags of the passages' languages, the most frequent first."""
        query = "SELECT language FROM passages GROUP BY language ORDER BY count(*) DESC, language"
        rows = self._db.execute(query)
        return tuple(dict.fromkeys(row[0].partition("-")[0] for row in rows))

    def frequencies(self, terms: Sequence[str]) -> Mapping[str, int]:
        """In how many passages each term stands."""
        query = "SELECT doc FROM vocabulary WHERE term = ?"
        return {term: (self._db.execute(query, (term,)).fetchone() or (0,))[0] for term in terms}

    def near_terms(self, term: str, *, limit: int) -> tuple[tuple[str, int], ...]:
        """Terms that begin alike and are about as long."""
        rows = self._db.execute(
            "SELECT term, doc FROM vocabulary WHERE term >= ? AND term < ?"
            " AND length(term) BETWEEN ? AND ? ORDER BY doc DESC, term LIMIT ?",
            (term[:1], term[:1] + "\U0010ffff", len(term) - 2, len(term) + 2, limit),
        )
        return tuple(rows)

    def counts(self) -> Counts:
        """How much it holds."""
        volumes, parts, passages, vectors, pages = self._db.execute(
            "SELECT (SELECT count(*) FROM volumes), (SELECT count(*) FROM parts),"
            " (SELECT count(*) FROM passages), (SELECT count(vector) FROM passages),"
            " (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size)"
        ).fetchone()
        return Counts(
            volumes=volumes, parts=parts, passages=passages, vectors=vectors, size_bytes=pages
        )

    def verify(self) -> tuple[Finding, ...]:
        """What is wrong with it."""
        checked = self._db.execute("PRAGMA integrity_check").fetchall()
        return tuple(Finding(code="damaged", message=row[0]) for row in checked if row[0] != "ok")

    def rebuild(self) -> None:
        """Make the index of words anew from the passages."""
        with sqlite_files.transaction(self._db):
            self._db.execute("INSERT INTO words (words) VALUES ('delete-all')")
            rows = self._db.execute(
                "SELECT p.id, p.text, p.chapter, v.title, p.language FROM passages p"
                " JOIN volumes v ON v.id = p.volume"
            ).fetchall()
            self._db.executemany(
                "INSERT INTO words (rowid, text, chapter, title) VALUES (?, ?, ?, ?)",
                [(row[0], *_terms(*row[1:])) for row in rows],
            )

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _translated(self, exc: sqlite3.DatabaseError) -> StoreError | CorruptError:
        return sqlite_files.translate(
            exc, self.path, what="library", cure="loquitur library rebuild"
        )


def _terms(text: str, chapter: str, title: str, language: str) -> tuple[str, str, str]:
    first, second, third = (
        " ".join(rules.terms(one, language=language)) for one in (text, chapter, title)
    )
    return first, second, third


def _packed(numbers: Sequence[int]) -> bytes:
    return array("I", numbers).tobytes()


def _unpacked(data: bytes) -> tuple[int, ...]:
    return tuple(array("I", data))


def _passage(row: Sequence[Any]) -> Passage:
    return Passage(
        id=row[0], media_id=row[1], part=row[2], number=row[3], start_ms=row[4], end_ms=row[5],
        text=row[6], speaker=row[7], speakers=tuple(json.loads(row[8])), chapter=row[9],
        language=row[10], emotion=row[11], sentences=_unpacked(row[12]), offsets=_unpacked(row[13]),
        times_ms=_unpacked(row[14]), timed=bool(row[15]),
    )  # fmt: skip


def _match(query: Node) -> str:
    """A query in FTS5's syntax, every term in quotes."""
    if isinstance(query, Term):
        return "(" + " OR ".join(map(_quoted, query.any_of)) + ")"
    if isinstance(query, Phrase):
        return _quoted(" ".join(query.terms))
    if isinstance(query, Prefix):
        return _quoted(query.start) + "*"
    if isinstance(query, AllOf):
        return "(" + " AND ".join(map(_match, query.parts)) + ")"
    if isinstance(query, AnyOf):
        return "(" + " OR ".join(map(_match, query.parts)) + ")"
    return f"({_match(query.node)} NOT {_match(query.unwanted)})"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _condition(filters: Filters) -> tuple[str, list[object]]:
    parts: list[str] = []
    values: list[object] = []

    def one_of(column: str, wanted: Sequence[str]) -> None:
        if wanted:
            parts.append(f"{column} COLLATE NOCASE IN ({','.join('?' * len(wanted))})")
            values.extend(wanted)

    one_of("v.media_id", filters.media_ids)
    one_of("v.channel", filters.channels)
    one_of("p.emotion", filters.emotions)
    one_of("t.kind", filters.kinds)
    if filters.speakers:
        marks = ",".join("?" * len(filters.speakers))
        parts.append(
            f"EXISTS (SELECT 1 FROM json_each(p.speakers) WHERE value COLLATE NOCASE IN ({marks}))"
        )
        values.extend(filters.speakers)
    if filters.languages:
        parts.append(
            "("
            + " OR ".join("p.language = ? OR p.language LIKE ?" for _ in filters.languages)
            + ")"
        )
        values.extend(one for tag in filters.languages for one in (tag, f"{tag}-%"))
    for text, value in (
        ("v.published >= ?", filters.after),
        ("v.published < ? AND v.published != ''", filters.before),
        ("v.duration_ms >= ?", filters.shortest_ms),
        ("v.duration_ms <= ?", filters.longest_ms),
    ):
        if value not in (None, ""):
            parts.append(text)
            values.append(value)
    return ("AND " + " AND ".join(parts) if parts else ""), values
