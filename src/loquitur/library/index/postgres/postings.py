"""Which terms stand where, as tables that change with every part, and are read fast.

`words` has each passage's terms with their places: for phrases, and as the truth. What a search
reads are postings: for a term, the passages it stands in, how often (weighted), and how long those
are; 8 bytes each. They lie in `blocks`, one row for a term and a segment. What is added at once is
a segment of its own, and many segments of one size become a larger one (the log-structured merge
tree of O'Neil et al. 1996). A passage that goes is cut out of its blocks, so that no answer has to
skip the dead, and so that nothing of it stays.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from loquitur.library.index.bm25 import CHAPTER, TEXT, TITLE
from loquitur.library.index.postgres import spelling
from loquitur.library.index.postgres.lexemes import phrase_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from loquitur.library.index.postgres.lexemes import Words

MERGED = 16
"""Segments of about one size that become one."""
LARGEST = 100_000
"""Passages of a segment that is merged no further, so that no single add takes long."""
POSTING = np.dtype([("passage", ">i4"), ("count", ">i2"), ("length", ">i2")])
"""`count` is twice the weighted number: a text's word counts 1, a chapter's 1.5, a title's 2."""
MOST = 32_767
"""What fits the two; nothing changes in BM25 long before."""
_COUNTED = 2_000
"""Passages with a phrase in which it is counted how often."""
_PREFIXED = 2_000
"""Terms of a prefix that are looked for, the most frequent of them."""
_COPY_HEAD, _COPY_END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_THREE_FIELDS, _SEGMENT_AND_SIZE = struct.Struct(">hi"), struct.Struct(">iii")
"""Of binary COPY (PostgreSQL 18, "COPY", File Formats): a field is its size and its bytes."""
_POSTING = struct.Struct(">ihh")
_TOTALS = struct.Struct(">qq")
_ENTRIES, _PLACE = struct.Struct(">I"), struct.Struct(">H")
_CODES = [round(2 * counted) for counted in (TEXT, TEXT, CHAPTER, TITLE)]
"""Twice what a place counts by its weight: D and C, B, A."""


class Totals(NamedTuple):
    """What is true of a whole library.

    Args:
        rules: The version of the rules by which its words were cut.
        passages: How many.
        length: Terms of all of them.
    """

    rules: str
    passages: int
    length: int


def add(db: Any, words: Sequence[Words]) -> None:
    """Take in the words of passages, as a segment; nothing of theirs is there yet."""
    if not words:
        return
    blocks: dict[str, bytearray] = {}
    pack = _POSTING.pack
    for one in words:
        passage, length = one.passage, min(one.length, MOST)
        for lexeme, count in one.counts.items():
            posting = pack(passage, count if count < MOST else MOST, length)
            known = blocks.get(lexeme)
            if known is None:
                blocks[lexeme] = bytearray(posting)
            else:
                known += posting
    passages = [one.passage for one in words if one.counts] or [0]
    segment = _new_segment(db, min(passages), max(passages), len(passages)) if blocks else 0
    with db.cursor() as cursor:
        with cursor.copy("COPY words (passage, length, terms) FROM STDIN") as copy:
            for one in words:
                copy.write_row((one.passage, one.length, one.vector))
        lexemes = sorted(blocks)
        _copy_blocks(cursor, ((lexeme, segment, bytes(blocks[lexeme])) for lexeme in lexemes))
    spelling.add(db, lexemes)
    db.execute(
        "UPDATE totals SET passages = passages + %s, length = length + %s",
        (len(words), sum(one.length for one in words)),
    )
    _merge(db)


def remove(db: Any, passages: Sequence[int]) -> None:
    """Take the words of passages out; those that stand nowhere else are forgotten."""
    if not passages:
        return
    ids = sorted(passages)
    query = "SELECT DISTINCT unnest(tsvector_to_array(terms)) FROM words WHERE passage = ANY(%s)"
    terms = [row[0] for row in db.execute(query, (ids,))]
    segments = db.execute(
        "SELECT id FROM segments WHERE last >= %s AND first <= %s", (ids[0], ids[-1])
    ).fetchall()
    emptied = _cut(db, terms, [row[0] for row in segments], ids)
    spelling.remove(db, emptied)
    db.execute(
        "UPDATE totals t SET passages = t.passages - d.count, length = t.length - d.length FROM"
        " (SELECT count(*) AS count, coalesce(sum(length), 0) AS length FROM words"
        " WHERE passage = ANY(%s)) d",
        (ids,),
    )
    db.execute("DELETE FROM words WHERE passage = ANY(%s)", (ids,))


def _cut(db: Any, terms: list[str], segments: list[int], passages: list[int]) -> list[str]:
    """Cut passages out of the blocks of their terms; the terms of blocks that were emptied.

    Rows are named by where they lie, which nobody else changes while we hold the library's lock.
    """
    rows = db.execute(
        "SELECT b.ctid::text, d.term, b.segment, b.postings FROM unnest(%s::text[]) d (term),"
        " LATERAL (SELECT ctid, segment, postings FROM blocks b WHERE b.term = d.term"
        " AND segment = ANY(%s) OFFSET 0) b",
        (terms, segments),
        binary=True,
    ).fetchall()
    every = np.frombuffer(b"".join(row[3] for row in rows), POSTING)
    is_gone_at = np.isin(every["passage"], passages)  # of all blocks at once
    end = 0
    touched: list[str] = []
    emptied: list[str] = []
    changed: list[tuple[str, int, bytes]] = []
    removed: dict[int, set[int]] = {}
    for where, term, segment, data in rows:
        start, end = end, end + len(data) // POSTING.itemsize
        block, is_gone = every[start:end], is_gone_at[start:end]
        if not is_gone.any():
            continue
        touched.append(where)
        if is_gone.all():
            emptied.append(term)
        else:
            changed.append((term, segment, block[~is_gone].tobytes()))
        removed.setdefault(segment, set()).update(block["passage"][is_gone].tolist())
    db.execute("DELETE FROM blocks WHERE ctid = ANY(%s::tid[])", (touched,))
    with db.cursor() as cursor:
        _copy_blocks(cursor, sorted(changed))
    for segment, found in removed.items():
        db.execute("UPDATE segments SET size = size - %s WHERE id = %s", (len(found), segment))
    db.execute("DELETE FROM segments WHERE id = ANY(%s) AND size <= 0", (segments,))
    return emptied


def _copy_blocks(cursor: Any, rows: Iterable[tuple[str, int, bytes]]) -> None:
    parts = [_COPY_HEAD]
    for term, segment, postings in rows:
        name = term.encode()
        parts += (
            _THREE_FIELDS.pack(3, len(name)), name,
            _SEGMENT_AND_SIZE.pack(4, segment, len(postings)), postings,
        )  # fmt: skip
    parts.append(_COPY_END)
    with cursor.copy("COPY blocks (term, segment, postings) FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(b"".join(parts))


def _new_segment(db: Any, first: int, last: int, size: int) -> int:
    query = (
        "INSERT INTO segments SELECT coalesce(max(id), 0) + 1, %s, %s, %s FROM segments"
        " RETURNING id"
    )
    return int(db.execute(query, (first, last, size)).fetchone()[0])


def _merge(db: Any) -> None:
    """Make one segment of many of a size, and of the larger ones that makes."""
    rows = db.execute("SELECT id, first, last, size FROM segments ORDER BY id").fetchall()
    step = 1
    while step * MERGED < LARGEST:
        alike = [row for row in rows if step <= row[3] < step * MERGED]
        if len(alike) >= MERGED:
            rows.append(_join(db, alike))
        step *= MERGED


def _join(db: Any, rows: Sequence[tuple[int, int, int, int]]) -> tuple[int, int, int, int]:
    ids = [row[0] for row in rows]
    first, last = min(row[1] for row in rows), max(row[2] for row in rows)
    size = sum(row[3] for row in rows)
    segment = _new_segment(db, first, last, size)
    db.execute(
        f"INSERT INTO blocks SELECT term, {segment}, string_agg(postings, ''::bytea"
        " ORDER BY segment) FROM blocks WHERE segment = ANY(%s) GROUP BY term ORDER BY term",
        (ids,),
    )
    db.execute("DELETE FROM blocks WHERE segment = ANY(%s)", (ids,))
    db.execute("DELETE FROM segments WHERE id = ANY(%s)", (ids,))
    return segment, first, last, size


def frequencies(db: Any, terms: Sequence[str]) -> dict[str, int]:
    """In how many passages each lexeme stands; those that stand nowhere are left out."""
    query = (
        "SELECT term, sum(octet_length(postings) / 8)::integer FROM blocks"
        " WHERE term = ANY(%s) GROUP BY term"
    )
    return dict(db.execute(query, (list(terms),)).fetchall())


def read(db: Any, terms: Iterable[str]) -> tuple[Totals, dict[str, NDArray[np.void]]]:
    """The library's totals and the postings of lexemes, of one moment and in one exchange."""
    rows = db.execute(
        "SELECT (SELECT value FROM about WHERE name = 'terms'),"
        " int8send(passages) || int8send(length), 0 FROM totals"
        " UNION ALL SELECT term, postings, segment FROM blocks WHERE term = ANY(%s)",
        (list(terms),),
        binary=True,
    )
    totals = Totals(rules="", passages=0, length=0)
    found: dict[str, list[bytes]] = {}
    for term, data, segment in rows:
        if segment:
            found.setdefault(term, []).append(data)
        else:
            totals = Totals(term or "", *_TOTALS.unpack(data))
    return totals, {term: np.frombuffer(b"".join(data), POSTING) for term, data in found.items()}


def of(db: Any, terms: Iterable[str]) -> dict[str, NDArray[np.void]]:
    """The postings of lexemes, each an array of `POSTING`; without those that stand nowhere."""
    query = "SELECT term, postings FROM blocks WHERE term = ANY(%s) ORDER BY term, segment"
    found: dict[str, list[bytes]] = {}
    for term, data in db.execute(query, (list(terms),), binary=True):
        found.setdefault(term, []).append(data)
    return {term: np.frombuffer(b"".join(data), POSTING) for term, data in found.items()}


def of_phrase(
    db: Any, lexemes: Sequence[str], passages: NDArray[np.int64] | None
) -> NDArray[np.void]:
    """Where lexemes stand one behind the other, as postings, by passage.

    How often is counted where it says something: a phrase that very many passages have counts once.

    Args:
        db: A connection, in a snapshot.
        lexemes: Two at least.
        passages: Those in which all of them stand; None where those are most of the library.
    """
    among = "" if passages is None else " AND passage = ANY(%s::integer[])"
    data = db.execute(
        "SELECT string_agg(int4send(passage) || int2send(2::int2)"
        f" || int2send(least(length, {MOST})::int2), ''::bytea ORDER BY passage)"
        f" FROM words WHERE terms @@ %s::tsquery{among}",
        (phrase_of(lexemes), *(() if passages is None else (passages.tolist(),))),
        binary=True,
    ).fetchone()[0]
    found = np.frombuffer(data or b"", POSTING)
    if not 0 < len(found) <= _COUNTED:
        return found
    found = found.copy()
    rows = db.execute(
        "SELECT passage, terms FROM words WHERE passage = ANY(%s::integer[]) ORDER BY passage",
        (found["passage"].tolist(),),
        binary=True,
    )
    wanted = {lexeme.encode() for lexeme in lexemes}
    keys = [lexeme.encode() for lexeme in lexemes]
    counts = [_often(_places(vector, wanted), keys) for _, vector in rows]
    found["count"] = np.minimum(counts, MOST)
    return found[found["count"] > 0]


def _places(vector: bytes, wanted: set[bytes]) -> dict[bytes, dict[int, int]]:
    """Where some lexemes stand in a `tsvector`, and with which weight.

    As `tsvectorsend` writes it (PostgreSQL 18, src/backend/utils/adt/tsvector.c): their number;
    for each its bytes, a zero, the number of its places, and those, the weight in the upper bits.
    """
    (entries,) = _ENTRIES.unpack_from(vector)
    found: dict[bytes, dict[int, int]] = {}
    at = _ENTRIES.size
    for _ in range(entries):
        end = vector.index(b"\0", at)
        (size,) = _PLACE.unpack_from(vector, end + 1)
        after = end + 3 + 2 * size
        lexeme = vector[at:end]
        if lexeme in wanted:
            places = np.frombuffer(vector[end + 3 : after], ">u2").tolist()
            found[lexeme] = {place & 0x3FFF: place >> 14 for place in places}
            if len(found) == len(wanted):
                break
        at = after
    return found


def _often(stands: dict[bytes, dict[int, int]], lexemes: Sequence[bytes]) -> int:
    """Twice the weighted number of times that lexemes stand one behind the other."""
    return sum(
        _CODES[weight]
        for at, weight in stands.get(lexemes[0], {}).items()
        if all(at + by in stands.get(lexeme, ()) for by, lexeme in enumerate(lexemes))
    )


def of_prefix(db: Any, start: str) -> NDArray[np.void]:
    """Where terms that begin so stand, as postings; of very many terms the most frequent."""
    query = (
        "SELECT term FROM blocks WHERE term ^@ %s GROUP BY term"
        " ORDER BY sum(octet_length(postings)) DESC, term LIMIT %s"
    )
    terms = [row[0] for row in db.execute(query, (start, _PREFIXED))]
    if not terms:
        return np.empty(0, POSTING)
    each = np.concatenate([*of(db, terms).values()])
    passages, first, inverse = np.unique(each["passage"], return_index=True, return_inverse=True)
    found = each[first].copy()
    counts = np.bincount(inverse, weights=each["count"], minlength=len(passages))
    found["count"] = np.minimum(counts, MOST)
    return found
