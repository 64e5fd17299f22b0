"""Which aspects of a thing a text likes, complains of, asks about: read clause by clause.

A clause names aspects and judges them; what is judged is the aspect nearest by, else the one the
sentence spoke of last, else the thing as a whole. Denials turn a judgement round ("not worth it",
"no complaints"), wishes are complaints, questions judge nothing. It is aspect-based sentiment by
word lists (Hu and Liu 2004, "Mining and Summarizing Customer Reviews"): it knows no irony, and
nothing that its lists do not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from loquitur.insight.opinions.lists import GENERAL, UNSPACED
from loquitur.insight.terms.patterns import comparable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.opinions.lists import Entry, Found, Lists

Sign = Literal[-1, 0, 1]

_SENTENCE = re.compile(r"(?:[^.!?…。！？\n]|\.(?=\w))+[.!?…。！？]*")
_CLAUSE = re.compile(r"[,;:()\[\]、，；：—–]+|\s-+\s")
_NEAR_WORDS = 4
_AFTER_WORDS = 3
_NEAR_SIGNS = 3
_ASIDE = 1
"""A clause of one word ("..., super") is about what the sentence is about."""
_AFTER = ("de",)
"""Languages whose "not" stands behind the verb too."""
_JUDGING = ("good", "bad", "good_with", "bad_with", "bad_if_not")
_MOST_CHARS = 20_000
"""Of a text that are read."""
_LONGEST = 300
"""Characters of a clause: what a judgement is about stands near it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What one sentence says of one aspect.

    Args:
        aspect: Its name, `overall` for the thing as a whole; an intent's name.
        sign: 1 liked, -1 complained of, 0 named without a judgement.
        kind: `aspect` or `intent`.
        question: Whether it is asked.
        sentence: The sentence, as it stands in the text.
        words: The words that decided.
    """

    aspect: str
    sign: Sign
    kind: Literal["aspect", "intent"]
    question: bool
    sentence: str
    words: tuple[str, ...]


def opinions_in(text: str, lists: Lists) -> Iterator[Opinion]:
    """What a text says of aspects, sentence by sentence.

    Args:
        text: Of a stranger; its first 20,000 characters are read.
        lists: The words of its language.
    """
    carried: str | None = None
    for match in _SENTENCE.finditer(text[:_MOST_CHARS]):
        sentence = match[0].strip()
        if sentence:
            one = _Sentence(sentence, lists, carried)
            yield from one.read()
            carried = one.unjudged


class _Sentence:
    """One sentence as it is read: what it spoke of last, and what was found in it."""

    def __init__(self, sentence: str, lists: Lists, carried: str | None) -> None:
        self._sentence = sentence
        self._lists = lists
        self._signs: dict[str, int] = {}
        self._words: dict[str, list[str]] = {}
        self._intents: dict[str, list[str]] = {}
        self._carried = carried
        self._aside = False
        self._question = sentence.rstrip(".! \t").endswith(("?", "？"))

    def read(self) -> Iterator[Opinion]:
        for at, clause in enumerate(_clauses(comparable(self._sentence).lower(), self._lists)):
            words, found = self._lists.find(clause)
            self._question = self._question or _asks(found, first=at == 0, lists=self._lists)
            self._clause(words, found)
        for aspect, total in self._signs.items():
            sign: Sign = 0 if self._question or not total else 1 if total > 0 else -1
            yield self._opinion(aspect, sign, "aspect", self._words.get(aspect, []))
        for intent, told in self._intents.items():
            yield self._opinion(intent, 0, "intent", told)

    @property
    def unjudged(self) -> str | None:
        """The aspect that was named last, if it was not judged: the next sentence may."""
        judged = self._carried and self._signs.get(self._carried) and not self._question
        return None if judged else self._carried

    def _opinion(
        self, aspect: str, sign: Sign, kind: Literal["aspect", "intent"], words: Sequence[str]
    ) -> Opinion:
        return Opinion(
            aspect=aspect,
            sign=sign,
            kind=kind,
            question=self._question,
            sentence=self._sentence,
            words=tuple(dict.fromkeys(words)),
        )

    def _clause(self, words: Sequence[str], found: Sequence[Found]) -> None:
        named = {
            entry.aspect: one
            for one in found
            for entry in one.entries
            if entry.kind == "name" and entry.aspect
        }
        for aspect in named:
            self._signs.setdefault(aspect, 0)
        self._aside = len(words) <= _ASIDE and self._lists.language not in UNSPACED
        wishes = any(entry.kind == "wish" for one in found for entry in one.entries)
        judged = False
        for one in found:
            for entry in one.entries:
                if entry.kind == "intent" and entry.aspect:
                    self._intents.setdefault(entry.aspect, []).append(one.text)
            judged = self._judge(one, found, named, wishes=wishes) or judged
        if wishes and not judged:
            for aspect in named:
                self._add(aspect, -1, "wish")
        if named:
            self._carried = next(reversed(named))

    def _judge(
        self, one: Found, found: Sequence[Found], named: dict[str, Found], *, wishes: bool
    ) -> bool:
        """Add what one phrase judges; whether it judged."""
        denied = _is_denied(one, found, self._lists.language)
        target = self._target(one, found, named)
        carried = {self._carried} if self._carried else set[str]()
        known = set(named) or carried
        chosen = _chosen(one, known, denied=denied, has_target=target != GENERAL)
        if chosen is None:
            return False
        sign = 1 if chosen.kind.startswith("good") else -1
        if denied and chosen.kind != "bad_if_not":
            sign = -sign
        if wishes and sign > 0:
            sign = -1
        self._add(chosen.aspect or target, sign, one.text)
        return True

    def _target(self, one: Found, found: Sequence[Found], named: dict[str, Found]) -> str:
        """The aspect that a judgement of anything is about."""
        if named:
            return min(named, key=lambda aspect: _distance(one, named[aspect]))
        if self._carried and (not self._signs.get(self._carried) or self._aside):
            return self._carried
        others = {
            entry.aspect: other
            for other in found
            for entry in other.entries
            if other is not one and entry.aspect and entry.kind in ("good", "bad")
        }
        if others:
            return min(others, key=lambda aspect: _distance(one, others[aspect]))
        return GENERAL

    def _add(self, aspect: str, sign: int, text: str) -> None:
        self._signs[aspect] = self._signs.get(aspect, 0) + sign
        self._words.setdefault(aspect, []).append(text)


def _chosen(one: Found, known: set[str], *, denied: bool, has_target: bool) -> Entry | None:
    """Which of a phrase's judgements holds.

    Of an aspect that is named before of anything, of anything before of an aspect that the phrase
    alone would name: a gorgeous screen is no colour.
    """
    judging = [entry for entry in one.entries if entry.kind in _JUDGING]
    if not denied:
        judging = [entry for entry in judging if entry.kind != "bad_if_not"]
    of_named = [entry for entry in judging if entry.aspect in known and entry.aspect]
    own = [entry for entry in judging if entry.kind in ("good", "bad") and entry.aspect]
    general = [entry for entry in judging if entry.aspect is None]
    order = (of_named, general, own) if has_target else (of_named, own, general)
    return next((some[0] for some in order if some), None)


def _is_denied(one: Found, found: Sequence[Found], language: str) -> bool:
    for other in found:
        kinds = {entry.kind for entry in other.entries}
        if language in UNSPACED:
            after = "not" in kinds and 0 <= other.first - one.end <= _NEAR_SIGNS
            if after or ("before" in kinds and 0 <= one.first - other.end <= 1):
                return True
        elif "not" in kinds:
            if 0 <= one.first - other.end <= _NEAR_WORDS:
                return True
            if language in _AFTER and 0 <= other.first - one.end <= _AFTER_WORDS:
                return True
    return False


def _asks(found: Sequence[Found], *, first: bool, lists: Lists) -> bool:
    return any(
        entry.kind == "ask" and (lists.language in UNSPACED or (first and one.first == 0))
        for one in found
        for entry in one.entries
    )


def _distance(one: Found, other: Found) -> tuple[int, int]:
    """How far apart two phrases are; of two as far, the one before counts as nearer."""
    if other.end <= one.first:
        return one.first - other.end, 0
    return max(0, other.first - one.end), 1


def _clauses(sentence: str, lists: Lists) -> Iterator[str]:
    for part in _CLAUSE.split(sentence):
        start = 0
        for match in lists.turn.finditer(part) if lists.turn else ():
            # a Korean or Japanese turn is an ending, so it closes its clause
            yield from _pieces(part[start : match.start()])
            start = match.end()
        yield from _pieces(part[start:])


def _pieces(clause: str) -> Iterator[str]:
    """A clause that a reader could take in; endless ones are cut at blanks."""
    while len(clause) > _LONGEST:
        cut = clause.rfind(" ", _LONGEST // 2, _LONGEST)
        cut = _LONGEST if cut < 0 else cut
        yield clause[:cut]
        clause = clause[cut:]
    yield clause
