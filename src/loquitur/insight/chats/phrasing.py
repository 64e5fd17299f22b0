"""Times, lengths, counts and rates of a chat as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.insight.chats.minutes import MINUTE_MS
from loquitur.insight.chats.tabling import moment_of
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from loquitur.insight.chats.result import ChatResult

HOUR_MS = 3_600_000
DAY_MS = 86_400_000


def when(result: ChatResult, ms: int) -> str:
    """A time of a chat for people: of comments over months the day, by the wall clock."""
    moment = moment_of(result, ms)
    if result.clock == "first" and moment is not None:
        minutes = result.minutes
        is_long = minutes is not None and minutes.every_ms >= HOUR_MS
        return f"{moment:%Y-%m-%d %H:%M}" if is_long else f"{moment:%Y-%m-%d %H:%M:%S}"
    return short_clock(ms)


def dated(result: ChatResult, ms: int) -> str:
    """The day and time of a moment of comments; empty for a chat, whose moments have a clock."""
    return when(result, ms) if result.clock == "first" else ""


def lasted(ms: int) -> str:
    """A length of time for people.

    >>> lasted(31_000), lasted(244 * 60_000), lasted(30 * 86_400_000)
    ('31 s', '4:04:00', '30 days')
    """
    if ms < 2 * MINUTE_MS:
        return f"{ms / 1_000:.0f} s"
    return f"{ms / DAY_MS:,.0f} days" if ms >= 3 * DAY_MS else short_clock(ms)


def pace(result: ChatResult) -> tuple[float, str]:
    """What a rate per minute is multiplied by for people, and the unit: a day for comments."""
    minutes = result.minutes
    is_slow = minutes is not None and minutes.every_ms >= HOUR_MS
    return (DAY_MS / MINUTE_MS, "day") if is_slow else (1.0, "minute")


def many(count: int, noun: str, plural: str = "") -> str:
    """So many of a thing, digits in threes.

    >>> many(1, "burst"), many(78_499, "author"), many(2, "stretch", "stretches")
    ('1 burst', '78,499 authors', '2 stretches')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def every(ms: int) -> str:
    """How long a row is, in words.

    >>> every(60_000), every(600_000), every(86_400_000)
    ('minute', '10 minutes', 'day')
    """
    for size, name in ((DAY_MS, "day"), (HOUR_MS, "hour"), (MINUTE_MS, "minute"), (1_000, "s")):
        if ms % size == 0:
            count = ms // size
            return name if count == 1 else f"{count} {name}{'' if name == 's' else 's'}"
    return f"{ms} ms"


def few(rate: float) -> str:
    """A rate with digits that count: one decimal, or two digits where it is below 1.

    >>> few(34.72), few(0.0085)
    ('34.7', '0.0085')
    """
    return f"{rate:,.1f}" if rate >= 1 else f"{rate:.2g}"
