"""Terms of a library that a word may have been meant as, by the runs of letters they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.library.index.postgres.lexemes import SPELLED, any_of, asked_grams

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST = 0.3
"""The share of runs (Dice 1945) that two spellings of a word have in common at least."""
_LONGER = 2
"""Signs by which they differ at most."""


def near(db: Any, term: str, *, limit: int) -> tuple[tuple[str, int], ...]:
    """Terms that share many runs of letters with one, the nearest first, with their frequencies."""
    if len(term) not in SPELLED or limit < 1:
        return ()
    grams: Sequence[str] = asked_grams(term)
    found = db.execute(
        "SELECT s.term, (SELECT sum(octet_length(postings) / 8)::integer FROM blocks b"
        " WHERE b.term = s.term) AS passages FROM (SELECT term, size, 2.0 * (SELECT count(*)"
        " FROM unnest(tsvector_to_array(grams)) g WHERE g = ANY(%s)) / (size + %s) AS share"
        " FROM spellings WHERE grams @@ %s::tsquery AND signs BETWEEN %s AND %s AND term <> %s) s"
        " WHERE share >= %s ORDER BY share DESC, passages DESC, s.term LIMIT %s",
        (
            *(list(grams), len(term) + 1, any_of(grams), len(term) - _LONGER),
            *(len(term) + _LONGER, term, LEAST, limit),
        ),
    ).fetchall()
    return tuple((one, count) for one, count in found)
