"""When a chat is louder than it usually is: the states of Kleinberg's automaton.

J. Kleinberg, "Bursty and Hierarchical Structure in Streams", 2003. Gaps between messages are drawn
from exponential laws, one for each state; state i is `scale**i` times as fast as the whole chat.
To move up costs `gamma * ln(n)` a state, to move down nothing; the cheapest run of states is found
by dynamic programming. A robust z-score of counts (Iglewicz and Hoaglin, 1993) stands beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCALE, GAMMA = 2.0, 1.0
"""Kleinberg's own values for streams of e-mail and titles of papers."""
MERGED_MS = 10_000
"""Bursts closer than this are one."""
BIN_MS = 10_000
LOUD_Z = 3.5
"""From here on a count is an outlier (Iglewicz and Hoaglin)."""
_LEAST = 5
"""Messages of a chat, and of a burst: fewer make none."""
_CONSISTENT = 0.6745
"""The median absolute deviation of a normal law is this share of its standard deviation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """A stretch in which the chat was louder.

    Args:
        start_ms: Of its first message.
        end_ms: Just after its last.
        first: The place of its first message among all that have times.
        last: Just behind its last.
        level: The highest state in it.
        weight: What the automaton saved by it (Kleinberg's weight): the larger, the clearer.
    """

    start_ms: int
    end_ms: int
    first: int
    last: int
    level: int
    weight: float

    @property
    def messages(self) -> int:
        """How many came in it."""
        return self.last - self.first


def find_bursts(
    times: NDArray[np.int64],
    *,
    scale: float = SCALE,
    gamma: float = GAMMA,
    states: int = 2,
    merged_ms: int = MERGED_MS,
) -> tuple[Burst, ...]:
    """The bursts of a chat, in the order of time.

    Args:
        times: Of its messages, ascending, ms.
        scale: How much faster each state is than the one below.
        gamma: How dear it is to move up.
        states: How many there are, the quiet one included.
        merged_ms: Bursts with a smaller gap between them are one.

    Raises:
        UsageError: A parameter for which there is no automaton.
    """
    if not (scale > 1 and gamma > 0 and 2 <= states <= 12):
        raise UsageError(
            f"no automaton with scale {scale:g}, gamma {gamma:g}, {states} states",
            hint="scale above 1, gamma above 0, 2 to 12 states",
        )
    if len(times) < _LEAST or times[-1] <= times[0]:
        return ()
    gaps = np.diff(times) / 1_000
    path, saved = _cheapest(gaps, scale, gamma, states)
    found = _runs(times, path, saved)
    return tuple(_merged(found, merged_ms))


def _cheapest(
    gaps: NDArray[np.float64], scale: float, gamma: float, states: int
) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """The state of each gap, and what that saves against the quiet state."""
    count = len(gaps)
    rates = count / gaps.sum() * scale ** np.arange(states)
    # no burst faster than the clock can tell: k states up to the shortest gap, as in the paper
    costs = rates[:, None] * gaps[None, :] - np.log(rates)[:, None]
    up = gamma * math.log(count)
    path = _two(costs, up) if states == 2 else _many(costs, up)
    saved: NDArray[np.float64] = costs[0] - costs[path, np.arange(count)]
    return path, saved


def _two(costs: NDArray[np.float64], up: float) -> NDArray[np.int8]:
    """The cheapest run of two states.

    What counts is the difference d of their costs so far, which a gap moves and the choice of the
    state before it keeps within [0, up]: whoever is in the fast state moves down for nothing.
    """
    loud = 0.0
    difference = up
    came_up = bytearray(costs.shape[1])
    came_down = bytearray(costs.shape[1])
    for at, step in enumerate((costs[1] - costs[0]).tolist()):
        if difference > up:
            difference = up
            came_up[at] = 1
        elif difference < 0.0:
            difference = 0.0
            came_down[at] = 1
        difference += step
        loud = difference
    state = 1 if loud < 0 else 0
    path = np.empty(costs.shape[1], dtype=np.int8)
    for at in range(costs.shape[1] - 1, -1, -1):
        path[at] = state
        if state and came_up[at]:
            state = 0
        elif not state and came_down[at]:
            state = 1
    return path


def _many(costs: NDArray[np.float64], up: float) -> NDArray[np.int8]:
    states, count = costs.shape
    climb = up * np.maximum(0, np.arange(states)[None, :] - np.arange(states)[:, None])
    total = climb[0].copy()
    before = np.empty((count, states), dtype=np.int8)
    for at in range(count):
        if at:
            ways = total[:, None] + climb
            before[at] = ways.argmin(axis=0)
            total = ways.min(axis=0)
        total = total + costs[:, at]
    path = np.empty(count, dtype=np.int8)
    state = int(total.argmin())
    for at in range(count - 1, -1, -1):
        path[at] = state
        state = int(before[at, state]) if at else state
    return path


def _runs(
    times: NDArray[np.int64], path: NDArray[np.int8], saved: NDArray[np.float64]
) -> list[Burst]:
    """Stretches of gaps above the quiet state; gap i lies between messages i and i + 1."""
    loud = np.concatenate([[0], (path > 0).astype(np.int8), [0]])
    steps = np.diff(loud)
    found = []
    for start, end in zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True):
        found.append(
            Burst(
                start_ms=int(times[start]), end_ms=int(times[end]) + 1, first=int(start),
                last=int(end) + 1, level=int(path[start:end].max()),
                weight=float(saved[start:end].sum()),
            )
        )  # fmt: skip
    return found


def _merged(found: list[Burst], merged_ms: int) -> list[Burst]:
    kept: list[Burst] = []
    for one in found:
        burst = one
        if kept and burst.start_ms - kept[-1].end_ms < merged_ms:
            last = kept.pop()
            burst = Burst(
                start_ms=last.start_ms, end_ms=burst.end_ms, first=last.first, last=burst.last,
                level=max(last.level, burst.level), weight=last.weight + burst.weight,
            )  # fmt: skip
        kept.append(burst)
    return [burst for burst in kept if burst.messages >= _LEAST]


def robust_z(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """How far each count is from the middle, in spreads that outliers do not move.

    Where more than half of the counts are equal their median deviation is 0; then the mean
    absolute deviation takes its place, as Iglewicz and Hoaglin advise.
    """
    if not len(counts):
        return np.zeros(0)
    away = counts - np.median(counts)
    spread = float(np.median(np.abs(away)))
    if spread:
        return np.asarray(_CONSISTENT * away / spread)
    mean = float(np.abs(away).mean())
    return np.asarray(away / (1.253314 * mean)) if mean else np.zeros(len(counts))


def loud_bins(times: NDArray[np.int64], *, bin_ms: int = BIN_MS) -> list[tuple[int, int, float]]:
    """Stretches whose counts are outliers: start and end in ms, the highest z.

    Where nearly all bins are empty any message is an outlier, so a bin has at least five.
    """
    if not len(times) or (times[-1] - times[0]) // bin_ms > 10_000_000:
        return []
    first = int(times[0] // bin_ms)
    counts = np.bincount((times // bin_ms - first).astype(np.int64))
    z = np.where(counts >= _LEAST, robust_z(counts), 0.0)
    found: list[tuple[int, int, float]] = []
    for at in np.flatnonzero(z > LOUD_Z).tolist():
        start = (first + at) * bin_ms
        if found and start - found[-1][1] <= MERGED_MS:
            found[-1] = (found[-1][0], start + bin_ms, max(found[-1][2], float(z[at])))
        else:
            found.append((start, start + bin_ms, float(z[at])))
    return found
