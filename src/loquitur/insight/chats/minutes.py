"""A chat minute by minute: messages, authors, new and returning ones; empty minutes are rows too.

A minute is the unit of live chats. What goes on for longer (comments over months) is counted by
the hour, the day or the week; the rate is per minute all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import UsageError
from loquitur.insight.chats.columns import JOINED, polars

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.insight.chats.columns import Chat, Messages

MINUTE_MS = 60_000
_WIDTHS_MS = tuple(MINUTE_MS * n for n in (1, 10, 60, 360, 1_440, 10_080, 43_200, 525_600))
_MOST_BINS = 4_320
"""Three days of minutes; where there would be more, a row is longer."""
_MOST_LONGER = 1_000
"""Of these longer rows: comments come over months, and most rows of minutes would be empty."""
_MOST_ASKED = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes:
    """Counts over time; arrays of one length, a row for each stretch of `every_ms`.

    Args:
        every_ms: How long a row is.
        first: The number of the first row: it begins at `first * every_ms`, which may be negative.
        messages: What was said.
        authors: Different authors.
        new: Authors who were not there before.
        paid: Messages with money.
        pictures: Messages with an emoji or an emote.
        joined: New members, gifts, and what else is no message.
        deleted: Messages that were taken away later.
        covered_ms: How much of the row lies between the first message and the last.
        once: Authors who wrote in one row alone, of the whole chat.
        all_authors: Different authors of the whole chat.
    """

    every_ms: int
    first: int
    messages: NDArray[np.int64]
    authors: NDArray[np.int64]
    new: NDArray[np.int64]
    paid: NDArray[np.int64]
    pictures: NDArray[np.int64]
    joined: NDArray[np.int64]
    deleted: NDArray[np.int64]
    covered_ms: NDArray[np.int64]
    once: int
    all_authors: int

    def __len__(self) -> int:
        return len(self.messages)

    @property
    def starts_ms(self) -> NDArray[np.int64]:
        """Where each row begins."""
        starts: NDArray[np.int64] = (np.arange(len(self)) + self.first) * self.every_ms
        return starts

    @property
    def rates(self) -> NDArray[np.float64]:
        """Messages per minute of each row."""
        return np.asarray(self.messages * (MINUTE_MS / self.every_ms))


def width_ms(span_ms: int) -> int:
    """How long a row is where nobody says it."""
    if span_ms // MINUTE_MS < _MOST_BINS:
        return MINUTE_MS
    fitting = (one for one in _WIDTHS_MS if span_ms // one < _MOST_LONGER)
    return next(fitting, _WIDTHS_MS[-1])


def count_minutes(
    chat: Chat, messages: Messages, pictures: NDArray[np.bool_], *, every_ms: int = 0
) -> Minutes | None:
    """The counts of a chat; None where no message has a time.

    Args:
        chat: With the rows that are no messages.
        messages: What was said.
        pictures: For each message whether it has an emoji or an emote.
        every_ms: Length of a row; 0 for what suits the length of the chat.

    Raises:
        UsageError: Rows would be too many.
    """
    if not messages.timed:
        return None
    times = messages.times
    span = int(times[-1] - times[0])
    every_ms = every_ms or width_ms(span)
    if every_ms <= 0 or span // every_ms > _MOST_ASKED:
        raise UsageError(
            f"rows of {every_ms} ms would be {span // max(1, every_ms):,}",
            hint="ask for longer ones, or leave --every out",
        )
    rows = times // every_ms
    first, count = int(rows[0]), int(rows[-1] - rows[0]) + 1
    at = rows - first

    def counted(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(at[which[: messages.timed]], minlength=count)

    author = messages.author[: messages.timed].astype(np.int64)
    named = author >= 0
    pairs = np.unique(author[named] * count + at[named])
    _, begins = np.unique(author[named], return_index=True)
    first_rows = at[named][begins]
    starts = (np.arange(count) + first) * every_ms
    covered = np.minimum(starts + every_ms, times[-1] + 1) - np.maximum(starts, times[0])
    return Minutes(
        every_ms=every_ms,
        first=first,
        messages=np.bincount(at, minlength=count),
        authors=np.bincount(pairs % count, minlength=count),
        new=np.bincount(first_rows, minlength=count),
        paid=counted(messages.is_paid),
        pictures=counted(pictures),
        joined=_joined(chat, every_ms, first, count),
        deleted=counted(messages.is_deleted),
        covered_ms=covered,
        once=int((np.unique(pairs // count, return_counts=True)[1] == 1).sum()),
        all_authors=len(begins),
    )


def _joined(chat: Chat, every_ms: int, first: int, count: int) -> NDArray[np.int64]:
    pl = polars()
    at = chat.frame.filter(pl.col("type").is_in(sorted(JOINED)))["at_ms"].drop_nulls()
    places = at.to_numpy() // every_ms - first
    inside = places[(places >= 0) & (places < count)]
    return np.bincount(inside.astype(np.int64), minlength=count)
