"""Terms of a library that a word may have been meant as, by the runs of letters they share."""

from __future__ import annotations

from typing import Any

from loquitur.library.index.postgres.lexemes import SPELLED, any_of, asked_grams

LEAST = 0.3
"""The share of runs (Dice 1945) that two spellings of a word have in common at least."""
_RANK = 1.64493406685
"""`ts_rank` of terms without places is their number over this and over all asked for
(PostgreSQL 18, src/backend/utils/adt/tsrank.c, calc_rank_or)."""
_LONGER = 2
"""Signs by which they differ at most."""


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
