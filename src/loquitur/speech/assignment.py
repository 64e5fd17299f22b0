"""Which span each word belongs to: the one rule by which words find their turn and their feeling.

A word belongs to the span that holds its midpoint; else to the span that overlaps it most; else to
the nearest. Among several the larger overlap wins, then the earlier span. In one line: the best
span maximises `(holds the midpoint, overlap, -gap, -index)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assignment:
    """Words assigned to spans.

    Args:
        span: The index of the span each word belongs to; shape [words].
        meeting: The index in `meetings` of the spans each word overlaps; shape [words].
        meetings: Sets of overlapping spans, as sorted indices. Words inside one and the same
            stretch between two span borders share one set.
        straddling: Which words have a span border inside them; shape [words]. All others lie
            wholly inside every span they meet.
    """

    span: NDArray[np.int64]
    meeting: NDArray[np.int64]
    meetings: tuple[tuple[int, ...], ...]
    straddling: NDArray[np.bool_]


def assign(starts_ms: Times, ends_ms: Times, span_starts: Times, span_ends: Times) -> Assignment:
    """Assign every word to a span, in O(words + spans + pairs that overlap) after sorting.

    The borders of the spans cut time into stretches with a constant set of active spans. One
    sweep over the borders notes the sets; a word inside one stretch is then a table look-up, and
    only the words with a border inside them (at most about one per border) are judged singly.

    Args:
        starts_ms: Starts of the words; any order; shape [words].
        ends_ms: Ends of the words, each after its start; shape [words].
        span_starts: Starts of the spans, sorted; an earlier index counts as the earlier span;
            shape [spans], at least one.
        span_ends: Ends of the spans, each after its start; shape [spans].

    Raises:
        ValueError: There is no span.
    """
    if not len(span_starts):
        raise ValueError("words cannot be assigned to no span")
    borders = np.unique(np.concatenate((span_starts, span_ends)))
    # Stretch 0 lies before all borders, stretch k between borders k-1 and k.
    first = np.searchsorted(borders, starts_ms, "right")
    straddling: NDArray[np.bool_] = first != np.searchsorted(borders, ends_ms, "left")
    wanted = np.bincount(first, minlength=len(borders) + 1) > 0
    meetings = _active_sets(borders, span_starts, span_ends, wanted)
    span = np.array([active[0] if active else -1 for active in meetings], np.int64)[first]
    alone = np.flatnonzero((span < 0) & ~straddling)
    span[alone] = _nearest(starts_ms[alone], ends_ms[alone], span_starts, span_ends)

    rows = np.flatnonzero(straddling)
    starts, ends = starts_ms[rows], ends_ms[rows]
    inside = zip(  # the spans that begin inside each of these words
        np.searchsorted(span_starts, starts, "right").tolist(),
        np.searchsorted(span_starts, ends, "left").tolist(),
        strict=True,
    )
    active = (meetings[stretch] for stretch in first[rows].tolist())
    own = [(*before, *range(*new)) for before, new in zip(active, inside, strict=True)]
    span[rows] = _best(starts, ends, own, span_starts, span_ends)
    meeting = first.astype(np.int64)
    meeting[rows] = np.arange(len(meetings), len(meetings) + len(rows))
    return Assignment(span=span, meeting=meeting, meetings=(*meetings, *own), straddling=straddling)


def _active_sets(
    borders: Times, span_starts: Times, span_ends: Times, wanted: NDArray[np.bool_]
) -> list[tuple[int, ...]]:
    """The active spans of each stretch, noted only where a word begins (the others stay empty)."""
    openings = np.searchsorted(span_starts, borders, "right").tolist()
    by_end = np.argsort(span_ends, kind="stable")
    closing_order = by_end.tolist()
    closings = np.searchsorted(span_ends[by_end], borders, "right").tolist()
    sets: list[tuple[int, ...]] = [()] * (len(borders) + 1)
    active: dict[int, None] = {}  # spans open in order of index, so this stays sorted
    opened = closed = 0
    for stretch, (open_to, close_to) in enumerate(zip(openings, closings, strict=True), start=1):
        for index in closing_order[closed:close_to]:
            del active[index]
        for index in range(opened, open_to):
            active[index] = None
        opened, closed = open_to, close_to
        if active and wanted[stretch]:
            sets[stretch] = tuple(active)
    return sets


def _nearest(starts: Times, ends: Times, span_starts: Times, span_ends: Times) -> Times:
    """The nearest span of words that meet none; the earlier one where two are as near."""
    count = len(span_starts)
    # Among equal ends the smallest index comes last, where the search below finds it.
    by_end = np.lexsort((-np.arange(count), span_ends))
    before = np.searchsorted(span_ends[by_end], starts, "right") - 1
    after = np.searchsorted(span_starts, ends, "left")
    previous = by_end[np.maximum(before, 0)]
    following = np.minimum(after, count - 1)
    gap_before = np.where(before >= 0, starts - span_ends[previous], np.iinfo(np.int64).max)
    gap_after = np.where(after < count, span_starts[following] - ends, np.iinfo(np.int64).max)
    return np.where(gap_before <= gap_after, previous, following).astype(np.int64)


def _best(
    starts: Times,
    ends: Times,
    meetings: list[tuple[int, ...]],
    span_starts: Times,
    span_ends: Times,
) -> Times:
    """The best of the spans each word meets; shape [words]."""
    if not meetings:
        return np.zeros(0, np.int64)
    counts = np.fromiter(map(len, meetings), np.int64, len(meetings))
    spans = np.fromiter(chain.from_iterable(meetings), np.int64, int(counts.sum()))
    heads = np.cumsum(counts) - counts
    start, end = np.repeat(starts, counts), np.repeat(ends, counts)
    shared = np.minimum(end, span_ends[spans]) - np.maximum(start, span_starts[spans])
    holds = (2 * span_starts[spans] <= start + end) & (start + end < 2 * span_ends[spans])
    # Holding the midpoint counts more than any overlap.
    rank = shared + holds * (int(shared.max()) + 1)
    is_best = rank == np.repeat(np.maximum.reduceat(rank, heads), counts)
    earliest = np.where(is_best, spans, len(span_starts))
    return np.minimum.reduceat(earliest, heads).astype(np.int64)
