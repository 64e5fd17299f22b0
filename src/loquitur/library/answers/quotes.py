"""Where a quotation stands in a text: letter by letter, or nearly so.

Both are compared by their letters and figures alone, in one form (NFKC, case folded), so that marks
and blanks do not count. Nearly so means a likeness of 0.9 (Ratcliff and Obershelp 1988, twice the
letters in common by those of both): models mend a misspelling or leave out a comma, and what is
shown in the end are the words of the text anyway.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import lru_cache

LIKENESS = 0.9
MOST_SIGNS = 2000
"""A longer quotation is none."""
_ELLIPSIS = re.compile(r"\s*(?:\[?(?:\.\s?){3,}\]?|\u2026)\s*")
_FEWEST_WORDS, _FEWEST_UNSPACED = 3, 5
_HOPELESS = 0.6
"""Below this likeness a window that is moved by a tenth of itself does not reach `LIKENESS`."""


def locate(quote: str, text: str) -> tuple[int, int] | None:
    """The half-open range of characters of `text` that a quotation stands for; None for nowhere.

    Parts around an ellipsis are looked for in their order. A quotation of less than three words
    (five signs in scripts without blanks) stands for nothing, unless it is all of the text.

    >>> locate("the defense gave up ... 308 points", "So the defense gave up, just 308 points.")
    (3, 39)
    """
    if len(quote) > MOST_SIGNS:
        return None
    letters, places = _letters(text)
    parts = [part for part in _ELLIPSIS.split(quote) if any(map(str.isalnum, part))]
    if not _is_enough(quote, letters):
        return None
    found: list[tuple[int, int]] = []
    at = 0
    for part in parts:
        wanted, _ = _letters(part)
        span = _find(wanted, letters, at)
        if span is None:
            return None
        found.append(span)
        at = span[1]
    if not found:
        return None
    first, end = places[found[0][0]], places[found[-1][1] - 1] + 1
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return first, end


def _is_enough(quote: str, letters: str) -> bool:
    wanted, _ = _letters(quote)
    if wanted == letters:
        return bool(wanted)
    words = [word for word in quote.split() if any(map(str.isalnum, word))]
    unspaced = sum(sign >= "\u0e00" and sign.isalpha() for sign in wanted)
    return len(words) >= _FEWEST_WORDS or unspaced >= _FEWEST_UNSPACED


def _find(wanted: str, letters: str, first: int) -> tuple[int, int] | None:
    if not wanted:
        return None
    at = letters.find(wanted, first)
    if at >= 0:
        return at, at + len(wanted)
    matcher = difflib.SequenceMatcher(None, letters, wanted, autojunk=False)
    block = matcher.find_longest_match(first, len(letters), 0, len(wanted))
    if block.size * 4 < min(len(wanted), 40):
        return None
    start = max(first, block.a - block.b)
    best: tuple[float, tuple[int, int]] = (0.0, (0, 0))
    slack = max(2, len(wanted) // 10)
    for shift in (0, -slack, slack):
        a = max(first, start + min(0, shift))
        z = min(len(letters), start + len(wanted) + max(0, shift))
        best = max(best, _likeness(letters, wanted, a, z))
        if best[0] < _HOPELESS:
            return None
    return best[1] if best[0] >= LIKENESS else None


def _likeness(letters: str, wanted: str, first: int, end: int) -> tuple[float, tuple[int, int]]:
    """How alike a window is, and where it stands, without what hangs over at its ends."""
    matcher = difflib.SequenceMatcher(None, letters[first:end], wanted, autojunk=False)
    blocks = matcher.get_matching_blocks()[:-1]
    if not blocks:
        return 0.0, (first, end)
    a, z = first + blocks[0].a, first + blocks[-1].a + blocks[-1].size
    return 2 * sum(block.size for block in blocks) / (z - a + len(wanted)), (a, z)


def _letters(text: str) -> tuple[str, list[int]]:
    """The letters and figures of a text in one form, and where each is from."""
    found: list[str] = []
    places: list[int] = []
    for at, sign in enumerate(text):
        letters = _letters_of(sign)
        found.append(letters)
        places += [at] * len(letters)
    return "".join(found), places


@lru_cache(maxsize=1 << 12)
def _letters_of(sign: str) -> str:
    return "".join(
        one
        for one in unicodedata.normalize("NFKC", sign).casefold()
        if one.isalnum() or unicodedata.category(one)[0] == "M"
    )
