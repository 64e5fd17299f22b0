"""All words of what was said, in order, each with its time: what windows are cut from."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.insight.spoken import Fragment, Spoken
    from loquitur.model.speech import SpokenWord

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_ASCII = re.compile(r"[A-Za-z0-9']+")
_TOKEN = re.compile(rf"(?P<cjk>[{_CJK}])|(?:(?![{_CJK}])[\w'\u2019\u0300-\u036f])+")
_Unit = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Pieces of text, none with more than one token (see `tokens`); all lists have one length.

    Args:
        texts: Of each piece; a piece of a word that has several ("so-", "called") is `glued`.
        starts_ms: When it is said; interpolated by letters where nothing tells.
        ends_ms: Exclusive.
        counts: How many tokens it has, 0 or 1; of a run of Chinese or Japanese every character but
            the first counts, since two make a token.
        fragments: The index of its fragment.
        glued: Whether it stands right behind the piece before it.
        told: Whether its time is told, not interpolated.
    """

    texts: list[str]
    starts_ms: list[int]
    ends_ms: list[int]
    counts: list[int]
    fragments: list[int]
    glued: list[bool]
    told: list[bool]

    def __len__(self) -> int:
        return len(self.texts)

    def text(self, first: int, end: int) -> str:
        """The text of the pieces `[first, end)`, on one line."""
        glued, texts = self.glued, self.texts
        if not any(glued[first + 1 : end]):
            return " ".join(texts[first:end])
        return "".join(
            texts[at] if glued[at] or at == first else " " + texts[at] for at in range(first, end)
        )

    def words(self) -> Iterator[tuple[int, int]]:
        """The half-open ranges of pieces that make up one word each."""
        first = 0
        for at in range(1, len(self.texts) + 1):
            if at == len(self.texts) or not self.glued[at]:
                yield first, at
                first = at


def timeline(spoken: Spoken) -> Timeline:
    """The words of what was said, in the order of its fragments."""
    line = Timeline(texts=[], starts_ms=[], ends_ms=[], counts=[], fragments=[], glued=[], told=[])
    for number, fragment in enumerate(spoken.fragments):
        before = len(line.texts)
        for word in fragment.text.split():
            if word.isascii() and word.isalnum():
                line.texts.append(word)
                line.counts.append(1)
                line.glued.append(False)
                continue
            for at, (text, count) in enumerate(_pieces(word)):
                line.texts.append(text)
                line.counts.append(count)
                line.glued.append(at > 0)
        texts = line.texts[before:]
        line.fragments.extend([number] * len(texts))
        line.told.extend([bool(fragment.words)] * len(texts))
        starts, ends = _times(fragment, texts)
        line.starts_ms.extend(starts)
        line.ends_ms.extend(ends)
    return line


def _pieces(word: str) -> list[_Unit]:
    """A word cut behind each of its tokens; marks belong to the piece before them."""
    pattern = _ASCII if word.isascii() else _TOKEN
    matches = list(pattern.finditer(word))
    if len(matches) < 2:
        return [(word, len(matches))]
    starts = [0, *(match.start() for match in matches[1:]), len(word)]
    found: list[_Unit] = []
    run = 0
    for at, match in enumerate(matches):
        text = word[starts[at] : starts[at + 1]]
        if match.lastgroup != "cjk":
            found.append((text, 1))
            run = 0
            continue
        run = run + 1 if at and matches[at - 1].end() == match.start() else 1
        alone = run == 1 and not (
            at + 1 < len(matches)
            and matches[at + 1].lastgroup == "cjk"
            and matches[at + 1].start() == match.end()
        )
        found.append((text, 1 if run > 1 or alone else 0))
    return found


def _times(fragment: Fragment, texts: Sequence[str]) -> tuple[list[int], list[int]]:
    """When each piece is said: by the fragment's words, else shared out by letters."""
    offsets = [0, *accumulate(map(len, texts))]
    if fragment.words:
        return _by_words(fragment.words, offsets)
    span, total = fragment.end_ms - fragment.start_ms, offsets[-1] or 1
    edges = [fragment.start_ms + span * offset // total for offset in offsets]
    ends = [max(end, start + 1) for start, end in pairwise(edges)]
    return edges[:-1], ends


def _by_words(words: Sequence[SpokenWord], offsets: Sequence[int]) -> tuple[list[int], list[int]]:
    """Times by the words that letters belong to; a part of a word has its part of the time."""
    borders = [0, *accumulate(len("".join(word.text.split())) for word in words)]
    starts, ends = [], []
    for first, end in pairwise(offsets):
        opening = min(bisect_right(borders, first) - 1, len(words) - 1)
        closing = min(max(bisect_right(borders, end - 1) - 1, opening), len(words) - 1)
        start_ms = _inside(words[opening], first - borders[opening], borders, opening)
        end_ms = _inside(words[closing], end - borders[closing], borders, closing)
        starts.append(start_ms)
        ends.append(max(end_ms, start_ms + 1))
    return starts, ends


def _inside(word: SpokenWord, letters: int, borders: Sequence[int], at: int) -> int:
    length = max(1, borders[at + 1] - borders[at])
    return word.start_ms + (word.end_ms - word.start_ms) * min(max(letters, 0), length) // length
