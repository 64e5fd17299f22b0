"""Which word of one sentence is which of another: METEOR's alignment.

A pair that has no rival on either side is taken. Of all one-to-one choices among the rest, that
with the most exact matches, of those that with the fewest chunks (runs that are contiguous and in
order on both sides), then the most matches of stems, then that whose words lie nearest; by a beam
search along the reference (Denkowski, Lavie: Meteor 1.3, WMT 2011, section 2.1; beam 40).

That a stem with rivals counts only where it breaks no chunk is what the program does, not what the
paper says: it was found by asking it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    Match = tuple[int, int, int]
    Rank = tuple[int, int, int, int]
    Chain = tuple["Chain", Match] | None
    State = tuple[Rank, Chain]
    States = dict[tuple[int, int], State]

BEAM = 40
PARTNERS = 16
"""Of a word that stands there very often only the so many nearest are tried, and the one that goes
on: a sentence of one word a thousand times costs no more than others."""


def align(
    ours: Sequence[str], theirs: Sequence[str], our_stems: Sequence[str], their_stems: Sequence[str]
) -> tuple[list[Match], int]:
    """Matches (place in ours, place in theirs, 1 where only the stems agree), and their chunks."""
    by_stem: dict[str, list[int]] = {}
    for at, one in enumerate(our_stems):
        by_stem.setdefault(one, []).append(at)
    by_word: dict[str, list[int]] = {}
    for at, one in enumerate(ours):
        by_word.setdefault(one, []).append(at)
    options: list[list[tuple[int, int]]] = []
    rivals = [0] * len(ours)
    for word, one in zip(theirs, their_stems, strict=True):
        found = [(at, 0) for at in by_word.get(word, ())]
        found += [(at, 1) for at in by_stem.get(one, ()) if ours[at] != word]
        options.append(found)
        for at, _ in found:
            rivals[at] += 1
    free = [len(found) == 1 and rivals[found[0][0]] == 1 for found in options]
    if all(alone or not found for alone, found in zip(free, options, strict=True)):
        pairs = [(at, *found[0]) for at, found in enumerate(options) if found]
    else:
        pairs = _searched(options, free)
    matches = sorted((our, their, stemmed) for their, our, stemmed in pairs)
    return matches, _chunks(matches)


def _searched(options: list[list[tuple[int, int]]], free: list[bool]) -> list[Match]:
    """The best alignment by beam search along theirs: (place in theirs, in ours, stemmed).

    A state is told by the last place in ours (-2 where the last word has no match) and the places
    taken; it is ranked by exact matches, chunks, stem matches, distance.
    """
    beam: States = {(-2, 0): ((0, 0, 0, 0), None)}
    for at, found in enumerate(options):
        near = sorted(found, key=lambda one: abs(one[0] - at))
        grown: States = {}
        for (last, taken), (rank, chain) in beam.items():
            exact, chunks, stems, distance = rank
            if not free[at]:
                _keep(grown, (-2, taken), (rank, chain))
            tried = 0
            for other, stemmed in near:
                goes_on = other == last + 1
                if taken >> other & 1 or (tried >= PARTNERS and not goes_on):
                    continue
                tried += 1
                better = (
                    exact + 1 - stemmed,
                    chunks - (not goes_on),
                    stems + stemmed,
                    distance - abs(at - other),
                )
                key = (other, taken | 1 << other)
                _keep(grown, key, (better, (chain, (at, other, stemmed))))
        if len(grown) > BEAM:
            kept = sorted(grown.items(), key=lambda one: one[1][0], reverse=True)[:BEAM]
            grown = dict(kept)
        beam = grown
    return _links(max(beam.values(), key=lambda one: one[0])[1])


def _links(chain: Chain) -> list[Match]:
    """The matches of a chain, in their order."""
    found: list[Match] = []
    while chain is not None:
        chain, match = chain
        found.append(match)
    return found[::-1]


def _keep(states: States, key: tuple[int, int], state: State) -> None:
    held = states.get(key)
    if held is None or state[0] > held[0]:
        states[key] = state


def _chunks(matches: Sequence[Match]) -> int:
    count = 0
    before = (-2, -2)
    for at, other, _ in matches:
        count += (at, other) != (before[0] + 1, before[1] + 1)
        before = (at, other)
    return count
