"""More like this: passages that share what is particular to one, and lie near it in meaning."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from loquitur.errors import UsageError
from loquitur.library import terms as rules
from loquitur.library.search import pages
from loquitur.library.search.fusion import fused, weight_of
from loquitur.library.search.hits import APART_MS, arranged, page_of
from loquitur.library.search.stop_words import stop_words
from loquitur.library.search.wording import Wording
from loquitur.model.library import ALL, AnyOf, Found, Term

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.library.index.contract import Index
    from loquitur.library.search.fusion import Fusion
    from loquitur.model.library import Filters, Mode, Passage

_TERMS = 25
_POOL = 100


def like(
    index: Index,
    passage_id: int,
    *,
    mode: Mode = "hybrid",
    k: int = 10,
    filters: Filters = ALL,
    fusion: Fusion = "sum",
    cursor: str = "",
    group: bool = True,
) -> Found:
    """Find passages like one: by its terms of highest TF-IDF, and by its own vector.

    Args:
        index: Where to look.
        passage_id: `Hit.passage.id` of a search.
        mode: `hybrid`, `words` or `meaning`.
        k: Hits of a page.
        filters: Which passages are looked at.
        fusion: How words and meaning are joined.
        cursor: That of the page before.
        group: One hit a volume.

    Raises:
        UsageError: There is no such passage, `k` is below 1, the cursor is of another query, or
            `meaning` is asked for where there are no vectors.
        StoreError: The index cannot be read.
    """
    if k < 1:
        raise UsageError(f"not a number of hits: {k}", hint="1 or more")
    passage = next(iter(index.passages([passage_id])), None)
    if passage is None:
        raise UsageError(
            f"no passage has the number {passage_id}",
            hint="take `passage` of a hit of `loquitur search --json`",
        )
    vectors = None if mode == "words" else index.vectors([passage_id])
    if vectors is None and mode == "meaning":
        raise UsageError(
            "this library has no vectors to search by meaning", hint="search with --mode words"
        )
    wording = _told_by(index, passage)
    query = f"like:{passage_id}"
    used: Mode = "words" if vectors is None else mode
    digest = pages.query_digest(query, mode, filters, fusion, group)
    if cursor:
        rank, places = pages.resumed(cursor, digest)
    else:
        others, scores = _others(index, passage, wording, vectors, filters, mode, fusion=fusion)
        rank, places = 0, arranged(others, scores, group=group)
    hits, left = page_of(index, wording, places, rank, k)
    after = pages.cursor(digest, rank + len(hits), left)
    return Found(query=query, hits=hits, mode=used, cursor=after)


def _others(
    index: Index,
    passage: Passage,
    wording: Wording,
    vectors: NDArray[np.float32] | None,
    filters: Filters,
    mode: Mode,
    *,
    fusion: Fusion,
) -> tuple[list[Passage], dict[int, float]]:
    """Passages that are like one, the best first, and their scores."""
    words: dict[int, float] = {}
    meaning: dict[int, float] = {}
    if mode != "meaning" and wording.node is not None:
        found = index.by_words(wording.node, filters=filters, limit=_POOL)
        words = {one.id: one.score for one in found if one.id != passage.id}
    if vectors is not None:
        found = index.by_vector(vectors[0], filters=filters, limit=_POOL)
        meaning = {one.id: one.score for one in found if one.id != passage.id}
    scores = fused(words, meaning, fusion=fusion, weight=_weight(index, wording))
    order = sorted(scores, key=lambda one: (-scores[one], one))
    return [one for one in index.passages(order) if not _beside(one, passage)], scores


def _weight(index: Index, wording: Wording) -> float:
    encoding = index.encoding
    return 1.0 if encoding is None else weight_of(encoding, runs=wording.runs)


def _told_by(index: Index, passage: Passage) -> Wording:
    """The terms that tell a passage from others, and what each tells."""
    stop = stop_words(passage.language)
    counts: Counter[str] = Counter()
    for word in rules.words(passage.text):
        if word.text not in stop:
            counts.update(rules.terms(word.text, language=passage.language))
    frequencies = index.frequencies([*counts])
    weights = _weighed(counts, frequencies)
    kept = sorted(weights, key=lambda term: (-weights[term], term))[:_TERMS]
    if not kept:
        return Wording(node=None)
    node = AnyOf(parts=tuple(Term(any_of=(term,)) for term in kept))
    return Wording(node=node, weights={term: weights[term] for term in kept})


def _weighed(counts: Mapping[str, int], frequencies: Mapping[str, int]) -> dict[str, float]:
    """TF-IDF, the frequency of the commonest term in the place of the number of passages."""
    most = max(frequencies.values(), default=0) + 1
    return {
        term: (1 + math.log(count)) * math.log(1 + most / max(1, frequencies.get(term, 0)))
        for term, count in counts.items()
    }


def _beside(one: Passage, other: Passage) -> bool:
    """Whether a passage overlaps another, which it is like for that."""
    same = (one.media_id, one.part) == (other.media_id, other.part)
    return same and one.timed and abs(one.start_ms - other.start_ms) < APART_MS
