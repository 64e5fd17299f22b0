"""Editing the text of cues without losing what is around it: lines, cuts, words and their times."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loquitur.markup import Node, plain_text, write
from loquitur.markup.nodes import mapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from loquitur.model.captions import Cue

Item = str | Node
Tree = tuple[Item, ...]

_OVERRIDES = re.compile(r"(?:\{\\[^{}\n]{0,1000}\})+")
_WORD = re.compile(r"\S+")
_UNIT = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f]|"
    "[^\\s\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f]+"
)
"""A word, or one character of a script that puts no blanks between words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CueWord:
    """A word of a cue and when it is said.

    Args:
        text: As it stands, without blanks.
        start_ms: In media time.
        end_ms: When the next one begins, or the cue ends.
        known: Whether the file says when it begins; else it is shared out by length.
    """

    text: str
    start_ms: int
    end_ms: int
    known: bool


def with_children(node: Node, children: Iterable[Item]) -> Node:
    """The node with other children."""
    return replace(node, children=tuple(children))


def lines_of(tree: Iterable[Item]) -> list[Tree]:
    """The lines of a tree, each a tree of its own: a tag over a line break is in both lines."""
    lines: list[list[Item]] = [[]]
    for item in tree:
        if isinstance(item, str):
            first, *rest = item.split("\n")
            if first:
                lines[-1].append(first)
            lines.extend([part] if part else [] for part in rest)
        elif not item.children:
            lines[-1].append(item)
        else:
            first_inside, *more = lines_of(item.children)
            lines[-1].append(with_children(item, first_inside))
            lines.extend([with_children(item, inside)] for inside in more)
    return [tuple(line) for line in lines]


def joined(lines: Sequence[Tree], separator: str = "\n") -> Tree:
    """Lines as one tree."""
    items: list[Item] = []
    for number, line in enumerate(lines):
        if number:
            items.append(separator)
        items.extend(line)
    return compact(items)


def compact(tree: Iterable[Item]) -> Tree:
    """The tree without empty tags, neighbouring strings as one."""
    items: list[Item] = []
    for item in tree:
        if isinstance(item, Node) and item.tag != "time":
            kept = with_children(item, compact(item.children))
            if kept.children:
                items.append(kept)
        elif isinstance(item, str) and items and isinstance(items[-1], str):
            items[-1] += item
        elif item:
            items.append(item)
    return tuple(items)


def text_of(tree: Iterable[Item]) -> str:
    """The words of a tree."""
    return "".join(map(plain_text, tree))


def one_line(tree: Iterable[Item]) -> str:
    """The words of a tree with single blanks: how lines are compared."""
    return " ".join(text_of(tree).split())


def without(tree: Iterable[Item], spans: Sequence[tuple[int, int]]) -> Tree:
    """The tree without the characters `[start, end)` of its text, by sorted, disjoint spans."""
    position = 0

    def kept(text: str) -> str:
        nonlocal position
        start, position = position, position + len(text)
        pieces, at = [], start
        for first, last in spans:
            if last <= start or first >= position:
                continue
            pieces.append(text[at - start : max(first, start) - start])
            at = min(last, position)
        pieces.append(text[at - start :])
        return "".join(pieces)

    return compact(mapped(tuple(tree), kept))


def edited(tree: Iterable[Item], change: Callable[[str], str]) -> Tree:
    """The tree with each of its strings changed."""
    return compact(mapped(tuple(tree), change))


def stripped(tree: Iterable[Item]) -> Tree:
    """The tree without blanks at both ends of its text, and without doubled ones inside lines."""
    text = text_of(tree := tuple(tree))
    spans = [
        (match.end(0) - len(match[0]) + keep, match.end(0))
        for match in re.finditer(r"[ \t\u3000]*\n[ \t\u3000]*|[ \t]{2,}|\A\s+|\s+\Z", text)
        if (keep := 0 if match.start() == 0 or match.end() == len(text) or "\n" in match[0] else 1)
        < len(match[0])
    ]
    if not spans:
        return tree
    cuts: list[tuple[int, int]] = []
    for start, end in spans:
        inner = text[start:end]
        feed = inner.find("\n") if start > 0 and end < len(text) else -1
        if feed < 0:
            cuts.append((start, end))
        else:
            cuts.extend([(start, start + feed), (start + feed + 1, end)])
    return without(tree, [cut for cut in cuts if cut[0] < cut[1]])


def rewritten(cue: Cue, tree: Iterable[Item], *, keep_overrides: bool = True) -> Cue:
    """The cue with another text, in the notation it had; the place that SubRip wrote stays."""
    payload, _ = write(tree, cue.notation)
    if cue.notation == "srt" and keep_overrides and (found := _OVERRIDES.match(cue.payload)):
        payload = found[0] + payload
    return replace(cue, payload=payload)


def has_times(tree: Iterable[Item]) -> bool:
    """Whether there is an instant inside."""
    return any(
        isinstance(item, Node) and (item.tag == "time" or has_times(item.children)) for item in tree
    )


def words_of(cue: Cue) -> tuple[CueWord, ...]:
    """The words of a cue with their times: those the file tells, the rest by their length.

    A script without blanks between words gives single characters, and a word with an instant
    inside gives its syllables.
    """
    pieces = list(_timed(cue.tree, None))
    found: list[tuple[str, int | None]] = []
    open_word = ""
    told: int | None = None
    for at_ms, text in pieces:
        if at_ms is not None:
            told = at_ms
        position = 0
        for match in _WORD.finditer(text):
            glued = match.start() == 0 and open_word and found and told is None
            if glued:
                found[-1] = (found[-1][0] + match[0], found[-1][1])
            else:
                found.append((match[0], told))
                told = None
            position = match.end()
        if text:
            open_word = "" if position < len(text) else text[-1]
    return tuple(_shared_out(cue, [unit for word in found for unit in _units(*word)]))


def _units(word: str, at_ms: int | None) -> Iterator[tuple[str, int | None]]:
    for number, match in enumerate(_UNIT.finditer(word)):
        yield match[0], at_ms if number == 0 else None


def _timed(tree: Iterable[Item], at_ms: int | None) -> Iterator[tuple[int | None, str]]:
    """The strings of a tree in their order, each with the instant that stands right before it."""
    for item in tree:
        if isinstance(item, str):
            yield at_ms, item
            at_ms = None
        elif item.tag == "time":
            yield item.start_ms, ""
        else:
            yield from _timed(item.children, at_ms)
            at_ms = None


def _shared_out(cue: Cue, words: Sequence[tuple[str, int | None]]) -> Iterator[CueWord]:
    """Times for all words: rising, within the cue; what nobody told is shared out by length."""
    end_ms = max(cue.end_ms, cue.start_ms)
    starts: list[int | None] = []
    latest = cue.start_ms
    for number, (_, at_ms) in enumerate(words):
        usable = at_ms is not None and latest <= at_ms <= end_ms
        latest = at_ms if usable and at_ms is not None else latest
        starts.append(latest if usable or number == 0 else None)
    index = 0
    while index < len(words):
        after = index + 1
        while after < len(words) and starts[after] is None:
            after += 1
        first = starts[index] or 0
        until = starts[after] if after < len(words) else end_ms
        lengths = [len(text) for text, _ in words[index:after]]
        total, done = sum(lengths), 0
        span = max(0, (until if until is not None else end_ms) - first)
        for offset, length in enumerate(lengths):
            text, told = words[index + offset]
            yield CueWord(
                text=text,
                start_ms=first + span * done // total,
                end_ms=first + span * (done + length) // total,
                known=offset == 0 and told is not None,
            )
            done += length
        index = after
