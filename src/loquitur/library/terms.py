"""Words as they are looked for: one function for passages and for queries, in any script.

Text is brought to one form (NFKC, lower case) and cut where scripts change. A run of Chinese,
Japanese or Korean, or of a script that has no blanks (Thai, Lao, Burmese, Khmer), becomes its
characters and their overlapping pairs, one inside the other (`a ab b bc c`), so that pairs of
neighbours stay neighbours and a phrase stays a phrase. Other runs are words, stemmed by Snowball
where the language has an algorithm (Porter 1980; Porter 2001, "Snowball: A language for stemming
algorithms"), without elided articles, and written without accents and vowel points. `1,000` is
`1000`. An emoji is a term, without its skin tone.
"""

from __future__ import annotations

import importlib
import re
import threading
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, repeat
from typing import TYPE_CHECKING, Any

from loquitur.languages import primary

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "2"
"""Of these rules; an index whose terms were made by others must be rebuilt."""

_CJK = "\u1100-\u11ff\u3005\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003fffd"  # noqa: E501
_NO_BLANKS = _CJK + "\u0e01-\u0e4f\u0e81-\u0ecf\u0edc-\u0eff\u1000-\u103f\u1050-\u109f\u1780-\u17dd"
_EMOJI = "\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff"
_FLAG = "[\U0001f1e6-\U0001f1ff]{1,2}"
_PICTURE = "\ue000"
"""Stands before an emoji's number: a character that counts as a letter for every index."""
_WITHIN = "\u200c\u200d\u00ad"
"""Joiners of Persian and Indian words, and soft hyphens: in a word, and no part of it."""
_ALGORITHMS = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "cs": "czech",
    "da": "danish", "nl": "dutch", "en": "english", "et": "estonian", "fi": "finnish",
    "fr": "french", "de": "german", "el": "greek", "hi": "hindi", "hu": "hungarian",
    "id": "indonesian", "ga": "irish", "it": "italian", "lt": "lithuanian", "ne": "nepali",
    "nb": "norwegian", "nn": "norwegian", "no": "norwegian", "fa": "persian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "es": "spanish",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
_ELIDED = {
    name: frozenset(articles.split())
    for name, articles in {
        "french": "c d j jusqu l lorsqu m n presqu puisqu qu quelqu quoiqu s t",
        "italian": "all bell c coll d dall dell gl l m n nell nessun quell quest s sant sull t v",
        "catalan": "d l m n s t",
    }.items()
}
"""What is written before a word of its own, with an apostrophe (`l'homme`, `dell'arte`)."""
_FOLDED = str.maketrans({
    "\u0131": "i", "\u0142": "l", "\u00f8": "o", "\u0111": "d", "\u00df": "ss", "\u00e6": "ae",
    "\u0153": "oe", "\u0451": "\u0435", "\u03c2": "\u03c3", "\u0640": None,
})  # fmt: skip
"""Letters that are no base letter with a mark, and yet are typed as one; Arabic's stretcher."""


@lru_cache(maxsize=1)
def _runs() -> re.Pattern[str]:
    """Runs without blanks, emoji, numbers in threes; words of all other scripts, with marks."""
    marks = "".join(
        chr(code)
        for code in (*range(0x300, 0x20D0), *range(0x2C00, 0xFE00))  # not those around emoji
        if unicodedata.category(chr(code))[0] == "M"
    )
    other = rf"(?![{_NO_BLANKS}{_EMOJI}])"
    return re.compile(
        rf"(?P<run>[{_NO_BLANKS}]+)|(?P<emoji>[{_EMOJI}]|{_FLAG})"
        r"|(?P<number>(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,]))"
        rf"|{other}[^\W_](?:{other}(?:[^\W_]|[{marks}]|['\u2019{_WITHIN}](?=\w)))*"
    )


_ASCII = re.compile(
    r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])|[a-z0-9]+(?:'(?=\w)[a-z0-9]*)*", re.ASCII
)
"""What `_runs` finds in a text of ASCII in lower case, three times as fast."""
_ALONE = threading.Lock()
"""A stemmer keeps the word it is at in itself: one thread at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A term, and the characters of the text it stands for, half-open."""

    term: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What stands between cuts: a word, a run of a script without blanks, an emoji.

    Args:
        text: In the one form, lower case, not stemmed.
        start: Where it begins in the text as given.
        end: Exclusive.
        run: Whether it is of a script without blanks, and so may be many words.
    """

    text: str
    start: int
    end: int
    run: bool


def terms(text: str, *, language: str = "und") -> list[str]:
    """The terms of a text in their order, as an index takes them.

    >>> terms("The Symmetries", language="en"), terms("issue化 東京")
    (['the', 'symmetri'], ['issu', '化', '東', '東京', '京'])
    >>> terms("l'homme", language="fr"), terms("1,000")
    (['homm'], ['1000'])
    """
    algorithm = _algorithm(language)
    if text.isascii():
        return [*filter(None, map(_stem, _ASCII.findall(text.lower()), repeat(algorithm)))]
    found: list[str] = []
    for match in _runs().finditer(_lower(unicodedata.normalize("NFKC", text))):
        kind = match.lastgroup
        if kind is None:
            if term := _stem(match[0], algorithm):
                found.append(term)
        elif kind == "run":
            found += _pairs(match[0])
        else:
            found.append(_sign(match[0], kind))
    return found


def words(text: str) -> Iterator[Word]:
    """The words of a text as they are typed, each with where it stands in the text as given.

    >>> [word.text for word in words("Don't 1,000 東京")]
    ["don't", '1,000', '東京']
    """
    plain, places = _placed(text)
    for match in _runs().finditer(plain):
        first, end = places[match.start()], _end(places, match.end())
        run = match.lastgroup == "run"
        yield Word(text=match[0].replace("\u2019", "'"), start=first, end=end, run=run)


def tokens(text: str, *, language: str = "und") -> Iterator[Token]:
    """The terms of a text, each with where it stands in the text as given."""
    algorithm = _algorithm(language)
    plain, places = _placed(text)
    for match in _runs().finditer(plain):
        first, run, kind = match.start(), match[0], match.lastgroup
        if kind != "run":
            if term := _sign(run, kind) if kind else _stem(run, algorithm):
                yield Token(term=term, start=places[first], end=_end(places, match.end()))
            continue
        units = _units(run)
        for at, (begin, end) in enumerate(units):
            start = places[first + begin]
            yield Token(term=run[begin:end], start=start, end=_end(places, first + end))
            if at + 1 < len(units):
                last = units[at + 1][1]
                yield Token(term=run[begin:last], start=start, end=_end(places, first + last))


def _pairs(run: str) -> list[str]:
    units = [run[begin:end] for begin, end in _units(run)]
    found = [units[0]]
    for before, unit in pairwise(units):
        found += (before + unit, unit)
    return found


def _units(run: str) -> list[tuple[int, int]]:
    """The characters of a run, each with the marks behind it."""
    if not any(map(_is_mark, {*run})):
        return [*pairwise(range(len(run) + 1))]
    starts = [at for at, sign in enumerate(run) if not at or not _is_mark(sign)]
    return [*pairwise([*starts, len(run)])]


@lru_cache(maxsize=1 << 14)
def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign)[0] == "M"


def _sign(text: str, kind: str) -> str:
    if kind == "number":
        return text.replace(",", "")
    return _PICTURE + "".join(f"{ord(sign):x}" for sign in text)


def _lower(text: str) -> str:
    return text.lower().replace("\u03c2", "\u03c3")  # the form of sigma depends on what follows


def _placed(text: str) -> tuple[str, list[int]]:
    """The text in one form, and for each of its characters where it is from; and the end."""
    if text.isascii():
        return text.lower(), [*range(len(text) + 1)]
    signs = {*text}
    if not any(map(_melts, signs)):  # each character by itself
        forms = {sign: _lower(unicodedata.normalize("NFKC", sign)) for sign in signs}
        forms_of = [forms[sign] for sign in text]
        places = [at for at, form in enumerate(forms_of) for _ in form]
        return "".join(forms_of), [*places, len(text)]
    pieces: list[str] = []
    places = []
    at = 0
    while at < len(text):  # what may melt into the character before it belongs to it
        end = at + 1
        while end < len(text) and text[end] > "\x7f" and _melts(text[end]):
            end += 1
        piece = _lower(unicodedata.normalize("NFKC", text[at:end]))
        pieces.append(piece)
        places += [at] * len(piece)
        at = end
    return "".join(pieces), [*places, len(text)]


@lru_cache(maxsize=1 << 14)
def _melts(sign: str) -> bool:
    """Marks, the half-width voice marks of kana, and the later letters of a Korean syllable."""
    return _is_mark(sign) or sign in "\uff9e\uff9f" or "\u1160" <= sign <= "\u11ff"


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
    if "," in word:
        return _sign(word, "number")
    if not word.isascii():
        word = word.replace("\u2019", "'").translate(_NOT_IN_WORDS)
    if "'" in word and algorithm in _ELIDED:
        article, _, rest = word.partition("'")
        word = rest if rest and article in _ELIDED[algorithm] else word
    if algorithm and not word.isdigit():
        with _ALONE:
            word = _stemmer(algorithm).stemWord(word)
    word = word.replace("'", "")
    return word if word.isascii() else _unaccented(word)


_NOT_IN_WORDS = dict.fromkeys(map(ord, "\u200c\u200d\u00ad"))


@lru_cache(maxsize=64)
def _stemmer(algorithm: str) -> Any:
    """Snowball's own, also where PyStemmer is installed: that may be of another version."""
    module = importlib.import_module(f"snowballstemmer.{algorithm}_stemmer")
    return getattr(module, f"{algorithm.title()}Stemmer")()


def _unaccented(word: str) -> str:
    """Without accents and vowel points where they are optional; elsewhere marks are vowels."""
    kept: list[str] = []
    optional = False
    for sign in unicodedata.normalize("NFD", word.translate(_FOLDED)):
        if unicodedata.combining(sign):
            if optional:
                continue
        else:
            optional = unicodedata.name(sign, "").startswith(("LATIN", "GREEK", "ARABIC", "HEBREW"))
        kept.append(sign)
    return unicodedata.normalize("NFC", "".join(kept))
