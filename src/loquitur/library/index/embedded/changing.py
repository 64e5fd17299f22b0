"""What changes a library: parts put in and taken out, each inside somebody's transaction.

A passage never changes in its place: what is put in, or gets another title, gets new ids above
all that were ever given, and what goes is noted as a range of ids (`gone`). So a side file knows
what it lacks by the highest id it holds, and what it holds too much by its generation.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from loquitur.library import terms as cutting
from loquitur.library.index.embedded import vocabulary
from loquitur.library.index.embedded.rows import VOLUME, named, packed, storable
from loquitur.library.index.embedded.schema import about

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from loquitur.model.library import Part, Passage, Volume

_DIGITS = np.dtype("<f2")
"""How vectors lie in the file: halves are exact to about 1e-5 of a cosine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The terms of a passage."""

    id: int
    text: list[str]
    chapter: list[str]
    title: list[str]

    @property
    def row(self) -> tuple[int, str, str, str]:
        """As the table of words takes it."""
        return self.id, " ".join(self.text), " ".join(self.chapter), " ".join(self.title)

    @property
    def terms(self) -> list[str]:
        """All of them."""
        return self.text + self.chapter + self.title


def put(
    db: sqlite3.Connection,
    volume: Volume,
    part: Part,
    passages: Sequence[Passage],
    vectors: NDArray[np.float32] | None,
) -> None:
    """A part in the place of the one of its name."""
    step(db)
    volume = replace(volume, title=storable(volume.title))
    number, title = _volume(db, volume)
    row = db.execute(
        "SELECT id, first, last FROM parts WHERE volume = ? AND name = ?", (number, part.name)
    ).fetchone()
    if row:
        _drop(db, row[1:], title)
        db.execute("DELETE FROM parts WHERE id = ?", row[:1])
    if title != volume.title:
        _retitle(db, number, title, volume.title)
    first = _ids(db, len(passages))
    place = db.execute(
        "INSERT INTO parts (volume, name, kind, language, digest, source, first, last)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number, part.name, part.kind, part.language, part.digest, part.source,
            first, first + len(passages) - 1,
        ),
    ).lastrowid or 0  # fmt: skip
    _fill(db, (number, place, first), volume.title, passages)
    if vectors is not None:
        halves = vectors.astype(_DIGITS)
        rows = [(first + at, halves[at].tobytes()) for at in range(len(passages))]
        db.executemany("INSERT INTO vectors VALUES (?, ?)", rows)


def take_out(db: sqlite3.Connection, media_id: str, name: str) -> bool:
    """A volume, or one part of it; False where there was none."""
    row = db.execute("SELECT id, title FROM volumes WHERE media_id = ?", (media_id,)).fetchone()
    if row is None:
        return False
    step(db)
    number, title = row
    parts = db.execute(
        "SELECT id, first, last FROM parts WHERE volume = ? AND (? = '' OR name = ?)",
        (number, name, name),
    ).fetchall()
    for place, *ids in parts:
        _drop(db, ids, title)
        db.execute("DELETE FROM parts WHERE id = ?", (place,))
    if not db.execute("SELECT 1 FROM parts WHERE volume = ?", (number,)).fetchone():
        db.execute("DELETE FROM volumes WHERE id = ?", (number,))
    return bool(parts) or not name


def cut(db: sqlite3.Connection, first: int, last: int, title: str | None = None) -> list[Cut]:
    """The terms of the passages of a range of ids, in order; with a title other than theirs."""
    rows = db.execute(
        "SELECT p.id, x.text, p.chapter, v.title, p.language FROM passages p"
        " JOIN texts x ON x.id = p.id JOIN volumes v ON v.id = p.volume"
        " WHERE p.id BETWEEN ? AND ? ORDER BY p.id",
        (first, last),
    )
    return [
        _cut(number, text, chapter, known if title is None else title, language)
        for number, text, chapter, known, language in rows.fetchall()
    ]


def insert_words(db: sqlite3.Connection, cuts: Iterable[Cut]) -> None:
    """Passages' terms into the table of words."""
    db.executemany(
        "INSERT INTO words (rowid, text, chapter, title) VALUES (?, ?, ?, ?)",
        (each.row for each in cuts),
    )


def floats(rows: Sequence[bytes]) -> NDArray[np.float32]:
    """Vectors as they lie in the file, shape [n, d]."""
    matrix = np.frombuffer(b"".join(rows), _DIGITS).reshape(len(rows), -1)
    return matrix.astype(np.float32)


def _cut(number: int, text: str, chapter: str, title: str, language: str) -> Cut:
    return Cut(
        id=number,
        text=cutting.terms(text, language=language),
        chapter=_short(chapter, language),
        title=_short(title, language),
    )


@lru_cache(maxsize=256)
def _short(text: str, language: str) -> list[str]:
    return cutting.terms(text, language=language)


def _fill(
    db: sqlite3.Connection,
    place: tuple[int, int, int],
    title: str,
    passages: Sequence[Passage],
) -> None:
    volume, part, first = place
    rows, texts, cuts = [], [], []
    for at, one in enumerate(passages):
        text, chapter = storable(one.text), storable(one.chapter)
        rows.append((
            first + at, volume, part, one.number, one.start_ms, one.end_ms, storable(one.speaker),
            chapter, one.language, one.emotion, one.timed,
        ))  # fmt: skip
        speakers = storable(named(one.speakers))
        numbers = packed(one.sentences), packed(one.offsets), packed(one.times_ms)
        texts.append((first + at, text, speakers, *numbers))
        cuts.append(_cut(first + at, text, chapter, title, one.language))
    db.executemany(f"INSERT INTO passages VALUES ({','.join('?' * 11)})", rows)
    db.executemany("INSERT INTO texts VALUES (?, ?, ?, ?, ?, ?)", texts)
    insert_words(db, cuts)
    vocabulary.change(db, (each.terms for each in cuts), by=1)
    _voices(db, first, passages)
    _languages(db, [one.language for one in passages])


def _drop(db: sqlite3.Connection, ids: Sequence[int], title: str) -> None:
    first, last = ids
    if last < first:
        return
    _unword(db, cut(db, first, last, title))
    languages = [
        row[0]
        for row in db.execute(
            "SELECT language FROM passages WHERE id BETWEEN ? AND ?", (first, last)
        )
    ]
    _languages(db, languages, by=-1)
    voices = db.execute(
        "SELECT DISTINCT speaker FROM voices WHERE passage BETWEEN ? AND ?", (first, last)
    ).fetchall()
    db.execute("DELETE FROM voices WHERE passage BETWEEN ? AND ?", (first, last))
    db.executemany(
        "DELETE FROM speakers WHERE id = ?1"
        " AND NOT EXISTS (SELECT 1 FROM voices WHERE speaker = ?1)",
        voices,
    )
    for table in ("passages", "texts", "vectors"):
        db.execute(f"DELETE FROM {table} WHERE id BETWEEN ? AND ?", (first, last))
    _note_gone(db, first, last)


def _unword(db: sqlite3.Connection, cuts: Sequence[Cut]) -> None:
    db.executemany(  # a table without content must be told what it is to forget
        "INSERT INTO words (words, rowid, text, chapter, title) VALUES ('delete', ?, ?, ?, ?)",
        [each.row for each in cuts],
    )
    vocabulary.change(db, (each.terms for each in cuts), by=-1)


def _retitle(db: sqlite3.Connection, volume: int, old: str, new: str) -> None:
    """The passages of a volume under new ids, with the terms of its new title."""
    parts = db.execute("SELECT id, first, last FROM parts WHERE volume = ?", (volume,)).fetchall()
    for part, first, last in parts:
        if last < first:
            continue
        _unword(db, cut(db, first, last, old))
        moved = _ids(db, last - first + 1)
        for table, column in (
            ("passages", "id"), ("texts", "id"), ("vectors", "id"), ("voices", "passage"),
        ):  # fmt: skip
            db.execute(
                f"UPDATE {table} SET {column} = {column} + ? WHERE {column} BETWEEN ? AND ?",
                (moved - first, first, last),
            )
        ids = moved, moved + last - first
        db.execute("UPDATE parts SET first = ?, last = ? WHERE id = ?", (*ids, part))
        cuts = cut(db, *ids, new)
        insert_words(db, cuts)
        vocabulary.change(db, (each.terms for each in cuts), by=1)
        _note_gone(db, first, last)


def _volume(db: sqlite3.Connection, volume: Volume) -> tuple[int, str]:
    """The number of a volume, made or updated, and the title under which its words are."""
    found = db.execute(
        "SELECT id, title FROM volumes WHERE media_id = ?", (volume.media_id,)
    ).fetchone()
    title, channel = storable(volume.title), storable(volume.channel)
    row = (
        volume.media_id, title, channel, volume.published, volume.language, volume.duration_ms,
        storable(volume.origin), channel.casefold(),
    )  # fmt: skip
    if found is None:
        made = db.execute(
            f"INSERT INTO volumes ({VOLUME}, channel_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row
        )
        return made.lastrowid or 0, title
    db.execute(
        "UPDATE volumes SET title = ?, channel = ?, published = ?, language = ?, duration_ms = ?,"
        " origin = ?, channel_key = ? WHERE media_id = ?",
        (*row[1:], row[0]),
    )
    return int(found[0]), str(found[1])


def _voices(db: sqlite3.Connection, first: int, passages: Sequence[Passage]) -> None:
    heard = [
        (storable(name), first + at)
        for at, one in enumerate(passages)
        for name in dict.fromkeys((*one.speakers, *([one.speaker] if one.speaker else [])))
    ]
    db.executemany(
        "INSERT OR IGNORE INTO speakers (name, key) VALUES (?, ?)",
        [(name, name.casefold()) for name in dict.fromkeys(name for name, _ in heard)],
    )
    db.executemany(
        "INSERT OR IGNORE INTO voices SELECT id, ?2 FROM speakers WHERE name = ?1", heard
    )


def _languages(db: sqlite3.Connection, languages: Sequence[str], *, by: int = 1) -> None:
    counts = {language: languages.count(language) * by for language in dict.fromkeys(languages)}
    db.executemany(
        "INSERT INTO languages VALUES (?, ?)"
        " ON CONFLICT (language) DO UPDATE SET passages = passages + excluded.passages",
        counts.items(),
    )
    if by < 0:
        db.execute("DELETE FROM languages WHERE passages <= 0")


def _ids(db: sqlite3.Connection, count: int) -> int:
    """The first of so many new ids, one behind the other."""
    first = int(about(db, "next"))
    db.execute("UPDATE about SET value = ? WHERE name = 'next'", (first + count,))
    return first


def step(db: sqlite3.Connection) -> None:
    """Another generation."""
    db.execute("UPDATE about SET value = value + 1 WHERE name = 'generation'")


def _note_gone(db: sqlite3.Connection, first: int, last: int) -> None:
    db.execute(
        "INSERT INTO gone SELECT value, ?, ? FROM about WHERE name = 'generation'", (first, last)
    )


def forget_vectors(db: sqlite3.Connection) -> None:
    """Drop all vectors, and whose they were; a matrix of before is another library's now."""
    db.execute("DELETE FROM vectors")
    db.execute("DELETE FROM about WHERE name = 'encoding'")
    db.execute("INSERT OR REPLACE INTO about VALUES ('vectors', ?)", (secrets.token_hex(8),))
    step(db)
