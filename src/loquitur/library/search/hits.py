"""From passages in their order to hits: near ones left out, a volume at a time, with the moment."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from loquitur.insight.links import moment
from loquitur.library.search import pages
from loquitur.library.search.marks import excerpt_of
from loquitur.library.terms import tokens
from loquitur.model.library import Hit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from loquitur.library.index.contract import Index
    from loquitur.library.search.pages import Place
    from loquitur.library.search.wording import Wording
    from loquitur.model.library import Passage, Volume

APART_MS = 30_000
"""Passages of one part that begin within this are one hit: windows overlap."""
_BONUS = 0.02
"""For a volume of which e - 1 further passages fit, and so on by the logarithm."""
_COUNTED = 0.25
"""Of the best score: what is below is no further hit, only near to one."""


class Standing(Protocol):
    """What is known of a passage to put it in its place: a `Passage`, or a `Spot` of an index."""

    @property
    def id(self) -> int:
        """The passage's."""

    @property
    def media_id(self) -> str:
        """The volume's."""

    @property
    def part(self) -> str:
        """The part's name."""

    @property
    def start_ms(self) -> int:
        """Media time."""

    @property
    def timed(self) -> bool:
        """Whether that means anything."""


def arranged(
    passages: Iterable[Standing], scores: Mapping[int, float], *, group: bool
) -> list[Place]:
    """Places of hits, the best first.

    Args:
        passages: The best first.
        scores: Of each, 0 to 1.
        group: One hit a volume: its best, a little raised where others of it fit too.
    """
    kept = [*_apart(passages)]
    if not group:
        return [pages.Place(id=one.id, score=scores[one.id], more=0) for one in kept]
    volumes: dict[str, list[Standing]] = {}
    for one in kept:
        volumes.setdefault(one.media_id, []).append(one)
    least = _COUNTED * max(scores.values(), default=0.0)
    found = [
        (scores[best.id] + _BONUS * math.log1p(more), best.id, more)
        for best, *rest in volumes.values()
        for more in [sum(scores[one.id] >= least for one in rest)]
    ]
    found.sort(key=lambda one: (-one[0], one[1]))
    most = max([1.0, *(score for score, _, _ in found)])
    return [pages.Place(id=one, score=score / most, more=more) for score, one, more in found]


def _apart(passages: Iterable[Standing]) -> Iterator[Standing]:
    """Without those that begin within 30 s of a better one of their part."""
    kept: dict[tuple[str, str], list[int]] = {}
    for one in passages:
        starts = kept.setdefault((one.media_id, one.part), [])
        if one.timed and any(abs(one.start_ms - start) < APART_MS for start in starts):
            continue
        starts.append(one.start_ms)
        yield one


def page_of(
    index: Index, wording: Wording, places: Sequence[Place], rank: int, k: int
) -> tuple[tuple[Hit, ...], Sequence[Place]]:
    """The next hits, and what is left behind them; passages that are gone are passed over."""
    hits: list[Hit] = []
    at = 0
    volumes: dict[str, Volume | None] = {}
    while at < len(places) and len(hits) < k:
        these = places[at : at + k - len(hits)]
        at += len(these)
        known = {one.id: one for one in these}
        for passage in index.passages([*known]):
            if passage.media_id not in volumes:
                volumes[passage.media_id] = index.volume(passage.media_id)
            volume = volumes[passage.media_id]
            if volume is not None:  # None: it was removed between two reads
                place = known[passage.id]
                hits.append(_hit(passage, volume, wording, place, rank + len(hits) + 1))
    return tuple(hits), places[at:]


def _hit(passage: Passage, volume: Volume, wording: Wording, place: Place, rank: int) -> Hit:
    excerpt = excerpt_of(passage, wording)
    start_ms = min(max(passage.time_of(excerpt.best), passage.start_ms), passage.end_ms)
    return Hit(
        rank=rank,
        score=round(min(1.0, place.score), 4),
        passage=passage,
        volume=volume,
        url=address_of(passage, volume, start_ms),
        snippet=passage.text[excerpt.start : excerpt.end],
        marks=excerpt.marks,
        start_ms=start_ms,
        end_ms=max(start_ms, passage.span_ms(excerpt.start, excerpt.end)[1]),
        more=place.more,
    )


def address_of(passage: Passage, volume: Volume, start_ms: int) -> str:
    """The address of a moment of a volume: never behind its end; the volume's without times."""
    if not passage.timed:
        return volume.origin
    last_ms = start_ms if volume.duration_ms is None else max(0, volume.duration_ms - 1)
    return moment(volume.origin, min(start_ms, last_ms))


def spelled(also: Sequence[tuple[str, str]], hits: Sequence[Hit]) -> tuple[tuple[str, str], ...]:
    """Words that were guessed as the hits write them; those of no hit as terms."""
    wanted = {term for _, taken in also for term in taken.split(" ")}
    if not wanted:
        return ()
    written: dict[str, str] = {}
    for hit in hits:
        text = hit.passage.text
        for token in tokens(text, language=hit.passage.language):
            if token.term in wanted:
                written.setdefault(token.term, text[token.start : token.end].lower())
    found = dict.fromkeys(
        (typed, " ".join(written.get(term, term) for term in taken.split(" ")))
        for typed, taken in also
    )
    return tuple((typed, taken) for typed, taken in found if typed != taken)
