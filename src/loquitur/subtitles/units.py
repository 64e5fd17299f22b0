"""Words with times as units: the smallest pieces of text between which a cue may break."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from loquitur.markup import Node
from loquitur.subtitles import phrases
from loquitur.subtitles.graphemes import graphemes, measure

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from loquitur.subtitles.limits import Limits

__all__ = ["TimedText", "Units", "units_of"]

_BREAKING = re.compile(r"[^\S\u00a0\u202f\u2007]+")
_CLOSERS = frozenset(".,!?;:…»)]}›”’؟،؛।॥–—。、！？：；」』）")
_APART_MS = 150
"""Marks said longer after a word belong to what follows."""
_OPENERS = frozenset("«([{‹“‘¿¡-„「『（")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedText:
    """A word, or a piece of text of any length, with the time in which it is said.

    Args:
        start_ms: When it begins, in media time.
        end_ms: When it ends; not before it begins.
        text: What is said; white space inside is one space.
        voice: Who says it, as a voice tag is annotated; empty where nobody is named.
        tags: The tags around it, outermost first, without children (`Node(tag="i")`).
        joined: Whether it follows the word before it without a space.
    """

    start_ms: int
    end_ms: int
    text: str
    voice: str = ""
    tags: tuple[Node, ...] = ()
    joined: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.start_ms <= self.end_ms:
            raise ValueError(f"not a span: [{self.start_ms}, {self.end_ms}) ms")


@dataclass(slots=True, kw_only=True)
class Units:
    """Columns of one length: the units of a text.

    Args:
        texts: What each shows.
        starts: When each begins, ms.
        ends: When each ends, ms.
        voices: Who says it.
        tags: The tags around it.
        spaces: Whether a space stands before it where it does not begin a line.
        sizes: Its length, as the limits count.
        stops: Whether a cue must end behind it.
    """

    texts: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    voices: list[str] = field(default_factory=list)
    tags: list[tuple[Node, ...]] = field(default_factory=list)
    spaces: list[bool] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)
    stops: list[bool] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.texts)

    def line(self, start: int, end: int) -> str:
        """The text of some units on one line."""
        parts = [self.texts[start]]
        for index in range(start + 1, end):
            if self.spaces[index]:
                parts.append(" ")
            parts.append(self.texts[index])
        return "".join(parts)


def units_of(words: Sequence[TimedText], limits: Limits, ends: Collection[int] = ()) -> Units:
    """The units of words in their order.

    White space parts units, scripts without spaces part by their own rules, and what is of such a
    script and still longer than a line parts between any two characters. A word of another script
    that is longer than a line stays one unit. Words without text are left out.

    Args:
        words: What is said.
        limits: How lengths are counted, and what a line holds.
        ends: Indices of words behind which a cue must end.
    """
    units, closed = Units(), frozenset(ends)
    for place, word in enumerate(words):
        parts = _parts(word.text)
        if len(parts) == 1 and not phrases.has_unspaced(parts[0]):
            _add(units, word, parts[0], word.start_ms, word.end_ms, spaced=not word.joined)
        elif parts:
            _take_apart(units, word, parts, limits)
        if place in closed and units.texts:
            units.stops[-1] = True
    sizes = {text: measure(text, limits.counting) for text in dict.fromkeys(units.texts)}
    units.sizes = [sizes[text] for text in units.texts]
    one_stream = all(two.start_ms >= one.start_ms for one, two in pairwise(words))
    _put_in_order(units, across=one_stream)
    return _leaning(units, limits)


def _put_in_order(units: Units, *, across: bool) -> None:
    """What one voice says later begins no earlier; nor what others say, where words were sorted.

    The units of a long word may begin later than the next word, which was said meanwhile.
    """
    for index in range(1, len(units)):
        if across or units.voices[index] == units.voices[index - 1]:
            units.starts[index] = max(units.starts[index], units.starts[index - 1])
            units.ends[index] = max(units.ends[index], units.starts[index])


def _parts(text: str) -> list[str]:
    """The text at its white space; spaces that do not break stay inside (French `Quoi\u00a0?`)."""
    if text.isascii():
        return text.split()
    return [part for part in _BREAKING.split(text) if part.strip()]


def _leaning(units: Units, limits: Limits) -> Units:
    """The units with marks that stand alone put to the word that they belong to."""
    if not any(_alone(text) for text in dict.fromkeys(units.texts)):
        return units
    made = Units()
    space = measure(" ", limits.counting)
    opening = False
    for index, text in enumerate(units.texts):
        size = units.sizes[index] + (space if units.spaces[index] else 0.0)
        leans = made.texts and (opening or _alone(text) == "closing")
        opening = _alone(text) == "opening"
        if (
            leans
            and not made.stops[-1]
            and made.voices[-1] == units.voices[index]
            and units.starts[index] - made.ends[-1] < _APART_MS
            and made.sizes[-1] + size <= limits.line_width
        ):
            made.texts[-1] += (" " if units.spaces[index] else "") + text
            made.sizes[-1] += size
            made.ends[-1] = max(made.ends[-1], units.ends[index])
            made.stops[-1] = units.stops[index]
        else:
            for name in Units.__slots__:
                getattr(made, name).append(getattr(units, name)[index])
    return made


def _alone(text: str) -> str:
    """Whether a unit is marks that lean on the word before (`closing`) or behind (`opening`)."""
    if len(text) > 3 or text[0].isalnum():
        return ""
    if all(one in _CLOSERS for one in text):
        return "closing"
    return "opening" if all(one in _OPENERS for one in text) else ""


def _add(
    units: Units, word: TimedText, text: str, start_ms: int, end_ms: int, *, spaced: bool
) -> None:
    units.texts.append(text)
    units.starts.append(start_ms)
    units.ends.append(end_ms)
    units.voices.append(word.voice)
    units.tags.append(word.tags)
    units.spaces.append(spaced)
    units.stops.append(False)


def _take_apart(units: Units, word: TimedText, parts: Sequence[str], limits: Limits) -> None:
    """Several units of one word, which share its time by their length."""
    cut = [
        (piece, not index) for part in parts for index, piece in enumerate(_pieces(part, limits))
    ]
    total = sum(len(piece) for piece, _ in cut)
    length_ms, done = word.end_ms - word.start_ms, 0
    for index, (piece, spaced) in enumerate(cut):
        start_ms = word.start_ms + length_ms * done // total
        done += len(piece)
        end_ms = word.start_ms + length_ms * done // total
        before = spaced if index else not word.joined
        _add(units, word, piece, start_ms, end_ms, spaced=before)


def _pieces(text: str, limits: Limits) -> Iterator[str]:
    if not phrases.has_unspaced(text):
        yield text
        return
    for piece in phrases.pieces(text):
        if measure(piece, limits.counting) <= limits.line_width or not phrases.has_unspaced(piece):
            yield piece
        else:
            yield from _chopped(piece, limits)


def _chopped(piece: str, limits: Limits) -> Iterator[str]:
    """A piece longer than a line, by characters."""
    part = ""
    for cluster in graphemes(piece):
        if part and measure(part + cluster, limits.counting) > limits.line_width:
            yield part
            part = ""
        part += cluster
    if part:
        yield part
