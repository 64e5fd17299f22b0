"""How much of a question the passages that were found speak of, sentence by sentence.

A word weighs what it tells: its inverse document frequency in the library (Sparck Jones 1972, in
the form of BM25). A sentence covers the share of the question's weight whose words stand in it.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from loquitur.library import terms as rules
from loquitur.library.excerpts import wording
from loquitur.library.search import guesses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.library.excerpts.questions import Question
    from loquitur.library.index.contract import Index
    from loquitur.model.library import Passage, Volume

NEAR = 0.6
"""What a word counts that is there but for a letter: misspelt, or misheard."""
_TITLED = 0.5
"""What a word counts that stands in the title or the chapter alone."""
_NEAR_LETTERS = 5
"""Shorter words that differ in a letter are other words."""
_SHORTEST_HALF = 3
"""Letters of each of two words that one may be written as."""
_LONGEST_SENTENCE = 320
"""Characters of a sentence; captions without full stops have sentences that never end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A term of the question.

    Args:
        term: It.
        weight: What it tells.
        named: Whether it is a name or a figure.
        also: What it may have been meant for where no passage has it: terms that all stand there.
        within: Of which katakana word of the question it is a piece; -1 where of none.
    """

    term: str
    weight: float
    named: bool
    also: tuple[tuple[str, ...], ...] = ()
    within: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A passage that was found.

    Args:
        passage: It.
        volume: The volume it is of.
        score: Of the search, by its best.
        tokens: The terms of its text with their places.
        asked: The question's terms in its language.
        alike: For each of them those of its terms that differ by a letter.
        matched: How well each of them is matched in it, its title and chapter half as well.
    """

    passage: Passage
    volume: Volume
    score: float
    tokens: tuple[rules.Token, ...]
    asked: tuple[Weighed, ...]
    alike: tuple[frozenset[str], ...]
    matched: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of a passage, and what of the question stands in it.

    Args:
        found: The passage.
        start: Where it begins in the passage's text.
        end: Where it ends, exclusive.
        matched: How well each of the question's terms is matched in it, 0 to 1.
        beside: The same of the sentences before and after it.
        pairs: The share of neighbouring words of the question that are neighbours here.
    """

    found: Found
    start: int
    end: int
    matched: tuple[float, ...]
    beside: tuple[float, ...]
    pairs: float

    @property
    def text(self) -> str:
        """Its words."""
        return self.found.passage.text[self.start : self.end]


@dataclass(slots=True, kw_only=True)
class Weights:
    """What the words of a question weigh in a library; made once for a question."""

    index: Index
    question: Question
    passages: int
    _by_language: dict[str, tuple[Weighed, ...]] = field(default_factory=dict)

    def of(self, language: str) -> tuple[Weighed, ...]:
        """The question's terms as passages of a language hold them."""
        if language not in self._by_language:
            self._by_language[language] = self._weigh(language)
        return self._by_language[language]

    def _weigh(self, language: str) -> tuple[Weighed, ...]:
        shares = wording.content_terms(self.question, language=language)
        known = self.index.frequencies([*shares])
        return tuple(
            Weighed(
                term=term,
                weight=share.share * idf(known.get(term, 0), self.passages),
                named=share.named,
                also=() if known.get(term) else self._meant_for(term),
                within=share.within,
            )
            for term, share in shares.items()
        )

    def _meant_for(self, term: str) -> tuple[tuple[str, ...], ...]:
        """Words near to one that nobody said, and two that it may be written as: `data set`."""
        near = [(other,) for other, _ in guesses.near(self.index, term)]
        if len(term) < 2 * _SHORTEST_HALF or not (term.isascii() and term.isalpha()):
            return tuple(near)
        halves = [
            (term[:at], term[at:]) for at in range(_SHORTEST_HALF, len(term) - _SHORTEST_HALF + 1)
        ]
        known = self.index.frequencies([half for pair in halves for half in pair])
        return (*near, *(pair for pair in halves if all(known.get(half) for half in pair)))


def idf(frequency: int, passages: int) -> float:
    """What a term tells that stands in so many of the passages; above 0.

    >>> round(idf(0, 240), 2), round(idf(240, 240), 3)
    (6.18, 0.002)
    """
    rest = max(0, passages - frequency)
    return math.log(1 + (rest + 0.5) / (frequency + 0.5))


def coverage(asked: Sequence[Weighed], matched: Sequence[float]) -> float:
    """The share of the question's weight that is matched; 0 where it has no words that count."""
    total = sum(one.weight for one in asked)
    if not total:
        return 0.0
    return sum(one.weight * share for one, share in zip(asked, matched, strict=True)) / total


def read_passage(passage: Passage, volume: Volume, score: float, weights: Weights) -> Found:
    """A passage made ready to be compared with the question."""
    language = passage.language
    asked = weights.of(language)
    tokens = tuple(rules.tokens(passage.text, language=language))
    there = frozenset(one.term for one in tokens)
    about = frozenset(rules.terms(f"{volume.title} . {passage.chapter}", language=language))
    alike = _alike(asked, there)
    return Found(
        passage=passage,
        volume=volume,
        score=score,
        tokens=tokens,
        asked=asked,
        alike=alike,
        matched=tuple(
            max(match, _TITLED * (one.term in about))
            for one, match in zip(asked, matches(asked, there, alike), strict=True)
        ),
    )


def matches(
    asked: Sequence[Weighed], there: frozenset[str], alike: Sequence[frozenset[str]]
) -> tuple[float, ...]:
    """How well each term of the question is matched by some terms: 1, `NEAR`, or 0.

    Args:
        asked: The question's terms.
        there: The terms of a sentence or a passage.
        alike: For each term of the question, those of the passage that differ by a letter.
    """
    found = [
        1.0
        if one.term in there
        else NEAR
        * (not there.isdisjoint(near) or any(there.issuperset(other) for other in one.also))
        for one, near in zip(asked, alike, strict=True)
    ]
    return tuple(_in_runs(asked, found))


def _in_runs(asked: Sequence[Weighed], matched: list[float]) -> list[float]:
    """Matches of pairs of characters, looked at as parts of the words they are cut from.

    Katakana words are spelt by their sound: two letters of one say as little as a syllable of an
    English word; three in a row count, or all of it. Of ideographs, a pair over the border of two
    words that are both there stands nowhere, and is not missed.
    """
    kept = list(matched)
    for at, one in enumerate(asked):
        if one.within >= 0:
            beside = [
                matched[to]
                for to in (at - 1, at + 1)
                if 0 <= to < len(asked) and asked[to].within == one.within
            ]
            if beside and not any(beside):
                kept[at] = 0.0
        elif len(one.term) == 2 and not one.term.isascii() and 2 <= at < len(asked) - 2:
            before, after = at - 2, at + 2  # single characters stand between pairs
            joined = asked[before].term[1:] + asked[after].term[:1] == one.term
            if joined and not matched[at]:
                kept[at] = min(matched[before], matched[after])
    return kept


def _alike(asked: Sequence[Weighed], there: frozenset[str]) -> tuple[frozenset[str], ...]:
    """For each term of the question the terms of a passage that differ from it by a letter."""
    by_variant: dict[str, set[str]] = {}
    if any(len(one.term) >= _NEAR_LETTERS for one in asked):
        for term in there:
            if len(term) >= _NEAR_LETTERS:
                for variant in _shortened(term):
                    by_variant.setdefault(variant, set()).add(term)
    found = []
    for one in asked:
        near: set[str] = set()
        if len(one.term) >= _NEAR_LETTERS and one.term.isalpha():
            near = near.union(*(by_variant.get(variant, ()) for variant in _shortened(one.term)))
        found.append(frozenset(near))
    return tuple(found)


@lru_cache(maxsize=1 << 14)
def _shortened(term: str) -> tuple[str, ...]:
    """A word and itself without each of its letters: words a letter apart share one of these.

    Garbe, "SymSpell: symmetric delete spelling correction" (2012).
    """
    return (term, *(term[:at] + term[at + 1 :] for at in range(len(term))))


def sentences_of(found: Found) -> list[Sentence]:
    """The sentences of a passage, each with what of the question stands in it."""
    spans = [
        span
        for start, end in found.passage.sentence_spans()
        for span in _cut(found.passage.text, start, end)
    ]
    spans = [span for span in spans if span[0] < span[1]]
    words: list[list[str]] = [[] for _ in spans]
    at = 0
    for token in found.tokens:
        while at < len(spans) and token.start >= spans[at][1]:
            at += 1
        if at == len(spans):
            break
        words[at].append(token.term)
    matched = [matches(found.asked, frozenset(one), found.alike) for one in words]
    nothing = (0.0,) * len(found.asked)
    neighbours = _neighbours(found.asked)
    return [
        Sentence(
            found=found,
            start=start,
            end=end,
            matched=matched[number],
            beside=tuple(
                map(
                    max,
                    matched[number - 1] if number else nothing,
                    matched[number + 1] if number + 1 < len(spans) else nothing,
                )
            ),
            pairs=_pairs(neighbours, words[number]),
        )
        for number, (start, end) in enumerate(spans)
    ]


def _neighbours(asked: Sequence[Weighed]) -> list[tuple[str, str]]:
    """Words side by side in the question; pieces of one katakana word are no two words."""
    whole = [one for one in asked if len(one.term) > 1 or one.term.isascii()]
    return [
        (one.term, other.term)
        for one, other in itertools.pairwise(whole)
        if one.within < 0 or one.within != other.within
    ]


def _pairs(neighbours: Sequence[tuple[str, str]], there: Sequence[str]) -> float:
    """The share of neighbours of the question that stand within three words here, in order."""
    if not neighbours:
        return 0.0
    places: dict[str, list[int]] = {}
    for at, term in enumerate(there):
        places.setdefault(term, []).append(at)
    close = sum(
        any(0 < there_ - here <= 3 for here in places.get(one, ()) for there_ in places[other])
        for one, other in neighbours
        if other in places
    )
    return close / len(neighbours)


def _cut(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A sentence without the blanks around it; one without end at its marks, or at blanks."""
    found = []
    for first, last in wording.stretches(text, start, end, longest=_LONGEST_SENTENCE):
        piece = text[first:last]
        begin = first + len(piece) - len(piece.lstrip())
        found.append((begin, max(begin, first + len(piece.rstrip()))))
    return found


def best_of(sentences: Sequence[Sentence], scores: Sequence[float]) -> list[int]:
    """The numbers of sentences, the best first; what two windows share is there once."""
    seen: set[tuple[str, str, int, str]] = set()
    order = []
    for number in sorted(range(len(sentences)), key=lambda one: (-scores[one], one)):
        one = sentences[number]
        passage = one.found.passage
        key = (passage.media_id, passage.part, passage.time_of(one.start), one.text)
        if key not in seen:
            seen.add(key)
            order.append(number)
    return order
