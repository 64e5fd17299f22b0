"""A stretch of time shared out among words where nothing better is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def spread(words: Sequence[str], start_ms: int, end_ms: int) -> list[tuple[int, int]]:
    """Start and end of each word, in proportion to its characters and one for the blank.

    Each has 1 ms at least, so a stretch that is too short is exceeded.

    >>> spread(["a", "bcd"], 0, 600)
    [(0, 200), (200, 600)]
    """
    length_ms = max(end_ms - start_ms, len(words))
    whole = sum(len(word) + 1 for word in words)
    times, before = [], 0
    begin = start_ms
    for word in words:
        before += len(word) + 1
        end = max(start_ms + length_ms * before // whole, begin + 1)
        times.append((begin, end))
        begin = end
    return times
