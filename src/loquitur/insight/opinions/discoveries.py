"""Things that people judge and no list has: noun-like terms that keep company with judgements.

A term is noun-like where an article, a possessive or a demonstrative stands before it (English,
Spanish, German) or a particle is hung onto it (Korean). Japanese texts give none: without a
segmenter a noun is not told from its neighbours.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.insight.chapters.keyterms import languages
from loquitur.insight.opinions.lists import UNSPACED
from loquitur.insight.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.insight.opinions.lists import Lists, Preset
    from loquitur.insight.opinions.reading import Opinion
    from loquitur.insight.texts.passages import Passage

_LEAST = 5
_LEAST_SHARE = 0.005
_LEAST_NOUN = 0.25
_MOST = 15
_MOST_CHARS = 2000
_BEFORE = {
    "en": "the a an my your his her its our their this that these those some no any",
    "es": "el la los las un una unos unas mi mis tu tus su sus este esta ese esa",
    "de": "der die das den dem des ein eine einen einem einer mein meine meinen dieser diese kein",
}
_ENDINGS = ("이", "가", "은", "는", "을", "를", "도", "의", "에", "만", "로", "으로", "와", "과")


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """A thing that texts speak of and no list has.

    Args:
        term: The word.
        texts: How many have it.
        liked: Of those whose sentence with it likes something.
        complained: Of those whose sentence with it complains.
    """

    term: str
    texts: int
    liked: int
    complained: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A text and what it says."""

    passage: Passage
    opinions: tuple[Opinion, ...]
    language: str


def discovered(read: Sequence[Read], preset: Preset) -> tuple[Discovered, ...]:
    """Terms in five texts and half a percent of them at least, the most judged first.

    Args:
        read: Texts with what they say.
        preset: What its lists have is known already.
    """
    before = {tag: frozenset(words.split()) for tag, words in _BEFORE.items()}
    texts: Counter[str] = Counter()
    nouns: Counter[str] = Counter()
    liked: Counter[str] = Counter()
    complained: Counter[str] = Counter()
    for one in read:
        lists = preset.lists.get(one.language)
        if lists is None or one.language == "ja":
            continue
        found: dict[str, bool] = {}
        told = before.get(one.language, frozenset())
        for term, is_noun in _nouns(one.passage.text[:_MOST_CHARS], lists, told):
            found[term] = found.get(term, False) or is_noun
        texts.update(found.keys())
        nouns.update(term for term, is_noun in found.items() if is_noun)
        for sign, counts in ((1, liked), (-1, complained)):
            sentences = " ".join(
                said.sentence.lower() for said in one.opinions if said.sign == sign
            )
            there = sentences if one.language in UNSPACED else frozenset(tokens(sentences))
            counts.update(term for term in found if term in there)
    least = max(_LEAST, _LEAST_SHARE * len(read))
    kept = [
        term
        for term, count in texts.items()
        if count >= least and nouns[term] >= _LEAST_NOUN * count and liked[term] + complained[term]
    ]
    kept.sort(key=lambda term: (-liked[term] - complained[term], -texts[term], term))
    return tuple(
        Discovered(term=term, texts=texts[term], liked=liked[term], complained=complained[term])
        for term in kept[:_MOST]
    )


def _nouns(text: str, lists: Lists, before: frozenset[str]) -> Iterator[tuple[str, bool]]:
    """Terms of a text that no list has, and whether they stand like nouns there."""
    stopped = languages().get(lists.language, {}).get("stop", frozenset())
    words = tokens(text)
    for at, word in enumerate(words):
        plain, is_noun = word, at > 0 and words[at - 1] in before
        if lists.language in UNSPACED:
            plain, is_noun = _without_ending(word)
        if len(plain) < (2 if lists.language in UNSPACED else 3) or not plain.isalpha():
            continue
        if word in stopped or plain in stopped or _is_listed(plain, lists):
            continue
        yield plain, is_noun


def _without_ending(word: str) -> tuple[str, bool]:
    for ending in sorted(_ENDINGS, key=len, reverse=True):
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            return word[: -len(ending)], True
    return word, False


def _is_listed(word: str, lists: Lists) -> bool:
    _, found = lists.find(word)
    return bool(found)
