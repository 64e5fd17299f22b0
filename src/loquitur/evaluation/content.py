"""The text of one file, its lines, and the one way to say what is wrong with them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from loquitur.errors import InputError
from loquitur.text import display
from loquitur.timing import from_seconds

_SHOWN_CHARS = 60
_LONGEST_S = 1e8
"""Three years: what is beyond it was not meant as seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A file's text; `stem` stands for the recording where the format names none."""

    path: Path
    stem: str
    text: str

    def lines(self) -> Iterator[tuple[int, str]]:
        """Number, from 1, and text of each line, without what ends it."""
        for number, line in enumerate(self.text.split("\n"), 1):
            yield number, line.rstrip("\r")

    def wrong(self, line: int, found: str, expected: str) -> InputError:
        """The error that says what stands in a line and what should."""
        cut = found if len(found) <= _SHOWN_CHARS else found[:_SHOWN_CHARS] + "..."
        return InputError(
            f"{display(str(self.path))}, line {line}: found '{display(cut)}', expected {expected}",
            code="LQ-EVAL-CONTENT",
        )

    def seconds(self, text: str, line: int, what: str) -> float:
        """A time in seconds: finite and not negative.

        Raises:
            InputError: It is something else.
        """
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 <= value <= _LONGEST_S:
            raise self.wrong(line, text, f"{what} in seconds")
        return value

    def span_ms(self, start: str, length: str, line: int) -> tuple[int, int]:
        """Start and end in ms from a start and a length in seconds; each rounded once."""
        start_s = self.seconds(start, line, "a start")
        return from_seconds(start_s), from_seconds(start_s + self.seconds(length, line, "a length"))
