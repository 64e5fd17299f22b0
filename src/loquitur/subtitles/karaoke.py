"""Words that light up as they are said: an instant before each word inside the cue (WebVTT)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from loquitur.markup import Node, write
from loquitur.model.captions import Block, noted
from loquitur.subtitles.cue_text import compact, text_of, with_children, words_of
from loquitur.subtitles.matching import matched, word_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from loquitur.model.captions import CaptionTrack, Cue
    from loquitur.subtitles.cue_text import CueWord, Item

ESTIMATED = "Word times inside cues are shared out by length where nothing tells them."
STYLE = "::cue(:past) {\n  color: yellow;\n}\n::cue(:future) {\n  color: white;\n}"
_NEAR_MS = 1_500
"""A word of a transcript belongs to a cue only if it is said at most this far outside of it."""


class SaidWord(Protocol):
    """A word and when it is said, of any list of words."""

    @property
    def text(self) -> str:
        """The word."""

    @property
    def start_ms(self) -> int:
        """When it begins, in media time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Karaoke:
    """A track with instants before its words.

    Args:
        track: The result.
        words: How many words there are.
        known: How many of them have a time that was told, not shared out by length.
    """

    track: CaptionTrack
    words: int
    known: int


def karaoke(track: CaptionTrack, words: Sequence[SaidWord] = (), *, styled: bool = True) -> Karaoke:
    """A track whose words light up one by one.

    The times come from the instants that are inside the cues, else from `words`, else they are
    shared out by length over the cue. They rise inside each cue, and stay between its ends.

    Args:
        track: What to show; its text and tags stay.
        words: When words are said, of a transcript of the same talk.
        styled: Add a style sheet that colours what was said.
    """
    heard = _heard(track, words) if words else {}
    cues, total, known = [], 0, 0
    for number, cue in enumerate(track.cues):
        found = list(_with_heard(cue, words_of(cue), heard.get(number, {})))
        total += len(found)
        known += sum(word.known for word in found)
        cues.append(_timed(cue, found))
    result = replace(track, cues=tuple(cues))
    if known < total:
        result = noted(result, [ESTIMATED])
    if styled and STYLE not in result.styles:
        result = replace(result, blocks=(Block(kind="style", text=STYLE), *result.blocks))
    return Karaoke(track=result, words=total, known=known)


def _heard(track: CaptionTrack, words: Sequence[SaidWord]) -> dict[int, dict[int, int]]:
    """For each cue, by the number of a word in it, when a transcript says it is said."""
    places = [
        (number, at, word)
        for number, cue in enumerate(track.cues)
        for at, word in enumerate(words_of(cue))
    ]
    pairs = matched([word_key(word.text) for _, _, word in places],
                    [word_key(word.text) for word in words])  # fmt: skip
    found: dict[int, dict[int, int]] = {}
    for mine, theirs in pairs:
        number, at, _ = places[mine]
        cue, said_ms = track.cues[number], words[theirs].start_ms
        if cue.start_ms - _NEAR_MS <= said_ms <= cue.end_ms + _NEAR_MS:
            found.setdefault(number, {})[at] = said_ms
    return found


def _with_heard(cue: Cue, words: Sequence[CueWord], heard: dict[int, int]) -> Iterator[CueWord]:
    """The words with the times of a transcript where it has any, the others between them."""
    if not heard or any(word.known for word in words):
        yield from words
        return
    latest = cue.start_ms
    anchors: list[tuple[int, int]] = [(0, cue.start_ms)]
    for at in sorted(heard):
        said_ms = min(max(heard[at], latest), cue.end_ms)
        latest = said_ms
        if at:
            anchors.append((at, said_ms))
    anchors.append((len(words), max(cue.end_ms, latest)))
    for (first, start_ms), (last, end_ms) in pairwise(anchors):
        total = sum(len(word.text) for word in words[first:last])
        done = 0
        for at in range(first, last):
            length = len(words[at].text)
            yield replace(
                words[at],
                start_ms=start_ms + (end_ms - start_ms) * done // total,
                end_ms=start_ms + (end_ms - start_ms) * (done + length) // total,
                known=at in heard,
            )
            done += length


def _timed(cue: Cue, words: Sequence[CueWord]) -> Cue:
    """The cue with an instant before each word but the first, where they rise."""
    instants: list[int | None] = []
    latest = cue.start_ms
    for number, word in enumerate(words):
        rises = number > 0 and latest < word.start_ms < cue.end_ms
        latest = word.start_ms if rises else latest
        instants.append(word.start_ms if rises else None)
    marker = _Marker([word.text for word in words], instants)
    tree = compact(marker.marked(_bare(cue.tree)))
    if text_of(tree) != text_of(cue.tree):
        raise AssertionError("karaoke changed the text of a cue")
    payload, _ = write(tree, "vtt")
    return replace(cue, payload=payload, notation="vtt")


def _bare(tree: Iterable[Item]) -> Iterator[Item]:
    """The tree without the instants it has."""
    for item in tree:
        if isinstance(item, str):
            yield item
        elif item.tag != "time":
            yield with_children(item, _bare(item.children))


class _Marker:
    """Puts instants before the words of a tree, wherever its tags are."""

    def __init__(self, words: Sequence[str], instants: Sequence[int | None]) -> None:
        self._words = words
        self._instants = instants
        self._word = 0
        self._done = 0  # characters of the word that were passed

    def marked(self, tree: Iterable[Item]) -> Iterator[Item]:
        for item in tree:
            if isinstance(item, str):
                yield from self._text(item)
            else:
                yield with_children(item, self.marked(item.children))

    def _text(self, text: str) -> Iterator[Item]:
        position = 0
        for match in re.finditer(r"\S", text):
            if self._done == 0 and self._word < len(self._instants):
                instant = self._instants[self._word]
                if instant is not None:
                    if match.start() > position:
                        yield text[position : match.start()]
                    position = match.start()
                    yield Node(tag="time", start_ms=instant)
            self._done += 1
            if self._word < len(self._words) and self._done == len(self._words[self._word]):
                self._word, self._done = self._word + 1, 0
        yield text[position:]
