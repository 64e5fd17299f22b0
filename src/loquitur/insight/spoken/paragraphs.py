"""Sentences gathered to paragraphs: at pauses, where another speaks, where the words change.

The change of words is TextTiling's (Hearst 1997, "TextTiling: Segmenting text into multi-paragraph
subtopic passages"): the likeness (cosine) of the words before and after a place, and how deep its
dip is below the peaks on both sides.
"""

from __future__ import annotations

import math
from collections import Counter
from statistics import fmean, pstdev
from typing import TYPE_CHECKING

from loquitur.insight.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.spoken.fragments import Spoken
    from loquitur.insight.spoken.timeline import Timeline

PAUSE_MS = 2000
"""A pause that parts paragraphs; between sentences one usually takes less than a second."""
_LEAST, _USUAL, _MOST = 25, 60, 160
"""Words: fewer make no paragraph for a pause, or for a change of words; more are too many."""
_BLOCK = 80
"""Words that are compared on each side, out of no more sentences."""
_LONG = 4
"""Letters from which on a word tells something of its subject."""


def paragraphs(
    spoken: Spoken, line: Timeline, sentences: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """The ranges of pieces that are a paragraph each: whole sentences, every one once."""
    sizes = [sum(line.counts[first:end]) for first, end in sentences]
    depths = _depths([_content(line.text(first, end)) for first, end in sentences])
    some = [depth for depth in depths if depth > 0]
    deep = fmean(some) + pstdev(some) if some else math.inf
    ranges: list[tuple[int, int]] = []
    first, count = 0, 0
    for at, (_, end) in enumerate(sentences):
        count += sizes[at]
        last = at + 1 == len(sentences)
        if last or _parts(spoken, line, (end, count), depths[at], deep, after=sizes[at + 1]):
            ranges.append((first, end))
            first, count = end, 0
    return ranges


def _parts(
    spoken: Spoken,
    line: Timeline,
    reached: tuple[int, int],
    depth: float,
    deep: float,
    *,
    after: int,
) -> bool:
    """Whether a paragraph ends behind a sentence that ends before a piece."""
    at, count = reached
    own, other = line.fragments[at - 1], line.fragments[at]
    if spoken.fragments[own].speaker != spoken.fragments[other].speaker:
        return True
    gap_ms = line.starts_ms[at] - line.ends_ms[at - 1]
    if spoken.pauses_known and gap_ms >= PAUSE_MS and count >= _LEAST:
        return True
    return count + after > _MOST or (count >= _USUAL and depth >= deep)


def _content(text: str) -> list[str]:
    return [one for one in tokens(text) if len(one) >= _LONG or not one.isascii()]


def _depths(sentences: Sequence[Sequence[str]]) -> list[float]:
    """How deep the likeness dips behind each sentence."""
    likeness = [_likeness(sentences, at + 1) for at in range(len(sentences) - 1)]
    left = _peaks(likeness)
    right = _peaks(likeness[::-1])[::-1]
    return [*(a + b - 2 * low for a, b, low in zip(left, right, likeness, strict=True)), 0.0]


def _peaks(likeness: Sequence[float]) -> list[float]:
    """How high it is where one climbs from each place towards the start, as long as it rises."""
    found: list[float] = []
    for at, low in enumerate(likeness):
        found.append(found[-1] if at and likeness[at - 1] >= low else low)
    return found


def _likeness(sentences: Sequence[Sequence[str]], at: int) -> float:
    """The cosine of the words on both sides of a place between sentences."""
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    size, place = 0, at - 1
    while place >= max(0, at - _BLOCK) and size < _BLOCK:
        before.update(sentences[place])
        size, place = size + len(sentences[place]), place - 1
    size, place = 0, at
    while place < min(len(sentences), at + _BLOCK) and size < _BLOCK:
        after.update(sentences[place])
        size, place = size + len(sentences[place]), place + 1
    shared = sum(count * after[word] for word, count in before.items())
    lengths = math.sqrt(
        sum(count**2 for count in before.values()) * sum(count**2 for count in after.values())
    )
    return shared / lengths if lengths else 1.0
