"""Money as a chat shows it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.youtube.livechat.amounts import currencies, of_micros, read_amount

SHOWN = [
    ("$5.00", "5.00", "USD", True),
    ("€1,234.50", "1234.50", "EUR", False),
    ("¥1,000", "1000", "JPY", False),
    ("￥10,800", "10800", "JPY", False),
    ("R$20.00", "20.00", "BRL", False),
    ("CA$2.00", "2.00", "CAD", False),
    ("US$5", "5", "USD", False),
    ("A$1,234.00", "1234.00", "AUD", False),
    ("NT$75.00", "75.00", "TWD", False),
    ("₹40.00", "40.00", "INR", False),
    ("₹1,00,000", "100000", "INR", False),
    ("₹1,00,000.50", "100000.50", "INR", False),
    ("SEK\xa050.00", "50.00", "SEK", False),
    ("CZK\xa020.00", "20.00", "CZK", False),
    ("5,00\xa0€", "5.00", "EUR", False),
    ("1\u202f234,50\xa0€", "1234.50", "EUR", False),
    ("1.234,56\xa0€", "1234.56", "EUR", False),
    ("20,00\xa0zł", "20.00", "PLN", False),
    ("1\xa0234\xa0Ft", "1234", "HUF", False),
    ("CHF\xa01’234.50", "1234.50", "CHF", False),
    ("Rp\xa010.000", "10000", "IDR", False),
    ("CLP\xa05.000", "5000", "CLP", False),
    ("₫50,000", "50000", "VND", False),
    ("KWD\xa05.000", "5.000", "KWD", False),
    ("\u200f٥٠٫٠٠ د.إ.\u200f", "50.00", "AED", False),
    ("5,00\xa0$US", "5.00", "USD", False),
    ("MX$50.00", "50.00", "MXN", False),
    ("MXN$50.00", "50.00", "MXN", False),
    ("C$\xa05,00", "5.00", "CAD", True),
    ("5,00\xa0$\xa0AU", "5.00", "AUD", False),
    ("5,00\xa0$CO", "5.00", "COP", False),
    ("5\xa0£LB", "5", "LBP", False),
    ("5,00\xa0BR$", "5.00", "BRL", False),
    ("20,00\xa0kr", "20.00", None, False),
    ("[UNREGISTERD]10,800", "10800", None, False),
    ("£1.99", "1.99", "GBP", False),
    ("free", None, None, False),
    ("", None, None, False),
    ("-$5.00", None, "USD", True),
]


@pytest.mark.parametrize(("shown", "value", "currency", "assumed"), SHOWN)
def test_amounts_as_they_are_shown(shown, value, currency, assumed):
    found = read_amount(shown)
    assert found.text == shown
    assert found.value == (Decimal(value) if value else None)
    assert (found.currency, found.assumed) == (currency, assumed)


def test_nobody_pays_less_than_nothing():
    assert read_amount("€-5.00").value is None


@pytest.mark.parametrize("code", sorted(currencies().digits))
def test_every_code_is_read_before_and_after_the_number(code):
    digits = currencies().digits[code]
    number = "1,234" + ("." + "5" * digits if digits else "")
    value = Decimal(number.replace(",", ""))
    for shown in (f"{code}\xa0{number}", f"{number}\xa0{code}"):
        found = read_amount(shown)
        assert (found.value, found.currency, found.assumed) == (value, code, False)


@pytest.mark.parametrize(("sign", "code"), sorted(currencies().signs.items()))
def test_every_sign_is_read_before_and_after_the_number(sign, code):
    for shown in (f"{sign}20", f"20\xa0{sign}"):
        assert (read_amount(shown).value, read_amount(shown).currency) == (Decimal(20), code)


SEPARATED = [(",", "."), (".", ","), ("\xa0", ","), ("\u202f", ","), ("’", "."), ("'", ".")]


@given(cents=st.integers(0, 10**11), style=st.sampled_from(SEPARATED), indian=st.booleans())
def test_whatever_a_locale_writes_comes_back(cents, style, indian):
    thousand, point = style
    whole, cent = divmod(cents, 100)
    text = str(whole)
    head, tail = text[:-3], text[-3:]
    size = 2 if indian else 3
    groups = []
    while head:
        groups.insert(0, head[-size:])
        head = head[:-size]
    shown = thousand.join([*groups, tail]) + f"{point}{cent:02d}"
    assert read_amount("€" + shown).value == Decimal(cents) / 100
    assert read_amount(shown + "\xa0€").value == Decimal(cents) / 100


@given(st.text(max_size=100))
def test_no_text_breaks_it(text):
    found = read_amount(text)
    assert found.value is None or found.value >= 0


@pytest.mark.parametrize(
    ("micros", "currency", "value"),
    [
        ("200000000", "JPY", "200"),
        ("1990000", "USD", "1.99"),
        ("5000000", "USD", "5.00"),
        ("5000000", "KWD", "5.000"),
        (20000000, "CZK", "20.00"),
        ("1", "USD", "0.000001"),
        ("x", "USD", None),
        (None, "USD", None),
        ("-5", "USD", None),
        ("9" * 40, "USD", None),
    ],
)
def test_millionths_of_the_api(micros, currency, value):
    found = of_micros(micros, currency, "shown")
    assert found.value == (Decimal(value) if value else None)
    assert str(found.value) == str(value)
    assert found.currency == currency
