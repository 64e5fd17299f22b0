"""The tables of a chat: minutes, authors, bursts, money, emotes, flags."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

from loquitur.errors import UsageError, near
from loquitur.insight import links
from loquitur.insight.chats.result import TABLES
from loquitur.insight.chats.talkers import NO_TIME
from loquitur.tables.cells import Column
from loquitur.tables.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.insight.chats.result import ChatResult
    from loquitur.tables.cells import Cell, Type

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MOST_PIECES = 5


def table(result: ChatResult, which: str) -> Table:
    """A table of a chat by its name.

    Raises:
        UsageError: There is none of that name.
    """
    if which not in TABLES:
        raise UsageError(f"no such table: '{which}'", hint=near(which, TABLES))
    columns, rows = _MAKERS[which](result)
    about = {"chat": result.name, "clock": result.clock, "messages": result.messages}
    return Table.from_rows(f"chat_{which}", columns, rows, about=about)


def _column(name: str, kind: Type, about: str, unit: str = "", *, derived: bool = True) -> Column:
    return Column(name=name, type=kind, description=about, unit=unit, derived=derived)


def moment_of(result: ChatResult, at_ms: int) -> dt.datetime | None:
    """The wall clock at a time of the chat; None where it is not known."""
    if result.start_us is None:
        return None
    return _EPOCH + dt.timedelta(microseconds=result.start_us + at_ms * 1_000)


def _minutes(result: ChatResult) -> tuple[list[Column], list[Sequence[Cell]]]:
    engine = result.mood.engine if result.mood else "none"
    columns = [
        _column("minute", "int", "Number of the row; 0 begins at the time 0"),
        _column("start_ms", "int", f"Begin, on the clock of the {result.clock or 'chat'}", "ms"),
        _column("time", "time", "Begin by the wall clock, UTC"),
        _column("messages", "int", "What was said: texts, Super Chats, stickers, milestones"),
        _column("rate_per_min", "float", "Messages per minute", "1/min"),
        _column("authors", "int", "Different authors"),
        _column("new_authors", "int", "Authors who were not there before"),
        _column("returning_authors", "int", "Authors who were"),
        _column("messages_per_author", "float", "Missing without authors"),
        _column("emote_share", "float", "Share of messages with an emoji or emote"),
        _column("paid", "int", "Messages with money"),
        _column("joined", "int", "New members, gifts: no messages"),
        _column("deleted", "int", "Messages that were taken away later"),
        _column("in_burst", "bool", "Whether a burst touches the row"),
        _column(f"polarity_{engine}", "float", "Mean of the scored messages"),
        _column(f"polarity_{engine}_low", "float", "Of its interval at 95 %, by authors"),
        _column(f"polarity_{engine}_high", "float", "Of its interval"),
        _column("scored", "int", "Messages of which the engine knew something"),
        _column("covered_ms", "int", "How much of the row lies between first and last message",
                "ms"),
        _column("url", "text", "The moment in the video"),
    ]  # fmt: skip
    minutes, mood = result.minutes, result.mood
    if minutes is None:
        return columns, []
    loud = _loud_rows(result)
    rows: list[Sequence[Cell]] = []
    for at in range(len(minutes)):
        count, people = int(minutes.messages[at]), int(minutes.authors[at])
        start = int(minutes.starts_ms[at])
        feeling = (
            (_number(mood.by_minute[at]), _number(mood.low[at]), _number(mood.high[at]),
             int(mood.scored_by_minute[at])) if mood else (None, None, None, None)
        )  # fmt: skip
        rows.append(
            (
                minutes.first + at, start, moment_of(result, start), count,
                float(minutes.rates[at]), people, int(minutes.new[at]),
                people - int(minutes.new[at]), count / people if people else None,
                int(minutes.pictures[at]) / count if count else None, int(minutes.paid[at]),
                int(minutes.joined[at]), int(minutes.deleted[at]), at in loud, *feeling,
                int(minutes.covered_ms[at]), links.moment(result.origin, start) or None,
            )
        )  # fmt: skip
    return columns, rows


def _loud_rows(result: ChatResult) -> set[int]:
    minutes = result.minutes
    if minutes is None:
        return set()
    found: set[int] = set()
    for one in result.bursts:
        low = one.burst.start_ms // minutes.every_ms - minutes.first
        high = (one.burst.end_ms - 1) // minutes.every_ms - minutes.first
        found.update(range(low, high + 1))
    return found


def _number(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None


def _authors(result: ChatResult) -> tuple[list[Column], list[Sequence[Cell]]]:
    columns = [
        _column("rank", "int", "1 is who wrote most"),
        _column("author", "text", "As shown, or a pseudonym", derived=result.names.are_hidden),
        Column(name="author_channel_id", identifier=True, description="Missing where hidden"),
        _column("role", "text", "owner, moderator, member or viewer", derived=False),
        _column("messages", "int", "What they said"),
        _column("share", "float", "Of all messages with an author"),
        _column("deleted", "int", "Messages that were taken away"),
        _column("paid", "int", "Messages with money"),
        _column("first_ms", "int", "Time of the first message", "ms"),
        _column("last_ms", "int", "Time of the last message", "ms"),
        _column("flags", "list", "What stands out, see the table of flags"),
    ]
    talkers = result.talkers
    flags: dict[int, list[str]] = {}
    for one in result.flags:
        if one.flag.author >= 0:
            flags.setdefault(one.flag.author, []).append(one.flag.kind)
    total = max(1, result.fairness.messages)
    rows: list[Sequence[Cell]] = []
    for at, author in enumerate(talkers.author.tolist()):
        count = int(talkers.messages[at])
        rows.append(
            (
                at + 1, result.names.author(author), result.names.channel(author),
                result.author_roles[author], count, count / total, int(talkers.deleted[at]),
                int(talkers.paid[at]), _time(talkers.first_ms, at), _time(talkers.last_ms, at),
                tuple(dict.fromkeys(flags.get(author, ()))),
            )
        )  # fmt: skip
    return columns, rows


def _time(times: NDArray[Any], at: int) -> int | None:
    return None if times[at] == NO_TIME else int(times[at])


def _bursts(result: ChatResult) -> tuple[list[Column], list[Sequence[Cell]]]:
    columns = [
        _column("start_ms", "int", "First message", "ms"),
        _column("end_ms", "int", "Just after the last", "ms"),
        _column("peak_ms", "int", "Begin of the busiest 10 s", "ms"),
        _column("messages", "int", "In it"),
        _column("rate_per_min", "float", "Messages per minute", "1/min"),
        _column("ratio", "float", "To the rate of the whole chat"),
        _column("weight", "float", "What the automaton saves by it: the larger, the clearer"),
        _column("level", "int", "Highest state"),
        _column("loud_by_z", "bool", "Whether the robust z-score finds it too"),
        _column("authors", "int", "Different ones"),
        _column("top_author_share", "float", "Share of its messages by the busiest author"),
        _column("words", "list", "Typical words, emoji and emotes"),
        _column("messages_most_written", "list", "With how often"),
        _column("said_before", "text", "Transcript of the 30 s before"),
        _column("url", "text", "The moment in the video"),
    ]
    rows: list[Sequence[Cell]] = [
        (
            one.burst.start_ms, one.burst.end_ms, one.peak_ms, one.burst.messages,
            one.rate_per_min, one.ratio, one.burst.weight, one.burst.level, one.is_loud,
            one.authors, one.top_share, tuple(word.word for word in one.words),
            tuple(f"{text} ({count})" for text, count in one.messages[:_MOST_PIECES]),
            one.said or None, one.url or None,
        )
        for one in result.bursts
    ]  # fmt: skip
    return columns, rows


def _money(result: ChatResult) -> tuple[list[Column], list[Sequence[Cell]]]:
    columns = [
        _column("currency", "text", "ISO 4217; missing where it was not understood", derived=False),
        _column("payments", "int", "How many"),
        _column("total", "text", "Exact decimal, in the currency", "currency"),
        _column("median", "text", "Exact decimal", "currency"),
        _column("largest", "text", "Exact decimal", "currency"),
        _column("largest_ms", "int", "Its time", "ms"),
        _column("stickers", "int", "How many of them are stickers"),
        _column("assumed", "int", "Whose sign is shared: the commonest currency was taken"),
        _column("deleted", "int", "Whose message was taken away"),
        _column("amount_text", "text", "As shown, where it was not understood"),
    ]
    rows: list[Sequence[Cell]] = [
        (
            one.currency, one.count, str(one.total), str(one.median), str(one.largest),
            one.largest_ms, one.stickers, one.assumed, one.deleted, None,
        )
        for one in result.money.currencies
    ]  # fmt: skip
    rows += [
        (None, count, None, None, None, None, None, None, None, shown)
        for shown, count in result.money.unread
    ]
    return columns, rows


def _emotes(result: ChatResult) -> tuple[list[Column], list[Sequence[Cell]]]:
    columns = [
        _column("emote", "text", "An emoji, or the short name of an emote", derived=False),
        _column("kind", "text", "emoji or emote"),
        _column("count", "int", "How often it stands in messages"),
        _column("share", "float", "Of all emoji and emotes"),
    ]
    total = sum(count for _, count in result.pictures)
    rows: list[Sequence[Cell]] = [
        (name, "emote" if name.startswith(":") else "emoji", count, count / total)
        for name, count in result.pictures
    ]
    return columns, rows


def _flags(result: ChatResult) -> tuple[list[Column], list[Sequence[Cell]]]:
    columns = [
        _column("kind", "text", "regular, repeats, fast or copies"),
        _column("author", "text", "Missing for a text of many", derived=result.names.are_hidden),
        _column("role", "text", "owner, moderator, member or viewer", derived=False),
        _column("messages", "int", "What it is about"),
        _column("share", "float", "Of the author's messages, or of the copies of the text"),
        _column("authors", "int", "How many wrote it"),
        _column("gap_s", "float", "Median time between messages", "s"),
        _column("gap_spread_s", "float", "How far gaps are from it (1.4826 MAD)", "s"),
        _column("start_ms", "int", "Begin", "ms"),
        _column("end_ms", "int", "End", "ms"),
        _column("reason", "text", "In figures; no accusation"),
        _column("text", "text", "What was written"),
        _column("url", "text", "The moment in the video"),
    ]
    rows: list[Sequence[Cell]] = [
        (
            one.flag.kind, one.author, one.role, one.flag.messages, one.flag.share,
            one.flag.authors, _seconds(one.flag.gap_ms), _seconds(one.flag.spread_ms),
            one.flag.start_ms, one.flag.end_ms, one.flag.reason, one.text or None,
            one.url or None,
        )
        for one in result.flags
    ]  # fmt: skip
    return columns, rows


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else ms / 1_000


_MAKERS = {
    "minutes": _minutes, "authors": _authors, "bursts": _bursts, "money": _money,
    "emotes": _emotes, "flags": _flags,
}  # fmt: skip
