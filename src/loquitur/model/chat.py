"""Messages of live chats: one row for each, whichever way it came.

The service's API, its replays and recordings of live chats name the same things differently; here
they have one vocabulary (`TYPES`). `youtube.livechat.table` has their fields as columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

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
class ChatMessage:
    """One message or event of a live chat. What is not known is None, never a guess.

    `youtube.livechat.table.COLUMNS` says of each field what it holds; here what goes beyond that.

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
