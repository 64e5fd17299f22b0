"""The length of a film cut into spans, each to be looked at on its own."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from loquitur.timing import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 100_000
"""More spans than these are a mistake."""


def windows(
    duration_ms: int,
    *,
    length_ms: int | None = None,
    step_ms: int | None = None,
    cuts_ms: Sequence[int] = (),
) -> list[Span]:
    """The whole, shot by shot, or windows that slide.

    Without `length_ms` each shot is one span, and without cuts the whole is. With it windows of
    this length slide by `step_ms` inside every shot; the last one ends where the shot does, and
    is as long as the others where the shot is.

    Args:
        duration_ms: How long the film is.
        length_ms: How long a window is.
        step_ms: From one window's start to the next one's; None for its length.
        cuts_ms: Where shots begin, but for the first (`loquitur.media.shots`).

    Returns:
        Spans by start; none of a film without length.

    Raises:
        ValueError: Lengths or steps below 1 ms, or more than 100,000 windows.

    >>> [(span.start_ms, span.end_ms) for span in windows(9000, length_ms=4000, step_ms=3000)]
    [(0, 4000), (3000, 7000), (5000, 9000)]
    """
    step_ms = length_ms if step_ms is None else step_ms
    if (length_ms is not None and length_ms < 1) or (step_ms is not None and step_ms < 1):
        raise ValueError("windows are at least 1 ms long and apart")
    edges = [0, *sorted({cut for cut in cuts_ms if 0 < cut < duration_ms}), duration_ms]
    found: list[Span] = []
    for start_ms, end_ms in pairwise(edges):
        if start_ms >= end_ms:
            continue
        if length_ms is None or step_ms is None:
            found.append(Span(start_ms=start_ms, end_ms=end_ms))
            continue
        if (end_ms - start_ms) // step_ms > MOST:
            raise ValueError(f"more than {MOST:,} windows: take a longer step")
        found += _sliding(start_ms, end_ms, length_ms, step_ms)
    return found


def _sliding(start_ms: int, end_ms: int, length_ms: int, step_ms: int) -> list[Span]:
    found = []
    at_ms = start_ms
    while at_ms + length_ms < end_ms:
        found.append(Span(start_ms=at_ms, end_ms=at_ms + length_ms))
        at_ms += step_ms
    if not found:
        return [Span(start_ms=start_ms, end_ms=end_ms)]
    if at_ms < end_ms:
        found.append(Span(start_ms=max(start_ms, end_ms - length_ms), end_ms=end_ms))
    return found
