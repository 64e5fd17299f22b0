"""Which word of one sentence is which of another: METEOR's alignment.

Of all one-to-one alignments that with the most matches, of those that with the fewest chunks (runs
that are contiguous and in order on both sides), of those that whose words lie nearest; by a beam
search along the hypothesis (Denkowski, Lavie: Meteor 1.3, WMT 2011, section 2.1; beam 40).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    Match = tuple[int, int, int]

BEAM = 40


def align(
    ours: Sequence[str], theirs: Sequence[str], our_stems: Sequence[str], their_stems: Sequence[str]
) -> tuple[list[Match], int]:
    """Matches (place in ours, place in theirs, 1 where only the stems agree), and their chunks."""
    places: dict[str, list[int]] = {}
    for at, one in enumerate(their_stems):
        places.setdefault(one, []).append(at)
    by_word: dict[str, list[int]] = {}
    for at, one in enumerate(theirs):
        by_word.setdefault(one, []).append(at)
    options: list[list[tuple[int, int]]] = []
    for word, one in zip(ours, our_stems, strict=True):
        exact = by_word.get(word, ())
        found = [(at, 0) for at in exact]
        found += [(at, 1) for at in places.get(one, ()) if theirs[at] != word]
        options.append(found)
    matches = _only(options)
    if matches is None:
        matches = _searched(options)
    return matches, _chunks(matches)


def _only(options: list[list[tuple[int, int]]]) -> list[Match] | None:
    """The one alignment there is; None where a word has a choice."""
    matches: list[Match] = []
    taken = 0
    for at, found in enumerate(options):
        if not found:
            continue
        other, stemmed = found[0]
        if len(found) > 1 or taken >> other & 1:
            return None
        taken |= 1 << other
        matches.append((at, other, stemmed))
    return matches


def _searched(options: list[list[tuple[int, int]]]) -> list[Match]:
    """The best alignment by beam search.

    A state is (matches, -chunks, -distance, last place or -2, places taken, the matches).
    """
    beam: dict[tuple[int, int], tuple[int, int, int, tuple[Match, ...]]] = {(-2, 0): (0, 0, 0, ())}
    for at, found in enumerate(options):
        grown: dict[tuple[int, int], tuple[int, int, int, tuple[Match, ...]]] = {}
        for (last, taken), (count, chunks, distance, matches) in beam.items():
            _keep(grown, (-2, taken), (count, chunks, distance, matches))
            for other, stemmed in found:
                if taken >> other & 1:
                    continue
                state = (
                    count + 1,
                    chunks - (other != last + 1),
                    distance - abs(at - other),
                    (*matches, (at, other, stemmed)),
                )
                _keep(grown, (other, taken | 1 << other), state)
        if len(grown) > BEAM:
            kept = sorted(grown.items(), key=lambda one: one[1][:3], reverse=True)[:BEAM]
            grown = dict(kept)
        beam = grown
    return list(max(beam.values(), key=lambda one: one[:3])[3])


def _keep(
    states: dict[tuple[int, int], tuple[int, int, int, tuple[Match, ...]]],
    key: tuple[int, int],
    state: tuple[int, int, int, tuple[Match, ...]],
) -> None:
    held = states.get(key)
    if held is None or state[:3] > held[:3]:
        states[key] = state


def _chunks(matches: Sequence[Match]) -> int:
    count = 0
    before = (-2, -2)
    for at, other, _ in matches:
        count += (at, other) != (before[0] + 1, before[1] + 1)
        before = (at, other)
    return count
