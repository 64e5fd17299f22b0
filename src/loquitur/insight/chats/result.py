"""What an analysis of a chat gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from loquitur.insight.account import Account, Told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loquitur.insight.chats.columns import Clock
    from loquitur.insight.chats.minutes import Minutes
    from loquitur.insight.chats.moments import Agreement, LoudMoment
    from loquitur.insight.chats.money import Money
    from loquitur.insight.chats.moods import Mood, Sign
    from loquitur.insight.chats.pseudonyms import Names
    from loquitur.insight.chats.reactions import Lag, Spark
    from loquitur.insight.chats.suspicion import Flag
    from loquitur.insight.chats.talkers import Fairness, Talkers
    from loquitur.tables.table import Table

Which = Literal["minutes", "authors", "bursts", "money", "emotes", "flags"]
TABLES: tuple[Which, ...] = ("minutes", "authors", "bursts", "money", "emotes", "flags")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A message that shows something, its names hidden where names are."""

    at_ms: int | None
    text: str
    author: str | None
    polarity: float | None
    sign: Sign
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderation:
    """What was taken away, and by which means.

    Args:
        deleted: Messages that were taken away later.
        median_s: How long they stood, in the middle; None where no time is known.
        events: Rows of moderation by type: `ban`, `deletion`, `held`, `mode_change` ...
    """

    deleted: int
    median_s: float | None
    events: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagTold:
    """A flag with the author's name and the text as they may be shown."""

    flag: Flag
    author: str | None
    role: str | None
    text: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkTold:
    """What was said before the chat stirred."""

    spark: Spark
    said: str
    speaker: str | None
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """How the chat follows what is said.

    Args:
        transcript: The name of the file.
        lags: One for each kind of event.
        chosen: The kind whose lag is the clearest; empty where none is clear.
        sparks: What was said before the chat stirred most, by that lag.
        why_not: Why nothing could be tried; empty where it was.
    """

    transcript: str
    lags: tuple[Lag, ...] = ()
    chosen: str = ""
    sparks: tuple[SparkTold, ...] = ()
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatResult(Told):
    """A chat, analysed.

    Args:
        name: Of the file.
        source: `replay`, `recording`, `api`, `comments`, `table`.
        origin: Where its moments lead; empty where its times are not those of a video.
        clock: What its times count from.
        start_us: The wall clock at time 0, microseconds since 1970, UTC, where it is known.
        rows: How many there are of each type.
        messages: What was said.
        first_ms: Time of the first message; None where no message has a time.
        last_ms: Of the last one.
        minutes: Over time; None without times.
        bursts: In the order of time.
        agreement: With the z-score; None without times.
        talkers: Every author.
        fairness: How messages are spread over them.
        roles: For each role its authors and their messages.
        author_roles: Of each author by number.
        names: What they are called.
        mood: Sentiment; None where it was not asked for.
        examples: Messages of each sign.
        pictures: Emoji and emotes with their counts, the commonest first.
        picture_share: Share of messages with one.
        money: By currency.
        moderation: What was taken away.
        flags: What looks automated or copied.
        reaction: To a transcript; None where none was given.
        counts: What else was in the file.
        remarks: What is to be known of it.
    """

    name: str
    source: str
    origin: str
    clock: Clock
    start_us: int | None
    rows: Mapping[str, int]
    messages: int
    first_ms: int | None
    last_ms: int | None
    minutes: Minutes | None
    bursts: tuple[LoudMoment, ...]
    agreement: Agreement | None
    talkers: Talkers
    fairness: Fairness
    roles: Mapping[str, tuple[int, int]]
    author_roles: tuple[str, ...]
    names: Names
    mood: Mood | None
    examples: tuple[Quote, ...]
    pictures: tuple[tuple[str, int], ...]
    picture_share: float | None
    money: Money
    moderation: Moderation
    flags: tuple[FlagTold, ...]
    reaction: Reaction | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def rate_per_min(self) -> float | None:
        """Messages per minute of the whole chat; None where it has no length."""
        if self.first_ms is None or self.last_ms is None or self.last_ms <= self.first_ms:
            return None
        timed = int(self.minutes.messages.sum()) if self.minutes else 0
        return timed * 60_000 / (self.last_ms - self.first_ms)

    def plain(self) -> dict[str, Any]:
        """Plain values: all figures; of authors, emotes and flags the first hundred."""
        from loquitur.insight.chats.plain_values import plain

        return plain(self)

    def table(self, which: Which = "minutes") -> Table:
        """A table, the one of minutes if not said.

        Raises:
            UsageError: There is none of that name.
        """
        from loquitur.insight.chats.tabling import table

        return table(self, which)

    def account(self) -> Account:
        """What a person reads."""
        from loquitur.insight.chats.telling import account

        return account(self)
