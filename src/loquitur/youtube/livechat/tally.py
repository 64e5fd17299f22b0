"""What a chat amounts to while it runs: rate, types, authors, money, the newest messages."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from loquitur.model.chat import MODERATION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loquitur.model.chat import ChatMessage

BIN_S = 10
"""Length of a bin of the rate, seconds."""
_BINS = 360
_NEWEST = 50
_MINUTE_BINS = 60 // BIN_S


@dataclass(slots=True)
class Tally:
    """Counts of a chat.

    Args:
        messages: All of them.
        types: Of each type.
        authors: Messages by each author's name, moderation events left out.
        money: Sums by currency; `?` for amounts whose sign is not known.
        newest: The last ones, newest last.
    """

    messages: int = 0
    types: Counter[str] = field(default_factory=Counter)
    authors: Counter[str] = field(default_factory=Counter)
    money: dict[str, Decimal] = field(default_factory=dict)
    newest: deque[ChatMessage] = field(default_factory=lambda: deque(maxlen=_NEWEST))
    _bins: dict[int, int] = field(default_factory=dict)

    def add(self, messages: Iterable[ChatMessage]) -> None:
        """Count messages."""
        for message in messages:
            self.messages += 1
            self.types[message.type] += 1
            if message.author_name and message.type not in MODERATION:
                self.authors[message.author_name] += 1
            if message.amount is not None and message.type != "pinned":
                currency = message.currency or "?"
                self.money[currency] = self.money.get(currency, Decimal(0)) + message.amount
            if message.timestamp_us is not None:
                at = message.timestamp_us // (BIN_S * 1_000_000)
                self._bins[at] = self._bins.get(at, 0) + 1
            self.newest.append(message)
        if len(self._bins) > 2 * _BINS:
            for at in sorted(self._bins)[:-_BINS]:
                del self._bins[at]

    def rates(self, bins: int) -> list[int]:
        """Messages in each of the last bins of `BIN_S` seconds of the chat's time, newest last."""
        last = max(self._bins, default=0)
        return [self._bins.get(at, 0) for at in range(last - bins + 1, last + 1)]

    def per_minute(self) -> int:
        """Messages of the last whole minute: of the last bin, which is not over, nothing counts."""
        if len(self._bins) < 2:
            return sum(self._bins.values()) * _MINUTE_BINS
        whole = self.rates(_MINUTE_BINS + 1)[:-1]
        begun = max(self._bins) - min(self._bins)
        return round(sum(whole) * _MINUTE_BINS / min(begun, _MINUTE_BINS))
