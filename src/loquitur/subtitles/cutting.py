"""Where cues and lines end: one optimum for both, by dynamic programming.

A cue is worth what its lines, its breaks and its time are worth, with the best of its line breaks;
a text is worth the sum of its cues. The best one is found exactly, in time and memory linear in the
number of units: for every unit, every cue that may begin with it (columns of numpy), then one pass
from the end. Line width, lines and longest time are limits, never costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.subtitles.weights import SHAPES, STEPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from loquitur.subtitles.limits import Limits
    from loquitur.subtitles.units import Units
    from loquitur.subtitles.weights import Weights

    Column = npt.NDArray[np.float64]

ROWS = 200_000
"""Cells of a block's tables, so that memory does not grow with the text."""
NEVER = -1e9
FITS = NEVER / 2
"""What is worth more can be: a cue has no more lines than hold it."""
SLACK = 1e-6
HASTE_COST = 0.6
"""Of a second that is missing to read a cue."""
FLASH_COST = 3.0
"""Of a cue that can not stay on screen at all; less in proportion to the least time."""
LINGER_MS = 1_500
"""How long a cue may stay after its last word (BBC: not more than 1.5 s)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """A text's columns, with what limits and weights make of them."""

    widths: Column
    """`widths[i]`: of all units before unit `i` with the spaces before them; one more than units"""
    spaces: Column
    reach: npt.NDArray[np.int64]
    """the index behind the last unit that a line beginning with a unit may hold"""
    until: npt.NDArray[np.int64]
    """the index behind the last unit of the stretch that a unit stands in"""
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    line: Column
    cue: Column
    limits: Limits
    weights: Weights

    def shape(self, name: str, fill: Column, low: float = 0.0, high: float = 1.0) -> Column:
        """The value of a curve."""
        return np.interp(fill, np.linspace(low, high, STEPS), self.weights.shape[name])


def cut(
    units: Units, line: Column, cue: Column, weights: Weights, limits: Limits
) -> list[tuple[int, ...]]:
    """The cues of a text: for each, where its lines end (the index behind the last unit).

    Args:
        units: The text; a cue ends wherever `units.stops` says so.
        line: What ending a line after each unit is worth.
        cue: What ending a cue after each unit is worth.
        weights: Their curves.
        limits: The limits.

    Returns:
        Index tuples, all units covered in order. No line is wider than the limit but that of a
        single unit which itself is; no cue has more lines, or takes longer unless it is one unit.
    """
    count = len(units)
    if not count:
        return []
    text = _text(units, line, cue, weights, limits)
    per_line = int((text.reach - np.arange(count)).max())
    per_cue = per_line * limits.line_count
    size = max(1, ROWS // (per_cue + 1))
    best = np.zeros(count + per_cue + 1)
    best[count + 1 :] = NEVER
    taken = np.zeros(count, dtype=np.int64)
    for start in reversed(range(0, count, size)):
        stop = min(start + size, count)
        table = _cues(text, start, stop, per_line)
        for row in range(stop - start - 1, -1, -1):
            index = start + row
            values = table[row] + best[index + 1 : index + 1 + per_cue]
            length = int(values.argmax())
            taken[index] = length + 1
            best[index] = values[length]
        # Kept small, so that sums over hours stay exact.
        best[: stop + per_cue] -= best[start]
    return list(_read_off(text, taken))


def _text(units: Units, line: Column, cue: Column, weights: Weights, limits: Limits) -> _Text:
    count = len(units)
    space = 0.5 if limits.counting == "halves" else 1.0
    spaces = np.array(units.spaces, dtype=float) * space
    widths = np.concatenate([[0.0], np.cumsum(spaces + np.array(units.sizes))])
    until = np.empty(count, dtype=np.int64)
    end = count
    for index in range(count - 1, -1, -1):
        if units.stops[index]:
            end = index + 1
        until[index] = end
    index = np.arange(count)
    reach = np.searchsorted(widths, widths[:-1] + spaces + limits.line_width + SLACK, "right") - 1
    return _Text(
        widths=widths,
        spaces=spaces,
        reach=np.minimum(np.maximum(reach, index + 1), until),
        until=until,
        starts=np.array(units.starts, dtype=np.int64),
        ends=_running_ends(units),
        line=line,
        cue=cue,
        limits=limits,
        weights=weights,
    )


def _running_ends(units: Units) -> npt.NDArray[np.int64]:
    """The latest end so far in each stretch."""
    ends, latest = np.empty(len(units), dtype=np.int64), 0
    for index, (end, stop) in enumerate(zip(units.ends, units.stops, strict=True)):
        latest = ends[index] = max(latest, end)
        if stop:
            latest = 0
    return ends


def _fills(text: _Text, start: int, stop: int, per_line: int) -> tuple[Column, Column]:
    """For lines of 1.. units from each unit: the share of the width they fill, and the worth of
    ending a line there; what no line may be is never."""
    index = np.arange(start, stop)[:, None]
    end = index + np.arange(1, per_line + 1)[None, :]
    fits = end <= text.reach[start:stop, None]
    end = np.minimum(end, len(text.line))
    fill = (text.widths[end] - text.widths[index] - text.spaces[index]) / text.limits.line_width
    inner = np.where(end < text.until[start:stop, None], text.line[end - 1], NEVER)
    return np.clip(fill, 0.0, 1.0), np.where(fits, 0.0, NEVER) + np.stack([inner, inner * 0])


def _cues(text: _Text, start: int, stop: int, per_line: int) -> Column:
    """What each cue is worth that begins in a block, by the number of its units less one."""
    lines = text.limits.line_count
    # Lines below begin up to so many units behind the block.
    far = min(stop + per_line * (lines - 1), len(text.line))
    fill, (inner, last) = _fills(text, start, far, per_line)
    total = text.limits.line_count * per_line
    rows = stop - start
    table = np.full((rows, total), NEVER)
    table[:, :per_line] = (text.shape("single", fill) + last)[:rows]
    upper = text.shape("upper", fill) + inner
    below = text.shape("lower", fill) + last  # one line below others, then two, ...
    for count in range(2, lines + 1):
        seen_rows = rows if count == lines else far - start
        made = np.full((seen_rows, per_line * count), NEVER)
        for units in range(1, per_line + 1):
            seen = min(seen_rows, below.shape[0] - units)
            if seen <= 0:
                break
            into = made[:seen, units : units + below.shape[1]]
            value = upper[:seen, units - 1 : units] + below[units : units + seen]
            np.maximum(into, value, out=into)
        table[:, : made.shape[1]] = np.where(
            table[:, : made.shape[1]] > FITS, table[:, : made.shape[1]], made[:rows]
        )
        below = made
    return table + _whole(text, start, stop, total)


def _whole(text: _Text, start: int, stop: int, total: int) -> Column:
    """What the cue as a whole is worth: its end, how much it holds, the time there is to read it."""
    limits, count = text.limits, len(text.line)
    index = np.arange(start, stop)[:, None]
    end = index + np.arange(1, total + 1)[None, :]
    inside = end <= text.until[start:stop, None]
    end = np.minimum(end, count)
    size = text.widths[end] - text.widths[index] - text.spaces[index]
    begin_ms = text.starts[index]
    said_ms = text.ends[end - 1] - begin_ms
    allowed = inside & ((said_ms <= limits.longest_ms) | (end == index + 1))
    following = np.append(text.starts, text.ends[-1] + LINGER_MS + limits.gap_ms)[end]
    there_ms = np.minimum(following - limits.gap_ms, text.ends[end - 1] + LINGER_MS) - begin_ms
    there_ms = np.clip(there_ms, 0, limits.longest_ms)
    worth = text.cue[end - 1] + text.shape("cue", size / limits.line_width, 0.0, 2.0)
    worth -= FLASH_COST * np.maximum(0.0, 1.0 - there_ms / limits.shortest_ms)
    if limits.speed_cps:
        needed_ms = np.minimum(size * 1000.0 / limits.speed_cps, limits.longest_ms)
        worth -= HASTE_COST * np.maximum(0.0, needed_ms - there_ms) / 1000.0
    return np.where(allowed, worth, NEVER)


def lines_of(text: _Text, start: int, end: int) -> tuple[int, ...]:
    """Where the lines of a cue end: on as few lines as hold it, at the best breaks."""
    width = text.limits.line_width

    def fill(one: int, two: int) -> float:
        return float(text.widths[two] - text.widths[one] - text.spaces[one]) / width

    # best[k]: for each unit that may begin the last k lines, what they are worth, where they end
    best = [{end: (0.0, ())}]
    while start not in best[-1]:
        shape = "lower" if len(best) == 1 else "upper"
        layer: dict[int, tuple[float, tuple[int, ...]]] = {}
        for stop, (value, ends) in best[-1].items():
            for begin in range(stop - 1, start - 1, -1):
                if text.reach[begin] < stop:
                    break
                worth = value + float(text.shape(shape, np.array(fill(begin, stop))))
                worth += float(text.line[stop - 1]) if stop < end else 0.0
                if begin not in layer or worth > layer[begin][0]:
                    layer[begin] = (worth, (stop, *ends))
        best.append(layer)
    return best[-1][start][1]


def _read_off(text: _Text, taken: npt.NDArray[np.int64]) -> Iterator[tuple[int, ...]]:
    start = 0
    while start < len(taken):
        end = start + int(taken[start])
        yield lines_of(text, start, end)
        start = end
