"""Which sentences of a chapter are worth keeping, and what its terms, questions and answers are.

All of it is extractive: sentences stand as they were said. A sentence is worth the sum of its
words' weights over the root of their number, where a word's weight is how often the chapter says
it by how few chapters do (tf-idf; Luhn 1958, "The automatic creation of literature abstracts", for
significant words close together); chosen ones that repeat each other are left out (maximal marginal
relevance, Carbonell and Goldstein 1998).
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from loquitur.library.sheets import phrasing
from loquitur.library.sheets.phrasing import grammar_of
from loquitur.library.terms import terms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from loquitur.library.sheets.sections import Section
    from loquitur.library.sheets.sentences import Sentence

_FEWEST, _MOST = 7, 45
"""Words of a sentence that says something and can be read at once."""
_FEWEST_SIGNS, _MOST_SIGNS = 14, 140
"""The same in characters, where no blanks part words."""
_LEANING, _ASKING, _MATTERS, _EXPLAINS = 0.75, 0.3, 1.25, 1.35
_ALIKE = 0.5
_ASKED_FOR = 3.0
_ENOUGH = 0.55
_NAMED = 2
"""The rank of a sentence that ends with a name and may say what is named before it."""
_APART_MS = 3000
_FEW_WORDS = 8
"""Of content, in a sentence that says nothing of what it names."""
_ANSWER_WORDS = 50
_ANSWER_SIGNS = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A term, and the sentence that says what it is, or says it first.

    `defined` is False where it is only said there. `lead` is the sentence before, where that says
    what is named in this one ("... This is called chirality.").
    """

    term: str
    sentence: Sentence
    defined: bool
    lead: Sentence | None = None

    @property
    def told(self) -> tuple[Sentence, ...]:
        """The sentences to read."""
        return (self.sentence,) if self.lead is None else (self.lead, self.sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that was asked aloud, and what was said next."""

    question: Sentence
    answer: tuple[Sentence, ...]


def content(text: str, *, language: str) -> list[str]:
    """The terms of a text without words of grammar, in order."""
    stop = grammar_of(language)
    return [one for one in terms(text, language=language) if one not in stop]


def near(
    groups: Sequence[tuple[Sentence, ...]], query: str, *, language: str
) -> list[tuple[Sentence, ...]]:
    """Of each group the sentences that say what a query asks, each with its neighbours.

    Passages hold more than what they were found for. A sentence counts that has more than half of
    the query's words by weight, where a word weighs more the fewer sentences have it. All stay
    where no sentence counts: then the passages were found by meaning.
    """
    said = [[set(content(one.text, language=language)) for one in some] for some in groups]
    rare = _rarity([one for some in said for one in some], query, language)
    least = _ENOUGH * sum(rare.values())
    found = []
    for some, words in zip(groups, said, strict=True):
        kept: set[int] = set()
        for at, one in enumerate(words):
            if rare and sum(rare[word] for word in one & rare.keys()) >= least:
                kept |= {at - 1, at, at + 1}
        found.append(tuple(one for at, one in enumerate(some) if at in kept))
    return found if any(found) else [*groups]


def _rarity(said: Sequence[Collection[str]], query: str, language: str) -> dict[str, float]:
    """What each word of a query weighs: more, the fewer sentences have it."""
    return {
        word: math.log(1 + len(said) / (1 + sum(word in one for one in said)))
        for word in sorted(set(content(query, language=language)))
    }


def weights_of(
    sections: Sequence[Section], *, language: str, query: str = ""
) -> list[dict[str, float]]:
    """What each word of each section weighs in it; words of a query more, the rare ones most."""
    texts = [
        [content(one.text, language=language) for one in section.sentences] for section in sections
    ]
    counts = [Counter(word for said in some for word in said) for some in texts]
    spread = Counter(word for counted in counts for word in counted)
    weights = [
        {
            word: math.sqrt(count) * math.log(1 + (len(sections) + 1) / spread[word])
            for word, count in counted.items()
        }
        for counted in counts
    ]
    said = [set(one) for some in texts for one in some]
    for word, rare in _rarity(said, query, language).items():
        for weighed in weights:
            weighed[word] = weighed.get(word, 0.0) + _ASKED_FOR * rare
    return weights


def key_sentences(
    section: Section, weights: dict[str, float], *, most: int, language: str
) -> tuple[Sentence, ...]:
    """The sentences of a section that say most, in the order they were said."""
    rated = []
    for at, one in enumerate(section.sentences):
        if readable(one.text):
            words = content(one.text, language=language)
            rated.append((-_worth(one.text, words, weights, language), at, frozenset(words)))
    rated.sort(key=lambda item: item[:2])
    kept: list[tuple[int, frozenset[str]]] = []
    for _, at, said in rated:
        if len(kept) == most:
            break
        if all(_overlap(said, other) < _ALIKE for _, other in kept):
            kept.append((at, said))
    return tuple(section.sentences[at] for at, _ in sorted(kept, key=lambda item: item[0]))


def explained_terms(
    sections: Sequence[Section], *, language: str, most: int = 3
) -> tuple[Explained, ...]:
    """The key terms of all sections, each with the sentence that says what it is.

    A sentence that begins with the term and says what it is comes before one that ends with its
    name, and this before the first in which it is said.

    Args:
        sections: With their terms, the best first.
        language: BCP 47.
        most: Terms of each section; others stand only where a sentence says what they are.
    """
    wanted: dict[str, str] = {}
    for section in sections:
        for marked in section.terms[:most]:
            wanted.setdefault(_key(marked.text, language), marked.text)
    rest = {_key(term.text, language): term.text for one in sections for term in one.terms}
    found = _defined(sections, rest | wanted, language)
    defined = {_key(one.term, language) for one in found}
    shown = {one.sentence.text for one in found}
    for key, one in _first_said(sections, wanted, language).items():
        if key not in defined and one.text not in shown:
            found.append(Explained(term=wanted[key], sentence=one, defined=False))
            shown.add(one.text)
    return tuple(sorted(found, key=lambda one: one.sentence.start_ms))


def _defined(sections: Sequence[Section], known: dict[str, str], language: str) -> list[Explained]:
    """Terms with the sentences that say what they are: one each, and no sentence twice."""
    told: dict[str, tuple[int, Explained]] = {}
    before: Sentence | None = None
    for one in (sentence for section in sections for sentence in section.sentences):
        previous, before = before, one
        if not _stating(one.text):
            continue
        for rank, term in _told(one.text, known, language):
            key = _key(term, language)
            if rank < (told[key][0] if key in told else 9):
                lead = _lead(previous, one, language) if rank == _NAMED else None
                told[key] = (rank, Explained(term=term, sentence=one, defined=True, lead=lead))
    surest: dict[str, Explained] = {}
    for _, explained in sorted(told.values(), key=lambda item: item[0]):
        surest.setdefault(explained.sentence.text, explained)
    return [*surest.values()]


def _first_said(
    sections: Sequence[Section], wanted: Collection[str], language: str
) -> dict[str, Sentence]:
    """The first sentence that has each of some terms, by their keys."""
    first: dict[str, Sentence] = {}
    for one in (sentence for section in sections for sentence in section.sentences):
        line = f" {_key(one.text, language)} " if _stating(one.text) else ""
        first |= {key: one for key in wanted if key not in first and f" {key} " in line}
    return {key: first[key] for key in wanted if key in first}


def _stating(text: str) -> bool:
    return readable(text) and not text.rstrip().endswith(phrasing.ASKS)


def _told(text: str, known: dict[str, str], language: str) -> Iterator[tuple[int, str]]:
    """The terms a sentence says what they are, the surest (0) first."""
    whole = phrasing.explained(text, language=language)
    if _telling(whole, language):
        yield 0, known.get(_key(whole, language), whole)
    elif (head := _head(whole, language)) and _key(head, language) in known:
        yield 1, known[_key(head, language)]
    for part in phrasing.subjects(text, language=language):
        if (key := _key(part, language)) in known and not phrasing.is_plain(
            part, language=language
        ):
            yield 1, known[key]
            break
    name = phrasing.named(text, language=language)
    if _telling(name, language):
        yield _NAMED, known.get(_key(name, language), name)


def _head(phrase: str, language: str) -> str:
    """What a phrase is about: "rank" of "rank of a tensor"."""
    grammar = grammar_of(language)
    words = takewhile(
        lambda word: not grammar & set(terms(word, language=language)), phrase.split()
    )
    head = " ".join(words)
    return "" if phrasing.is_plain(head, language=language) else head


def _lead(previous: Sentence | None, naming: Sentence, language: str) -> Sentence | None:
    """The sentence before one that names something, where it may say what that is."""
    if previous is None or not _stating(previous.text):
        return None
    if previous.chapter != naming.chapter or naming.start_ms - previous.end_ms > _APART_MS:
        return None
    few = len(set(content(naming.text, language=language))) <= _FEW_WORDS
    return previous if few and phrasing.leans(naming.text, language=language) else None


def questions_of(sentences: Sequence[Sentence], *, language: str) -> tuple[Asked, ...]:
    """The questions that were asked aloud, with what was said right after them."""
    found: list[Asked] = []
    for at, one in enumerate(sentences):
        if not phrasing.asks(one.text, language=language):
            continue
        if len(set(content(one.text, language=language))) < 2:
            continue
        answer = _answer(sentences[at + 1 : at + 5], language)
        if answer:
            found.append(Asked(question=one, answer=answer))
    return tuple(found)


def readable(text: str) -> bool:
    """Whether a sentence is neither too short to say something nor too long to be read at once."""
    words = text.split()
    if len(words) * 6 < len(text) and not text.isascii() and len(words) < 4:
        return _FEWEST_SIGNS <= len(text) <= _MOST_SIGNS
    return _FEWEST <= len(words) <= _MOST


def _answer(after: Sequence[Sentence], language: str) -> tuple[Sentence, ...]:
    """Sentences up to the next question, as many as can be read at once."""
    kept: list[Sentence] = []
    words = signs = 0
    for one in after:
        words += len(one.text.split())
        signs += len(one.text)
        asks = phrasing.goes_on_asking(one.text, language=language)
        too_long = words > _ANSWER_WORDS or (signs > _ANSWER_SIGNS and not one.text.isascii())
        if asks or (kept and too_long):
            break
        kept.append(one)
    said = [word for one in kept for word in content(one.text, language=language)]
    return tuple(kept) if len(said) > 2 else ()


def _worth(text: str, words: Sequence[str], weights: dict[str, float], language: str) -> float:
    different = set(words)
    if len(different) < 3:
        return 0.0
    worth = sum(weights.get(word, 0.0) for word in different) / math.sqrt(len(words) + 4)
    if phrasing.leans(text, language=language):
        worth *= _LEANING
    if text.rstrip().endswith(phrasing.ASKS):
        worth *= _ASKING
    if phrasing.matters(text, language=language):
        worth *= _MATTERS
    if phrasing.explained(text, language=language) or phrasing.named(text, language=language):
        worth *= _EXPLAINS
    return worth


def _telling(term: str, language: str) -> bool:
    """Whether what is explained is a term and no remark: all its words have content."""
    words = terms(term, language=language)
    return bool(words) and len(term) > 2 and not grammar_of(language) & set(words)


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))


def _key(text: str, language: str) -> str:
    return " ".join(terms(text, language=language))
