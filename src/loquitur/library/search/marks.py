"""Where in a passage a query is met: stems, phrases word for word, and the best stretch of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.library import terms as rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.library.search.wording import Wording
    from loquitur.model.library import Passage

LONGEST = 320
"""Characters of a snippet, where its sentences allow."""
_MOST_STRETCH = 90
"""Characters around which the best stretch of a passage is looked for: about 15 words, 6 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Characters that fit a query, half-open, by which term, and what that tells."""

    start: int
    end: int
    term: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """What of a passage is shown.

    Args:
        start: Where it begins in the passage's text.
        end: Exclusive.
        marks: Half-open ranges of characters of the excerpt.
        best: Where in the passage what fits best begins.
    """

    start: int
    end: int
    marks: tuple[tuple[int, int], ...]
    best: int


def marks_of(text: str, wording: Wording, *, language: str) -> list[Mark]:
    """All of a text that fits a query, in order; a phrase is one, if it stands word for word."""
    found = [
        Mark(start=start, end=end, term=phrase, weight=1.0)
        for phrase in wording.phrases
        for start, end in phrase_spans(text, phrase, language=language)
    ]
    weights, prefixes = wording.weights, wording.prefixes
    for token in rules.tokens(text, language=language):
        weight = weights.get(token.term)
        if weight is None and prefixes:
            plain = rules.terms(text[token.start : token.end], language="zxx")
            if any(term.startswith(prefixes) for term in plain):
                weight = 0.5
        if weight is not None:
            found.append(Mark(start=token.start, end=token.end, term=token.term, weight=weight))
    found.sort(key=lambda mark: (mark.start, -mark.end))
    return [*_without_lone_signs(found)]


def _without_lone_signs(marks: Sequence[Mark]) -> Iterator[Mark]:
    """Single characters of pairs say little: they are marked within a pair, or where none is."""
    pairs = {sign for mark in marks if len(mark.term) == 2 for sign in mark.term}
    for mark in marks:
        if len(mark.term) > 1 or mark.term not in pairs:
            yield mark


def phrase_spans(text: str, phrase: str, *, language: str) -> Iterator[tuple[int, int]]:
    """Where a phrase stands word for word; accents and case do not matter, endings do.

    >>> [*phrase_spans("The gauge theories; a gauge theory.", "Gauge theory", language="en")]
    [(22, 34)]
    """
    wanted = rules.terms(phrase, language=language)
    if not wanted:
        return
    found = [*rules.tokens(text, language=language)]
    exact = _exact(phrase)
    terms = [token.term for token in found]
    for at in range(len(found) - len(wanted) + 1):
        if terms[at] != wanted[0] or terms[at : at + len(wanted)] != wanted:
            continue
        start = found[at].start
        end = max(token.end for token in found[at : at + len(wanted)])
        written = _exact(text[start:end])
        if written[len(written) - len(exact) :] == exact:
            yield start, end


def _exact(text: str) -> list[str]:
    """Words without case and accents, and with their endings; what is elided stands by itself."""
    return rules.terms(text.replace("'", " ").replace("\u2019", " "), language="zxx")


def excerpt_of(passage: Passage, wording: Wording) -> Excerpt:
    """The sentences of a passage that tell most of a query, and the moment that does.

    A sentence that is too long (speech without full stops) is cut between words.
    """
    text = passage.text
    marks = marks_of(text, wording, language=passage.language)
    best, best_end = _best_stretch(marks)
    if not marks:
        start, end = _cut(passage, 0, 0, ())
        return Excerpt(start=start, end=end, marks=(), best=start)
    start, end = _cut(passage, best, best_end, marks)
    ranges = _merged((max(mark.start, start), min(mark.end, end)) for mark in marks)
    shown = tuple((first - start, last - start) for first, last in ranges if first < last)
    return Excerpt(start=start, end=end, marks=shown, best=best)


def _best_stretch(marks: Sequence[Mark]) -> tuple[int, int]:
    """The stretch of which the different terms tell most; the first of equals."""
    best, span, first = -1.0, (0, 0), 0
    held: dict[str, int] = {}
    weights = {mark.term: mark.weight for mark in marks}
    for mark in marks:
        held[mark.term] = held.get(mark.term, 0) + 1
        while mark.end - marks[first].start > _MOST_STRETCH and marks[first] is not mark:
            held[marks[first].term] -= 1
            first += 1
        told = sum(weights[term] for term, count in held.items() if count)
        if told > best + 1e-9:
            best, span = told, (marks[first].start, mark.end)
    return span


def _cut(passage: Passage, best: int, best_end: int, marks: Sequence[Mark]) -> tuple[int, int]:
    """The sentences around the best stretch, as many as there is room for, richer ones first."""
    spans = [span for span in passage.sentence_spans() if span[0] < span[1]]
    until = max(best_end, best + 1)
    inside = [at for at, (start, end) in enumerate(spans) if start < until and end > best]
    if not inside:
        return 0, 0
    first, last = inside[0], inside[-1]
    start, end = spans[first][0], spans[last][1]
    if end - start > LONGEST:
        return _within(passage.text, start, end, best, best_end)
    while True:
        before = _told(marks, *spans[first - 1]) if first else -1.0
        behind = _told(marks, *spans[last + 1]) if last + 1 < len(spans) else -1.0
        if max(before, behind) < 0:
            break
        if before > behind:
            if end - spans[first - 1][0] > LONGEST:
                break
            first -= 1
        else:
            if spans[last + 1][1] - start > LONGEST:
                break
            last += 1
        start, end = spans[first][0], spans[last][1]
    return _trimmed(passage.text, start, end)


def _told(marks: Sequence[Mark], start: int, end: int) -> float:
    return sum({m.term: m.weight for m in marks if start <= m.start < end}.values())


def _within(text: str, start: int, end: int, best: int, best_end: int) -> tuple[int, int]:
    """A stretch of a long sentence around what fits, from blank to blank where there are blanks."""
    room = max(0, LONGEST - (best_end - best))
    first = max(start, min(best - room // 3, end - LONGEST))
    last = min(end, max(first + LONGEST, best_end))
    if first > start and (blank := text.find(" ", first, best)) >= 0:
        first = blank + 1
    if last < end and (blank := text.rfind(" ", best_end, last)) >= 0:
        last = blank
    return _trimmed(text, first, last)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _merged(ranges: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Ranges in order, those that touch joined."""
    held: tuple[int, int] | None = None
    for start, end in ranges:
        if held is not None and start <= held[1]:
            held = (held[0], max(held[1], end))
            continue
        if held is not None:
            yield held
        held = (start, end)
    if held is not None:
        yield held
