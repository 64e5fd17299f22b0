"""Search for readers: hits with their moments, a volume at a time, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.errors import UsageError
from loquitur.library.search import pages
from loquitur.library.search.hits import arranged, page_of, spelled
from loquitur.library.search.marks import phrase_spans
from loquitur.library.search.narrowing import both
from loquitur.library.search.queries import Group, asked
from loquitur.library.search.retrieval import POOL, mode_of, ranked
from loquitur.library.search.wording import worded
from loquitur.model.library import ALL, Found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.library.index.contract import Index
    from loquitur.library.search.fusion import Fusion
    from loquitur.library.search.pages import Place
    from loquitur.library.search.queries import Tree
    from loquitur.library.search.retrieval import QueryEncoder
    from loquitur.model.library import Filters, Mode, Passage, Volume
    from loquitur.protocols import Reranker

MOST_RERANKED = 30
"""Passages a reranker reads: it is a hundred times dearer than all before it."""
_STRICT_POOL = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """How something is looked for, and how much of it is given.

    Args:
        mode: `hybrid`, `words` or `meaning`; how it was searched is in the result.
        k: Hits of a page.
        filters: Which passages are looked at; fields of the query narrow them further.
        fusion: How words and meaning are joined.
        cursor: That of the page before, with the same query and options.
        group: One hit a volume, its best; `Hit.more` counts the others.
        fuzzy: Whether words that no passage has stand for the nearest that one has.
    """

    mode: Mode = "hybrid"
    k: int = 10
    filters: Filters = ALL
    fusion: Fusion = "sum"
    cursor: str = ""
    group: bool = True
    fuzzy: bool = True


def search(
    index: Index,
    query: str,
    *,
    encoder: QueryEncoder | None = None,
    reranker: Reranker | None = None,
    options: SearchOptions | None = None,
) -> Found:
    """Find where something is said.

    Args:
        index: Where to look.
        query: Words, "phrases", AND OR NOT, -word, ( ), prefix*, and fields (`speaker:Anna`); see
            `queries`. What cannot be read so is words.
        encoder: Of the index's vectors; without one there are words alone.
        reranker: Puts the best 30 in a new order.
        options: The rest.

    Raises:
        UsageError: The query is empty, `k` is below 1, the cursor is of another query, or
            `meaning` is asked for where there are no vectors.
        StoreError: The index cannot be read.
    """
    options = options or SearchOptions()
    if not query.strip():
        raise UsageError("nothing to search for", hint='loquitur search "gauge symmetry"')
    if options.k < 1:
        raise UsageError(f"not a number of hits: {options.k}", hint="1 or more")
    read = asked(query)
    said = read.tree.said
    if not said:
        raise UsageError("a search needs words beside its filters", hint="add what was said")
    mode = mode_of(index, encoder, options.mode)
    narrowed = None if read.filters is None else both(options.filters, read.filters)
    if narrowed is None:
        return Found(query=query, hits=(), mode=mode)
    wording = worded(index, read.tree, fuzzy=options.fuzzy)
    digest = pages.query_digest(
        query, options.mode, options.filters, options.fusion, options.group, options.fuzzy,
        reranker is not None,
    )  # fmt: skip
    if options.cursor:
        rank, places = pages.resumed(options.cursor, digest)
    else:
        scores = ranked(
            index, said, wording, encoder=encoder, mode=mode, filters=narrowed,
            fusion=options.fusion, pool=max(POOL if wording.plain else _STRICT_POOL, options.k),
        )  # fmt: skip
        rank, places = 0, _places(index, said, read.tree, scores, reranker, group=options.group)
    hits, left = page_of(index, wording, places, rank, options.k)
    return Found(
        query=query,
        hits=hits,
        mode=mode,
        also=spelled(wording.also, hits),
        cursor=pages.cursor(digest, rank + len(hits), left),
    )


def _places(
    index: Index,
    query: str,
    tree: Group,
    scores: dict[int, float],
    reranker: Reranker | None,
    *,
    group: bool,
) -> list[Place]:
    """The order of hits: phrases checked, reranked, near ones left out, a volume at a time.

    A reranker changes `scores` along with the order.
    """
    phrased = _phrased(tree)
    if not phrased and reranker is None:
        return arranged(index.spots([*scores]), scores, group=group)
    passages = [*index.passages([*scores])]
    if phrased:
        titles: dict[str, Volume | None] = {}
        passages = [one for one in passages if _verbatim(index, one, tree, titles)]
    if reranker is not None:
        passages = reranked(reranker, query, passages, scores)
    return arranged(passages, scores, group=group)


def _phrased(tree: Tree) -> bool:
    if isinstance(tree, Group):
        return any(map(_phrased, (*tree.wanted, *tree.required)))
    return tree.how == "phrase"


def _verbatim(
    index: Index, passage: Passage, tree: Group, titles: dict[str, Volume | None]
) -> bool:
    """Whether the phrases stand in a passage, its chapter or its title word for word."""
    if passage.media_id not in titles:
        titles[passage.media_id] = index.volume(passage.media_id)
    volume = titles[passage.media_id]
    texts = (passage.text, passage.chapter, volume.title if volume else "")

    def stands(part: Tree) -> bool:
        if isinstance(part, Group):
            demanded = all(map(stands, part.required))
            return demanded and (bool(part.required) or any(map(stands, part.wanted)))
        if part.how != "phrase":  # the index has seen to it
            return True
        return any(any(phrase_spans(text, part.text, language=passage.language)) for text in texts)

    return stands(tree)


def reranked(
    reranker: Reranker, query: str, passages: Sequence[Passage], scores: dict[int, float]
) -> list[Passage]:
    """The best passages as a reranker orders them, the rest behind; `scores` are made to fit."""
    head, tail = passages[:MOST_RERANKED], passages[MOST_RERANKED:]
    if not head:
        return []
    judged = reranker.score(query, [one.text for one in head])
    order = sorted(range(len(head)), key=lambda at: (-float(judged[at]), at))
    low, high = float(min(judged)), float(max(judged))
    for at, one in enumerate(head):
        share = (float(judged[at]) - low) / (high - low) if high > low else 1.0
        scores[one.id] = 0.5 + 0.5 * share
    for one in tail:
        scores[one.id] *= 0.5
    return [*(head[at] for at in order), *tail]
