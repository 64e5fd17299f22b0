"""Words on lines: how wide they are, how many fit, where a cue's lines break.

Widths count character cells: East Asian wide and full-width characters take two (UAX #11),
combining marks and format characters none.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_CLOSING = "\"'”’»)]}›」』）】"
_SENTENCE_ENDS = ".!?…。！？؟।۔॥։።"
_PAUSE_MARKS = ",;:—–、，；：،؛"
_ABBREVIATIONS = frozenset({"mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "vs.", "e.g.", "i.e."})


def width(text: str) -> int:
    """The number of character cells a text takes.

    >>> width("talk"), width("講演"), width("e\u0301")
    (4, 4, 1)
    """
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def ends_sentence(word: str) -> bool:
    """Whether a sentence ends with this word; titles and initials with a full stop do not end one.

    >>> ends_sentence("dream.”"), ends_sentence("Dr."), ends_sentence("J.")
    (True, False, False)
    """
    bare = word.rstrip(_CLOSING)
    if not bare.endswith(tuple(_SENTENCE_ENDS)):
        return False
    initial = len(bare) == 2 and bare[0].isupper() and bare[1] == "."
    return not initial and bare.lower() not in _ABBREVIATIONS


def ends_phrase(word: str) -> bool:
    """Whether the word ends with a comma or its like."""
    return word.rstrip(_CLOSING).endswith(tuple(_PAUSE_MARKS))


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


def break_lines(words: Sequence[str], line_width: int) -> list[str]:
    """The words on as few lines as hold them, balanced, lower lines rather the longer.

    A break after a sentence or a comma is worth some imbalance. No line is wider than
    `line_width`, except that of a single word which itself is.
    """
    widths = [width(word) for word in words]
    reach = reaches(widths, line_width)
    count, position = 0, 0
    while position < len(words):
        position = reach[position]
        count += 1
    # best[k]: for each first word, the cost of the rest on k lines and where the first of them ends
    best: list[dict[int, tuple[float, int]]] = [{len(words): (0.0, len(words))}]
    for lines in range(1, count + 1):
        layer: dict[int, tuple[float, int]] = {}
        for start in range(len(words) - 1, -1, -1):
            filled = -1
            for end in range(start + 1, reach[start] + 1):
                filled += 1 + widths[end - 1]
                if end not in best[lines - 1]:
                    continue
                # Upper lines weigh more, so the lower ones become the longer.
                cost = (1 + 0.1 * lines) * (filled / line_width) ** 2 + best[lines - 1][end][0]
                cost -= _break_worth(words[end - 1]) if end < len(words) else 0.0
                if start not in layer or cost < layer[start][0]:
                    layer[start] = (cost, end)
        best.append(layer)
    made, position = [], 0
    for lines in range(count, 0, -1):
        end = best[lines][position][1]
        made.append(" ".join(words[position:end]))
        position = end
    return made


def _break_worth(word: str) -> float:
    if ends_sentence(word):
        return 0.5
    return 0.25 if ends_phrase(word) else 0.0
