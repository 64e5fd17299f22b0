"""Chapters as YouTube reads them in a description: a time and a title on each line.

YouTube's rules (its help page "Add video chapters"): the first begins at 0:00, there are at least
three, in ascending order, and each is at least 10 seconds long.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from loquitur.formats.written import one_line
from loquitur.model.speech import Chapter
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from collections.abc import Iterable

FEWEST = 3
SHORTEST_MS = 10_000

_LINE = re.compile(
    r"^\s*[\[(]?(?P<clock>(?:\d{1,3}:)?\d{1,3}:[0-5]\d)[\])]?\s*(?:[-\u2013\u2014:|.)]\s+)?(?P<title>\S.*?)\s*$"
)


class Titled(Protocol):
    """What has a start and a title: a chapter of whatever origin."""

    @property
    def start_ms(self) -> int:
        """Media time."""

    @property
    def title(self) -> str:
        """For people."""


def write(chapters: Iterable[Titled]) -> str:
    r"""`0:00 Title`, a line for each chapter; times are whole seconds, at or before the start.

    >>> write([Chapter(start_ms=0, title="Hello"), Chapter(start_ms=61_900, title="Groups")])
    '0:00 Hello\n1:01 Groups\n'
    """
    return "".join(f"{short_clock(one.start_ms)} {one_line(one.title)}\n" for one in chapters)


def read(text: str) -> tuple[Chapter, ...]:
    r"""The chapters in a description, as they stand; lines without a time are no chapters.

    >>> read("My video\n0:00 Hello\n(1:01) - Groups")
    (Chapter(start_ms=0, title='Hello'), Chapter(start_ms=61000, title='Groups'))
    """
    found = []
    for line in text.splitlines():
        match = _LINE.match(line)
        if match:
            found.append(Chapter(start_ms=_ms(match["clock"]), title=match["title"]))
    return tuple(found)


def _ms(clock: str) -> int:
    """`90:30` is a time here too; people count on."""
    seconds = 0
    for part in clock.split(":"):
        seconds = seconds * 60 + int(part)
    return seconds * 1000


def faults(chapters: Iterable[Titled], *, duration_ms: int | None = None) -> tuple[str, ...]:
    """Why YouTube would show no chapters, a sentence each; empty where it would.

    Args:
        chapters: In the order they are written.
        duration_ms: Of the video, where known: the last chapter has a length too.
    """
    starts = [one.start_ms // 1000 * 1000 for one in chapters]
    found = []
    if len(starts) < FEWEST:
        found.append(f"there are {len(starts)} chapters and YouTube wants at least {FEWEST}")
    if starts and starts[0] != 0:
        found.append(f"the first begins at {short_clock(starts[0])} and not at 0:00")
    ends = starts[1:] + ([duration_ms] if duration_ms is not None else [])
    for start, end in zip(starts, ends, strict=False):
        if end <= start and end in starts:
            found.append(f"{short_clock(end)} stands after {short_clock(start)}")
        elif end - start < SHORTEST_MS:
            found.append(f"the chapter at {short_clock(start)} is shorter than 10 seconds")
    return tuple(found)
