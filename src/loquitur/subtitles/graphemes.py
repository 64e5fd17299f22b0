"""How long a text is as a guideline counts it, and the pieces it may be cut into at most."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from loquitur.text import grapheme_count
from loquitur.text import graphemes as clusters_of

if TYPE_CHECKING:
    from loquitur.subtitles.limits import Counting, Limits

_PLAIN = re.compile("[ -~\u00a1-\u00ac\u00ae-\u02ff\u0400-\u0482\u048a-\u052f\u3041-\u3096]*")
"""Texts of these alone have one cluster a character."""


def graphemes(text: str) -> list[str]:
    r"""The grapheme clusters of a text, invisible characters with those before them.

    >>> len(graphemes("e\u0301a")), graphemes("क्षि"), graphemes("a\u200bb")
    (2, ['क्षि'], ['a\u200b', 'b'])
    """
    if _PLAIN.fullmatch(text):
        return list(text)
    found: list[str] = []
    for cluster in clusters_of(text):
        if found and not grapheme_count(cluster):
            found[-1] += cluster
        else:
            found.append(cluster)
    return found


def measure(text: str, counting: Counting = "characters") -> float:
    """The length of a line as a guideline counts it (`Limits.counting`).

    >>> measure("한국어 a", "halves"), measure("한국어 a", "cells"), measure("한국어 a")
    (4.0, 8, 5)
    """
    if text.isascii() and text.isprintable():
        return len(text) / 2 if counting == "halves" else len(text)
    if counting == "characters":
        if _PLAIN.fullmatch(text):
            return len(text)
        return grapheme_count(text)
    cells = sum(_cells(char) for char in text)
    return cells / 2 if counting == "halves" else cells


def blank_length(limits: Limits) -> float:
    """The length of a blank."""
    return 0.5 if limits.counting == "halves" else 1


@lru_cache(maxsize=4096)
def _cells(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me", "Cf", "Cc"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
