"""Money as a chat shows it: `€1,234.50`, `CZK 20.00`, `5,00 €`, `₹1,00,000`.

The text is made for the viewer who collected the chat, in the grammar of that viewer's language.
What is not understood is None, and the text is kept as it was.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib import resources

_LONGEST = 64
"""Characters of an amount; longer ones are no amounts."""
_DIGITS = 15
_SEPARATORS = ".,'٫٬"
_MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u061c\u202a\u202b\u202c\u2066\u2067\u2068\u2069"))
_NUMBER = re.compile(r"\d(?:[\d.,'٫٬ ]*\d)?")
_APOSTROPHES = str.maketrans({"’": "'", "ʼ": "'", "‘": "'", "´": "'", "，": ",", "．": "."})


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Money, as far as it was understood.

    Args:
        text: As it was shown.
        value: None where the number could not be read.
        currency: ISO 4217; None where the sign is unknown, or shared without a commonest one.
        assumed: Whether the sign is shared and the commonest currency was taken.
    """

    text: str
    value: Decimal | None = None
    currency: str | None = None
    assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Currencies:
    """What is known of currencies.

    Args:
        digits: The decimals of each currency, by its code.
        signs: The currency of each sign that belongs to one alone.
        shared: What is assumed of a sign that several have; empty for nothing.
    """

    digits: dict[str, int]
    signs: dict[str, str]
    shared: dict[str, str]


@lru_cache(maxsize=1)
def currencies() -> Currencies:
    """The table of the package (`currencies.toml`)."""
    text = resources.files("loquitur.youtube").joinpath("currencies.toml").read_text("utf-8")
    table = tomllib.loads(text)
    return Currencies(
        digits={code: int(n) for n, codes in table["digits"].items() for code in codes.split()},
        signs={_sign(sign): code for code, signs in table["signs"].items() for sign in signs},
        shared={_sign(sign): code for sign, code in table["shared"].items()},
    )


def read_amount(shown: str) -> Amount:
    r"""An amount as it was shown, understood.

    >>> read_amount("€1,234.50").value, read_amount("5,00\xa0€").value
    (Decimal('1234.50'), Decimal('5.00'))
    >>> read_amount("$5.00")
    Amount(text='$5.00', value=Decimal('5.00'), currency='USD', assumed=True)
    >>> read_amount("CZK\xa020.00").currency, read_amount("[?]10").currency
    ('CZK', None)
    """
    kept = shown[: _LONGEST + 1]
    if len(kept) > _LONGEST:
        return Amount(text=kept[:_LONGEST])
    plain = _plain(kept)
    match = _NUMBER.search(plain)
    if match is None:
        return Amount(text=kept)
    currency, assumed = _currency(plain[: match.start()], plain[match.end() :])
    before = plain[: match.start()].strip()
    is_less = bool({before[:1], before[-1:]} & {"-", "−"})  # nobody pays less than nothing
    value = None if is_less else _value(match[0], currencies().digits.get(currency or "", 2))
    return Amount(text=kept, value=value, currency=currency, assumed=assumed)


def of_micros(micros: object, currency: str, shown: str) -> Amount:
    """An amount of the API: millionths as text, and an ISO code."""
    known = str(micros)
    is_number = known.isascii() and known.isdigit() and len(known) <= _DIGITS + 6
    code = currency if currency and currency.upper() == currency else None
    if not is_number:
        return Amount(text=shown[:_LONGEST], currency=code)
    places = currencies().digits.get(code or "", 2)
    value = Decimal(known).scaleb(-6).normalize()
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent > -places:
        value = value.quantize(Decimal(1).scaleb(-places))
    return Amount(text=shown[:_LONGEST], value=value, currency=code)


def _plain(text: str) -> str:
    """Blanks as blanks, digits of every script as 0-9, no marks of direction."""
    text = text.translate(_MARKS).translate(_APOSTROPHES)
    kept = []
    for char in text:
        digit = unicodedata.decimal(char, None)
        kept.append(str(digit) if digit is not None else " " if char.isspace() else char)
    return "".join(kept)


def _sign(text: str) -> str:
    """A sign as it is looked up: ￥ is ¥, all blanks are one."""
    return " ".join(unicodedata.normalize("NFKC", text.translate(_MARKS)).split())


def _currency(before: str, after: str) -> tuple[str | None, bool]:
    known = currencies()
    sides = [_sign(side.strip(" -+")) for side in (before, after)]
    for side in sides:
        code = side.strip("$").upper()  # MXN$ is how some write MX$
        if code in known.digits:
            return code, False
    for side in sides:
        if side in known.signs:
            return known.signs[side], False
    for side in sides:
        if side in known.shared:
            # A pound or a yen without a country is that of Britain or Japan wherever it is shown
            # to viewers of YouTube; a dollar is that of the viewer's own country.
            return known.shared[side] or None, bool(known.shared[side]) and side not in "£¥"
    return None, False


def _value(number: str, places: int) -> Decimal | None:
    """The number between separators, whichever of them is the decimal point."""
    text = number.replace(" ", "")
    if sum(char.isdigit() for char in text) > _DIGITS:
        return None
    found = [char for char in text if char in _SEPARATORS]
    if not found:
        return Decimal(text)
    last = found[-1]
    whole, _, rest = text.rpartition(last)
    if len(set(found)) > 1:
        is_point = found.count(last) == 1 and last not in "'٬"
    elif len(found) > 1:
        is_point = False
    else:
        is_point = last == "٫" or (last not in "'٬" and _is_point(whole, rest, places))
    digits = "".join(char for char in whole if char.isdigit()) or "0"
    if is_point:
        return Decimal(f"{digits}.{rest}") if len(rest) <= max(places, 3) else None
    return Decimal(digits + rest) if len(rest) in (2, 3, 4) else None


def _is_point(whole: str, rest: str, places: int) -> bool:
    """Whether a lone separator is the decimal point: three digits after it are a thousand."""
    if len(rest) != 3:
        return True
    return places == 3 or whole.strip("0") == ""
