"""The best passages for a query of words, by FTS5's BM25.

Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond", with k1 = 1.2
and b = 0.75, the frequency of a term weighted by the column it stands in.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from loquitur.library.index.bm25 import CHAPTER, TEXT, TITLE, idf
from loquitur.library.index.contract import Scored
from loquitur.library.index.embedded import inverted, pruning, side
from loquitur.library.index.embedded.filtering import condition
from loquitur.library.index.embedded.matching import expression, many_formed, weights
from loquitur.model.library import AnyOf, Term

if TYPE_CHECKING:
    import sqlite3

    from loquitur.library.index.embedded.inverted import Inverted
    from loquitur.model.library import Filters, Node

_MORE, _MOST = 4, 20_000
_RANK = f"bm25(words, {TEXT}, {CHAPTER}, {TITLE})"
"""Of the columns text, chapter, title."""


def merged(
    db: sqlite3.Connection, query: Node, words: Inverted, *, filters: Filters, limit: int
) -> tuple[Scored, ...]:
    """The best by a side index, and of what it does not hold yet by FTS5; ties by id."""
    dropped = side.gone(db, words.state)
    wanted, values = condition(filters)
    asked = limit
    while True:
        asked = min(asked * _MORE, _MOST)
        hits = inverted.best(words, query, limit=asked)
        if hits is None:
            return by_words(db, query, filters=filters, limit=limit)
        kept = [
            hit
            for hit in hits
            if hit.id <= words.state.last
            and not any(low <= hit.id <= high for low, high in dropped)
        ]
        if wanted:
            ids = json.dumps([hit.id for hit in kept])
            rows = db.execute(
                "SELECT p.id FROM json_each(?) j JOIN passages p ON p.id = j.value"
                f" WHERE 1{wanted}",
                (ids, *values),
            )
            allowed = {row[0] for row in rows}
            kept = [hit for hit in kept if hit.id in allowed]
        if len(kept) >= limit or len(hits) < asked:
            break
        if asked * limit > _MOST * max(1, len(kept)):  # what is let through is rare: all are scored
            return by_words(db, query, filters=filters, limit=limit)
    new = by_words(db, query, filters=filters, limit=limit, above=words.state.last)
    return tuple(sorted((*kept, *new), key=lambda hit: (-hit.score, hit.id))[:limit])


def by_words(
    db: sqlite3.Connection, query: Node, *, filters: Filters, limit: int, above: int = 0
) -> tuple[Scored, ...]:
    """The best, ties by id.

    Args:
        db: Where.
        query: What.
        filters: Among which.
        limit: How many at most.
        above: Only passages with higher ids.
    """
    matched = expression(query)
    if not matched or limit <= 0:
        return ()
    wanted, values = condition(filters)
    if above:
        wanted, values = f" AND words.rowid > ?{wanted}", [above, *values]
    source = "words CROSS JOIN passages p ON p.id = words.rowid" if " p." in wanted else "words"
    asked = f"{source} WHERE words MATCH ?{wanted}"
    pruned = _pruned(db, query, asked, values, limit)
    if pruned is not None:
        return pruned
    if weights(query).keys() <= {1.0} and not many_formed(query):
        rows = db.execute(
            f"SELECT words.rowid, -{_RANK} AS score FROM {asked}"
            " ORDER BY score DESC, words.rowid LIMIT ?",
            (matched, *values, limit),
        )
        return tuple(Scored(id=one, score=score) for one, score in rows)
    scores = _summed(db, query, asked, values)
    if not isinstance(query, AnyOf) or any(not hasattr(part, "weight") for part in query.parts):
        fits = db.execute(f"SELECT words.rowid FROM {asked}", (matched, *values))
        scores = {one: scores.get(one, 0.0) for (one,) in fits}
    return _best(scores, limit)


def _pruned(
    db: sqlite3.Connection, query: Node, source: str, values: list[object], limit: int
) -> tuple[Scored, ...] | None:
    """The best, found by the rare words of the query; None where that is not sure."""
    found = pruning.parted(db, query)
    if found is None:
        return None
    rare, frequent, bound = found
    asked = f"SELECT words.rowid, -{_RANK} FROM {source}"
    often = expression(frequent)
    if many_formed(rare) or not weights(rare).keys() <= {1.0}:
        scores = _summed(db, rare, source, values)
        if len(scores) < limit:
            return None
        within = f"{asked} AND +words.rowid IN (SELECT value FROM json_each(?))"
        for one, score in db.execute(within, (often, *values, json.dumps([*scores]))):
            scores[one] += score
    else:
        scores = dict(db.execute(asked, (expression(rare), *values)))
        if len(scores) < limit:
            return None
        scores |= dict(db.execute(asked, (f"{expression(rare)} AND {often}", *values)))
    best = _best(scores, limit)
    return best if best[-1].score > bound else None


def _best(scores: dict[int, float], limit: int) -> tuple[Scored, ...]:
    """The best of very many, ties by id."""
    if len(scores) > limit:
        values = np.fromiter(scores.values(), float, len(scores))
        worst = np.partition(values, -limit)[-limit]
        scores = {one: score for one, score in scores.items() if score >= worst}
    best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:limit]
    return tuple(Scored(id=one, score=score) for one, score in best)


def _summed(
    db: sqlite3.Connection, query: Node, source: str, values: list[object]
) -> dict[int, float]:
    """BM25 is a sum over words: those of each weight, and of many forms, are summed apart."""
    scores: dict[int, float] = {}
    for term in many_formed(query):
        for one, score in _of_forms(db, term, source, values).items():
            scores[one] = scores.get(one, 0.0) + score
    for weight, nodes in weights(query).items():
        if matched := expression(AnyOf(parts=tuple(nodes))):
            asked = f"SELECT words.rowid, -{_RANK} FROM {source}"
            for one, score in db.execute(asked, (matched, *values)):
                scores[one] = scores.get(one, 0.0) + weight * score
    return scores


def _of_forms(
    db: sqlite3.Connection, term: Term, source: str, values: list[object]
) -> dict[int, float]:
    """The score of a word of many forms: FTS5's of each, its IDF put in the place of theirs."""
    counting = "SELECT count(*) FROM words WHERE words MATCH ?"
    whole = pruning.total(db)
    (together,) = db.execute(counting, (expression(term),)).fetchone()
    scores: dict[int, float] = {}
    for form, share in term.forms().items():
        matched = expression(Term(any_of=(form,)))
        if not matched:
            continue
        (count,) = db.execute(counting, (matched,)).fetchone()
        told = share * term.weight * idf(whole, together) / idf(whole, count)
        query = f"SELECT words.rowid, -{_RANK} FROM {source}"
        for one, score in db.execute(query, (matched, *values)):
            scores[one] = max(scores.get(one, 0.0), told * score)
    return scores
