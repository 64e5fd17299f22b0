"""What a caption may be: the numbers of a guideline for one language and audience."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Counting = Literal["characters", "cells", "halves"]
"""How the length of a text is counted.

`characters`: grapheme clusters, one each. `cells`: East Asian wide characters take two (UAX #11).
`halves`: wide characters one, all others one half (Netflix for Korean, and Japanese in full-width
characters).
"""

Dashes = Literal["both", "both-spaced", "second", "second-spaced", "none"]
"""How two speakers in one cue are marked: on both lines or the second alone, `-I` or `- I`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits that cues are made by and checked against.

    Args:
        line_width: Characters on a line, as `counting` counts them.
        line_count: Lines of a cue.
        speed_cps: Characters a second, of the whole text over the whole time; None for no limit.
        speed_wpm: Words a minute; None for no limit.
        shortest_ms: The least time on screen.
        longest_ms: The most.
        gap_ms: The least time between two cues; 0 where they may follow at once.
        chain_ms: Gaps shorter than this are closed down to `gap_ms`; 0 to leave them.
        pause_ms: A silence of at least this length ends a cue.
        fps: Frames per second that frame limits were turned to ms with.
        counting: How lengths are counted.
        dashes: How two speakers in one cue are marked; `none` where they never share one.
    """

    line_width: float = 42
    line_count: int = 2
    speed_cps: float | None = 20.0
    speed_wpm: float | None = None
    shortest_ms: int = 833
    longest_ms: int = 7_000
    gap_ms: int = 83
    chain_ms: int = 500
    pause_ms: int = 2_000
    fps: float = 24.0
    counting: Counting = "characters"
    dashes: Dashes = "both"

    def __post_init__(self) -> None:
        if min(self.line_width, self.line_count, self.shortest_ms, self.pause_ms, self.fps) <= 0:
            raise ValueError(f"limits must be positive: {self}")
        if min(self.gap_ms, self.chain_ms) < 0:
            raise ValueError(f"gaps must not be negative: {self}")
        if self.longest_ms < self.shortest_ms:
            raise ValueError(f"longest_ms is below shortest_ms: {self}")
        if any(speed is not None and speed <= 0 for speed in (self.speed_cps, self.speed_wpm)):
            raise ValueError(f"speeds must be positive: {self}")
