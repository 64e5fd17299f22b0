"""Every cue that may begin with every unit of a text, within the limits, and what each is worth.

A cue stands on as few lines as hold it (Netflix: one line wherever it fits). Tables have a row for
each unit that a cue begins with and a column for each number of units it may hold; they are made in
blocks of rows, so that memory stays small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.subtitles.weights import STEPS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from loquitur.subtitles.limits import Limits
    from loquitur.subtitles.units import Units
    from loquitur.subtitles.weights import Weights

    Column = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]
    Places = npt.NDArray[np.int64]
    Sum = Callable[[Column, Column], Column]

MOST_UNITS = 200
"""Of one line, however long a line may be; so that tables stay small when words have no times."""
CELLS = 200_000
"""Of a block's table."""
NEVER = -1e9
CAN_BE = NEVER / 2
"""What is worth more than this can be."""
SLACK = 1e-6
HASTE_COST = 0.6
"""Of each second that is missing to read a cue; set by hand, as are the next two."""
FLASH_COST = 3.0
"""Of a cue that can not stay on screen at all; less in proportion to the least time."""
FLASH_GAIN = 2.0
"""The same where breaks are counted and not weighed: as much as a cue break that is certain."""
LINGER_MS = 1_500
"""How long a cue may stay after its last word (BBC: not more than 1.5 s)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lattice:
    """A text's columns.

    Args:
        widths: Of all units before unit `i` with the spaces before them; one more than units.
        spaces: Of the space before each unit.
        reach: The index behind the last unit that a line beginning with a unit may hold.
        until: The index behind the last unit of the stretch that a unit stands in.
        starts: When each unit begins, ms.
        ends: The latest end so far in the stretch, ms.
        line: What ending a line after a unit is worth.
        cue: What ending a cue after a unit is worth.
        limits: The limits.
        weights: The curves; None where fill and time are worth nothing.
    """

    widths: Column
    spaces: Column
    reach: Places
    until: Places
    starts: Places
    ends: Places
    line: Column
    cue: Column
    limits: Limits
    weights: Weights | None

    def __len__(self) -> int:
        return len(self.line)

    @property
    def per_line(self) -> int:
        """The most units that any line holds."""
        return int((self.reach - np.arange(len(self))).max())

    @property
    def per_cue(self) -> int:
        """The most units that any cue holds, or a bound of it."""
        return self.per_line * self.limits.line_count

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Rows to work on together, as start and stop, from the first to the last."""
        size = max(1, CELLS // (self.per_cue + 1))
        for start in range(0, len(self), size):
            yield start, min(start + size, len(self))

    def _shape(self, name: str, fill: Column, high: float = 1.0) -> Column:
        if self.weights is None:
            return np.zeros_like(fill)
        return np.interp(fill, np.linspace(0.0, high, STEPS), self.weights.shape[name])

    def layers(self, start: int, stop: int, total: Sum) -> tuple[Column, list[Column]]:
        """What lines are worth.

        Args:
            start: The first row.
            stop: Behind the last row.
            total: How ways to break one cue are taken together.

        Returns:
            What an upper line of 1.. units is worth with its break; then, for cues of one line, of
            two, ..., what their lines are worth, without the cue itself. The layers below the last
            have rows beyond `stop`; the first is that of a last line below others.
        """
        lines, per_line = self.limits.line_count, self.per_line
        far = min(stop + per_line * (lines - 1), len(self))
        fill, inner, last = self._lines(start, far, per_line)
        upper = self._shape("upper", fill) + inner
        made = [self._shape("lower", fill) + last]
        for count in range(2, lines + 1):
            rows = stop - start if count == lines else far - start
            below = made[-1]
            layer = np.full((rows, per_line * count), NEVER)
            for units in range(1, per_line + 1):
                seen = min(rows, below.shape[0] - units)
                if seen <= 0:
                    break
                into = layer[:seen, units : units + below.shape[1]]
                value = upper[:seen, units - 1 : units] + below[units : units + seen]
                into[...] = total(into, value)
            made.append(layer)
        return upper, made

    def _lines(self, start: int, stop: int, per_line: int) -> tuple[Column, Column, Column]:
        """For lines of 1.. units: how full, what a break behind is worth, whether it may be."""
        index = np.arange(start, stop)[:, None]
        end = index + np.arange(1, per_line + 1)[None, :]
        last = np.where(end <= self.reach[start:stop, None], 0.0, NEVER)
        inside = end < self.until[start:stop, None]
        end = np.minimum(end, len(self))
        fill = (self.widths[end] - self.widths[index] - self.spaces[index]) / self.limits.line_width
        return np.clip(fill, 0.0, 1.0), np.where(inside, self.line[end - 1], NEVER) + last, last

    def cues(self, start: int, stop: int, made: list[Column]) -> tuple[Column, list[Mask]]:
        """What cues are worth, and for each number of lines whether it is the least that holds it.

        Args:
            start: The first row.
            stop: Behind the last row.
            made: The layers of `layers`.
        """
        rows, per_line = stop - start, self.per_line
        fill, _, last = self._lines(start, stop, per_line)
        table = np.full((rows, self.per_cue), NEVER)
        table[:, :per_line] = self._shape("single", fill) + last
        least = [table > CAN_BE]
        for layer in made[1:]:
            free = table[:, : layer.shape[1]] <= CAN_BE
            mask = np.zeros_like(table, dtype=bool)
            mask[:, : layer.shape[1]] = free & (layer[:rows] > CAN_BE)
            table[mask] = layer[:rows][mask[:, : layer.shape[1]]]
            least.append(mask)
        return table + self._whole(start, stop), least

    def _whole(self, start: int, stop: int) -> Column:
        """What the cue itself is worth: its end, its length, the time there is to read it."""
        limits, count = self.limits, len(self)
        index = np.arange(start, stop)[:, None]
        end = index + np.arange(1, self.per_cue + 1)[None, :]
        inside = end <= self.until[start:stop, None]
        end = np.minimum(end, count)
        begin_ms, said_ms = self.starts[index], self.ends[end - 1]
        allowed = inside & ((said_ms - begin_ms <= limits.longest_ms) | (end == index + 1))
        following = np.append(self.starts, self.ends[-1] + LINGER_MS + limits.gap_ms)[end]
        there_ms = np.minimum(following - limits.gap_ms, said_ms + LINGER_MS) - begin_ms
        there_ms = np.clip(there_ms, 0, limits.longest_ms)
        flash = FLASH_COST if self.weights is not None else FLASH_GAIN
        worth = self.cue[end - 1] - flash * np.maximum(0.0, 1.0 - there_ms / limits.shortest_ms)
        if self.weights is not None:
            size = self.widths[end] - self.widths[index] - self.spaces[index]
            worth += self._shape("cue", size / limits.line_width, 2.0)
            if limits.speed_cps:
                needed_ms = np.minimum(size * 1000.0 / limits.speed_cps, limits.longest_ms)
                worth -= HASTE_COST * np.maximum(0.0, needed_ms - there_ms) / 1000.0
        return np.where(allowed, worth, NEVER)

    def lines_of(self, start: int, end: int) -> tuple[int, ...]:
        """Where the lines of a cue end: on as few lines as hold it, at the best breaks."""
        # best: for each unit that may begin the last lines, what they are worth, where they end
        best: dict[int, tuple[float, tuple[int, ...]]] = {end: (0.0, ())}
        shape = "lower"
        while start not in best:
            layer: dict[int, tuple[float, tuple[int, ...]]] = {}
            for stop, (value, ends) in best.items():
                worth = value + (float(self.line[stop - 1]) if stop < end else 0.0)
                for begin in range(stop - 1, start - 1, -1):
                    if self.reach[begin] < stop:
                        break
                    full = worth + self._filled(shape, begin, stop)
                    if begin not in layer or full > layer[begin][0]:
                        layer[begin] = (full, (stop, *ends))
            best, shape = layer, "upper"
        return best[start][1]

    def _filled(self, shape: str, begin: int, stop: int) -> float:
        """What the fill of one line is worth."""
        if self.weights is None:
            return 0.0
        fill = (
            self.widths[stop] - self.widths[begin] - self.spaces[begin]
        ) / self.limits.line_width
        return float(self._shape(shape, np.clip(fill, 0.0, 1.0)))


def lattice_of(
    units: Units, line: Column, cue: Column, weights: Weights | None, limits: Limits
) -> Lattice:
    """The lattice of a text; a cue ends wherever `units.stops` says so."""
    count = len(units)
    space = 0.5 if limits.counting == "halves" else 1.0
    spaces = np.array(units.spaces, dtype=np.float64) * space
    widths = np.concatenate([[0.0], np.cumsum(spaces + np.array(units.sizes))])
    until = np.empty(count, dtype=np.int64)
    end = count
    for index in range(count - 1, -1, -1):
        if units.stops[index]:
            end = index + 1
        until[index] = end
    reach = np.searchsorted(widths, widths[:-1] + spaces + limits.line_width + SLACK, "right") - 1
    starts, ends = np.array(units.starts, dtype=np.int64), _running_ends(units)
    last = np.minimum(
        _in_time(starts, ends, until, limits.longest_ms), np.arange(count) + MOST_UNITS
    )
    reach = np.minimum(np.maximum(reach, np.arange(count) + 1), last)
    return Lattice(
        widths=widths, spaces=spaces, reach=reach, until=until, line=line, cue=cue,
        starts=starts, ends=ends,
        limits=limits, weights=weights,
    )  # fmt: skip


def _in_time(starts: Places, ends: Places, until: Places, longest_ms: int) -> Places:
    """The index behind the last unit that can share a cue with a unit, as far as time goes."""
    found, end = np.empty(len(starts), dtype=np.int64), 0
    for index, (start, limit) in enumerate(zip(starts.tolist(), until.tolist(), strict=True)):
        end = max(end, index + 1)
        while end < limit and ends[end] <= start + longest_ms:
            end += 1
        found[index] = min(end, limit)
    return found


def _running_ends(units: Units) -> Places:
    ends, latest = np.empty(len(units), dtype=np.int64), 0
    for index, (end, stop) in enumerate(zip(units.ends, units.stops, strict=True)):
        latest = ends[index] = max(latest, end)
        if stop:
            latest = 0
    return ends
