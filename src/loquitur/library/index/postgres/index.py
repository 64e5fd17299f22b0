"""The index on a PostgreSQL server."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from loquitur.library.index import agreement
from loquitur.library.index.contract import Counts, Scored
from loquitur.library.index.postgres import (
    checking,
    nearest,
    postings,
    rows,
    schema,
    scoring,
    spelling,
)
from loquitur.library.index.postgres.addresses import address_of
from loquitur.library.index.postgres.conditions import condition
from loquitur.library.index.postgres.connection import Server
from loquitur.library.index.postgres.lexemes import lexeme_of, words_of
from loquitur.model.library import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.library.index.contract import Finding, Spot
    from loquitur.model.library import Encoding, Filters, Node, Passage, Volume

_BATCH = 500
"""Rows that are fetched at once of what may be long."""
_LOOKED_AT, _MORE = 200, 8
"""Of the best by words that filters are first asked about; and how many times as many next."""


class PostgresIndex:
    """An index on a server (`library.index.contract.Index`), one schema of a database.

    Args:
        url: `postgresql://USER@HOST/DATABASE?library=NAME` (see `addresses`); made where there
            is none. It holds no password: libpq finds those.

    Raises:
        UsageError: That is no such address, or a password stands in it.
        MissingError: The driver is not installed.
        RemoteError: The server cannot be reached, or lets nobody in so.
        StoreError: A newer version of this package made it, or there is no right to make it.
    """

    def __init__(self, url: str) -> None:
        self.address = address_of(url)
        self._server = Server(self.address)
        self._server.ask(lambda db: db.execute("SELECT 1").fetchone())

    def __repr__(self) -> str:
        return f"PostgresIndex({self.address.shown!r})"

    @property
    def encoding(self) -> Encoding | None:
        """Whose vectors it holds."""
        return self._server.ask(lambda db: nearest.encoding_of(db, self.address))

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
        shown = self.address.shown

        def work(db: Any) -> str:
            agreement.check_rules(schema.about(db, "terms"), place=shown, library=shown)
            if vectors is not None:
                known = nearest.encoding_of(db, self.address)
                whose = agreement.check_vectors(
                    vectors, encoding, known, passages=len(passages), place=shown, library=shown
                )
                if known is None:
                    nearest.record(db, whose, self.address)
            number = self._shelve(db, volume, rows.clean(part.name))
            place = db.execute(
                "INSERT INTO parts (volume, name, kind, language, digest, source)"
                " VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
                (number, *map(rows.clean, (part.name, part.kind, part.language)),
                 *map(rows.clean, (part.digest, part.source))),
            ).fetchone()[0]  # fmt: skip
            ids = _put(db, passages, volume=volume, number=number, part=place)
            if vectors is None:
                return ""
            nearest.add(db, ids, vectors)
            return nearest.due(db, self.address)

        if due := self._server.write(work):
            self._server.outside(due)

    def _shelve(self, db: Any, volume: Volume, part: str) -> int:
        """Make or update a volume, without the part of that name; its number."""
        media_id = rows.clean(volume.media_id)
        query = "SELECT id, title FROM volumes WHERE media_id = %s"
        old = db.execute(query, (media_id,)).fetchone()
        number: int = db.execute(
            f"INSERT INTO volumes ({rows.VOLUME}, channel_key)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (media_id) DO UPDATE SET"
            " title = excluded.title, channel = excluded.channel,"
            " channel_key = excluded.channel_key, published = excluded.published,"
            " language = excluded.language, duration_ms = excluded.duration_ms,"
            " origin = excluded.origin RETURNING id",
            rows.volume_values(volume),
        ).fetchone()[0]
        _drop(db, number, part)
        if old is not None and old[1] != rows.clean(volume.title):
            query = "SELECT id FROM passages WHERE volume = %s ORDER BY id"
            ids = [row[0] for row in db.execute(query, (number,))]
            postings.remove(db, ids)
            checking.derive(db, ids)
        return number

    def remove(self, media_id: str, part: str = "") -> bool:
        """Take a volume out, or one part of it."""

        def work(db: Any) -> bool:
            query = "SELECT id FROM volumes WHERE media_id = %s"
            row = db.execute(query, (rows.clean(media_id),)).fetchone()
            if row is None:
                return False
            is_removed = _drop(db, row[0], rows.clean(part))
            gone = (
                "DELETE FROM volumes v WHERE id = %s"
                " AND NOT EXISTS (SELECT FROM parts t WHERE t.volume = v.id)"
            )
            db.execute(gone, row)
            return is_removed or not part

        return self._server.write(work)

    def volumes(self) -> Iterator[Volume]:
        """All volumes, by title."""
        query = (
            f"SELECT {rows.VOLUME} FROM volumes WHERE (title, media_id) > (%s, %s)"
            f" OR %s ORDER BY title, media_id LIMIT {_BATCH}"
        )
        last: tuple[str, str, bool] = ("", "", True)
        while True:
            found = self._rows(query, last)
            for row in found:
                yield rows.volume_of(row)
            if len(found) < _BATCH:
                return
            last = (found[-1][1], found[-1][0], False)

    def volume(self, media_id: str) -> Volume | None:
        """One volume."""
        query = f"SELECT {rows.VOLUME} FROM volumes WHERE media_id = %s"
        found = self._rows(query, (rows.clean(media_id),))
        return rows.volume_of(found[0]) if found else None

    def parts(self, media_id: str) -> tuple[Part, ...]:
        """The parts of a volume, by name."""
        query = (
            "SELECT t.kind, t.language, t.digest, t.source FROM parts t"
            " JOIN volumes v ON v.id = t.volume WHERE v.media_id = %s ORDER BY t.name"
        )
        found = self._rows(query, (rows.clean(media_id),))
        return tuple(
            Part(kind=kind, language=language, digest=digest, source=source)
            for kind, language, digest, source in found
        )

    def passages(self, ids: Sequence[int]) -> tuple[Passage, ...]:
        """Passages in the order of their ids as given."""
        query = f"SELECT {rows.PASSAGE} FROM {rows.FROM} WHERE p.id = ANY(%s::bigint[])"
        found = self._rows(query, (list(ids),))
        each = {row[0]: rows.passage_of(row) for row in found}
        return tuple(each[one] for one in ids if one in each)

    def spots(self, ids: Sequence[int]) -> tuple[Spot, ...]:
        """Where passages stand, in the order of their ids as given."""
        query = f"SELECT {rows.SPOT} FROM {rows.FROM} WHERE p.id = ANY(%s::bigint[])"
        each = {row[0]: rows.spot_of(row) for row in self._rows(query, (list(ids),))}
        return tuple(each[one] for one in ids if one in each)

    def passages_of(self, media_id: str, part: str = "") -> Iterator[Passage]:
        """All passages of a volume, or of one part of it, in order; batch by batch."""
        query = (
            f"SELECT {rows.PASSAGE} FROM {rows.FROM} WHERE v.media_id = %s"
            " AND (%s = '' OR t.name = %s) AND (t.name, p.number) > (%s, %s)"
            f" ORDER BY t.name, p.number LIMIT {_BATCH}"
        )
        wanted = (rows.clean(media_id), rows.clean(part), rows.clean(part))
        last: tuple[str, int] = ("", -1)
        while True:
            found = self._rows(query, (*wanted, *last))
            for row in found:
                yield rows.passage_of(row)
            if len(found) < _BATCH:
                return
            last = (found[-1][2], found[-1][3])

    def around(self, passage: Passage, *, before: int = 1, after: int = 1) -> tuple[Passage, ...]:
        """The passages of its part before and after it, and itself, in order."""
        query = (
            f"SELECT {rows.PASSAGE} FROM {rows.FROM} WHERE v.media_id = %s AND t.name = %s"
            " AND p.number BETWEEN %s AND %s ORDER BY p.number"
        )
        values = (
            *map(rows.clean, (passage.media_id, passage.part)),
            *(passage.number - before, passage.number + after),
        )
        found = self._rows(query, values)
        return tuple(map(rows.passage_of, found))

    def by_words(self, query: Node, *, filters: Filters, limit: int) -> tuple[Scored, ...]:
        """The best by BM25 over text, chapter and title, the best first; ties by id."""
        if limit < 1:
            return ()

        def work(db: Any) -> tuple[Scored, ...]:
            passages, scores = scoring.scored(db, query, self.address)
            best = _allowed(db, passages, filters, limit)
            return tuple(Scored(id=int(passages[at]), score=float(scores[at])) for at in best)

        needs_snapshot = scoring.needs_snapshot(query)
        return self._server.read(work) if needs_snapshot else self._server.ask(work)

    def by_vector(
        self, vector: NDArray[np.float32], *, filters: Filters, limit: int
    ) -> tuple[Scored, ...]:
        """The nearest by cosine, the best first."""
        return self._server.read(
            lambda db: nearest.nearest(db, vector, self.address, filters=filters, limit=limit)
        )

    def vectors(self, ids: Sequence[int]) -> NDArray[np.float32] | None:
        """The vectors of passages, shape [n, d]."""
        return self._server.ask(lambda db: nearest.read(db, ids))

    def forget_vectors(self) -> None:
        """Drop all vectors, and whose they were."""
        self._server.write(nearest.forget)

    def languages(self) -> tuple[str, ...]:
        """Primary tags of the passages' languages, the most frequent first."""
        found = self._rows("SELECT tag FROM tongues ORDER BY passages DESC, tag")
        return tuple(row[0] for row in found)

    def frequencies(self, terms: Sequence[str]) -> Mapping[str, int]:
        """In how many passages each term stands."""
        lexemes = {term: lexeme_of(rows.clean(term)) for term in terms}
        known = self._server.ask(lambda db: postings.frequencies(db, [*lexemes.values()]))
        return {term: known.get(lexeme, 0) for term, lexeme in lexemes.items()}

    def near_terms(self, term: str, *, limit: int) -> tuple[tuple[str, int], ...]:
        """Terms that share many runs of letters, the more the sooner, each with its frequency."""
        return self._server.ask(lambda db: spelling.near(db, rows.clean(term), limit=limit))

    def counts(self) -> Counts:
        """How much it holds."""
        return self._server.read(lambda db: checking.counts(db, self.address))

    def verify(self) -> tuple[Finding, ...]:
        """What is wrong with it."""
        return self._server.read(lambda db: checking.findings(db, self.address))

    def rebuild(self) -> None:
        """Make the words anew from the passages; readers see the old ones until that is done."""
        due = self._server.write(lambda db: checking.rebuild(db, self.address))
        self._server.outside(f"VACUUM (ANALYZE) {', '.join(checking.DERIVED)}")
        if self._server.ask(nearest.is_indexed):
            self._server.outside(f"REINDEX INDEX CONCURRENTLY {nearest.INDEX}")
        elif due:
            self._server.outside(due)

    def close(self) -> None:
        """Close the connection."""
        self._server.close()

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        return self._server.ask(lambda db: db.execute(query, values).fetchall())


def exists(url: str) -> bool:
    """Whether there is a library at an address; nothing is made.

    Raises:
        LoquiturError: As `PostgresIndex`.
    """
    address = address_of(url)
    server = Server(address, makes=False)
    try:
        return server.ask(lambda db: schema.version_of(db, address.schema)) > 0
    finally:
        server.close()


def _put(
    db: Any, passages: Sequence[Passage], *, volume: Volume, number: int, part: int
) -> list[int]:
    """Write the passages of a part with their words; the ids they are given."""
    first = db.execute(
        "UPDATE totals SET next = next + %s RETURNING next - %s", (len(passages), len(passages))
    ).fetchone()[0]
    words = []
    with (
        db.cursor() as cursor,
        cursor.copy(
            f"COPY passages ({', '.join(rows.COLUMNS)}) FROM STDIN (FORMAT BINARY)"
        ) as copy,
    ):
        copy.set_types(rows.TYPES)
        for at, passage in enumerate(passages, first):
            copy.write_row(rows.row_of(passage, number=at, volume=number, part=part))
            words.append(
                words_of(
                    at,
                    text=rows.clean(passage.text),
                    chapter=rows.clean(passage.chapter),
                    title=rows.clean(volume.title),
                    language=rows.clean(passage.language),
                )
            )
    postings.add(db, words)
    _count(db, Counter(rows.clean(passage.language).partition("-")[0] for passage in passages))
    return [*range(first, first + len(passages))]


def _drop(db: Any, volume: int, part: str) -> bool:
    """Take out one part of a volume, or all where none is named; whether there was one."""
    query = "SELECT id FROM parts WHERE volume = %s AND (%s = '' OR name = %s)"
    parts = [row[0] for row in db.execute(query, (volume, part, part))]
    if not parts:
        return False
    query = "SELECT id FROM passages WHERE part = ANY(%s) ORDER BY id"
    ids = [row[0] for row in db.execute(query, (parts,))]
    postings.remove(db, ids)
    nearest.remove(db, ids)
    query = (
        "SELECT split_part(language, '-', 1), -count(*) FROM passages WHERE id = ANY(%s) GROUP BY 1"
    )
    _count(db, dict(db.execute(query, (ids,)).fetchall()))
    db.execute("DELETE FROM passages WHERE id = ANY(%s)", (ids,))
    db.execute("DELETE FROM parts WHERE id = ANY(%s)", (parts,))
    return True


def _count(db: Any, passages: Mapping[str, int]) -> None:
    """Add to, or take from, the number of passages of each language."""
    for tag, count in passages.items():
        db.execute(
            "INSERT INTO tongues AS t VALUES (%s, %s) ON CONFLICT (tag)"
            " DO UPDATE SET passages = t.passages + excluded.passages",
            (tag, count),
        )
    if any(count < 0 for count in passages.values()):
        db.execute("DELETE FROM tongues WHERE passages <= 0")


def _allowed(db: Any, passages: NDArray[np.int64], filters: Filters, limit: int) -> Sequence[int]:
    """The places of the first passages that filters let through."""
    extra, values = condition(filters)
    if not extra:
        return range(min(limit, len(passages)))
    found: list[int] = []
    at, size = 0, max(_LOOKED_AT, 4 * limit)
    while at < len(passages) and len(found) < limit:
        looked_at = passages[at : at + size].tolist()
        query = f"SELECT p.id FROM {rows.FROM} WHERE p.id = ANY(%s) AND {extra}"
        fitting = {row[0] for row in db.execute(query, (looked_at, *values))}
        found += [at + by for by, one in enumerate(looked_at) if one in fitting]
        at, size = at + size, size * _MORE
    return found[:limit]
