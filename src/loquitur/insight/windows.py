"""Fragments gathered to windows that are long enough to be judged."""

from __future__ import annotations

from dataclasses import dataclass

from loquitur.timing import check_span


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of speech.

    Args:
        start_ms: Of its first word, media time.
        end_ms: Of its last word, exclusive.
        text: What is said in it, on one line.
        words: How many tokens (see `tokens`).
        speaker: Where one alone speaks in it.
        url: The link to its start; empty where there is none.
        fragments: The half-open range of the fragments (by index) it has words of.
    """

    start_ms: int
    end_ms: int
    text: str
    words: int
    speaker: str | None = None
    url: str = ""
    fragments: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        check_span(self.start_ms, self.end_ms)
