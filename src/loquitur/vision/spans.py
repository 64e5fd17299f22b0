"""Which spans of a film get a sentence each: the whole, its shots, or windows that slide over it.

A span is what a describer looks at once. Shots of the film's makers are of any length: those too
short to be looked at join the one before, those too long for one sentence are divided evenly.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from loquitur.timing import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

By = Literal["auto", "whole", "shots", "windows"]
MOST_SPANS = 100_000
"""More sentences than this nobody reads: a second each for a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutting:
    """How a film is cut into spans.

    Args:
        by: `whole`: one span; `shots`: one for each shot; `windows`: `length_ms` each, `step_ms`
            from the start of one to that of the next; `auto`: the whole where it is no longer than
            `most_ms`, else its shots.
        length_ms: Of a window.
        step_ms: From window to window; 0 for `length_ms`, so that none overlap but the last two.
        least_ms: Shorter shots join the one before them.
        most_ms: Longer shots are divided evenly.
    """

    by: By = "auto"
    length_ms: int = 10_000
    step_ms: int = 0
    least_ms: int = 1_000
    most_ms: int = 30_000

    def __post_init__(self) -> None:
        if self.length_ms < 1 or self.step_ms < 0 or self.least_ms < 0:
            raise ValueError(f"no spans are cut so: {self}")
        if self.most_ms < max(1, 2 * self.least_ms):
            raise ValueError("most_ms is at least twice least_ms")


def spans_of(
    start_ms: int, end_ms: int, cutting: Cutting, *, cuts_ms: Sequence[int] = ()
) -> tuple[Span, ...]:
    """The spans of `[start_ms, end_ms)`, by start; only steps longer than windows leave gaps.

    Args:
        start_ms: Where to begin.
        end_ms: Where the pictures end.
        cutting: How.
        cuts_ms: Times of the first frames of shots, rising; those outside are passed over.

    Raises:
        ValueError: Nothing lies between start and end, or more spans than `MOST_SPANS` do.

    >>> [(one.start_ms, one.end_ms) for one in spans_of(0, 25, Cutting(by="windows", length_ms=10))]
    [(0, 10), (10, 20), (15, 25)]
    """
    whole = Span(start_ms=start_ms, end_ms=end_ms)
    by = cutting.by
    if by == "auto":
        by = "whole" if whole.duration_ms <= cutting.most_ms else "shots"
    if by == "whole":
        return (whole,)
    if by == "windows":
        return _windows(whole, cutting)
    return _shots(whole, cutting, cuts_ms)


def _windows(whole: Span, cutting: Cutting) -> tuple[Span, ...]:
    from loquitur.media.frames import windows

    found = windows(whole.duration_ms, length_ms=cutting.length_ms, step_ms=cutting.step_ms or None)
    shift = whole.start_ms
    return tuple(Span(start_ms=one.start_ms + shift, end_ms=one.end_ms + shift) for one in found)


def _shots(whole: Span, cutting: Cutting, cuts_ms: Sequence[int]) -> tuple[Span, ...]:
    edges = [whole.start_ms]
    for cut in cuts_ms:
        if whole.start_ms < cut < whole.end_ms and cut - edges[-1] >= max(1, cutting.least_ms):
            edges.append(cut)
    if len(edges) > 1 and whole.end_ms - edges[-1] < cutting.least_ms:
        edges.pop()
    edges.append(whole.end_ms)
    if whole.duration_ms // cutting.most_ms > MOST_SPANS:
        raise ValueError(f"more than {MOST_SPANS:,} spans: take longer ones")
    found: list[Span] = []
    for start_ms, end_ms in pairwise(edges):
        count = -(-(end_ms - start_ms) // cutting.most_ms)
        inner = [start_ms + (end_ms - start_ms) * at // count for at in range(count + 1)]
        found += [Span(start_ms=one, end_ms=other) for one, other in pairwise(inner)]
    return tuple(found)
