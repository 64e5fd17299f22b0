"""From regions of speech to cells that get one label each, and from labelled cells to turns."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from loquitur.model.speech import Turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from loquitur.speech.clustering import Clusters
    from loquitur.timing import Span


class Cell(NamedTuple):
    """A short stretch of speech that belongs to one speaker: `[start_ms, end_ms)`."""

    start_ms: int
    end_ms: int

    @property
    def centre_ms(self) -> int:
        """The time in the middle, in milliseconds."""
        return (self.start_ms + self.end_ms) // 2


def cells(regions: Iterable[Span], *, hop_ms: int, from_ms: int = 0, until_ms: int) -> list[Cell]:
    """Regions cut into cells of about one hop; the last cell of a region takes the rest.

    Args:
        regions: Stretches of speech, sorted and disjoint.
        hop_ms: Length of a cell; a region's last one is half as long to half longer.
        from_ms: Nothing before this time is speech.
        until_ms: Nothing from this time on is speech.
    """
    found: list[Cell] = []
    for region in regions:
        start_ms, end_ms = max(region.start_ms, from_ms), min(region.end_ms, until_ms)
        if start_ms >= end_ms:
            continue
        count = max(1, (end_ms - start_ms + hop_ms // 2) // hop_ms)
        borders = [start_ms + item * hop_ms for item in range(count)] + [end_ms]
        found += [Cell(*pair) for pair in itertools.pairwise(borders)]
    return found


def bounded_hop_ms(speech: Sequence[Span], hop_ms: int, *, most: int) -> int:
    """The time between the embeddings of speech: `hop_ms`, or the multiple that gives `most`.

    >>> bounded_hop_ms([Span(start_ms=0, end_ms=10_000)], 500, most=10)
    1000
    """
    total_ms = sum(span.duration_ms for span in speech)
    return hop_ms * max(1, -(-total_ms // (hop_ms * most)))


def groups(grid: list[Cell], *, within_ms: int) -> Iterator[list[Cell]]:
    """The cells in time order, cut into groups that lie within so long a stretch each."""
    group: list[Cell] = []
    for cell in grid:
        if group and cell.end_ms - group[0].start_ms > within_ms:
            yield group
            group = []
        group.append(cell)
    if group:
        yield group


def turns_of(grid: list[Cell], found: Clusters, *, gap_ms: int = 500) -> Iterator[Turn]:
    """Neighbouring cells of one speaker joined to turns, sorted by start.

    Args:
        grid: Cells in time order.
        found: A label and a score for each.
        gap_ms: A speaker's cells with a shorter pause between them are one turn.

    Yields:
        Turns of `SPEAKER_00`, `SPEAKER_01`, ...; the score is the mean over the cells, or None
        where there is only one speaker.
    """
    first = 0
    for item in range(1, len(grid) + 1):
        if item < len(grid):
            same = found.labels[item] == found.labels[first]
            if same and grid[item].start_ms - grid[item - 1].end_ms < gap_ms:
                continue
        score = round(float(np.mean(found.scores[first:item])), 3)
        yield Turn(
            start_ms=grid[first].start_ms,
            end_ms=grid[item - 1].end_ms,
            speaker=f"SPEAKER_{int(found.labels[first]):02d}",
            score=score if found.count > 1 else None,
        )
        first = item


def joined(turns: Iterable[Turn], *, gap_ms: int) -> tuple[Turn, ...]:
    """The same turns, sorted by start; those of one speaker with no more between them are one.

    Args:
        turns: In any order; those of different speakers may overlap.
        gap_ms: The longest pause that is bridged.
    """
    open_turns: dict[str, Turn] = {}
    closed: list[Turn] = []
    for turn in sorted(turns, key=lambda turn: (turn.start_ms, turn.end_ms)):
        last = open_turns.get(turn.speaker)
        if last is not None and turn.start_ms - last.end_ms <= gap_ms:
            turn = _one_of(last, turn)  # noqa: PLW2901 - it goes on where the last one ended
        elif last is not None:
            closed.append(last)
        open_turns[turn.speaker] = turn
    return tuple(
        sorted((*closed, *open_turns.values()), key=lambda turn: (turn.start_ms, turn.end_ms))
    )


def _one_of(one: Turn, other: Turn) -> Turn:
    """Two turns as one; its score is their mean by length."""
    score = None
    if one.score is not None and other.score is not None:
        lengths = one.end_ms - one.start_ms, other.end_ms - other.start_ms
        total = one.score * lengths[0] + other.score * lengths[1]
        score = round(total / max(1, sum(lengths)), 3)
    return dataclasses.replace(one, end_ms=max(one.end_ms, other.end_ms), score=score)
