"""Messages of live chats: one row for each, whichever way it came.

The service's API, its replays and recordings of live chats name the same things differently; here
they have one vocabulary (`TYPES`) and one list of columns (`COLUMNS`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from decimal import Decimal

Source = Literal["api", "replay", "recording"]
"""The API while it was live, the replay afterwards, or a recording made while it was live."""

TYPES: dict[str, str] = {
    "text": "what a viewer wrote",
    "paid": "a Super Chat: a message with money (fan funding before it)",
    "sticker": "a Super Sticker: a picture with money",
    "gift": "a gift bought with jewels",
    "donation": "money for a cause, told in the chat",
    "membership": "a new member of the channel, or one of a higher level",
    "milestone": "a member tells for how long",
    "gift_purchase": "memberships bought for others",
    "gift_redemption": "a viewer got such a membership",
    "poll": "a question with answers to choose from; votes as last seen",
    "pinned": "a message put on top of the chat",
    "ban": "a viewer was banned, for a time or for good",
    "deletion": "a message, or all of an author, were taken away",
    "mode_change": "slow mode, members only: on or off",
    "held": "held back by the filter until a moderator decides",
    "placeholder": "a message was here, or will be: held or removed before it was seen",
    "system": "the service speaks to the viewers",
    "ended": "the chat is over",
}
"""Every value of the column `type`, and what it means."""

MODERATION = frozenset({"ban", "deletion", "mode_change", "placeholder", "held"})
"""Types that tell of moderation, not of what somebody said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the table of messages.

    Args:
        name: Of the column, and of the field of `ChatMessage`.
        type: `text`, `integer` (64 bits), `decimal`, `boolean`, `time` (UTC, microseconds) or
            `texts` (a list).
        unit: Of numbers; empty where there is none.
        about: What it holds.
        known_by: Which sources know it: `both`, `api` or `replay`.
    """

    name: str
    type: str
    about: str
    unit: str = ""
    known_by: Literal["both", "api", "replay"] = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """One message or event of a live chat. What is not known is None, never a guess.

    `COLUMNS` says of each field what it holds; here what goes beyond that.

    Args:
        id: Of the service; events that have none there get one of ours, which begins with `loq:`.
        text: What the author wrote: emoji of Unicode as characters, those of a channel as their
            short names (`:_wave:`), links in full length. Empty where nothing was written.
        notice: What the service wrote about it, in the language of whoever collected it.
        deleted_ms: The time in the stream at which it was taken away. Its text stays.
    """

    id: str
    type: str
    source: Source
    video_id: str | None = None
    offset_ms: int | None = None
    timestamp_us: int | None = None
    author_name: str | None = None
    author_channel_id: str | None = None
    is_owner: bool = False
    is_moderator: bool = False
    is_verified: bool = False
    is_member: bool = False
    member_months: int | None = None
    member_level: str | None = None
    member_badge: str | None = None
    text: str = ""
    notice: str = ""
    emotes: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    amount: Decimal | None = None
    currency: str | None = None
    currency_assumed: bool = False
    amount_text: str | None = None
    tier: int | None = None
    sticker: str | None = None
    gift_count: int | None = None
    jewels: int | None = None
    options: tuple[str, ...] = ()
    votes: tuple[str, ...] = ()
    ban_s: int | None = None
    target_id: str | None = None
    target_channel_id: str | None = None
    is_deleted: bool = False
    deleted_ms: int | None = None
    collected_us: int | None = None


COLUMNS: tuple[Column, ...] = (
    Column(name="id", type="text", about="of the service; `loq:` before those of events without"),
    Column(name="type", type="text", about="see the vocabulary"),
    Column(name="source", type="text", about="api, replay or recording"),
    Column(name="video_id", type="text", about="the video whose chat it is"),
    Column(
        name="offset_ms",
        type="integer",
        unit="ms",
        about="time in the stream, negative before its start; of a recording, from its beginning",
    ),
    Column(name="timestamp_us", type="time", unit="µs UTC", about="wall clock of the service"),
    Column(name="author_name", type="text", about="as shown; handles since 2023"),
    Column(name="author_channel_id", type="text", about="24 characters, UC first"),
    Column(name="is_owner", type="boolean", about="the channel that streams"),
    Column(name="is_moderator", type="boolean", about="of this chat"),
    Column(name="is_verified", type="boolean", about="a verified channel"),
    Column(name="is_member", type="boolean", about="a paying member of the channel"),
    Column(
        name="member_months",
        type="integer",
        unit="months",
        about="how long, where said: of milestones, in replays of every member",
    ),
    Column(name="member_level", type="text", about="the level's name, of new members and gifts"),
    Column(name="member_badge", type="text", about="the badge as shown", known_by="replay"),
    Column(name="text", type="text", about="what the author wrote"),
    Column(name="notice", type="text", about="what the service wrote"),
    Column(name="emotes", type="texts", about="short names of a channel's emoji in it"),
    Column(name="links", type="texts", about="addresses in it, not those of YouTube's detour"),
    Column(name="amount", type="decimal", unit="currency", about="money, None where unreadable"),
    Column(name="currency", type="text", about="ISO 4217; None where the sign is not known"),
    Column(
        name="currency_assumed",
        type="boolean",
        about="true where the sign is shared, as $: the commonest was taken",
    ),
    Column(name="amount_text", type="text", about="the amount as it was shown"),
    Column(name="tier", type="integer", about="of the Super Chat", known_by="api"),
    Column(name="sticker", type="text", about="what a sticker or gift shows"),
    Column(name="gift_count", type="integer", unit="memberships", about="bought for others"),
    Column(name="jewels", type="integer", unit="jewels", about="of a gift", known_by="api"),
    Column(name="options", type="texts", about="answers of a poll"),
    Column(name="votes", type="texts", about="of each: a count (API) or a share such as 47%"),
    Column(name="ban_s", type="integer", unit="s", about="of a ban for a time", known_by="api"),
    Column(name="target_id", type="text", about="the message that a deletion, a pin is about"),
    Column(name="target_channel_id", type="text", about="the author a ban, a deletion is about"),
    Column(name="is_deleted", type="boolean", about="taken away later; its text stays here"),
    Column(name="deleted_ms", type="integer", unit="ms", about="when, as time in the stream"),
    Column(name="collected_us", type="time", unit="µs UTC", about="when this row was collected"),
)
"""The columns in their order."""
