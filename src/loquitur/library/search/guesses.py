"""What a word that no passage has may have been: misspelt by the reader, or by a recogniser.

Near is a Damerau-Levenshtein distance (Damerau 1964, restricted: no letter is edited twice) of one
edit for words of 4 letters, two from 8 on. A key of how English consonants sound (after Philips
1990, "Hanging on the Metaphone") lets one edit more pass where words sound alike.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from string import ascii_lowercase
from typing import TYPE_CHECKING

from loquitur.library.terms import terms
from loquitur.model.library import ALL, Phrase, Term

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from loquitur.library.index.contract import Index
    from loquitur.model.library import Node

_CANDIDATES = 60
_TAKEN = 4
_SHORTEST = 4
_LONG = 8
_LONGEST_COMPOUND = 40
_SPLITS = 3
_LONGEST_RESPELLED = 16
_SHORTEST_MISHEARD = 5
_RARER = 0.25
"""Of the passages of a word: what stands in more is a word of its own."""
_SLIPS = 0.1
"""For each passage that has a word, passages that seem to have it misheard, from which they do."""
_MOST_HEARD = 2_000
"""Passages from which on a word tells too little to look for its slips."""
_MOST_MISHEARD = 12
_WEIGHT = 0.7
"""Of a guessed word beside a typed one."""


def guessed(
    index: Index,
    wish: Term,
    *,
    typed: str,
    language: str,
    frequencies: MutableMapping[str, int],
    also: list[tuple[str, str]],
) -> Node | None:
    """What the index has for a word that it does not know; None where nothing is near.

    Two words that make it up when written in one (`email`, `e-mail`; compounds), else the nearest.

    Args:
        index: Whose words they are.
        wish: What was typed, in the index's terms.
        typed: The word as it was typed.
        language: In which it is stemmed.
        frequencies: Of terms; those of the words taken are added.
        also: What is told the reader; (typed, taken) is added, taken in the index's terms.
    """
    halves = _halves(index, wish.any_of[0], frequencies)
    if halves is not None:
        also.append((typed, " ".join(halves.terms)))
        return halves
    found = near(index, wish.any_of[0]) or _respelled(index, typed, language)
    if not found:
        return None
    for term, count in found:
        frequencies[term] = count
    also += [(typed, term) for term, _ in found]
    return Term(any_of=tuple(term for term, _ in found), weight=_WEIGHT)


def misheard(
    index: Index, wishes: Sequence[Term], frequencies: MutableMapping[str, int]
) -> dict[Term, Term]:
    """Words that the index knows, with the rarer terms beside that may be them misheard.

    A term one edit from the word's, of 5 letters or more, in at most a quarter as many passages.
    Where all of a query's words together have few of those, the text was not misheard, and what is
    near them are words of their own: none is taken. Chosen on half of the articles of XQuAD, in
    English with recognition errors and in English and Spanish without.

    Args:
        index: Whose words they are.
        wishes: What was typed; words of other scripts, and of very many passages, are left alone.
        frequencies: Of terms; those of the terms taken are added.
    """
    counts = {
        wish: sum(frequencies.get(term, 0) for term in wish.any_of)
        for wish in wishes
        if all(term.isascii() and term.isalpha() for term in wish.any_of)
        and min(map(len, wish.any_of)) >= _SHORTEST_MISHEARD
    }
    known = {wish: count for wish, count in counts.items() if count <= _MOST_HEARD}
    spelled = {wish: _one_edit(wish.any_of[0]).difference(wish.any_of) for wish in known}
    found = index.frequencies(sorted(set().union(*spelled.values())))
    slips: dict[Term, list[tuple[int, str]]] = {}
    for wish, spellings in spelled.items():
        most = max(1, int(_RARER * known[wish]))
        rare = sorted((count, term) for term in spellings if 0 < (count := found[term]) <= most)
        slips[wish] = rare[:_MOST_MISHEARD]
    if sum(n for rare in slips.values() for n, _ in rare) < _SLIPS * sum(known.values()):
        return {}
    frequencies.update({term: count for rare in slips.values() for count, term in rare})
    return {
        wish: replace(wish, misheard=tuple(term for _, term in rare))
        for wish, rare in slips.items()
        if rare
    }


def _one_edit(word: str) -> set[str]:
    """All that one slip makes of a word: a letter less, more or another, or two that swap."""
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    spelled = {head + tail[1:] for head, tail in cuts if tail}
    spelled |= {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    for letter in ascii_lowercase:
        spelled |= {head + letter + tail for head, tail in cuts}
        spelled |= {head + letter + tail[1:] for head, tail in cuts if tail}
    return spelled


def _respelled(index: Index, typed: str, language: str) -> list[tuple[str, int]]:
    """Terms of the word after one edit: a slip in its ending leaves a strange stem."""
    if not _SHORTEST < len(typed) <= _LONGEST_RESPELLED or not (
        typed.isascii() and typed.isalpha()
    ):
        return []
    spelled = (word for word in _one_edit(typed) if word[0] == typed[0])
    stems = {term for word in spelled for term in terms(word, language=language) if len(term) > 3}
    counts = index.frequencies(sorted(stems))
    found = [(term, count) for term, count in counts.items() if count]
    return sorted(found, key=lambda one: (-one[1], one[0]))[:_TAKEN]


def _halves(index: Index, word: str, frequencies: MutableMapping[str, int]) -> Phrase | None:
    """The two terms that a word is made up of, where they stand one behind the other."""
    if not _SHORTEST < len(word) <= _LONGEST_COMPOUND or not word.isalpha():
        return None
    splits = [(word[:at], word[at:]) for at in range(1, len(word) - 2)]
    counts = index.frequencies([*{half for split in splits for half in split}])
    known = [split for split in splits if all(counts.get(half) for half in split)]
    for split in sorted(known, key=lambda halves: -min(map(len, halves)))[:_SPLITS]:
        phrase = Phrase(terms=split)
        if index.by_words(phrase, filters=ALL, limit=1):
            frequencies.update({half: counts[half] for half in split})
            return phrase
    return None


def near(index: Index, typed: str) -> list[tuple[str, int]]:
    """Terms of the index that may be meant by one, the nearest first, with their frequencies."""
    if len(typed) < _SHORTEST or not typed.isalpha():
        return []
    rated = []
    for term, count in index.near_terms(typed, limit=_CANDIDATES):
        distance = edits(typed, term, most=3)
        alike = sounds(typed) == sounds(term)
        if count and distance - alike <= (2 if len(typed) >= _LONG else 1):
            rated.append((distance - 0.5 * alike, -count, term))
    if not rated:
        return []
    rated.sort()
    best = rated[0][0]
    return [(term, -count) for rate, count, term in rated[:_TAKEN] if rate <= best + 0.5]


def edits(first: str, second: str, *, most: int) -> int:
    """Edits between two words, swapped neighbours one; `most + 1` where there are more.

    >>> edits("symetry", "symmetry", most=2), edits("teh", "the", most=2), edits("a", "xyz", most=1)
    (1, 1, 2)
    """
    if abs(len(first) - len(second)) > most:
        return most + 1
    before: list[int] = []
    row: list[int] = [*range(len(second) + 1)]
    for at, sign in enumerate(first, 1):
        older, before, row = before, row, [at]
        for to, other in enumerate(second, 1):
            cost = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (sign != other))
            swapped = at > 1 and to > 1 and sign == second[to - 2] and first[at - 2] == other
            row.append(min(cost, older[to - 2] + 1) if swapped else cost)
        if min(row) > most and (not before or min(before) > most):
            return most + 1
    last: int = row[-1]
    return min(last, most + 1)


_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^[kgp]n", "n"), (r"^wr", "r"), (r"^ps", "s"), (r"^x", "s"), (r"^wh", "w"),
        (r"tch|[cs]h|[st]i(?=[oa])", "X"), (r"ph", "f"), (r"gh(?![aeiouy])", ""), (r"th", "0"),
        (r"dg(?=[eiy])", "j"), (r"c(?=[eiy])", "s"), (r"g(?=[eiy])", "j"), (r"[cq]|ck", "k"),
        (r"z", "s"), (r"v", "f"), (r"mb$", "m"), (r"(?<=.)[aeiouywh]", ""), (r"^[aeiouy]", "A"),
        (r"(.)\1+", r"\1"),
    )
)  # fmt: skip


@lru_cache(maxsize=1 << 12)
def sounds(word: str) -> str:
    """A key of how an English word sounds; other scripts' words are their own key.

    >>> sounds("phonetic") == sounds("fonetik"), sounds("noether") == sounds("nother")
    (True, True)
    """
    if not word.isascii():
        return word
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word
