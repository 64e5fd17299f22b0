"""Words on lines: how wide they are, what they end, how many fit, where a text's lines break.

Widths count character cells: East Asian wide and full-width characters take two (UAX #11),
combining marks and format characters none; `graphemes.measure` counts in other ways too.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from loquitur.subtitles import breaks
from loquitur.subtitles.grammar import grammar_of
from loquitur.subtitles.graphemes import measure
from loquitur.subtitles.lattice import lattice_of
from loquitur.subtitles.tokens import Reader
from loquitur.subtitles.units import TimedText, units_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.subtitles.limits import Limits


def width(text: str) -> int:
    """The number of character cells a text takes.

    >>> width("talk"), width("講演"), width("e\u0301")
    (4, 4, 1)
    """
    return int(measure(text, "cells"))


@lru_cache(maxsize=16)
def _reader(language: str) -> Reader:
    return Reader(grammar_of(language))


def ends_sentence(word: str, language: str = "") -> bool:
    """Whether a sentence ends with this word; titles and initials with a full stop do not end one.

    >>> ends_sentence("dream.”"), ends_sentence("Dr."), ends_sentence("bzw.", "de")
    (True, False, False)
    """
    return bool(word) and _reader(language).read(word).end in ("stop", "dots")


def ends_phrase(word: str, language: str = "") -> bool:
    """Whether the word ends with a comma or its like."""
    return bool(word) and _reader(language).read(word).end in ("comma", "colon", "dash")


def reaches(widths: Sequence[int], line_width: int) -> list[int]:
    """For each word, the index after the last word that fits on one line beginning with it.

    At least the word itself: one that is longer than a line has a line of its own.
    """
    reach, end, filled = [], 0, 0
    for start, first in enumerate(widths):
        if end <= start:
            end, filled = start + 1, first
        while end < len(widths) and filled + 1 + widths[end] <= line_width:
            filled += 1 + widths[end]
            end += 1
        reach.append(end)
        filled -= first + 1
    return reach


def break_lines(text: str, *, limits: Limits, language: str = "") -> list[str]:
    """One cue's text on as few lines as hold it, broken where it reads best.

    Args:
        text: The words; line breaks in it count as spaces.
        limits: How wide a line may be. More lines than a cue may have are made where words need
            them.
        language: BCP 47 tag.

    Returns:
        Lines, none wider than the limit but that of a single word which itself is.
    """
    units = units_of((TimedText(start_ms=0, end_ms=0, text=text),), limits)
    if not len(units):
        return []
    line, cue, weights = breaks.worths(units, grammar_of(language))
    units.stops[-1] = True
    made, start = [], 0
    for end in lattice_of(units, line, cue, weights, limits).lines_of(0, len(units)):
        made.append(units.line(start, end))
        start = end
    return made
