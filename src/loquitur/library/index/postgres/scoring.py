"""BM25 of a query of words over postings; the same numbers as FTS5 gives the embedded index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.library.index.agreement import check_rules
from loquitur.library.index.bm25 import K1, B, idf
from loquitur.library.index.postgres import postings
from loquitur.library.index.postgres.lexemes import lexeme_of
from loquitur.library.index.postgres.rows import clean
from loquitur.model.library import AllOf, AnyOf, Phrase, Prefix, Term, Without

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from loquitur.library.index.postgres.addresses import Address
    from loquitur.model.library import Node

_NOTHING = (np.empty(0, np.int64), np.empty(0))

Matches = tuple["NDArray[np.int64]", "NDArray[np.float64]"]
"""Passages, ascending, and the score of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """What the parts of one query share.

    Args:
        db: A connection, in a snapshot.
        passages: Of the library.
        mean: Terms of a passage.
        postings: Of each lexeme.
    """

    db: Any
    passages: int
    mean: float
    postings: dict[str, NDArray[np.void]]

    def of(self, node: Node) -> Matches:
        """The passages that fit, scored."""
        if isinstance(node, Term):
            return self._word(node)
        if isinstance(node, Phrase):
            return self._phrase(node)
        if isinstance(node, Prefix):
            start = clean(node.start)
            return self._scored(postings.of_prefix(self.db, start)) if start else _NOTHING
        if isinstance(node, AnyOf):
            return _either([self.of(part) for part in node.parts])
        if isinstance(node, AllOf):
            return self._all(node)
        kept, scores = self.of(node.node)
        is_kept = ~np.isin(kept, self.of(node.unwanted)[0], assume_unique=True)
        return kept[is_kept], scores[is_kept]

    def _word(self, node: Term) -> Matches:
        """A word in whichever form; the best of a passage's forms counts, at the IDF of all."""
        shares: dict[str, float] = {}
        for form, share in node.forms().items():
            lexeme = lexeme_of(clean(form))
            shares[lexeme] = max(share, shares.get(lexeme, 0.0))
        known = {one: self.postings[one] for one in shares if one in self.postings}
        if not known:
            return _NOTHING
        every = np.concatenate([found["passage"] for found in known.values()])
        passages, place = np.unique(every, return_inverse=True)
        told = idf(self.passages, len(passages))
        each = [
            share * told * self._told(known[one]) for one, share in shares.items() if one in known
        ]
        scores = np.zeros(len(passages))
        np.maximum.at(scores, place, np.concatenate(each))
        return passages.astype(np.int64), scores * node.weight

    def _term(self, lexeme: str) -> Matches:
        found = self.postings.get(lexeme)
        return _NOTHING if found is None else self._scored(found)

    def _phrase(self, node: Phrase) -> Matches:
        lexemes = [lexeme_of(clean(term)) for term in node.terms]
        if not lexemes or not all(lexeme in self.postings for lexeme in lexemes):
            return _NOTHING
        if len(lexemes) == 1:
            return self._term(lexemes[0])
        each = sorted((self.postings[lexeme]["passage"] for lexeme in set(lexemes)), key=len)
        among = each[0].astype(np.int64)
        for others in each[1:]:
            among = np.intersect1d(among, others)
        if not len(among):
            return _NOTHING
        is_most = 2 * len(among) > self.passages
        return self._scored(postings.of_phrase(self.db, lexemes, None if is_most else among))

    def _all(self, node: AllOf) -> Matches:
        if not node.parts:
            return _NOTHING
        passages, scores = self.of(node.parts[0])
        for part in node.parts[1:]:
            if not len(passages):
                break
            others, more = self.of(part)
            passages, first, second = np.intersect1d(
                passages, others, assume_unique=True, return_indices=True
            )
            scores = scores[first] + more[second]
        return passages, scores

    def _scored(self, found: NDArray[np.void]) -> Matches:
        scores = idf(self.passages, len(found)) * self._told(found)
        passages = found["passage"].astype(np.int64)
        order = np.argsort(passages, kind="stable")
        return passages[order], scores[order]

    def _told(self, found: NDArray[np.void]) -> NDArray[np.float64]:
        often = found["count"] / 2.0
        norm = K1 * (1 - B + B * found["length"] / self.mean)
        told: NDArray[np.float64] = often * (K1 + 1) / (often + norm)
        return told


def needs_snapshot(query: Node) -> bool:
    """Whether scoring a query takes several statements: it has phrases or prefixes."""
    if isinstance(query, AnyOf | AllOf):
        return any(map(needs_snapshot, query.parts))
    if isinstance(query, Without):
        return needs_snapshot(query.node) or needs_snapshot(query.unwanted)
    return isinstance(query, Phrase | Prefix)


def scored(db: Any, query: Node, address: Address) -> Matches:
    """The passages that fit a query with their scores, the best first, equals by id.

    Args:
        db: A connection, in a snapshot where the query needs one.
        query: Words.
        address: For errors.

    Raises:
        UsageError: Its words were cut by other rules.
    """
    lexemes = list(dict.fromkeys(lexeme_of(clean(term)) for term in _terms(query)))
    totals, found = postings.read(db, lexemes)
    check_rules(totals.rules, place=address.shown, library=address.shown)
    if not totals.passages:
        return _NOTHING
    scoring = Scoring(
        db=db,
        passages=totals.passages,
        mean=max(totals.length / totals.passages, 1e-9),
        postings=found,
    )
    passages, scores = scoring.of(query)
    scores = np.round(scores, 9)  # what is the same by the formula is the same here
    order = np.lexsort((passages, -scores))
    return passages[order], scores[order]


def _terms(node: Node) -> Iterator[str]:
    """The terms of a query."""
    if isinstance(node, Term):
        yield from node.forms()
    elif isinstance(node, Phrase):
        yield from node.terms
    elif isinstance(node, AnyOf | AllOf):
        for part in node.parts:
            yield from _terms(part)
    elif isinstance(node, Without):
        yield from _terms(node.node)
        yield from _terms(node.unwanted)


def _either(each: Sequence[Matches]) -> Matches:
    """What is in any of some, its scores added."""
    each = [one for one in each if len(one[0])]
    if len(each) < 2:
        return each[0] if each else _NOTHING
    passages, inverse = np.unique(np.concatenate([one[0] for one in each]), return_inverse=True)
    scores = np.concatenate([one[1] for one in each])
    summed = np.bincount(inverse, weights=scores, minlength=len(passages))
    return passages, summed.astype(np.float64)
