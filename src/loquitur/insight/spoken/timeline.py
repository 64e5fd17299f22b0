"""All words of what was said, in order, each with its time: what windows are cut from."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from loquitur.insight.tokens import token_spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.insight.spoken.fragments import Fragment, Spoken
    from loquitur.model.speech import SpokenWord


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


def _pieces(word: str) -> list[tuple[str, int]]:
    """A word cut behind each of its tokens; marks belong to the piece before them."""
    found: list[tuple[int, int]] = []
    for start, end, unspaced in token_spans(word):
        if not unspaced or end - start == 1:
            found.append((start, 1))
        else:
            found += [(at, int(at > start)) for at in range(start, end)]
    if len(found) < 2:
        return [(word, len(found))]
    starts = [0, *(start for start, _ in found[1:]), len(word)]
    return [
        (word[first:after], count)
        for (first, after), (_, count) in zip(pairwise(starts), found, strict=True)
    ]


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
