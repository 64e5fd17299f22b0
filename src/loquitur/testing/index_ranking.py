"""What every index must find first: scores held against BM25 counted by hand.

The formula is that of SQLite's FTS5 (sqlite.org/fts5.html, "The bm25() function"): k1 = 1.2,
b = 0.75, idf = ln((N - n + 0.5) / (n + 0.5)) but not below 1e-6, columns weighted before the
saturation (Robertson, Zaragoza, Taylor 2004, "Simple BM25 extension to multiple weighted fields").
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from typing import TYPE_CHECKING

from loquitur.library.terms import terms
from loquitur.model.library import ALL, AllOf, AnyOf, Part, Passage, Term, Volume
from loquitur.testing.passages import PART, zipf_passages, zipf_queries

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loquitur.library.index.contract import Index
    from loquitur.model.library import Filters, Node

K1, B, LEAST_IDF = 1.2, 0.75, 1e-6
TEXT, CHAPTER, TITLE = 1.0, 1.5, 2.0
"""What a word counts by where it stands."""


def word(*any_of: str) -> Term:
    """A word of a query."""
    return Term(any_of=any_of)


def put(
    index: Index,
    media_id: str,
    *texts: str,
    language: str = "en",
    title: str = "",
    chapter: str = "",
) -> None:
    """A part of speech of these texts in the place of that volume's of the same language."""
    part = Part(kind="speech", language=language)
    index.replace(
        Volume(media_id=media_id, title=title or media_id.upper()),
        part,
        [
            Passage(
                media_id=media_id,
                part=part.name,
                number=number,
                start_ms=number * 1_000,
                end_ms=(number + 1) * 1_000,
                text=text,
                chapter=chapter,
                language=language,
            )
            for number, text in enumerate(texts)
        ],
    )


def found(index: Index, query: Node, filters: Filters = ALL) -> list[str]:
    """The texts that fit, the best first."""
    hits = index.by_words(query, filters=filters, limit=50)
    passages = index.passages([hit.id for hit in hits])
    assert len(passages) == len(hits), "hits are passages"
    return [passage.text for passage in passages]


def said(index: Index, media_id: str) -> list[str]:
    """All texts of a volume in order."""
    return [passage.text for passage in index.passages_of(media_id)]


def check_ties(opened: Callable[[], Index]) -> None:
    """The best first; equals by id; scores fall, and more of the words is better."""
    index = opened()
    put(index, "a", "red apples", "blue plums", "red apples", "red red apples", "other things")
    put(index, "b", "filling one", "filling two", "filling three", "filling four", "filling five")
    hits = index.by_words(AnyOf(parts=(word("red"), word("appl"))), filters=ALL, limit=9)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    passages = index.passages([hit.id for hit in hits])
    equal = [p.id for p in passages if p.text == "red apples"]
    assert equal == sorted(equal)
    assert len(passages) == 3
    both = AnyOf(parts=(word("blue"), word("plum"), word("red")))
    assert found(index, both)[0] == "blue plums"
    top = index.by_words(both, filters=ALL, limit=1)
    assert top == index.by_words(both, filters=ALL, limit=9)[:1], "a limit cuts, no more"
    index.close()


def check_weights(opened: Callable[[], Index]) -> None:
    """A word's weight multiplies its score; titles and chapters count more."""
    index = opened()
    put(index, "a", "red one", "green two", *(f"filling number {n}" for n in range(8)))
    (heavy,) = index.by_words(word("red"), filters=ALL, limit=1)
    (light,) = index.by_words(Term(any_of=("red",), weight=0.25), filters=ALL, limit=1)
    assert math.isclose(light.score, heavy.score * 0.25, rel_tol=1e-3)
    for weights, first in (((1.0, 0.5), "red one"), ((0.5, 1.0), "green two")):
        query = AnyOf(
            parts=(
                Term(any_of=("red",), weight=weights[0]),
                Term(any_of=("green",), weight=weights[1]),
            )
        )
        assert found(index, query)[0] == first
    put(index, "b", "physics today")
    put(index, "c", "today now", chapter="physics")
    put(index, "d", "today then", title="physics")
    assert found(index, word("physic")) == ["today then", "today now", "physics today"]
    index.close()


def check_bm25(opened: Callable[[], Index]) -> None:
    """The same passages in the same order as by the formula, with the same ratios of scores."""
    index = opened()
    bodies: list[tuple[str, str, str]] = []
    for volume, passages in zipf_passages(120, words=30, vocabulary=600, seed=3, per_volume=20):
        chaptered = [
            dataclasses.replace(passage, chapter=passage.text[:12] if passage.number % 3 else "")
            for passage in passages
        ]
        index.replace(volume, PART, chaptered)
        bodies += [(passage.text, passage.chapter, volume.title) for passage in chaptered]
    ids = sorted(
        passage.id for one in index.volumes() for passage in index.passages_of(one.media_id)
    )
    for asked in zipf_queries(12, words=3, vocabulary=600, seed=4):
        nodes = [word(term) for term in terms(" ".join(asked), language="en")]
        first, second, third = (node.any_of[0] for node in nodes)
        several = Term(any_of=(first, second), misheard=(third,), misheard_weight=0.5)
        for query in (
            AnyOf(parts=tuple(nodes)), AllOf(parts=tuple(nodes[:2])), nodes[2], several,
            AnyOf(parts=(Term(any_of=(second,), misheard=(first,), weight=0.7), nodes[2])),
            AllOf(parts=(several, nodes[0])),
        ):  # fmt: skip
            wanted = scores_of(query, bodies)
            hits = index.by_words(query, filters=ALL, limit=200)
            assert {hit.id for hit in hits} == {ids[at] for at in wanted}, query
            if not hits:
                continue
            given = {hit.id: hit.score for hit in hits}
            ratio = max(wanted.values()) / hits[0].score
            for at, score in wanted.items():
                assert math.isclose(given[ids[at]] * ratio, score, rel_tol=2e-3, abs_tol=1e-5)
    index.close()


def scores_of(query: Node, bodies: Sequence[tuple[str, str, str]]) -> dict[int, float]:
    """BM25 of English bodies (text, chapter, title) that fit, by their place, by the formula.

    Takes queries of `Term`, `AllOf` and `AnyOf`.
    """
    counted: list[Counter[str]] = []
    lengths: list[int] = []
    for body in bodies:
        weighted: Counter[str] = Counter()
        length = 0
        for text, weight in zip(body, (TEXT, CHAPTER, TITLE), strict=True):
            found_terms = terms(text, language="en")
            length += len(found_terms)
            for term in found_terms:
                weighted[term] += weight  # type: ignore[assignment]
        counted.append(weighted)
        lengths.append(length)
    mean = sum(lengths) / len(lengths)

    def of_term(term: str, at: int, count: int) -> float:
        idf = max(math.log((len(bodies) - count + 0.5) / (count + 0.5)), LEAST_IDF)
        often = counted[at][term]
        return idf * often * (K1 + 1) / (often + K1 * (1 - B + B * lengths[at] / mean))

    def score(node: Node, at: int) -> float | None:
        if isinstance(node, Term):
            forms = node.forms()
            count = sum(any(form in one for form in forms) for one in counted)
            each = [
                share * of_term(form, at, count)
                for form, share in forms.items()
                if form in counted[at]
            ]
            return node.weight * max(each) if each else None
        assert isinstance(node, AllOf | AnyOf)
        parts = [score(part, at) for part in node.parts]
        fitting = [part for part in parts if part is not None]
        enough = len(parts) if isinstance(node, AllOf) else 1
        return sum(fitting) if len(fitting) >= enough else None

    all_scores = ((at, score(query, at)) for at in range(len(bodies)))
    return {at: one for at, one in all_scores if one is not None}


RANKINGS = (check_ties, check_weights, check_bm25)
