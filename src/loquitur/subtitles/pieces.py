"""What will be a cue: units on lines, and the tree it is shown as."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from loquitur.markup import Node
from loquitur.model.captions import Cue
from loquitur.subtitles.fit import Spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.subtitles.limits import Dashes
    from loquitur.subtitles.units import Units

DASHES: dict[Dashes, tuple[str, str]] = {
    "both": ("-", "-"),
    "both-spaced": ("- ", "- "),
    "second": ("", "-"),
    "second-spaced": ("", "- "),
    "none": ("", ""),
}
"""What stands before the first and before the second speaker of one cue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Units `start` to `end` on one line, behind a dash where speakers share the cue."""

    units: Units
    start: int
    end: int
    dash: str = ""

    @property
    def voice(self) -> str:
        """Who says it."""
        return self.units.voices[self.start]

    @property
    def text(self) -> str:
        """What it shows."""
        return self.dash + self.units.line(self.start, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Lines that are shown together; one voice, or one each."""

    lines: tuple[Line, ...]

    @property
    def spoken(self) -> Spoken:
        """When its words are said."""
        units = self.lines[0].units
        spans = [
            (units.starts[i], units.ends[i])
            for line in self.lines
            for i in range(line.start, line.end)
        ]
        return Spoken(start_ms=min(s for s, _ in spans), end_ms=max(e for _, e in spans))

    @property
    def texts(self) -> list[str]:
        """Its lines as they are shown."""
        return [line.text for line in self.lines]

    def dashed(self, other: Piece, dashes: Dashes) -> Piece:
        """A piece of two speakers, a line each."""
        one, two = DASHES[dashes]
        return Piece(lines=(replace(self.lines[0], dash=one), replace(other.lines[0], dash=two)))


def cue_of(piece: Piece, start_ms: int, end_ms: int, *, inner_times: bool = False) -> Cue:
    """The cue of a piece.

    Args:
        piece: What it shows.
        start_ms: From when on.
        end_ms: Until when.
        inner_times: Whether the moment of each word stands before it, for karaoke.
    """
    tree: list[str | Node] = []
    clock = _Clock(start_ms, end_ms) if inner_times else None
    for voice, lines in groupby(piece.lines, key=lambda line: line.voice):
        children = tuple(_merged(_lines(tuple(lines), clock)))
        if tree:
            tree.append("\n")
        tree.extend((Node(tag="v", annotation=voice, children=children),) if voice else children)
    return Cue.of(start_ms=start_ms, end_ms=end_ms, tree=tree)


class _Clock:
    """Gives instants that rise and lie inside a cue."""

    def __init__(self, start_ms: int, end_ms: int) -> None:
        self._last_ms, self._end_ms = start_ms, end_ms

    def node(self, at_ms: int) -> Node | None:
        if not self._last_ms < at_ms < self._end_ms:
            return None
        self._last_ms = at_ms
        return Node(tag="time", start_ms=at_ms)


def _lines(
    lines: Sequence[Line], clock: _Clock | None
) -> Iterator[tuple[tuple[Node, ...], str | Node]]:
    """What stands on lines in its order, each with the tags around it."""
    last: tuple[Node, ...] = ()
    for number, line in enumerate(lines):
        units = line.units
        if number:
            yield _shared(last, units.tags[line.start]), "\n"
        if line.dash:
            yield (), line.dash
        for index in range(line.start, line.end):
            tags = units.tags[index]
            if index > line.start and units.spaces[index]:
                yield _shared(last, tags), " "
            if clock and (instant := clock.node(units.starts[index])):
                yield tags, instant
            yield tags, units.texts[index]
            last = tags


def _shared(one: tuple[Node, ...], two: tuple[Node, ...]) -> tuple[Node, ...]:
    shared = []
    for left, right in zip(one, two, strict=False):
        if left != right:
            break
        shared.append(left)
    return tuple(shared)


def _merged(
    items: Iterator[tuple[tuple[Node, ...], str | Node]], depth: int = 0
) -> Iterator[str | Node]:
    """Neighbours under the same tags as one node, neighbouring strings as one string."""
    for tag, run in groupby(
        items, key=lambda item: item[0][depth] if len(item[0]) > depth else None
    ):
        if tag is None:
            for instant, some in groupby(
                (item for _, item in run), key=lambda one: isinstance(one, Node)
            ):
                if instant:
                    yield from some
                else:
                    yield "".join(str(one) for one in some)
        else:
            yield replace(tag, children=tuple(_merged(run, depth + 1)))
