"""What words tell that stand in most passages: little, and not nothing.

SQLite's BM25 takes `log((N - n + 0.5) / (n + 0.5))` as the weight of a term and a millionth where
that is below 0, so that in the library of one lecture its very subject counts for nothing. Lucene's
`log(1 + (N - n + 0.5) / (n + 0.5))` stays above 0; what lies between both is added here, for terms
where it matters. That is for small libraries: in a large one hardly a term is so common. And it is
for words, since single characters are everywhere and their pairs tell more.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from loquitur.library import terms as rules
from loquitur.library.index.bm25 import K1, B, idf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loquitur.library.index.contract import Index
    from loquitur.library.search.wording import Wording

MOST_PASSAGES = 2_000
_COMMON = 0.125
"""Of the passages: from there on the two weights differ by more than an eighth."""


def lifted(index: Index, scores: Mapping[int, float], wording: Wording) -> dict[int, float]:
    """BM25 of passages with what their common terms tell.

    Args:
        index: Where they are.
        scores: BM25 by passage, as the index gave it.
        wording: The query.
    """
    most = max(wording.counts.values(), default=0)
    if not scores or wording.runs or most > MOST_PASSAGES:
        return dict(scores)
    whole = index.counts().passages
    if whole > MOST_PASSAGES or most < _COMMON * whole:
        return dict(scores)
    missing = {
        term: _lucene(count, whole) - idf(whole, count)
        for term, count in wording.counts.items()
        if count >= _COMMON * whole
    }
    texts = {one.id: _counted(one.text, one.language) for one in index.passages([*scores])}
    mean = sum(length for _, length in texts.values()) / max(1, len(texts)) or 1.0
    found = dict(scores)
    for one, (counted, length) in texts.items():
        damped = K1 * (1 - B + B * length / mean)
        found[one] += sum(
            weight * times * (K1 + 1) / (times + damped)
            for term, weight in missing.items()
            if (times := counted.get(term, 0))
        )
    return found


@lru_cache(maxsize=MOST_PASSAGES)
def _counted(text: str, language: str) -> tuple[Mapping[str, int], int]:
    """How often each term stands in a text, and how many there are."""
    terms = rules.terms(text, language=language)
    return Counter(terms), len(terms)


def _lucene(count: int, whole: int) -> float:
    return math.log1p((whole - count + 0.5) / (count + 0.5)) if count <= whole else 0.0
