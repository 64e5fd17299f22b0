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
_CJK = re.compile(
    "[\u1100-\u11ff\u3005-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+"
)
_SINGLE, _MIXED = 0.3, 0.5
"""What a single character counts beside a pair, and a pair of which one is a Japanese ending."""
_MARK = re.compile(r"[,;:\u060c\u061b\u3001\uff0c\uff1b](?=\s|\Z|[^\x00-\x7f])|\s-+\s")
_STOP = re.compile(
    r"[.!?\u2026\u061f\u0964\u3002\uff01\uff1f]+[\"')\]\u201d\u300d]*(?=\s|\Z)|[\u3002\uff01\uff1f]+\u300d?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of a word a term stands for, and whether the word is a name or a figure."""

    share: float
    named: bool


def content_terms(question: Question, *, language: str) -> dict[str, Share]:
    """The terms of a question's words that count, in their order, as a language's passages have.

    Args:
        question: It.
        language: Of the passages: whose stems the terms are.
    """
    dropped = {*question_words(question.language), *stop_words(question.language)}
    found: dict[str, Share] = {}
    for token in rules.tokens(question.content, language=language):
        surface = question.content[token.start : token.end].lower().replace("\u2019", "'")
        share = _share(token.term)
        if not share or surface in dropped or token.term in found:
            continue
        named = any(start < token.end and token.start < end for start, end in question.names)
        found[token.term] = Share(share=share, named=named)
    return found


def _share(term: str) -> float:
    if not _CJK.fullmatch(term):
        return 1.0
    if _HIRAGANA.fullmatch(term):
        return 0.0
    if len(term) == 1:
        return _SINGLE
    return _MIXED if _HIRAGANA.search(term) else 1.0


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
