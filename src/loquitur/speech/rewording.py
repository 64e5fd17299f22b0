"""A new text on old words, by edit distance: what is kept keeps its times, whoever wrote the text.

Words are compared by their letters, case and punctuation aside; figures by how they are said in
English, so that `25` is `twenty five`. A word may have become two or three, and up to four one.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from loquitur.model.speech import SpokenWord
from loquitur.speech.numerals import spoken
from loquitur.speech.spelling import is_english

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_JOINED = 4
_BLANKS = re.compile(
    r"[ \t\r\n\f\v\u2028\u2029]+"
)  # not the no-break ones: they hold a word together
_LETTERS = re.compile(r"[^\w]+|_+")
_BETWEEN_FIGURES = re.compile(r"(?<=\d)[.,:/](?=\d)")
_EQUAL, _JOINED, _CHANGED, _ADDED = 0.0, 0.2, 1.0, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Old words `[old_start, old_end)` that have become new ones `[new_start, new_end)`.

    `same` tells that they are said alike: only case, punctuation or spelling as one word changed.
    """

    old_start: int
    old_end: int
    new_start: int
    new_end: int
    same: bool

    @property
    def old_count(self) -> int:
        """How many words it was."""
        return self.old_end - self.old_start

    @property
    def new_count(self) -> int:
        """How many words it is."""
        return self.new_end - self.new_start


def split_answer(text: str) -> list[str]:
    """A text as words; what holds no letter and no figure is put to the word before it.

    >>> split_answer("Well - yes , I do .")
    ['Well\u00a0-', 'yes,', 'I', 'do.']
    """
    words: list[str] = []
    for item in _BLANKS.split(text.strip()):
        if not item:
            continue
        if words and not any(sign.isalnum() for sign in item):
            # a dash keeps its distance, a French "!" too; other marks stand close
            words[-1] += item if item[0] in ".,;)]\u2026" else f"\u00a0{item}"
        else:
            words.append(item)
    return words


def heard(word: str, *, english: bool = True) -> str:
    """What two spellings of the same word share: letters and figures, in lower case.

    >>> heard("Don't,"), heard("1,000.") == heard("1000"), heard("3.14") == heard("314")
    ('dont', True, False)
    """
    return _heard(word, english)


@lru_cache(maxsize=65536)
def _heard(word: str, english: bool) -> str:
    if not word.isascii() or any(sign.isdigit() for sign in word):
        word = word.translate(_QUOTES)
        if english and any(sign.isdigit() for sign in word):
            word = spoken(word.strip(".,;:?!\"'()[]"))
        else:
            word = _BETWEEN_FIGURES.sub("\u00b7", word).replace("\u00b7", "point")
    return _LETTERS.sub("", word).casefold()


_QUOTES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc", "'"))


def align(old: Sequence[str], new: Sequence[str], *, language: str = "en") -> list[Edit]:
    """How the old words have become the new ones: edits in order that cover both wholly.

    Args:
        old: The words as they were.
        new: The words as they are.
        language: BCP 47; decides how figures are compared.

    Returns:
        Edits of one word to one, of one to several or several to one where both are said alike,
        of one to none and none to one. Time and memory grow with the product of the lengths, once
        what is equal at both ends is off: the caller gives lines, not hours.
    """
    english = is_english(language)
    a = [_heard(word, english) for word in old]
    b = [_heard(word, english) for word in new]
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    middle = _aligned(a[head : len(a) - tail], b[head : len(b) - tail])
    edits = [_edit(at, at + 1, at, at + 1, True) for at in range(head)]
    edits += [
        _edit(head + start, head + end, head + first, head + last, same)
        for start, end, first, last, same in middle
    ]
    edits += [
        _edit(len(a) - at, len(a) - at + 1, len(b) - at, len(b) - at + 1, True)
        for at in range(tail, 0, -1)
    ]
    return edits


def _edit(old_start: int, old_end: int, new_start: int, new_end: int, same: bool) -> Edit:
    return Edit(
        old_start=old_start, old_end=old_end, new_start=new_start, new_end=new_end, same=same
    )


def _aligned(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int, int, int, bool]]:
    """The cheapest edits by dynamic programming, as (old from, to, new from, to, said alike)."""
    if not a or not b:
        olds = [(at, at + 1, 0, 0, False) for at in range(len(a))]
        return olds + [(len(a), len(a), at, at + 1, False) for at in range(len(b))]
    costs = [[0.0] * (len(b) + 1) for _ in range(len(a) + 1)]
    steps: list[list[tuple[int, int, bool]]] = [[(0, 0, False)] * (len(b) + 1) for _ in costs]
    for i in range(len(a) + 1):
        for j in range(len(b) + 1):
            if i or j:
                costs[i][j], steps[i][j] = min(_ways(a, b, i, j, costs), key=lambda way: way[0])
    found = []
    i, j = len(a), len(b)
    while i or j:
        taken, given, same = steps[i][j]
        found.append((i - taken, i, j - given, j, same))
        i, j = i - taken, j - given
    return found[::-1]


def _ways(
    a: Sequence[str], b: Sequence[str], i: int, j: int, costs: list[list[float]]
) -> Iterator[tuple[float, tuple[int, int, bool]]]:
    """What may have come last before old word `i` and new word `j`, with its whole cost."""
    if i and j:
        if a[i - 1] == b[j - 1]:
            yield costs[i - 1][j - 1] + _EQUAL, (1, 1, True)
        else:
            unlike = _unlike(a[i - 1], b[j - 1])
            yield costs[i - 1][j - 1] + _CHANGED + 0.5 * unlike, (1, 1, False)
        for count in range(2, MOST_JOINED + 1):
            if i >= count and "".join(a[i - count : i]) == b[j - 1]:
                yield costs[i - count][j - 1] + _JOINED, (count, 1, True)
            if j >= count and "".join(b[j - count : j]) == a[i - 1]:
                yield costs[i - 1][j - count] + _JOINED, (1, count, True)
    if i:
        yield costs[i - 1][j] + _ADDED, (1, 0, False)
    if j:
        yield costs[i][j - 1] + _ADDED, (0, 1, False)


@lru_cache(maxsize=65536)
def _unlike(a: str, b: str) -> float:
    """How different two words look, 0..1, by the ends that they share: cheap, for ties only."""
    longest = max(len(a), len(b), 1)
    same = next((at for at in range(min(len(a), len(b))) if a[at] != b[at]), min(len(a), len(b)))
    ends = 0
    while ends < min(len(a), len(b)) - same and a[-1 - ends] == b[-1 - ends]:
        ends += 1
    return 1.0 - (same + ends) / longest


def reworded(
    words: Sequence[SpokenWord], new: Sequence[str], edits: Sequence[Edit]
) -> tuple[SpokenWord, ...]:
    """The new words, each with the times of what it was; those that are new are interpolated.

    One word that stays one keeps all but its text. Words that became one span all of them, with
    the least of their confidences; a word that became several shares its time out by letters.
    Nothing leaves the span from the first word's start to the last one's end.

    Args:
        words: The old words, at least one.
        new: The new texts.
        edits: What `align` says of both.
    """
    found: list[SpokenWord] = []
    for edit in edits:
        old, texts = words[edit.old_start : edit.old_end], new[edit.new_start : edit.new_end]
        if not texts:
            continue
        if len(old) == len(texts) == 1:
            found.append(dataclasses.replace(old[0], text=texts[0]))
        elif old and len(texts) == 1:
            found.append(_joined(old, texts[0]))
        elif old:
            found.extend(_shared_out(old[0], texts))
        else:
            found.extend(_between(words, edit.old_start, texts))
    return tuple(found)


def _joined(old: Sequence[SpokenWord], text: str) -> SpokenWord:
    known = [word.confidence for word in old if word.confidence is not None]
    return SpokenWord(
        start_ms=min(word.start_ms for word in old),
        end_ms=max(word.end_ms for word in old),
        text=text,
        confidence=min(known) if known else None,
        timing=old[0].timing if len({word.timing for word in old}) == 1 else "interpolated",
        overlap=tuple(dict.fromkeys(name for word in old for name in word.overlap)),
    )


def _shared_out(old: SpokenWord, texts: Sequence[str]) -> Iterator[SpokenWord]:
    for (start_ms, end_ms), text in zip(
        _shares(old.start_ms, old.end_ms, texts), texts, strict=True
    ):
        yield dataclasses.replace(
            old, start_ms=start_ms, end_ms=end_ms, text=text, timing="interpolated"
        )


def _between(words: Sequence[SpokenWord], at: int, texts: Sequence[str]) -> Iterator[SpokenWord]:
    """New words before old word `at`: in the gap there; where there is none, 1 ms at its place."""
    if at == 0:
        start_ms = end_ms = words[0].start_ms
    elif at == len(words):
        end_ms = words[-1].end_ms
        start_ms = max(words[-1].start_ms, end_ms - len(texts))
    else:
        before, after = words[at - 1], words[at]
        start_ms = max(before.start_ms, min(before.end_ms, after.start_ms))
        end_ms = max(start_ms, after.start_ms)
    for (first_ms, last_ms), text in zip(_shares(start_ms, end_ms, texts), texts, strict=True):
        yield SpokenWord(start_ms=first_ms, end_ms=last_ms, text=text, timing="interpolated")


def _shares(start_ms: int, end_ms: int, texts: Sequence[str]) -> list[tuple[int, int]]:
    """A span shared out by letters, each share at least 1 ms (and then beyond it, if need be)."""
    letters = sum(map(len, texts))
    found, passed, length = [], 0, end_ms - start_ms
    for text in texts:
        first = start_ms + length * passed // letters
        passed += len(text)
        found.append((first, max(first + 1, start_ms + length * passed // letters)))
    return found


def spread(
    texts: Sequence[str], start_ms: int, end_ms: int, overlap: tuple[str, ...] = ()
) -> tuple[SpokenWord, ...]:
    """Words of another language over the span of what they say: interpolated, by letters."""
    return tuple(
        SpokenWord(
            start_ms=first_ms, end_ms=last_ms, text=text, timing="interpolated", overlap=overlap
        )
        for (first_ms, last_ms), text in zip(_shares(start_ms, end_ms, texts), texts, strict=True)
    )
