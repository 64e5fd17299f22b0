"""Two rankings into one: by words and by meaning.

The sum of scores, each divided by the best of its kind, won at the first rank over reciprocal ranks
in every condition tried on noisy speech (compare Lee 1997, "Analyses of multiple evidence
combination", CombSUM). Reciprocal ranks: Cormack, Clarke and Buettcher 2009, k = 60.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Fusion = Literal["sum", "rrf"]
_FLATTENING = 60


def fused(
    words: Mapping[int, float], meaning: Mapping[int, float], *, fusion: Fusion = "sum"
) -> dict[int, float]:
    """Scores of 0 to 1 for all that is in either ranking.

    Args:
        words: BM25 by passage.
        meaning: Cosine by passage.
        fusion: How they are joined.

    >>> fused({1: 4.0, 2: 2.0}, {2: 0.8, 3: 0.4})
    {1: 0.5, 2: 0.75, 3: 0.25}
    """
    join = _reciprocal if fusion == "rrf" else _scaled
    parts = [join(part) for part in (words, meaning) if part]
    ids = dict.fromkeys(one for part in parts for one in part)
    return {one: sum(part.get(one, 0.0) for part in parts) / len(parts) for one in ids}


def _scaled(scores: Mapping[int, float]) -> dict[int, float]:
    best = max(scores.values())
    if best <= 0:
        return dict.fromkeys(scores, 0.0)
    return {one: max(0.0, score) / best for one, score in scores.items()}


def _reciprocal(scores: Mapping[int, float]) -> dict[int, float]:
    ordered = sorted(scores, key=lambda one: (-scores[one], one))
    return {one: (_FLATTENING + 1) / (_FLATTENING + rank) for rank, one in enumerate(ordered, 1)}
