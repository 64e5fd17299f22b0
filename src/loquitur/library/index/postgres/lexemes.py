"""Words as the server keeps them: `tsvector` written from our own terms, and the grams of terms."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.library import terms as rules
from loquitur.library.index.bm25 import CHAPTER, TEXT, TITLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_LONGEST = 200
"""Bytes of a term that stands in full; a lexeme of the server may have 2,046."""
_ROOM = 800_000
"""Bytes of terms and positions of one passage; the server takes 1 MiB less what it adds."""
_PLAIN = 20_000
"""Signs of a text that needs no look at the room."""
_GAP = 2
"""Places between text, chapter and title, so that no phrase leads across."""
_LAST = 16_383
"""The last place a `tsvector` counts (PostgreSQL 18, 8.11.1); beyond, no phrases are found."""
_SHORT = 6
"""Signs of a term whose grams are pairs; longer ones have threes."""
SPELLED = range(3, 41)
"""Signs of terms that may be meant by a misspelt word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one passage.

    Args:
        passage: Its id.
        length: Terms of text, chapter and title together.
        vector: A literal of `tsvector`: places, with the weight A for a title, B for a chapter.
        counts: Of each different term, twice its weighted number: 2 for a place in the text, 3 in
            the chapter's title, 4 in the volume's.
    """

    passage: int
    length: int
    vector: str
    counts: dict[str, int]


def words_of(passage: int, *, text: str, chapter: str, title: str, language: str) -> Words:
    """The words of a passage by our own rules (`library.terms`); some 40,000 different ones fit."""
    counts: dict[str, int] = {}
    places: list[str] = []
    length, first, room = 0, 1, _ROOM
    for column, weight, counted in ((text, "", TEXT), (chapter, "B", CHAPTER), (title, "A", TITLE)):
        code = round(2 * counted)
        found = rules.terms(column, language=language) if column else []
        length += len(found)
        if len(column) > _PLAIN:
            found, room = _fitting(found, room)
        for at, term in enumerate(found, first):
            lexeme = term if len(term) <= _LONGEST // 4 else lexeme_of(term)
            counts[lexeme] = counts.get(lexeme, 0) + code
            places.append(f"{quoted(lexeme)}:{at}{weight}" if at < _LAST else quoted(lexeme))
        first += len(found) + _GAP
    return Words(passage=passage, length=length, vector=" ".join(places), counts=counts)


def _fitting(terms: list[str], room: int) -> tuple[list[str], int]:
    """The first of many terms, as far as there is room for them; and what is left of it."""
    known: set[str] = set()
    for at, term in enumerate(terms):
        room -= 2 if term in known else 12 + min(len(term.encode()), _LONGEST)
        known.add(term)
        if room < 0:
            return terms[:at], room
    return terms, room


def lexeme_of(term: str) -> str:
    """A term as the server keeps it: a very long one cut, with its digest so that it stays itself.

    >>> lexeme_of("word"), len(lexeme_of("w" * 3_000))
    ('word', 217)
    """
    data = term.encode("utf-8", "replace")
    if len(data) <= _LONGEST:
        return term
    digest = hashlib.blake2b(data, digest_size=8).hexdigest()
    return f"{data[:_LONGEST].decode('utf-8', 'ignore')}\u2026{digest}"


def quoted(lexeme: str) -> str:
    r"""A lexeme in a literal of `tsvector` or `tsquery`.

    >>> print(quoted("it's \\ here"))
    'it''s \\ here'
    """
    if lexeme.isalnum():
        return f"'{lexeme}'"
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def any_of(lexemes: Iterable[str]) -> str:
    """A `tsquery` that any of some lexemes fits."""
    return " | ".join(map(quoted, lexemes))


def phrase_of(lexemes: Sequence[str]) -> str:
    """A `tsquery` of lexemes one behind the other."""
    return " <-> ".join(map(quoted, lexemes))


def grams_of(term: str) -> tuple[str, ...]:
    """The different runs of two or three letters of a term and of its ends.

    >>> grams_of("cat"), grams_of("symmetri")[:3]
    (('^c', 'ca', 'at', 't$'), ('^^s', '^sy', 'sym'))
    """
    return _grams(term, 2 if len(term) <= _SHORT else 3)


def asked_grams(term: str) -> tuple[str, ...]:
    """The grams of a typed word, whichever length the term that was meant has."""
    near = {2 if len(term) + by <= _SHORT else 3 for by in (-2, 0, 2)}
    return tuple(gram for size in sorted(near) for gram in _grams(term, size))


def _grams(term: str, size: int) -> tuple[str, ...]:
    padded = "^" * (size - 1) + term + "$" * (size - 1)
    found = (padded[at : at + size] for at in range(len(padded) - size + 1))
    return tuple(dict.fromkeys(found))


def spellings(lexemes: Iterable[str]) -> Iterator[tuple[str, int, int, str]]:
    """Rows of `spellings`: term, its signs, the number of its grams, the grams as a `tsvector`."""
    for lexeme in lexemes:
        if len(lexeme) in SPELLED and not lexeme.isdigit():
            grams = grams_of(lexeme)
            yield lexeme, len(lexeme), len(grams), " ".join(map(quoted, grams))
