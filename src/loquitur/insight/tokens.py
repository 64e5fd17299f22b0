"""Words as they are counted: lower case, without marks.

English words are `[a-z0-9']+`, as the reference figures of the course count them. Other scripts
that part words by blanks give runs of letters, marks and digits. Chinese and Japanese have no
blanks: there two neighbouring characters are a token, since a character alone tells little and a
segmenter would bring a dictionary; nor have Thai, Lao, Khmer and Burmese. Marks that stand with a
letter (vowel signs of Hindi, harakat of Arabic) and joiners are part of its word.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_ASCII = re.compile(r"[a-z0-9']+")
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
_UNSPACED_SIGN = re.compile(f"[{_UNSPACED}]")
_JOINERS = "\u200c\u200d"


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    """Runs without blanks, and words of all other scripts with their marks."""
    marks = "".join(
        chr(code)
        for code in (*range(0x300, 0x20D0), *range(0x2C00, 0xFE00))  # not those around emoji
        if unicodedata.category(chr(code))[0] == "M"
    )
    other = rf"(?![{_UNSPACED}])"
    return re.compile(
        rf"(?P<unspaced>[{_UNSPACED}]+)|{other}[\w'](?:{other}[\w'{marks}{_JOINERS}])*"
    )


def tokens(text: str) -> list[str]:
    """The tokens of a text, in their order.

    >>> tokens("It's 3 o'clock!"), tokens("東京都 Tower")
    (["it's", '3', "o'clock"], ['東京', '京都', 'tower'])
    """
    lower = text.lower()
    if lower.isascii():
        return _ASCII.findall(lower)
    found: list[str] = []
    for match in _pattern().finditer(unicodedata.normalize("NFC", lower).replace("\u2019", "'")):
        if match["unspaced"]:
            run = match["unspaced"]
            found += [run[at : at + 2] for at in range(len(run) - 1)] or [run]
        else:
            found.append(match[0].strip(_JOINERS))
    return found


def token_spans(text: str) -> list[tuple[int, int, bool]]:
    """Where tokens stand in a text: first, end, and whether it is a run that pairs are made of.

    >>> token_spans("So-called"), token_spans("\u6771\u4eac")
    ([(0, 2, False), (3, 9, False)], [(0, 2, True)])
    """
    plain = text.replace("\u2019", "'")
    if plain.isascii():
        return [(*match.span(), False) for match in _ASCII.finditer(plain.lower())]
    return [(*match.span(), bool(match["unspaced"])) for match in _pattern().finditer(plain)]


def in_pairs(words: Sequence[str]) -> bool:
    """Whether most tokens are of scripts without blanks: pairs of characters, not words.

    >>> in_pairs(tokens("\u6771\u4eac\u90fd Tower")), in_pairs(tokens("it is"))
    (True, False)
    """
    return 2 * sum(_UNSPACED_SIGN.match(word) is not None for word in words) > len(words)
