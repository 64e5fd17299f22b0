"""Which words of two texts are the same ones, in order, however long the texts are.

Sequences of words that stand once in both texts are anchors; the longest rising row of them holds,
and what lies between two anchors is compared word by word. So the time is that of the lengths, and
not of their product.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

GRAM = 4
_MOST_PRODUCT = 250_000
"""Between two anchors more pairs of words than this are not compared one by one."""


def word_key(word: str) -> str:
    """What of a word is compared: its letters and digits, without case and marks.

    >>> word_key("It’s,"), word_key("Café!")
    ('its', 'cafe')
    """
    if word.isascii():
        return "".join(filter(str.isalnum, word)).lower()
    plain = unicodedata.normalize("NFKD", word)
    return "".join(sign for sign in plain if sign.isalnum()).casefold()


def matched(first: Sequence[str], second: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of places at which both have the same word, rising in both; empty words match none."""
    pairs: list[tuple[int, int]] = []
    at = (0, 0)
    for one, other in [*_anchors(first, second), (len(first), len(second))]:
        pairs += _between(first, second, at, (one, other))
        if one < len(first):
            pairs.append((one, other))
        at = one + 1, other + 1
    return [(one, other) for one, other in pairs if first[one]]


def _anchors(first: Sequence[str], second: Sequence[str]) -> list[tuple[int, int]]:
    """Places where the same words begin that stand nowhere else, in one rising row."""
    mine, theirs = _once(first), _once(second)
    places = sorted((at, theirs[gram]) for gram, at in mine.items() if gram in theirs)
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for number, (_, other) in enumerate(places):
        length = bisect_left(tails, other)
        if length == len(tails):
            tails.append(other)
            ends.append(number)
        else:
            tails[length], ends[length] = other, number
        before.append(ends[length - 1] if length else -1)
    row = []
    number = ends[-1] if ends else -1
    while number >= 0:
        row.append(places[number])
        number = before[number]
    return row[::-1]


def _once(words: Sequence[str]) -> dict[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = {}
    twice: set[tuple[str, ...]] = set()
    for at in range(len(words) - GRAM + 1):
        gram = tuple(words[at : at + GRAM])
        if gram in found:
            twice.add(gram)
        found[gram] = at
    return {gram: at for gram, at in found.items() if gram not in twice}


def _between(
    first: Sequence[str], second: Sequence[str], low: tuple[int, int], high: tuple[int, int]
) -> list[tuple[int, int]]:
    mine, theirs = first[low[0] : high[0]], second[low[1] : high[1]]
    if not mine or not theirs or len(mine) * len(theirs) > _MOST_PRODUCT:
        return []
    matcher = SequenceMatcher(None, mine, theirs, autojunk=False)
    return [
        (low[0] + block.a + step, low[1] + block.b + step)
        for block in matcher.get_matching_blocks()
        for step in range(block.size)
    ]
