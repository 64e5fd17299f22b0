"""The embedded index: a library in one file, its words in FTS5, its vectors beside them."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import StoreError, UsageError
from loquitur.library.index import agreement
from loquitur.library.index.contract import Counts
from loquitur.library.index.embedded import (
    changing,
    checking,
    inverted,
    matrix,
    ranking,
    rows,
    schema,
    side,
    upkeep,
    vocabulary,
)
from loquitur.library.index.embedded.connections import Connections
from loquitur.library.index.embedded.meaning import Meaning
from loquitur.model.library import Part

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.library.index.contract import Finding, Scored, Spot
    from loquitur.library.index.embedded.inverted import Inverted
    from loquitur.model.library import Encoding, Filters, Node, Passage, Volume

_LARGEST_ID = (1 << 63) - 1


class EmbeddedIndex:
    """An index in a file (see `contract.Index`); threads and forked children may share it.

    Args:
        path: The file; it is made where there is none.

    Raises:
        StoreError: It cannot be opened, or a newer version of this package made it.
        CorruptError: It is damaged, or no library.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connections = Connections(path)
        self._own = self._unchecked = 0
        self._late: tuple[int, Mapping[str, int]] = (-1, {})
        self._side = side.folder_of(path)
        self._words: Inverted | None = None
        self._meaning = Meaning(self._side)
        self._wrote = False

    def __repr__(self) -> str:
        return f"EmbeddedIndex({str(self.path)!r})"

    @property
    def encoding(self) -> Encoding | None:
        """Whose vectors it holds."""
        with self._connections.reading() as db:
            return self._encoding(db)

    @property
    def generation(self) -> int:
        """A number that grows with every change."""
        with self._connections.reading() as db:
            return int(schema.about(db, "generation"))

    def replace(
        self,
        volume: Volume,
        part: Part,
        passages: Sequence[Passage],
        *,
        vectors: NDArray[np.float32] | None = None,
        encoding: Encoding | None = None,
    ) -> None:
        """Put a part in the place of the one of its name, in one transaction.

        Raises:
            UsageError: The vectors are of another model than those it holds, or not one a passage.
        """
        if len({one.number for one in passages}) != len(passages):
            raise UsageError(f"{volume.media_id}, {part.name}: passages of one number")
        with self._connections.writing() as db:
            schema.check_rules(db, self.path)
            if vectors is not None:
                self._settle_encoding(db, vectors, encoding, passages=len(passages))
            changing.put(db, volume, part, passages, vectors)
        self._wrote = True
        self._own += len(passages)
        self._unchecked += len(passages)
        if self._unchecked >= matrix.LEAST:
            self._unchecked = 0
            self._extend()

    def remove(self, media_id: str, part: str = "") -> bool:
        """Take a volume out, or one part of it."""
        with self._connections.writing() as db:
            schema.check_rules(db, self.path)
            return changing.take_out(db, rows.storable(media_id), rows.storable(part))

    def volumes(self) -> Iterator[Volume]:
        """All volumes, by title."""
        with self._connections.reading() as db:
            query = f"SELECT {rows.VOLUME} FROM volumes ORDER BY title, media_id"
            found = db.execute(query).fetchall()
        return map(rows.volume_of, found)

    def volume(self, media_id: str) -> Volume | None:
        """One volume."""
        query = f"SELECT {rows.VOLUME} FROM volumes WHERE media_id = ?"
        with self._connections.reading() as db:
            row = db.execute(query, (rows.storable(media_id),)).fetchone()
        return rows.volume_of(row) if row else None

    def parts(self, media_id: str) -> tuple[Part, ...]:
        """The parts of a volume, by name."""
        query = (
            "SELECT kind, t.language, digest, source FROM parts t JOIN volumes v ON v.id = t.volume"
            " WHERE media_id = ? ORDER BY name"
        )
        with self._connections.reading() as db:
            found = db.execute(query, (rows.storable(media_id),)).fetchall()
        return tuple(
            Part(kind=kind, language=language, digest=digest, source=source)
            for kind, language, digest, source in found
        )

    def passages(self, ids: Sequence[int]) -> tuple[Passage, ...]:
        """Passages in the order of their ids as given."""
        wanted = _possible(ids)
        query = (
            f"SELECT {rows.PASSAGE} FROM {rows.PASSAGES}"
            " WHERE p.id IN (SELECT value FROM json_each(?))"
        )
        with self._connections.reading() as db:
            found = {row[0]: row for row in db.execute(query, (json.dumps(wanted),))}
        return tuple(rows.passage_of(found[one]) for one in wanted if one in found)

    def spots(self, ids: Sequence[int]) -> tuple[Spot, ...]:
        """Where passages stand, in the order of their ids as given."""
        wanted = _possible(ids)
        query = f"SELECT {rows.SPOT} WHERE p.id IN (SELECT value FROM json_each(?))"
        with self._connections.reading() as db:
            found = {row[0]: row for row in db.execute(query, (json.dumps(wanted),))}
        return tuple(rows.spot_of(found[one]) for one in wanted if one in found)

    def passages_of(self, media_id: str, part: str = "") -> Iterator[Passage]:
        """All passages of a volume, or of one part of it, in order."""
        query = (
            f"SELECT {rows.PASSAGE} FROM parts t JOIN volumes v ON v.id = t.volume"
            " JOIN passages p ON p.id BETWEEN t.first AND t.last JOIN texts x ON x.id = p.id"
            " WHERE v.media_id = ? AND (? = '' OR t.name = ?) ORDER BY t.name, p.number, p.id"
        )
        wanted = [rows.storable(text) for text in (media_id, part, part)]
        with self._connections.reading() as db:
            found = db.execute(query, wanted).fetchall()
        return map(rows.passage_of, found)

    def around(self, passage: Passage, *, before: int = 1, after: int = 1) -> tuple[Passage, ...]:
        """The passages of its part before and after it, and itself, in order."""
        query = (
            f"SELECT {rows.PASSAGE} FROM parts t JOIN volumes v ON v.id = t.volume"
            " JOIN passages p ON p.id BETWEEN t.first AND t.last JOIN texts x ON x.id = p.id"
            " WHERE v.media_id = ? AND t.name = ? AND p.number BETWEEN ? AND ? ORDER BY p.number"
        )
        first, last = passage.number - before, passage.number + after
        with self._connections.reading() as db:
            found = db.execute(query, (passage.media_id, passage.part, first, last)).fetchall()
        return tuple(map(rows.passage_of, found))

    def by_words(self, query: Node, *, filters: Filters, limit: int) -> tuple[Scored, ...]:
        """The best by BM25 over text, chapter and title.

        Raises:
            UsageError: Its words were cut by other rules, or the query is nested too deeply.
        """
        with self._connections.reading() as db:
            schema.check_rules(db, self.path)
            words = inverted.opened(self._side, upkeep.words_key(db), self._words)
            self._words = words
            if words is None:
                return ranking.by_words(db, query, filters=filters, limit=limit)
            return ranking.merged(db, query, words, filters=filters, limit=limit)

    def by_vector(
        self, vector: NDArray[np.float32], *, filters: Filters, limit: int
    ) -> tuple[Scored, ...]:
        """The nearest by cosine.

        Raises:
            UsageError: The vector is not as long as those it holds.
        """
        with self._connections.reading() as db:
            known = self._encoding(db)
            if known is None:
                return ()
            agreement.check_asked(vector, known, place=str(self.path))
            vector = np.ascontiguousarray(vector, np.float32)
            key = upkeep.vectors_key(db)
            return self._meaning.nearest(db, vector, key=key, filters=filters, limit=limit)

    def vectors(self, ids: Sequence[int]) -> NDArray[np.float32] | None:
        """The vectors of passages, shape [n, d]."""
        wanted = _possible(ids)
        query = "SELECT id, data FROM vectors WHERE id IN (SELECT value FROM json_each(?))"
        with self._connections.reading() as db:
            found = dict(db.execute(query, (json.dumps(wanted),)))
        if not wanted or len(wanted) < len(ids) or any(one not in found for one in wanted):
            return None
        return changing.floats([found[one] for one in wanted])

    def forget_vectors(self) -> None:
        """Drop all vectors, and whose they were, in one transaction."""
        with self._connections.writing() as db:
            changing.forget_vectors(db)

    def languages(self) -> tuple[str, ...]:
        """Primary tags of the passages' languages, the most frequent first."""
        query = "SELECT language FROM languages ORDER BY passages DESC, language"
        with self._connections.reading() as db:
            found = db.execute(query).fetchall()
        return tuple(dict.fromkeys(row[0].partition("-")[0] for row in found))

    def frequencies(self, terms: Sequence[str]) -> Mapping[str, int]:
        """In how many passages each term stands."""
        with self._connections.reading() as db:
            return vocabulary.frequencies(db, terms, self._uncounted(db))

    def near_terms(self, term: str, *, limit: int) -> tuple[tuple[str, int], ...]:
        """Terms that share a half or the sound with it, the most alike first."""
        with self._connections.reading() as db:
            late = self._uncounted(db)
            return vocabulary.near(db, rows.storable(term), limit=limit, late=late)

    def counts(self) -> Counts:
        """How much it holds."""
        with self._connections.reading() as db:
            found = db.execute(
                "SELECT (SELECT count(*) FROM volumes), (SELECT count(*) FROM parts),"
                " (SELECT coalesce(sum(last - first + 1), 0) FROM parts),"
                " (SELECT count(*) FROM vectors),"
                " (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size)"
            ).fetchone()
        volumes, parts, passages, vectors, size = found
        return Counts(
            volumes=volumes, parts=parts, passages=passages, vectors=vectors, size_bytes=size
        )

    def verify(self) -> tuple[Finding, ...]:
        """What is wrong with it."""
        with self._connections.reading() as db:
            found = checking.verify(db)
            if any(one.code == "damaged" for one in found):
                return found
            return (*found, *upkeep.verify(db, self._side, self._encoding(db)))

    def rebuild(self) -> None:
        """Make everything that is derived from the passages anew, side files too."""
        with self._connections.writing() as db:
            checking.rebuild(db)
        self._let_go()
        side.discard(self.path)
        self._own = self.counts().passages
        self._extend(is_last=True)

    def close(self) -> None:
        """Close the file; what was left to be counted is counted."""
        if self._wrote:
            self._wrote = False
            with (
                contextlib.suppress(StoreError),  # nothing is lost: it is counted another time
                self._connections.writing() as db,
            ):
                vocabulary.settle(db)
                changing.step(db)  # what others know of the state before is no more
            self._extend(is_last=True)
        self._let_go()
        self._connections.close()

    def _extend(self, *, is_last: bool = False) -> None:
        """Bring side files up to date where that is due; without them everything is only slower."""
        with contextlib.suppress(StoreError), self._connections.reading() as db:
            known = self._encoding(db)
            upkeep.extend(db, self._side, known, own=self._own, is_last=is_last)

    def _uncounted(self, db: sqlite3.Connection) -> Mapping[str, int]:
        """What is not in the vocabulary yet, read once for each state of the library."""
        generation = int(schema.about(db, "generation"))
        known, late = self._late
        if known != generation:
            late = vocabulary.uncounted(db)
            self._late = generation, late
        return late

    def _let_go(self) -> None:
        self._words, self._late = None, (-1, {})
        self._meaning.forget()

    def _settle_encoding(
        self,
        db: sqlite3.Connection,
        vectors: NDArray[np.float32],
        given: Encoding | None,
        *,
        passages: int,
    ) -> None:
        """Note whose vectors these are; refuse those of another model."""
        known = self._encoding(db)
        whose = agreement.check_vectors(
            vectors, given, known,
            passages=passages, place=str(self.path), library=schema.named(self.path),
        )  # fmt: skip
        if known is None:
            db.execute("INSERT INTO about VALUES ('encoding', ?)", (agreement.noted(whose),))

    def _encoding(self, db: sqlite3.Connection) -> Encoding | None:
        note = schema.about(db, "encoding")
        return agreement.encoding_of(note, place=str(self.path), library=schema.named(self.path))


def _possible(ids: Sequence[int]) -> list[int]:
    """Those of some ids that a row could have."""
    return [int(one) for one in ids if 0 < one <= _LARGEST_ID]
