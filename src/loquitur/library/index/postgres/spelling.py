"""Terms of a library, and those a word may have been meant as, by the letters they share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from loquitur.library.index.postgres.lexemes import SPELLED, any_of, asked_grams, spellings

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST = 0.3
"""The share of runs (Dice 1945) that two spellings of a word have in common at least."""
_RANK = 1.64493406685
"""`ts_rank` of terms without places is their number over this and over all asked for
(PostgreSQL 18, src/backend/utils/adt/tsrank.c, calc_rank_or)."""
_LONGER = 2
"""Signs by which they differ at most."""
_REMEMBERED = 200_000
"""Terms of which a connection remembers that the library has them."""


@dataclass(slots=True, kw_only=True)
class _Known:
    """What a connection knows of the library's terms.

    It holds as long as nobody else writes: each change leaves the number of its transaction, which
    is not the one we left where another's came between or ours was taken back.
    """

    change: str = ""
    terms: set[str] = field(default_factory=set)


_KNOWN: WeakKeyDictionary[Any, _Known] = WeakKeyDictionary()
_CHANGE = """
WITH old AS (SELECT value FROM about WHERE name = 'change')
INSERT INTO about VALUES ('change', pg_current_xact_id()::text)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
RETURNING (SELECT value FROM old), value
"""


def add(db: Any, terms: Sequence[str]) -> None:
    """Take in the grams of terms, some of which may be there."""
    known = _changed(db)
    unsure = [term for term in terms if term not in known.terms]
    if not unsure:
        return
    found = db.execute(  # the subquery keeps the planner at the index
        "SELECT d.term FROM unnest(%s::text[]) d (term) LEFT JOIN LATERAL"
        " (SELECT true AS known FROM spellings s WHERE s.term = d.term OFFSET 0) s ON true"
        " WHERE s.known IS NULL",
        (unsure,),
    ).fetchall()
    with (
        db.cursor() as cursor,
        cursor.copy("COPY spellings (term, signs, size, grams) FROM STDIN") as copy,
    ):
        for row in spellings(one[0] for one in found):
            copy.write_row(row)
    if len(known.terms) + len(unsure) > _REMEMBERED:
        known.terms.clear()
    known.terms.update(unsure)


def remove(db: Any, terms: Sequence[str]) -> None:
    """Forget those of some terms that stand nowhere."""
    known = _changed(db)
    known.terms.difference_update(terms)
    db.execute(  # the subquery keeps the planner at the index
        "DELETE FROM spellings WHERE term = ANY(ARRAY("
        "SELECT d.term FROM unnest(%s::text[]) d (term)"
        " LEFT JOIN LATERAL (SELECT true AS known FROM blocks b WHERE b.term = d.term LIMIT 1) b"
        " ON true WHERE b.known IS NULL))",
        (list(terms),),
    )


def clear(db: Any) -> None:
    """Forget all terms."""
    db.execute("DELETE FROM about WHERE name = 'change'")
    db.execute("DELETE FROM spellings")


def _changed(db: Any) -> _Known:
    """Note that the terms change; what is known of them."""
    before, now = db.execute(_CHANGE).fetchone()
    known = _KNOWN.setdefault(db, _Known())
    if before is None or before != known.change:
        known.terms.clear()
    known.change = now
    return known


def near(db: Any, term: str, *, limit: int) -> tuple[tuple[str, int], ...]:
    """Terms that share many runs of letters with one, the nearest first, with their frequencies."""
    if len(term) not in SPELLED or limit < 1:
        return ()
    grams = asked_grams(term)
    query = any_of(grams)
    found = db.execute(
        "SELECT s.term, (SELECT sum(octet_length(postings) / 8)::integer FROM blocks b"
        " WHERE b.term = s.term) AS passages FROM (SELECT term, ts_rank('{1, 1, 1, 1}', grams,"
        " %s::tsquery) * %s / (size + %s) AS share FROM spellings WHERE grams @@ %s::tsquery"
        " AND signs BETWEEN %s AND %s AND term <> %s) s WHERE share >= %s"
        " ORDER BY share DESC, passages DESC, s.term LIMIT %s",
        (
            *(query, 2 * _RANK * len(grams), len(term) + 1, query),
            *(len(term) - _LONGER, len(term) + _LONGER, term, LEAST, limit),
        ),
    ).fetchall()
    return tuple((one, count) for one, count in found)
