"""Words of a question that count, as terms of the index; and where long sentences are cut."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.library import terms as rules
from loquitur.library.excerpts.questions import question_words
from loquitur.library.search.stop_words import stop_words

if TYPE_CHECKING:
    from loquitur.library.excerpts.questions import Question

_HIRAGANA = re.compile("[\u3041-\u309f\u30fc]+")
_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc-\u30ff]+")
_IDEOGRAPH = "\u3005-\u3007\u3400-\u9fff\uf900-\ufaff"
_ENDING = re.compile(f"[{_IDEOGRAPH}][\u3041-\u309f]")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]+")
_IDEOGRAPHS = re.compile(f"[{_IDEOGRAPH}]+")
_CJK = re.compile(
    "[\u1100-\u11ff\u3005-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+"
)
_PARTICLES = frozenset("\u306f\u304c\u3092\u306b\u306e\u3067\u3068\u3082\u3078\u3084")
"""What stands behind Japanese nouns (wa, ga, o, ni, no, de, to, mo, e, ya): words of grammar."""
_MOST_ENDINGS = 8
_PAIR, _SINGLE, _ENDED = 0.5, 0.15, 0.25
"""What terms of a run of characters count beside a word.

A character is in two pairs, and about two characters are a word: pairs that all count whole would
say everything twice. Single characters, and pairs of which one is an ending, tell less.
"""
_MARK = re.compile(r"[,;:\u060c\u061b\u3001\uff0c\uff1b](?=\s|\Z|[^\x00-\x7f])|\s-+\s")
_STOP = re.compile(
    r"[.!?\u2026\u061f\u0964\u3002\uff01\uff1f]+[\"')\]\u201d\u300d]*(?=\s|\Z)|[\u3002\uff01\uff1f]+\u300d?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of a word a term stands for.

    Args:
        share: 1 for a word.
        named: Whether the word is a name or a figure.
        within: Of which katakana word it is a piece, by its place among the question's; -1 where it
            is none.
    """

    share: float
    named: bool
    within: int = -1


def content_terms(question: Question, *, language: str) -> dict[str, Share]:
    """The terms of a question's words that count, in their order, as a language's passages have.

    Args:
        question: It.
        language: Of the passages: whose stems the terms are.
    """
    dropped = {*question_words(question.language), *stop_words(question.language)}
    words = [match.span() for match in _KATAKANA.finditer(question.content)]
    found: dict[str, Share] = {}
    for token in rules.tokens(question.content, language=language):
        surface = question.content[token.start : token.end].lower().replace("\u2019", "'")
        within = next(
            (at for at, (start, end) in enumerate(words) if start <= token.start < end), -1
        )
        share = _share(token.term, pieces=words[within][1] - words[within][0] if within >= 0 else 0)
        if _HANGUL.fullmatch(token.term):
            share /= 2 ** _syllables_before(question.content, token.start)
        if not share or surface in dropped or token.term in found:
            continue
        named = any(start < token.end and token.start < end for start, end in question.names)
        found[token.term] = Share(share=share, named=named, within=within)
    return found


def _share(term: str, *, pieces: int) -> float:
    """What a term counts beside a word; 0 for what is none.

    The pairs of a katakana word, of so many letters, are one word together.

    Scripts change where Japanese words do, but for the endings of verbs: pairs over such a border
    tell which words stand side by side, and nothing else.
    """
    if not _CJK.fullmatch(term):
        return 1.0
    if _HIRAGANA.fullmatch(term):
        return 0.0
    if _KATAKANA.fullmatch(term):
        if len(term) == 1:
            return _SINGLE if pieces == 1 else 0.0
        return 1 / (pieces - 1) if pieces > 1 else _PAIR
    if _IDEOGRAPHS.fullmatch(term) or _HANGUL.fullmatch(term):
        return _PAIR if len(term) > 1 else _SINGLE
    return _ENDED if _ENDING.fullmatch(term) and term[1] not in _PARTICLES else 0.0


def _syllables_before(text: str, at: int) -> int:
    """How far into a Korean word a term begins: stems come first, what is behind them inflects."""
    first = at
    while first and _HANGUL.fullmatch(text[first - 1]):
        first -= 1
    return min(at - first, _MOST_ENDINGS)


def stretches(text: str, start: int, end: int, *, longest: int) -> list[tuple[int, int]]:
    """A range of a text in pieces no longer than that: cut at full stops, at commas, at blanks."""
    if end - start <= longest:
        return [(start, end)]
    for pattern in (_STOP, _MARK, re.compile(r"\s+")):
        borders = [match.end() for match in pattern.finditer(text, start, end)]
        inner = [at for at in borders if start < at < end]
        if inner:
            return _joined(text, start, end, inner, longest=longest, whole=pattern is _STOP)
    return [(at, min(at + longest, end)) for at in range(start, end, longest)]


def _joined(
    text: str, start: int, end: int, borders: list[int], *, longest: int, whole: bool
) -> list[tuple[int, int]]:
    """The pieces between borders; where they are no sentences, as many together as have room."""
    pieces: list[tuple[int, int]] = []
    first = start
    for at, border in enumerate([*borders, end]):
        following = ([*borders, end, end])[at + 1]
        if border > first and (whole or following - first > longest or border == end):
            pieces.append((first, border))
            first = border
    return [
        piece
        for one, other in pieces
        for piece in (
            [(one, other)]
            if other - one <= longest or (one, other) == (start, end)
            else stretches(text, one, other, longest=longest)
        )
    ]
