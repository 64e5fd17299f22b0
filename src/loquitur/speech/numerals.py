"""Figures as English words, for a recogniser's ear only: what is shown stays as it was written.

>>> spoken("$1,250.50"), spoken("1984"), spoken("21st")
('one thousand two hundred fifty point five zero dollars', 'nineteen eighty four', 'twenty first')
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"))
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_CURRENCIES = {"$": "dollars", "€": "euros", "£": "pounds", "¥": "yen", "₹": "rupees"}
_SIGNS = {
    "&": "and", "+": "plus", "=": "equals", "@": "at", "%": "percent", "°": "degrees",
    "#": "number", "×": "times", "§": "section",
}  # fmt: skip
_NUMBER = re.compile(
    r"(?P<currency>[$€£¥₹])?(?P<sign>[-−])?(?P<whole>\d{1,3}(?:,\d{3})+|\d+)"
    r"(?P<part>(?:\.\d+)+)?(?P<ordinal>st|nd|rd|th)?(?P<decade>'?s)?(?P<percent>%)?",
    re.IGNORECASE,
)
_LONGEST_DIGITS = 15


def spoken(text: str) -> str:
    """A written word with its figures and signs as English words; other text stays as it is.

    Four figures that look like a year are read as one; a clock time as two numbers; more than 15
    figures, and figures with a leading zero, one by one.
    """
    with_numbers = _NUMBER.sub(lambda match: f" {_read(match)} ", text)
    signs = "".join(f" {_SIGNS[sign]} " if sign in _SIGNS else sign for sign in with_numbers)
    return " ".join(signs.split()) if signs != text else text


def cardinal(number: int) -> str:
    """A whole number from 0 to 10^15 - 1 in words."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        return _TENS[number // 10] + (f" {_ONES[number % 10]}" if number % 10 else "")
    if number < 1000:
        rest = f" {cardinal(number % 100)}" if number % 100 else ""
        return f"{_ONES[number // 100]} hundred{rest}"
    size, name = next(scale for scale in _SCALES if number >= scale[0])
    rest = f" {cardinal(number % size)}" if number % size else ""
    return f"{cardinal(number // size)} {name}{rest}"


def _read(match: re.Match[str]) -> str:
    written = match["whole"]
    digits = written.replace(",", "")
    if len(digits) > _LONGEST_DIGITS or (len(digits) > 1 and digits[0] == "0"):
        words = _by_figures(digits)
    elif _is_year(written, match):
        words = _year(int(digits))
    else:
        words = cardinal(int(digits))
    if match["ordinal"]:
        words = _last_changed(words, _ordinal)
    elif match["decade"]:
        words = _last_changed(words, _plural)
    for figures in (match["part"] or "").split(".")[1:]:
        words += " point " + _by_figures(figures)
    if match["sign"]:
        words = f"minus {words}"
    if match["currency"]:
        words += f" {_CURRENCIES[match['currency']]}"
    return words + (" percent" if match["percent"] else "")


def _is_year(written: str, match: re.Match[str]) -> bool:
    plain = not (match["currency"] or match["part"] or match["percent"] or match["ordinal"])
    return plain and len(written) == 4 and (1100 <= int(written) < 2000 or int(written) >= 2010)


def _year(number: int) -> str:
    century, rest = divmod(number, 100)
    if rest == 0:
        return f"{cardinal(century)} hundred" if century % 10 else cardinal(number)
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def _by_figures(digits: str) -> str:
    return " ".join(_ONES[int(figure)] for figure in digits if figure.isascii())


def _last_changed(words: str, change: Callable[[str], str]) -> str:
    head, _, last = words.rpartition(" ")
    return f"{head} {change(last)}".strip()


def _ordinal(word: str) -> str:
    if word in _ORDINALS:
        return _ORDINALS[word]
    return word[:-1] + "ieth" if word.endswith("y") else word + "th"


def _plural(word: str) -> str:
    return word[:-1] + "ies" if word.endswith("y") else word + "s"
