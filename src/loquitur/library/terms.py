"""Words as they are looked for: one function for passages and for queries, in any script.

Text is brought to one form (NFKC, lower case) and cut where scripts change. A run of Chinese,
Japanese or Korean becomes its characters and their overlapping pairs, one inside the other
(`a ab b bc c`), so that pairs of neighbours stay neighbours and a phrase stays a phrase; other runs
are words, stemmed by Snowball where the language has an algorithm (Porter 1980; Porter 2001,
"Snowball: A language for stemming algorithms"), and written without accents.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from loquitur.languages import primary

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"
"""Of these rules; an index whose terms were made by others must be rebuilt."""

_CJK = "\u1100-\u11ff\u3005\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003fffd"  # noqa: E501
_ALGORITHMS = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "cs": "czech",
    "da": "danish", "nl": "dutch", "en": "english", "et": "estonian", "fi": "finnish",
    "fr": "french", "de": "german", "el": "greek", "hi": "hindi", "hu": "hungarian",
    "id": "indonesian", "ga": "irish", "it": "italian", "lt": "lithuanian", "ne": "nepali",
    "nb": "norwegian", "nn": "norwegian", "no": "norwegian", "fa": "persian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "es": "spanish",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip


@lru_cache(maxsize=1)
def _runs() -> re.Pattern[str]:
    """Runs of Chinese, Japanese and Korean; words of all other scripts, with their marks."""
    marks = "".join(
        chr(code)
        for code in (*range(0x300, 0x20D0), *range(0x2C00, 0xFE00))  # not those around emoji
        if unicodedata.category(chr(code))[0] == "M"
    )
    other = rf"(?![{_CJK}])"
    return re.compile(
        rf"(?P<cjk>[{_CJK}]+)|{other}[^\W_](?:{other}(?:[^\W_]|[{marks}]|['\u2019](?=\w)))*"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A term, and the characters of the text it stands for, half-open."""

    term: str
    start: int
    end: int


def terms(text: str, *, language: str = "und") -> list[str]:
    """The terms of a text in their order, as an index takes them.

    >>> terms("The Symmetries", language="en"), terms("issue化 東京")
    (['the', 'symmetri'], ['issu', '化', '東', '東京', '京'])
    """
    algorithm = _algorithm(language)
    found: list[str] = []
    for match in _runs().finditer(unicodedata.normalize("NFKC", text).lower()):
        run = match[0]
        if match.lastgroup:
            found += _pairs(run)
        elif term := _stem(run, algorithm):
            found.append(term)
    return found


def tokens(text: str, *, language: str = "und") -> Iterator[Token]:
    """The terms of a text, each with where it stands in the text as given."""
    algorithm = _algorithm(language)
    plain, places = _placed(text)
    for match in _runs().finditer(plain):
        first, run = match.start(), match[0]
        if not match.lastgroup:
            if term := _stem(run, algorithm):
                yield Token(term=term, start=places[first], end=_end(places, match.end()))
            continue
        for at, sign in enumerate(run):
            here = first + at
            yield Token(term=sign, start=places[here], end=_end(places, here + 1))
            if at + 1 < len(run):
                yield Token(term=run[at : at + 2], start=places[here], end=_end(places, here + 2))


def _pairs(run: str) -> list[str]:
    found = [run[0]]
    for at in range(1, len(run)):
        found += (run[at - 1 : at + 1], run[at])
    return found


def _placed(text: str) -> tuple[str, list[int]]:
    """The text in one form, and for each of its characters where it is from; and the end."""
    if text.isascii():
        return text.lower(), [*range(len(text) + 1)]
    pieces: list[str] = []
    places: list[int] = []
    at = 0
    while at < len(text):  # marks belong to the character before them
        end = at + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        piece = unicodedata.normalize("NFKC", text[at:end]).lower()
        pieces.append(piece)
        places += [at] * len(piece)
        at = end
    return "".join(pieces), [*places, len(text)]


def _end(places: list[int], at: int) -> int:
    """Where a term ends in the text as given: where the next character of another place begins."""
    last = places[at - 1]
    while places[at] == last:
        at += 1
    return places[at]


def _algorithm(language: str) -> str:
    return _ALGORITHMS.get(primary(language) or "", "") if language != "und" else "english"


@lru_cache(maxsize=1 << 17)
def _stem(word: str, algorithm: str) -> str:
    word = word.replace("\u2019", "'")
    if algorithm and not word.isdigit():
        word = _stemmer(algorithm).stemWord(word)
    word = word.replace("'", "")
    return word if word.isascii() else _unaccented(word)


@lru_cache(maxsize=64)
def _stemmer(algorithm: str) -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer(algorithm)


def _unaccented(word: str) -> str:
    """Latin and Greek letters without accents; marks of other scripts are vowels, and stay."""
    kept: list[str] = []
    spoken = False
    for sign in unicodedata.normalize("NFD", word):
        if unicodedata.combining(sign):
            if spoken:
                continue
        else:
            spoken = unicodedata.name(sign, "").startswith(("LATIN", "GREEK"))
        kept.append(sign)
    return unicodedata.normalize("NFC", "".join(kept))
