"""The best passages for a query, each with what it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from loquitur.errors import UsageError
from loquitur.library.search.common_terms import lifted
from loquitur.library.search.fusion import floor_of, fused, held, weight_of
from loquitur.library.search.queries import in_words
from loquitur.library.search.wording import worded
from loquitur.model.library import ALL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from loquitur.library.index.contract import Index
    from loquitur.library.search.fusion import Fusion
    from loquitur.library.search.wording import Wording
    from loquitur.model.library import Filters, Mode, Passage

POOL = 100
"""Passages of each ranking that are joined."""


class QueryEncoder(Protocol):
    """What turns a query into a vector of an index's own encoding (see `library.encoding`)."""

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a query, unit length, shape [d]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A passage that may answer.

    Args:
        passage: The passage.
        score: 0 to 1, only of use beside others of the same query.
    """

    passage: Passage
    score: float


def mode_of(index: Index, encoder: QueryEncoder | None, mode: Mode) -> Mode:
    """How an index is really searched: by words alone where there are no vectors.

    Raises:
        UsageError: `meaning` is asked for where there are none.
    """
    if mode == "words" or (encoder is not None and index.encoding is not None):
        return mode
    if mode == "meaning":
        raise UsageError(
            "this library has no vectors to search by meaning",
            hint="search with --mode words, or: loquitur library rebuild --embedding hashing",
        )
    return "words"


def retrieve(
    index: Index,
    question: str,
    *,
    encoder: QueryEncoder | None = None,
    mode: Mode = "hybrid",
    filters: Filters = ALL,
    limit: int = 20,
    fusion: Fusion = "sum",
    fuzzy: bool = True,
) -> tuple[Candidate, ...]:
    """The best passages for a question, all of whose words are words and no syntax.

    Args:
        index: Where to look.
        question: In plain words.
        encoder: Of the index's vectors; without one there are words alone.
        mode: `hybrid`, `words` or `meaning`.
        filters: Which passages are looked at.
        limit: How many at most.
        fusion: How words and meaning are joined.
        fuzzy: Whether words that no passage has stand for the nearest that one has.

    Raises:
        UsageError: `meaning` is asked for where there are no vectors.
    """
    wording = worded(index, in_words(question), fuzzy=fuzzy)
    scores = ranked(
        index, question, wording, encoder=encoder, mode=mode, filters=filters, fusion=fusion,
        pool=max(POOL, limit),
    )  # fmt: skip
    return tuple(
        Candidate(passage=passage, score=scores[passage.id])
        for passage in index.passages([*scores][:limit])
    )


def ranked(
    index: Index,
    text: str,
    wording: Wording,
    *,
    encoder: QueryEncoder | None,
    mode: Mode,
    filters: Filters,
    fusion: Fusion,
    pool: int = POOL,
) -> dict[int, float]:
    """The scores of passages by their ids, the best first; ties by id.

    A query with demands (phrases, AND, NOT) takes its passages from the words alone, and meaning
    orders them; of wishes either ranking may bring what the other lacks.

    Raises:
        UsageError: `meaning` is asked for where there are no vectors.
    """
    encoding = index.encoding if mode_of(index, encoder, mode) != "words" else None
    words: dict[int, float] = {}
    if wording.node is not None and not (mode == "meaning" and wording.plain):
        found = index.by_words(wording.node, filters=filters, limit=pool)
        words = lifted(index, {one.id: one.score for one in found}, wording)
    meaning: dict[int, float] = {}
    weight = 1.0
    if encoder is not None and encoding is not None and (wording.plain or words):
        vector = encoder.encode_query(text)
        floor = -1.0 if mode == "meaning" else floor_of(encoding)
        meaning = _meant(index, vector, words, wording, filters, pool, floor=floor)
        weight = weight_of(encoding, runs=wording.runs, misheard=wording.misheard)
    if mode == "meaning":
        words = {}
    scores = fused(words, meaning, fusion=fusion, weight=weight)
    if meaning and encoding is not None:
        scores = held(scores, words, encoding)
    return dict(sorted(scores.items(), key=lambda one: (-one[1], one[0])))


def _meant(
    index: Index,
    vector: NDArray[np.float32],
    words: Mapping[int, float],
    wording: Wording,
    filters: Filters,
    pool: int,
    *,
    floor: float,
) -> dict[int, float]:
    """Cosines of the nearest passages, and of those that the words brought."""
    if not np.any(vector):
        return {}
    meaning: dict[int, float] = {}
    if wording.plain:
        found = index.by_vector(vector, filters=filters, limit=pool)
        meaning = {one.id: one.score for one in found if one.id in words or one.score >= floor}
    rest = [one for one in words if one not in meaning]
    if rest:
        known = index.vectors(rest)
        if known is not None:
            meaning |= dict(zip(rest, (known @ vector).tolist(), strict=True))
    return meaning
