"""Two rankings into one: by words and by meaning.

The sum of scores, each divided by the best of its kind (compare Lee 1997, "Analyses of multiple
evidence combination", CombSUM), put the right passage first oftener than reciprocal ranks did: with
vectors of all-MiniLM-L6-v2 on XQuAD in English, misheard (`benchmarks/library_retrieval.py`).
Reciprocal ranks: Cormack, Clarke and Buettcher 2009, k = 60.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loquitur.model.library import Encoding

Fusion = Literal["sum", "rrf"]
_FLATTENING = 60
_LETTERS = frozenset({"hashing"})
_BY_LETTERS, _BY_LETTERS_IN_RUNS, _BY_LETTERS_MISHEARD = 0.2, 0.02, 0.005
"""What vectors of letters weigh beside words.

Measured on the articles of even number of XQuAD, 612 questions a set: up to 0.3 the first hit is
right as often as by words alone or oftener in English and in Spanish, by two questions at most;
from 0.4 on less often in Spanish. Where terms are pairs of characters already, or words are looked
for as misheard too (English: as often up to 0.02), letters tell nothing new: there they only order
equals.
"""
_FIRST = 10
"""What the words put first, letters order but never push out: they know no meaning."""


_LETTERS_FLOOR = 0.25
"""Cosine by letters from which a passage is worth showing that has none of the words.

Of 240 passages the tenth best has 0.22 in the median, the right one 0.34 (XQuAD en).
"""


def floor_of(encoding: Encoding) -> float:
    """The cosine from which a passage counts that none of the words brought."""
    return _LETTERS_FLOOR if encoding.engine in _LETTERS else -1.0


def weight_of(encoding: Encoding, *, runs: bool, misheard: bool = False) -> float:
    """What the vectors of an encoding weigh beside words of weight 1.

    Args:
        encoding: Whose vectors they are.
        runs: Whether the query is of a script without blanks.
        misheard: Whether its words are looked for as misheard too.
    """
    if encoding.engine not in _LETTERS:
        return 1.0
    if misheard:
        return _BY_LETTERS_MISHEARD
    return _BY_LETTERS_IN_RUNS if runs else _BY_LETTERS


def fused(
    words: Mapping[int, float],
    meaning: Mapping[int, float],
    *,
    fusion: Fusion = "sum",
    weight: float = 1.0,
) -> dict[int, float]:
    """Scores of 0 to 1 for all that is in either ranking.

    Args:
        words: BM25 by passage.
        meaning: Cosine by passage.
        fusion: How they are joined.
        weight: Of meaning beside words.

    >>> fused({1: 4.0, 2: 2.0}, {2: 0.8, 3: 0.4})
    {1: 0.5, 2: 0.75, 3: 0.25}
    """
    join = _reciprocal if fusion == "rrf" else _scaled
    parts = [(join(part), share) for part, share in ((words, 1.0), (meaning, weight)) if part]
    ids = dict.fromkeys(one for part, _ in parts for one in part)
    whole = sum(share for _, share in parts)
    return {one: sum(part.get(one, 0.0) * share for part, share in parts) / whole for one in ids}


def held(
    scores: Mapping[int, float], words: Mapping[int, float], encoding: Encoding
) -> dict[int, float]:
    """Fused scores in which vectors of letters push none of the first ten by words out of them.

    Args:
        scores: Fused.
        words: BM25 by passage.
        encoding: Whose vectors the others are.
    """
    if encoding.engine not in _LETTERS or not words:
        return dict(scores)
    first = set(sorted(words, key=lambda one: (-words[one], one))[:_FIRST])
    least = min(scores[one] for one in first)
    # a millionth less: what is level goes by its id
    return {
        one: score if one in first else min(score, least * (1 - 1e-6))
        for one, score in scores.items()
    }


def _scaled(scores: Mapping[int, float]) -> dict[int, float]:
    best = max(scores.values())
    if best <= 0:
        return dict.fromkeys(scores, 0.0)
    return {one: max(0.0, score) / best for one, score in scores.items()}


def _reciprocal(scores: Mapping[int, float]) -> dict[int, float]:
    ordered = sorted(scores, key=lambda one: (-scores[one], one))
    return {one: (_FLATTENING + 1) / (_FLATTENING + rank) for rank, one in enumerate(ordered, 1)}
