"""How long a text is, as a guideline counts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.subtitles.layout import width
from loquitur.text import grapheme_count

if TYPE_CHECKING:
    from loquitur.subtitles.limits import Counting, Limits


def measured(text: str, counting: Counting) -> float:
    """The length of a line as a guideline counts it.

    >>> [measured("한국어 a", counting) for counting in ("halves", "cells", "characters")]
    [4.0, 8, 5]
    """
    if counting == "characters":
        return grapheme_count(text)
    cells = width(text)
    return cells / 2 if counting == "halves" else cells


def blank_length(limits: Limits) -> float:
    """The length of a blank."""
    return 0.5 if limits.counting == "halves" else 1
