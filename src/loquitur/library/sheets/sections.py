"""The chapters of a volume for a sheet: those the library knows, else those that can be found."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from loquitur.errors import MissingError
from loquitur.insight.chapters.keyterms import Term, key_terms, said_most
from loquitur.library.sheets.phrasing import grammar_of, is_plain
from loquitur.library.terms import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.library.sheets.sentences import Sentence
    from loquitur.library.terms import Token
    from loquitur.model.library import Volume

_TERMS = 8
_LOOKED_AT = 3 * _TERMS
_SAID_OFTEN = 3
_FEWEST_LETTERS = 4
"""Of a single word that is no abbreviation."""
_LONGEST = 3
_OFTEN = 400
"""Terms of a single chapter that are weighed against one another."""
_USUAL_MS = 6 * 60_000
"""A part of a long video in which no chapters are clear: what a student reads in one go."""
_SHORT_MS = 10 * 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A chapter, or a video among several.

    Args:
        title: For people; empty where it is the whole.
        start_ms: Media time.
        url: Of its start.
        sentences: What is said in it.
        terms: What is said more in it than elsewhere.
    """

    title: str
    start_ms: int
    url: str
    sentences: tuple[Sentence, ...]
    terms: tuple[Term, ...] = ()


def sections_of(
    volume: Volume, sentences: Sequence[Sentence], *, language: str
) -> tuple[tuple[Section, ...], tuple[str, ...]]:
    """A volume's chapters with their sentences and key terms, and notices.

    Args:
        volume: Whose sentences they are.
        sentences: In order; at least one.
        language: BCP 47, of most of them.
    """
    notices: tuple[str, ...] = ()
    if any(one.chapter for one in sentences):
        groups = [tuple(some) for _, some in groupby(sentences, key=lambda one: one.chapter)]
        titles = [some[0].chapter for some in groups]
    else:
        groups, titles, notices = _found(volume, sentences, language)
    return divided(titles, groups, language=language), notices


def divided(
    titles: Sequence[str], groups: Sequence[tuple[Sentence, ...]], *, language: str
) -> tuple[Section, ...]:
    """Groups of sentences as sections, each with its key terms.

    Args:
        titles: Of the groups.
        groups: None of them empty. What one says more than the others are its terms; of a single
            one what it says often.
        language: BCP 47, of most of them.
    """
    texts = [" ".join(one.text for one in some) for some in groups]
    if len(texts) > 1:
        listed = key_terms(texts, language=language, most=_LOOKED_AT)
    else:
        listed = tuple(said_often(one, language=language, most=_LOOKED_AT) for one in texts)
    return tuple(
        Section(
            title=title,
            start_ms=some[0].start_ms,
            url=some[0].url,
            sentences=some,
            terms=_telling(terms, language=language),
        )
        for title, some, terms in zip(titles, groups, listed, strict=True)
    )


def _telling(terms: Sequence[Term], *, language: str) -> tuple[Term, ...]:
    """The best terms that name something, each in one form.

    A single word must be said a few times, where any is: that it is said elsewhere less may be
    chance.
    """
    least = min(_SAID_OFTEN, max((one.count for one in terms), default=0))
    kept: dict[tuple[str, ...], Term] = {}
    for one in terms:
        key = tuple(token.term for token in tokens(one.text, language=language))
        single = len(key) == 1 and one.text.isascii()
        short = single and len(one.text) < _FEWEST_LETTERS and one.text.islower()
        rare = single and one.count < least
        if not (short or rare) and not is_plain(one.text, language=language):
            kept.setdefault(key, one)
    return tuple(kept.values())[:_TERMS]


def _found(
    volume: Volume, sentences: Sequence[Sentence], language: str
) -> tuple[list[tuple[Sentence, ...]], list[str], tuple[str, ...]]:
    """Chapters by the words (`insight.chapters`); one without a title where there are none."""
    from loquitur.insight.chapters.analysis import find_chapters
    from loquitur.insight.spoken.fragments import Fragment, Spoken

    whole = [tuple(sentences)]
    if not all(one.url for one in sentences):
        return whole, [""], ()
    spoken = Spoken(
        name=volume.title,
        title=volume.title,
        language=language,
        origin=volume.origin,
        pauses_known=False,
        duration_ms=volume.duration_ms,
        fragments=tuple(
            Fragment(start_ms=one.start_ms, end_ms=one.end_ms, text=one.text)
            for one in sorted(sentences, key=lambda one: one.start_ms)
        ),
    )
    length_ms = spoken.fragments[-1].end_ms
    try:
        found = find_chapters(spoken)
        if not found.chapters and length_ms > _SHORT_MS:
            found = replace(find_chapters(spoken, count=round(length_ms / _USUAL_MS)), clear=False)
    except MissingError as exc:
        return whole, [""], (f"no chapters: {exc} ({exc.hint})",)
    if not found.chapters:
        return whole, [""], ()
    groups: list[tuple[Sentence, ...]] = []
    titles: list[str] = []
    for chapter in found.chapters:
        inside = [one for one in sentences if chapter.start_ms <= one.start_ms < chapter.end_ms]
        if inside:
            groups.append(tuple(inside))
            titles.append(chapter.title)
    said = "" if found.clear else ", not clear ones"
    return groups, titles, (f"chapters were found by their words{said}",)


def said_often(text: str, *, language: str, most: int = _TERMS) -> tuple[Term, ...]:
    """The terms of a text said most, where there is nothing to hold it against.

    A longer one stands for its parts where it is half of their use.

    >>> [one.text for one in said_often("A tensor field. The tensor field is one.", language="en")]
    ['tensor field']
    """
    unspaced = said_most(text, language=language, most=most)
    if unspaced:
        return tuple(Term(text=term, count=count, z=0.0) for term, count in unspaced)
    counts: Counter[tuple[str, ...]] = Counter()
    written: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for row in _rows(text, language):
        for size in range(1, _LONGEST + 1):
            for at in range(len(row) - size + 1):
                part = row[at : at + size]
                key = tuple(one.term for one in part)
                counts[key] += 1
                written[key][text[part[0].start : part[-1].end]] += 1
    often = [key for key, count in counts.items() if count > 1]
    often.sort(key=lambda key: (-counts[key] * len(key), key))
    del often[_OFTEN:]
    kept: list[tuple[str, ...]] = []
    for key in often:
        whole = [other for other in often if set(key) < set(other)]
        if len(kept) < most and not any(2 * counts[other] >= counts[key] for other in whole):
            kept.append(key)
    return tuple(
        Term(text=written[key].most_common(1)[0][0], count=counts[key], z=0.0) for key in kept
    )


def _rows(text: str, language: str) -> Iterator[list[Token]]:
    """Words with content that stand side by side."""
    grammar = grammar_of(language)
    row: list[Token] = []
    for one in tokens(text, language=language):
        between = text[row[-1].end : one.start] if row else ""
        plain = one.term not in grammar and len(one.term) > 1 and not one.term.isdigit()
        if row and (between.strip(" '-") or not plain):
            yield row
            row = []
        if plain:
            row.append(one)
    yield row
