"""Wishes for frequent and for rare words: the frequent ones alone cannot bring a passage far.

FTS5 scores every passage that has any word of a query. A word in every third passage adds little
to a score, and never more than a bound that follows from its frequency; so the passages of the rare
words are scored first, with the frequent ones where they stand in them too, and if the last of the
best is above what all frequent words could give together, no other passage can be among them
(MaxScore: Turtle and Flood 1995, "Query evaluation: strategies and optimizations").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.library.index.bm25 import K1, idf
from loquitur.library.index.embedded import vocabulary
from loquitur.library.index.embedded.matching import expression
from loquitur.library.index.embedded.rows import storable
from loquitur.model.library import AnyOf, Term

if TYPE_CHECKING:
    import sqlite3

    from loquitur.model.library import Node

_MOST_GAIN = K1 + 1
"""What BM25 gives at most for a term of idf 1."""
_WORTH = 3000
"""Passages that need not be scored: fewer are not worth a second query."""
_SHARE = 0.8


def parted(db: sqlite3.Connection, query: Node) -> tuple[AnyOf, AnyOf, float] | None:
    """The rare and the frequent words of a query of wishes; none of those has many forms.

    Returns:
        Both, and what the frequent ones add at most; None where it is not worth the while.
    """
    if not isinstance(query, AnyOf) or len(query.parts) < 2:
        return None
    terms = [part for part in query.parts if isinstance(part, Term)]
    if len(terms) < len(query.parts):
        return None
    whole = total(db)
    if whole < _WORTH:
        return None
    known = vocabulary.counted(db, [storable(one) for term in terms for one in term.forms()])
    counts = [[known.get(storable(one), 0) for one in term.forms()] for term in terms]
    order = sorted(range(len(terms)), key=lambda at: -max(counts[at], default=0))
    bounds = [_MOST_GAIN * idf(whole, max(counts[at], default=0)) for at in order]
    bound, frequent = 0.0, 0
    while frequent + 1 < len(order):
        term = terms[order[frequent]]
        if len(term.forms()) > 1 or term.weight != 1.0:
            break
        if bound + bounds[frequent] > _SHARE * bounds[-1]:
            break
        bound += bounds[frequent]
        frequent += 1
    if sum(max(counts[at], default=0) for at in order[:frequent]) < _WORTH:
        return None
    rare = tuple(terms[at] for at in sorted(order[frequent:]))
    often = tuple(terms[at] for at in sorted(order[:frequent]))
    if not frequent or not expression(AnyOf(parts=rare)) or not expression(AnyOf(parts=often)):
        return None
    return AnyOf(parts=rare), AnyOf(parts=often), bound


def total(db: sqlite3.Connection) -> int:
    """How many passages there are, without counting them."""
    (found,) = db.execute("SELECT coalesce(sum(passages), 0) FROM languages").fetchone()
    return int(found)
