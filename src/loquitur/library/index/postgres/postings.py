"""Which terms stand where, as tables that change with every part, and are read fast.

`words` has each passage's terms with their places, for phrases, and as the truth. What a search
reads are postings: for a term, the passages it stands in, how often (weighted), and how long those
are; 8 bytes each. They lie in `blocks`, one row for a term and a segment of some thousand passages.
A part that is added goes to `fresh`, a small table that is read through; when that is full it
becomes a segment, and many segments become a larger one (the log-structured merge of O'Neil et al.
1996). A passage that goes is cut out of its blocks, so that no answer has to skip the dead.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.library.index.postgres.lexemes import any_of, spellings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from loquitur.library.index.postgres.lexemes import Words

FRESH = 2_048
"""Passages of `fresh` that become a segment."""
MERGED = 16
"""Segments of one size that become one."""
LARGEST = 2 * FRESH * MERGED
"""Passages of a segment that is merged no further, so that no single add takes long."""
POSTING = np.dtype([("passage", ">i4"), ("count", ">i2"), ("length", ">i2")])
"""As the server packs it; `count` is twice the weighted number."""
_PACKED = (
    "string_agg(int4send(passage) || int2send((2 * cardinality(u.weights)"
    " + 2 * cardinality(array_positions(u.weights, 'A'))"
    " + cardinality(array_positions(u.weights, 'B')))::int2)"
    " || int2send(least(length, 32767)::int2), ''::bytea ORDER BY passage)"
)
"""A text's word counts 1, a chapter's 1.5, a title's 2: here 2, 3 and 4."""


def add(db: Any, words: Sequence[Words]) -> None:
    """Take in the words of passages; nothing of theirs is there yet."""
    if not words:
        return
    with db.cursor() as cursor:
        for table in ("words", "fresh"):
            with cursor.copy(f"COPY {table} (passage, length, terms) FROM STDIN") as copy:
                for one in words:
                    copy.write_row((one.passage, one.length, one.vector))
    counted = Counter(lexeme for one in words for lexeme in one.lexemes)
    terms = sorted(counted)
    counts = [counted[term] for term in terms]
    known = db.execute(
        "UPDATE vocabulary v SET passages = v.passages + d.count"
        " FROM unnest(%s::text[], %s::integer[]) d (term, count) WHERE v.term = d.term"
        " RETURNING v.term",
        (terms, counts),
    ).fetchall()
    missing = sorted(counted.keys() - {row[0] for row in known})
    with db.cursor() as cursor:
        with cursor.copy("COPY vocabulary (term, passages) FROM STDIN") as copy:
            for term in missing:
                copy.write_row((term, counted[term]))
        with cursor.copy("COPY spellings (term, signs, size, grams) FROM STDIN") as copy:
            for row in spellings(missing):
                copy.write_row(row)
    db.execute(
        "UPDATE totals SET passages = passages + %s, length = length + %s",
        (len(words), sum(one.length for one in words)),
    )


def remove(db: Any, passages: Sequence[int]) -> None:
    """Take the words of passages out; those that stand nowhere else are forgotten."""
    if not passages:
        return
    ids = list(passages)
    rows = db.execute(
        "SELECT u.lexeme, count(*) FROM words, unnest(terms) u WHERE passage = ANY(%s) GROUP BY 1",
        (ids,),
    ).fetchall()
    terms = [row[0] for row in rows]
    db.execute(
        "UPDATE vocabulary v SET passages = v.passages - d.count"
        " FROM unnest(%s::text[], %s::integer[]) d (term, count) WHERE v.term = d.term",
        (terms, [row[1] for row in rows]),
    )
    gone = "DELETE FROM vocabulary WHERE term = ANY(%s) AND passages <= 0 RETURNING term"
    forgotten = [row[0] for row in db.execute(gone, (terms,))]
    db.execute("DELETE FROM spellings WHERE term = ANY(%s)", (forgotten,))
    db.execute(
        "UPDATE totals t SET passages = t.passages - d.count, length = t.length - d.length FROM"
        " (SELECT count(*) AS count, coalesce(sum(length), 0) AS length FROM words"
        " WHERE passage = ANY(%s)) d",
        (ids,),
    )
    sealed = set(ids)
    gone = "DELETE FROM fresh WHERE passage = ANY(%s) RETURNING passage"
    sealed.difference_update(row[0] for row in db.execute(gone, (ids,)))
    if sealed:
        _cut(db, terms, sorted(sealed))
    db.execute("DELETE FROM words WHERE passage = ANY(%s)", (ids,))


def _cut(db: Any, terms: list[str], passages: list[int]) -> None:
    """Cut passages out of the blocks of their terms."""
    segments = db.execute(
        "SELECT id FROM segments WHERE last >= %s AND first <= %s", (passages[0], passages[-1])
    ).fetchall()
    rows = db.execute(
        "SELECT term, segment, postings FROM blocks WHERE term = ANY(%s) AND segment = ANY(%s)",
        (terms, [row[0] for row in segments]),
    ).fetchall()
    changed: list[tuple[str, int, bytes]] = []
    removed: dict[int, set[int]] = {}
    for term, segment, data in rows:
        block = np.frombuffer(data, POSTING)
        is_gone = np.isin(block["passage"], passages)
        if is_gone.any():
            changed.append((term, segment, block[~is_gone].tobytes()))
            removed.setdefault(segment, set()).update(block["passage"][is_gone].tolist())
    columns = [list(column) for column in zip(*changed, strict=True)] or [[], [], []]
    db.execute(
        "UPDATE blocks b SET postings = d.postings FROM"
        " unnest(%s::text[], %s::integer[], %s::bytea[]) d (term, segment, postings)"
        " WHERE b.term = d.term AND b.segment = d.segment",
        columns,
    )
    db.execute("DELETE FROM blocks WHERE term = ANY(%s) AND postings = ''", (columns[0],))
    for segment, found in removed.items():
        db.execute("UPDATE segments SET size = size - %s WHERE id = %s", (len(found), segment))
    db.execute(
        "DELETE FROM segments s WHERE id = ANY(%s) AND NOT EXISTS"
        " (SELECT FROM blocks b WHERE b.segment = s.id)",
        (list(removed),),
    )


def seal(db: Any, *, least: int | None = None) -> bool:
    """Make a segment of what is fresh where that is enough, and one of many; whether it did."""
    row = db.execute("SELECT count(*), min(passage), max(passage) FROM fresh").fetchone()
    if row[0] < max(1, FRESH if least is None else least):
        return False
    number = _next_segment(db)
    db.execute(
        f"INSERT INTO blocks SELECT u.lexeme, {number}, {_PACKED}"
        " FROM fresh, unnest(terms) u GROUP BY u.lexeme"
    )
    db.execute("INSERT INTO segments VALUES (%s, %s, %s, %s)", (number, row[1], row[2], row[0]))
    db.execute("DELETE FROM fresh")
    _merge(db)
    return True


def _merge(db: Any) -> None:
    rows = db.execute("SELECT id FROM segments WHERE size < %s", (LARGEST // 4,)).fetchall()
    if len(rows) < MERGED:
        return
    ids = [row[0] for row in rows]
    number = _next_segment(db)
    db.execute(
        f"INSERT INTO blocks SELECT term, {number}, string_agg(postings, ''::bytea"
        " ORDER BY segment) FROM blocks WHERE segment = ANY(%s) GROUP BY term",
        (ids,),
    )
    db.execute(
        f"INSERT INTO segments SELECT {number}, min(first), max(last), sum(size) FROM segments"
        " WHERE id = ANY(%s)",
        (ids,),
    )
    db.execute("DELETE FROM blocks WHERE segment = ANY(%s)", (ids,))
    db.execute("DELETE FROM segments WHERE id = ANY(%s)", (ids,))


def _next_segment(db: Any) -> int:
    return int(db.execute("SELECT coalesce(max(id), 0) + 1 FROM segments").fetchone()[0])


def frequencies(db: Any, terms: Sequence[str]) -> dict[str, int]:
    """In how many passages each lexeme stands; those that stand nowhere are left out."""
    query = "SELECT term, passages FROM vocabulary WHERE term = ANY(%s)"
    return dict(db.execute(query, (list(terms),)).fetchall())


def of(db: Any, terms: Iterable[str]) -> dict[str, NDArray[np.void]]:
    """The postings of lexemes, each an array of `POSTING`."""
    wanted = list(terms)
    rows = db.execute(
        "SELECT term, postings FROM blocks WHERE term = ANY(%s) UNION ALL"
        f" SELECT u.lexeme, {_PACKED} FROM fresh, unnest(terms) u"
        " WHERE terms @@ %s::tsquery AND u.lexeme = ANY(%s) GROUP BY u.lexeme",
        (wanted, any_of(wanted), wanted),
        binary=True,
    ).fetchall()
    found: dict[str, list[bytes]] = {}
    for term, data in rows:
        found.setdefault(term, []).append(data)
    return {term: np.frombuffer(b"".join(data), POSTING) for term, data in found.items()}


def of_phrase(db: Any, lexemes: Sequence[str]) -> NDArray[np.void]:
    """Where lexemes stand one behind the other, as postings."""
    from loquitur.library.index.postgres.lexemes import phrase_of

    rows = db.execute(
        "SELECT passage, length, u.lexeme, u.positions, u.weights FROM words, unnest(terms) u"
        " WHERE terms @@ %s::tsquery AND u.lexeme = ANY(%s) ORDER BY passage",
        (phrase_of(lexemes), list(dict.fromkeys(lexemes))),
        binary=True,
    ).fetchall()
    places: dict[int, dict[str, dict[int, str]]] = {}
    lengths: dict[int, int] = {}
    for passage, length, lexeme, positions, weights in rows:
        lengths[passage] = length
        stands = dict(zip(positions, weights, strict=True))
        places.setdefault(passage, {})[lexeme] = stands
    found = [
        (passage, count, min(lengths[passage], 32_767))
        for passage, stands in places.items()
        if (count := _often(stands, lexemes))
    ]
    return np.array(found, POSTING)


def _often(stands: dict[str, dict[int, str]], lexemes: Sequence[str]) -> int:
    """Twice the weighted number of times that lexemes stand one behind the other."""
    codes = {"A": 4, "B": 3}
    return sum(
        codes.get(weight, 2)
        for at, weight in stands.get(lexemes[0], {}).items()
        if all(at + by in stands.get(lexeme, ()) for by, lexeme in enumerate(lexemes))
    )


def of_prefix(db: Any, start: str, *, most: int = 2_000) -> NDArray[np.void]:
    """Where terms that begin so stand, as postings; of very many terms the most frequent."""
    query = "SELECT term FROM vocabulary WHERE term ^@ %s ORDER BY passages DESC, term LIMIT %s"
    terms = [row[0] for row in db.execute(query, (start, most))]
    if not terms:
        return np.empty(0, POSTING)
    each = np.concatenate([*of(db, terms).values()])
    passages, first, inverse = np.unique(each["passage"], return_index=True, return_inverse=True)
    found = each[first].copy()
    counts = np.bincount(inverse, weights=each["count"], minlength=len(passages))
    found["count"] = np.minimum(counts, 32_767)
    return found
