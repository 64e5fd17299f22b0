"""What people see as one character, and how long a text is as a guideline counts.

A grapheme cluster is a character with all that is drawn on it (UAX #29): marks, Indic conjuncts,
joined emoji, flags, Hangul syllables in parts. Written from the rules over `unicodedata`, without
its tables of break properties; what is invisible (controls, bidirectional marks, soft hyphens)
counts nothing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loquitur.subtitles.limits import Counting

_PLAIN = re.compile("[ -~\u00a1-\u00ac\u00ae-\u02ff\u0400-\u0482\u048a-\u052f\u3041-\u3096]*")
"""Texts of these alone have one cluster a character."""
_JOINER = "\u200d"
_LINKERS = frozenset("\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d")
"""Viramas that bind the letter behind them into one cluster (UAX #29, rule GB9c)."""
_SPACING_VOWELS = frozenset("\u0e33\u0eb3")
"""Thai and Lao AM: letters by category, marks by rule."""


def graphemes(text: str) -> list[str]:
    r"""The grapheme clusters of a text, invisible characters with those before them.

    >>> len(graphemes("e\u0301a")), graphemes("क्षि"), len(graphemes("👩‍👩‍👧🇫🇷"))
    (2, ['क्षि'], 2)
    """
    if _PLAIN.fullmatch(text):
        return list(text)
    clusters: list[str] = []
    for char in text:
        if clusters and _belongs(clusters[-1], char):
            clusters[-1] += char
        else:
            clusters.append(char)
    return clusters


def _belongs(cluster: str, char: str) -> bool:
    """Whether a character is drawn into the cluster before it."""
    if _extends(char):
        return True
    last = cluster[-1]
    if last == _JOINER:
        return _pictorial(char) or any(one in _LINKERS for one in cluster)
    if _flag(char):
        return sum(map(_flag, cluster)) == 1 and _flag(cluster[0])
    if last in _LINKERS or (len(cluster) > 2 and cluster[-2] in _LINKERS and _extends(last)):
        return unicodedata.category(char) == "Lo" and ord(char) >> 7 == ord(last) >> 7
    if "\u1160" <= char <= "\u11ff":
        return "\u1100" <= last <= "\u11ff" or "\uac00" <= last <= "\ud7a3"
    return last == "\r" and char == "\n"


@lru_cache(maxsize=4096)
def _extends(char: str) -> bool:
    if char in _SPACING_VOWELS or "\U0001f3fb" <= char <= "\U0001f3ff" or char in "\uff9e\uff9f":
        return True
    return unicodedata.category(char) in {"Mn", "Me", "Mc", "Cf"}


def _pictorial(char: str) -> bool:
    return "\u203c" <= char <= "\u3299" or "\U0001f000" <= char <= "\U0001faff"


def _flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


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
        return sum(_seen(cluster[0]) for cluster in graphemes(text))
    cells = sum(_cells(char) for char in text)
    return cells / 2 if counting == "halves" else cells


@lru_cache(maxsize=4096)
def _seen(char: str) -> bool:
    return unicodedata.category(char) not in {"Cc", "Cf", "Zl", "Zp"}


@lru_cache(maxsize=4096)
def _cells(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me", "Cf", "Cc"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
