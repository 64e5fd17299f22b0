"""Which frames of a film are due."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import InputError
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.media.frames.timetable import Timetable
    from loquitur.model.vision import Sampling

    Ticks = NDArray[np.int64]


def uniform_indices(frame_count: int, count: int) -> NDArray[np.int64]:
    """`count` frames spread evenly, the first and the last among them.

    The rule is round(linspace(0, n - 1, count)), halves to the even neighbour, as the code of
    S2VT's descendants has it. Fewer frames than `count` repeat. One of one is the first.

    Args:
        frame_count: How many frames there are, at least 1.
        count: How many are wanted, at least 1.

    Returns:
        Indices in 0..frame_count-1, never falling, int64 [count].

    >>> uniform_indices(10, 4).tolist(), uniform_indices(2, 5).tolist()
    ([0, 3, 6, 9], [0, 0, 0, 1, 1])
    """
    if frame_count < 1 or count < 1:
        raise ValueError(f"{count} of {frame_count} frames")
    return np.round(np.linspace(0, frame_count - 1, count)).astype(np.int64)


def due(table: Timetable, sampling: Sampling, cuts_ms: Sequence[int] = ()) -> Ticks:
    """The ticks of the frames that a sampling asks for, never falling, repeats included.

    `most` keeps the first so many of `rate` (as YouTube-8M does), and thins out the others evenly.

    Args:
        table: When the film's frames are shown; at least one.
        sampling: What is asked for.
        cuts_ms: Where shots begin, for `shots`; none is one shot.

    Raises:
        InputError: Nothing is shown in the span.
    """
    low, high = _span(table, sampling)
    ticks = table.ticks[low:high]
    if sampling.by == "uniform":
        wanted = _uniform(table, ticks, min(sampling.count, sampling.most or sampling.count))
    elif sampling.by == "rate":
        wanted = _rate(table, ticks, sampling)
    elif sampling.by == "shots":
        wanted = _thinned(_shots(table, ticks, sampling, cuts_ms), sampling.most)
    else:
        inside = (table.keys >= ticks[0]) & (table.keys <= ticks[-1])
        keys = table.keys[inside]
        wanted = _thinned(keys if len(keys) else ticks[:1], sampling.most)
    return nearest(table.keys, wanted) if sampling.fast and len(table.keys) else wanted


def nearest(among: Ticks, wanted: Ticks) -> Ticks:
    """The value of a rising list that is nearest to each wanted one; the earlier of two."""
    after = np.clip(np.searchsorted(among, wanted), 0, len(among) - 1)
    before = np.maximum(0, after - 1)
    nearer = np.abs(among[before] - wanted) <= np.abs(among[after] - wanted)
    found: Ticks = among[np.where(nearer, before, after)]
    return found


def _span(table: Timetable, sampling: Sampling) -> tuple[int, int]:
    """The frames shown in the span, as a slice; of a span between two frames the one before."""
    times = table.ms(table.ticks)
    start_ms = sampling.start_ms or 0
    if start_ms >= max(table.end_ms, int(times[-1]) + 1):
        raise InputError(
            f"nothing is shown from {short_clock(start_ms)} on:"
            f" the pictures end at {short_clock(table.end_ms)}"
        )
    low = int(np.searchsorted(times, start_ms))
    high = len(times)
    if sampling.end_ms is not None:
        high = int(np.searchsorted(times, sampling.end_ms))
    if low >= high:
        low = max(0, low - 1)
        high = low + 1
    return low, high


def _uniform(table: Timetable, ticks: Ticks, count: int) -> Ticks:
    if table.varies:
        return _shown_at(ticks, np.round(np.linspace(ticks[0], ticks[-1], count)))
    chosen: Ticks = ticks[uniform_indices(len(ticks), count)]
    return chosen


def _rate(table: Timetable, ticks: Ticks, sampling: Sampling) -> Ticks:
    start_ms = sampling.start_ms
    if start_ms is None:
        start_ms = int(table.ms(ticks[:1])[0])
    end_ms = min(table.end_ms, sampling.end_ms or table.end_ms)
    count = max(1, int(np.ceil((end_ms - start_ms) * sampling.rate_hz / 1000 - 1e-9)))
    count = min(count, sampling.most or count)
    seconds = start_ms / 1000 + np.arange(count) / sampling.rate_hz + table.start_us / 1e6
    return _shown_at(ticks, np.floor(seconds / float(table.base) + 1e-6))


def _shots(table: Timetable, ticks: Ticks, sampling: Sampling, cuts_ms: Sequence[int]) -> Ticks:
    """The middle of each of `per_shot` equal parts of every shot."""
    times = table.ms(ticks)
    inside = [cut for cut in sorted(set(cuts_ms)) if times[0] < cut <= times[-1]]
    edges = [0, *(int(np.searchsorted(times, cut)) for cut in inside), len(ticks)]
    parts = (np.arange(sampling.per_shot) + 0.5) / sampling.per_shot
    chosen = [
        low + np.floor(parts * (high - low)).astype(np.int64)
        for low, high in pairwise(edges)
        if low < high
    ]
    found: Ticks = ticks[np.concatenate(chosen)]
    return found


def _thinned(wanted: Ticks, most: int | None) -> Ticks:
    if most is None or len(wanted) <= most:
        return wanted
    kept: Ticks = wanted[uniform_indices(len(wanted), most)]
    return kept


def _shown_at(ticks: Ticks, wanted: NDArray[np.floating[Any]]) -> Ticks:
    """The last frame that is not after each wanted tick; before the first, the first."""
    found: Ticks = ticks[np.maximum(0, np.searchsorted(ticks, wanted, side="right") - 1)]
    return found
