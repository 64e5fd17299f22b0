"""What is said in an emulated live chat: the n-th event of a stream, made when it is asked for.

Nothing is kept: the seed, the video and the number say it all, so a chat may have any length.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from loquitur.conversion import convert
from loquitur.emulator.world import LETTERS
from loquitur.errors import InputError

if TYPE_CHECKING:
    import random

    from loquitur.emulator.world import World

_WORDS = (
    *("hello", "first", "wow", "nice", "stream", "today", "music", "bird", "harbour", "again"),
    *("please", "more", "love", "this", "clip", "what", "song", "chat", "moin", "こんにちは"),
    *("привет", "שלום", "ありがとう", "happy", "birthday", "play", "the", "blue", "one", "louder"),
)
_EMOJI = ("😂", "❤️", "👍🏽", "🎷", "👩‍🚀", "🇳🇱", "🔥")
_CUSTOM = ("_loqwave", "_loqlove", "_loq9")
_MONEY = (
    ("USD", "${}", 2), ("EUR", "€{}", 2), ("JPY", "¥{}", 0), ("BRL", "R${}", 2), ("INR", "₹{}", 2),
    ("CAD", "CA${}", 2), ("GBP", "£{}", 2), ("SEK", "SEK\xa0{}", 2), ("KRW", "₩{}", 0),
    ("TWD", "NT${}", 2), ("CZK", "CZK\xa0{}", 2),
)  # fmt: skip
_STICKERS = ("A hippo waves", "A pear says thanks", "A cat plays the drums")
_LEVELS = ("Crew", "Captain", "Harbour Master")

MIX: dict[str, float] = {
    "paid": 0.03,
    "sticker": 0.01,
    "membership": 0.01,
    "milestone": 0.01,
    "gift_purchase": 0.004,
    "gift_redemption": 0.01,
    "mode_change": 0.001,
    "poll": 0.001,
    "ban": 0.002,
    "gift": 0.0,
    "tombstone": 0.0,
}
"""The share of each kind of event; what is left is text."""


Many = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class ChatPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `[[chats]]` of a world file says of a stream's chat.

    Args:
        video: The key or the id of the stream.
        per_minute: Messages a minute of the stream.
        waiting: Messages before it begins.
        interval_ms: `pollingIntervalMillis`; who calls earlier is refused.
        speed: The chat runs so many times faster than the world's clock.
        linger_s: So long after its end the chat can be read still.
        history: At most so many messages on a first page without a token.
        token_s: Page tokens die after so many seconds of the world's clock; 0 for never.
        disabled: Whether the stream has no chat.
        authors: How many people write.
        mix: The share of each kind of event, over `MIX`.
        drop_every: A stream breaks off after so many answers; 0 for never.
        error_every: A stream ends with an error after so many answers; 0 for never.
        pace_ms: A stream answers so often.
    """

    video: str = ""
    per_minute: Annotated[float, msgspec.Meta(gt=0, le=1_000_000)] = 60.0
    waiting: Many = 5
    interval_ms: Many = 5000
    speed: Annotated[float, msgspec.Meta(gt=0, le=10_000)] = 1.0
    linger_s: Annotated[float, msgspec.Meta(ge=0, le=10**9)] = 60.0
    history: Many = 2000
    token_s: Annotated[float, msgspec.Meta(ge=0, le=10**9)] = 0.0
    disabled: bool = False
    authors: Annotated[int, msgspec.Meta(ge=8, le=1_000_000)] = 300
    mix: dict[str, Annotated[float, msgspec.Meta(ge=0, le=1)]] = {}
    drop_every: Many = 0
    error_every: Many = 0
    pace_ms: Many = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who writes: `months` is None for who is no member."""

    name: str
    channel: str
    is_owner: bool = False
    is_moderator: bool = False
    is_verified: bool = False
    months: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a chat.

    Args:
        kind: A key of `MIX`, `text` or `ended`.
        id: Of the message.
        at_ms: Time in the stream, negative before it begins.
        stamp_us: Wall clock, microseconds in UTC.
        author: Who; None where it is nobody's.
        parts: What was written: `text`, `emoji`, `custom` or `link`, and its text.
        facts: What the kind has besides.
    """

    kind: str
    id: str
    at_ms: int
    stamp_us: int
    author: Author | None = None
    parts: tuple[tuple[str, str], ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def read_plans(plan: dict[str, Any]) -> tuple[ChatPlan, ...]:
    """The chats of a world's plan.

    Raises:
        InputError: A key that does not exist, or a value that cannot be.
    """
    try:
        found = convert(plan.get("chats", []), tuple[ChatPlan, ...])
    except msgspec.ValidationError as exc:
        raise InputError(f"the world's plan: chats: {exc}") from exc
    for each in found:
        unknown = set(each.mix) - set(MIX)
        if unknown or sum((MIX | each.mix).values()) > 1:
            known = ", ".join(MIX)
            raise InputError(f"the world's plan: chats: mix of '{each.video}'", hint=known)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The events of one stream.

    Args:
        world: Whose seed it is.
        plan: Of its chat.
        video_id: Of the stream.
        owner: The channel that streams.
        starts: Unix seconds, whole.
        lasts_s: Length of the stream by the world's clock; None where it has no end.
    """

    world: World
    plan: ChatPlan
    video_id: str
    owner: str
    starts: int
    lasts_s: float | None

    def count(self, now: float) -> int:
        """How many events there are at a time of the world's clock."""
        at_ms = (now - self.starts) * self.plan.speed * 1000
        if at_ms < 0:
            return sum(self._at_ms(number) <= at_ms for number in range(self.plan.waiting))
        last = self._last()
        guess = self.plan.waiting + int(at_ms / self._step_ms)
        if last is not None and guess >= last:
            return last + (at_ms >= self.end_ms)
        return guess + (self._at_ms(guess) <= at_ms)

    @property
    def end_ms(self) -> float:
        """The length of the stream in the chat's own time."""
        return (self.lasts_s or 0.0) * self.plan.speed * 1000

    def is_over(self, now: float) -> bool:
        """Whether the stream has ended."""
        return self.lasts_s is not None and now >= self.starts + self.lasts_s

    def event(self, number: int) -> Event:
        """The event with a number, from 0."""
        if number == self._last():
            at_ms = int(self.end_ms)
            return Event(kind="ended", id=self._ident(number), at_ms=at_ms,
                         stamp_us=self._stamp_us(at_ms, number))  # fmt: skip
        dice = self.world.dice(f"chat:{self.video_id}:{number}")
        kind = _kind(dice, MIX | self.plan.mix)
        author = self._author(self._who(dice))
        at_ms = self._at_ms(number)
        parts, facts = _content(kind, dice, author)
        if kind == "ban":
            facts["target"] = self._author(dice.randrange(4, self.plan.authors))
        if kind == "gift_redemption":
            facts["giver"] = self._author(self._who(dice))
        return Event(
            kind=kind, id=self._ident(number), at_ms=at_ms, parts=parts, facts=facts,
            stamp_us=self._stamp_us(at_ms, number),
            author=None if kind in ("ban", "mode_change", "tombstone") else author,
        )  # fmt: skip

    @property
    def _step_ms(self) -> float:
        return 60_000 / self.plan.per_minute

    def _last(self) -> int | None:
        """The number of the event that ends the chat; None where nothing does."""
        if self.lasts_s is None:
            return None
        return self.plan.waiting + int(self.end_ms / self._step_ms)

    def _at_ms(self, number: int) -> int:
        if number < self.plan.waiting:
            return -(self.plan.waiting - number) * 3000  # whole seconds: the replay shows no more
        part = (number * 0.6180339887498949) % 1
        return int((number - self.plan.waiting + part) * self._step_ms)

    def _stamp_us(self, at_ms: int, number: int) -> int:
        return self.starts * 1_000_000 + at_ms * 1000 + number % 1000

    def _ident(self, number: int) -> str:
        return f"Chw{''.join(self.world.dice(f'{self.video_id}:{number}').choices(LETTERS, k=24))}"

    def _who(self, dice: random.Random) -> int:
        """Few write much, many little."""
        return int(self.plan.authors * dice.random() ** 2)

    def _author(self, number: int) -> Author:
        return _author(self.world.seed, self.video_id, self.owner, number)


@lru_cache(maxsize=4096)
def _author(seed: int, video_id: str, owner: str, number: int) -> Author:
    import random

    dice = random.Random(f"{seed}:{video_id}:author:{number}")  # noqa: S311 - content, no secrets
    channel = owner if number == 0 else "UC" + "".join(dice.choices(LETTERS, k=22))
    return Author(
        name=f"@{'harbour' if number == 0 else 'viewer'}-{number:04d}",
        channel=channel,
        is_owner=number == 0,
        is_moderator=1 <= number <= 3,
        is_verified=number % 11 == 0,
        months=dice.randrange(60) if number and number % 4 == 0 else None,
    )


def _kind(dice: random.Random, mix: dict[str, float]) -> str:
    left = dice.random()
    for kind, share in mix.items():
        left -= share
        if left < 0:
            return kind
    return "text"


def _content(
    kind: str, dice: random.Random, author: Author
) -> tuple[tuple[tuple[str, str], ...], dict[str, Any]]:
    level = dice.choice(_LEVELS)
    if kind == "text":
        return _parts(dice), {}
    if kind in ("paid", "sticker"):
        facts = _money(dice) | ({"label": dice.choice(_STICKERS)} if kind == "sticker" else {})
        return (_parts(dice) if kind == "paid" and dice.random() < 0.8 else ()), facts
    if kind == "membership":
        return (), {"level": level}
    if kind == "milestone":
        return _parts(dice), {"level": level, "months": author.months or dice.randrange(1, 48)}
    if kind == "gift_purchase":
        return (), {"level": level, "count": dice.choice((1, 5, 10, 20, 50))}
    if kind == "poll":
        tallies = [dice.randrange(1, 500) for _ in range(3)]
        return (), {
            "question": "Which one?",
            "options": ("Blue", "White", "Black"),
            "tallies": tallies,
        }
    if kind == "ban":
        return (), {"seconds": dice.choice((None, 300))}
    if kind == "mode_change":
        return (), {"on": dice.random() < 0.5}
    if kind == "gift":
        return (), {"name": "Rose", "jewels": dice.choice((5, 10, 100)), "combo": 1}
    return (), {"level": level}


def _parts(dice: random.Random) -> tuple[tuple[str, str], ...]:
    parts: list[tuple[str, str]] = [
        ("text", " ".join(dice.choices(_WORDS, k=dice.randrange(1, 8))))
    ]
    if dice.random() < 0.2:
        parts += [("text", " "), ("emoji", dice.choice(_EMOJI))]
    if dice.random() < 0.1:
        parts += [("text", " "), ("custom", dice.choice(_CUSTOM))]
    if dice.random() < 0.02:
        parts += [("text", " "), ("link", f"https://example.org/{dice.randrange(10**6)}/page?a=1")]
    return tuple(parts)


def _money(dice: random.Random) -> dict[str, Any]:
    currency, shape, digits = dice.choice(_MONEY)
    cents = dice.choice((199, 200, 500, 1000, 4999, 123450)) * (1 if digits else 100)
    number = f"{cents / 100:,.{digits}f}"
    return {"micros": cents * 10_000, "currency": currency, "shown": shape.format(number),
            "tier": dice.randrange(1, 8)}  # fmt: skip
