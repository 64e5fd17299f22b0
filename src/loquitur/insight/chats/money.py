"""Money in a chat: by currency, never added over currencies, in decimals."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from loquitur.insight.chats.columns import polars
from loquitur.youtube.livechat.amounts import read_amount

if TYPE_CHECKING:
    from loquitur.insight.chats.columns import Chat

_KINDS = ("paid", "sticker", "donation")
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Currency:
    """What was paid in one currency.

    Args:
        currency: ISO 4217.
        count: Payments.
        total: Of them, in the currency.
        median: The middle one (of two, their mean).
        largest: The largest.
        largest_ms: Its time; None where unknown.
        stickers: How many of them are stickers.
        assumed: How many have a sign that several currencies share (`$`): the commonest was taken.
        deleted: How many belong to a message that was taken away; the money stays counted.
    """

    currency: str
    count: int
    total: Decimal
    median: Decimal
    largest: Decimal
    largest_ms: int | None
    stickers: int
    assumed: int
    deleted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Paid messages, and what else is given.

    Args:
        currencies: The one with most payments first.
        unread: Amounts whose sign or number is not understood, as shown, with their counts.
        events: New members, milestones, gifts: how many rows of each type.
        gifted: Memberships bought for others.
        jewels: Of gifts.
    """

    currencies: tuple[Currency, ...]
    unread: tuple[tuple[str, int], ...]
    events: dict[str, int]
    gifted: int
    jewels: int


def sum_money(chat: Chat) -> Money:
    """The money of a chat. What is pinned on top is a message that was counted already."""
    pl = polars()
    frame = chat.frame
    paid = frame.filter(pl.col("type").is_in(_KINDS))
    known: dict[str, list[tuple[Decimal, int | None, str, bool, bool]]] = {}
    unread: Counter[str] = Counter()
    columns = ("type", "at_ms", "amount", "currency", "currency_assumed", "amount_text",
               "is_deleted")  # fmt: skip
    for kind, at_ms, amount, named, guessed, shown, gone in paid.select(columns).iter_rows():
        value, currency, assumed = _decimal(amount), named, guessed
        if value is None or not currency:  # other collectors write '$5.00' where we have 5.00
            read = read_amount(shown or amount or "")
            value = read.value if value is None else value
            currency, assumed = named or read.currency, not named and read.assumed
        if value is None or not currency:
            if amount or shown:
                unread[shown or amount] += 1
            continue
        known.setdefault(currency, []).append((value, at_ms, kind, bool(assumed), gone))
    currencies = [_currency(name, payments) for name, payments in known.items()]
    counts = dict(frame["type"].value_counts().iter_rows())
    events = ("membership", "milestone", "gift_purchase", "gift_redemption", "gift", "donation")
    return Money(
        currencies=tuple(sorted(currencies, key=lambda one: (-one.count, one.currency))),
        unread=tuple(unread.most_common()),
        events={name: counts[name] for name in events if counts.get(name)},
        gifted=int(frame["gift_count"].sum() or 0),
        jewels=int(frame["jewels"].sum() or 0),
    )


def shown(value: Decimal) -> str:
    """An amount for people, with cents only where it has them.

    >>> shown(Decimal("1239.5")), shown(Decimal("1000.0"))
    ('1,239.50', '1,000')
    """
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"


def _currency(
    name: str, payments: list[tuple[Decimal, int | None, str, bool, bool]]
) -> Currency:  # fmt: skip
    values = sorted(payment[0] for payment in payments)
    middle = len(values) // 2
    median = values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
    largest = max(payments, key=lambda payment: payment[0])
    return Currency(
        currency=name, count=len(values), total=sum(values, Decimal(0)), median=median,
        largest=largest[0], largest_ms=largest[1],
        stickers=sum(payment[2] == "sticker" for payment in payments),
        assumed=sum(payment[3] for payment in payments),
        deleted=sum(payment[4] for payment in payments),
    )  # fmt: skip


def _decimal(text: str | None) -> Decimal | None:
    """A number as it stands in the table; None for none, and for what is no amount of money."""
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    is_money = value.is_finite() and value >= 0 and value.adjusted() <= _MOST_DIGITS
    return value if is_money else None
