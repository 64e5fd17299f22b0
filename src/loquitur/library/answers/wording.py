"""A text as a check of claims sees it: content words, names, what is denied, figures.

Content words are the terms of the index (`library.terms`) without small words; of Chinese, Japanese
and Korean the pairs of neighbouring characters. Names are words with a capital where no sentence
begins, words in capitals, and words of letters with figures; a capital at a sentence's beginning
counts where the word is no small one. In scripts without capitals nobody can tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loquitur.languages import primary
from loquitur.library.answers.figures import Figure, figures
from loquitur.library.answers.negations import negates, stands_alone
from loquitur.library.answers.small_words import is_small
from loquitur.library.terms import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SCOPE = 2
"""Content words behind a negation that it bears on."""
_SENTENCE = re.compile(
    r"(?<=[.?!\u2026\u061f\u06d4\u0964])[\"'\u201d\u2019)\]]*\s+|(?<=[\u3002\uff01\uff1f])"
)
_SHORTENED = re.compile(r"(?:\b(?:mr|mrs|ms|dr|prof|st|vs|no|fig|inc|jr|sr|[A-Za-z])\.)\s*$", re.I)
_CLAUSE = re.compile(r"[,;:\u3001\uff0c\uff1b\u061b\u060c]|\s[-\u2013\u2014]\s")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_KANA = re.compile("[\u3040-\u309f\u30fc]+")
_STEM = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A content word.

    Args:
        stem: As the index has it.
        start: Where it stands, half-open.
        end: Behind it.
        name: Whether it looks like a name.
        denied: Whether a negation bears on it.
    """

    stem: str
    start: int
    end: int
    name: bool
    denied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A sentence as checks see it.

    Args:
        text: The sentence.
        start: Where it begins in the text it is of.
        words: Its content words.
        figures: Its figures.
        clauses: Its half-open clauses.
        denials: Negations that bear on nothing that could be told.
        stems: Its content words, each once; of `words`.
    """

    text: str
    start: int
    words: tuple[Content, ...]
    figures: tuple[Figure, ...]
    clauses: tuple[tuple[int, int], ...]
    denials: int = 0
    stems: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "stems", frozenset(word.stem for word in self.words))

    @property
    def denies(self) -> bool:
        """Whether it has a negation, of whatever."""
        return self.denials > 0 or any(word.denied for word in self.words)


def is_cjk(text: str) -> bool:
    """Whether a text is mostly Chinese, Japanese or Korean."""
    letters = sum(map(str.isalpha, text))
    return 2 * len(_CJK.findall(text)) > letters > 0


def is_ideograph(sign: str) -> bool:
    """Whether a character is Han or katakana: of what names are written in."""
    return "\u3400" <= sign <= "\u9fff" or "\u30a1" <= sign <= "\u30fa"


def has_like(stem: str, said: frozenset[str], share: float) -> bool:
    """Whether a word of the same beginning is there: another form of it.

    Args:
        stem: The word; of less than four characters nothing is said.
        said: Words.
        share: The least share of the longer of both that they have in common from the first on.
    """
    if len(stem) < _STEM:
        return False
    start = stem[:_STEM]
    for other in said:
        if other.startswith(start):
            common = _common(stem, other)
            if common >= share * max(len(stem), len(other)):
                return True
    return False


def _common(a: str, b: str) -> int:
    for at, (one, two) in enumerate(zip(a, b, strict=False)):
        if one != two:
            return at
    return min(len(a), len(b))


def sentences(text: str, starts: Sequence[int] = (0,)) -> tuple[tuple[int, int], ...]:
    """The half-open sentences of a text, where none is said to begin than at its start."""
    if len(starts) > 1:
        return tuple(zip(starts, (*starts[1:], len(text)), strict=True))
    found: list[tuple[int, int]] = []
    first = read = 0
    for match in _SENTENCE.finditer(text):
        if _SHORTENED.search(text, max(0, match.start() - 6), match.start() + 1):
            continue
        if any(map(str.isalnum, text[read : match.end()])):
            found.append((first, match.end()))
            first = match.end()
        read = match.end()
    if found and not any(map(str.isalnum, text[first:])):  # marks alone are no sentence
        found[-1] = (found[-1][0], len(text))
    else:
        found.append((first, len(text)))
    return tuple(found)


def wording(text: str, *, language: str, start: int = 0) -> Wording:
    """One sentence, read.

    Args:
        text: The sentence.
        language: BCP 47; `und` where nobody knows.
        start: Where it begins in the text it is of.
    """
    known = figures(text)
    covered = figured(known)
    shouted = sum(map(str.isupper, text)) * 2 > sum(map(str.isalpha, text))
    words: list[Content] = []
    denials = pending = 0
    lone = False
    for stem, first, end in _units(text, language):
        written = text[first:end]
        if negates(written):
            denials, pending, lone = denials + 1, SCOPE, stands_alone(written)
            continue
        if pending and _CLAUSE.search(text, words[-1].end if words else 0, first) and not lone:
            pending = 0
        if not covered.isdisjoint(range(first, end)):
            continue
        if is_small(written, stem, language):
            continue
        words.append(
            Content(
                stem=stem,
                start=first,
                end=end,
                name=_is_name(text, first, end, language, shouted=shouted),
                denied=pending > 0,
            )
        )
        if pending:
            denials -= pending == SCOPE
            pending -= 1
    return Wording(
        text=text,
        start=start,
        words=tuple(words),
        figures=known,
        clauses=tuple(_clauses(text)),
        denials=max(0, denials),
    )


def figured(known: Sequence[Figure]) -> frozenset[int]:
    """The places of characters that are of figures, where these are no other words."""
    return frozenset(at for one in known if one.sure for at in range(one.start, one.end))


def _units(text: str, language: str) -> Iterator[tuple[str, int, int]]:
    """Words; of scripts in runs the pairs of characters, but for those of kana alone."""
    for token in tokens(text, language=language):
        written = text[token.start : token.end]
        if _CJK.match(written) and (len(token.term) < 2 or _KANA.fullmatch(token.term)):
            continue
        yield token.term, token.start, token.end


def _clauses(text: str) -> Iterator[tuple[int, int]]:
    first = 0
    for match in _CLAUSE.finditer(text):
        yield first, match.start()
        first = match.end()
    yield first, len(text)


def _is_name(text: str, first: int, end: int, language: str, *, shouted: bool) -> bool:
    word = text[first:end]
    letters = [sign for sign in word if sign.isalpha()]
    if not letters:
        return False
    if any(map(str.isdigit, word)):
        return True
    if _CJK.match(word):
        return False
    if shouted:
        return False  # all in capitals: they say nothing
    return letters[0].isupper() and primary(language) != "tlh"
