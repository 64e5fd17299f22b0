"""What columns of chats and comments are called: by this package, the API, notebooks, others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("id", "comment_id", "message_id", "messageId"),
    "type": ("type",),
    "source": ("source",),
    "video_id": ("video_id", "videoId"),
    "offset_ms": ("offset_ms",),
    "offset_s": ("offset_s", "time_in_seconds"),
    "timestamp": ("timestamp", "published_at", "publishedAt", "messagePublishDate", "time"),
    "timestamp_us": ("timestamp_us", "timestampUsec"),
    "author_name": ("author_name", "author", "authorName", "authorChannelName",
                    "authoChannelName", "authorDisplayName", "user", "username"),
    "author_channel_id": ("author_channel_id", "authorChannelId", "author_id", "channel_id"),
    "is_owner": ("is_owner",),
    "is_moderator": ("is_moderator",),
    "is_member": ("is_member",),
    "text": ("text", "message", "messageContent", "textDisplay", "content", "comment"),
    "emotes": ("emotes",),
    "amount": ("amount",),
    "currency": ("currency",),
    "currency_assumed": ("currency_assumed",),
    "amount_text": ("amount_text",),
    "sticker": ("sticker",),
    "gift_count": ("gift_count",),
    "jewels": ("jewels",),
    "is_deleted": ("is_deleted",),
    "deleted_ms": ("deleted_ms",),
    "target_id": ("target_id",),
    "ban_s": ("ban_s",),
}  # fmt: skip
"""For each column its names, the first of them ours (the third of a time is the course's)."""


def present(names: Sequence[str]) -> dict[str, str]:
    """Our name of each column that a table has, and its own name there, in whatever case."""
    by_case = {name.casefold(): name for name in reversed(names)} | {name: name for name in names}
    found = {}
    for ours, aliases in ALIASES.items():
        forms = [*aliases, *(alias.casefold() for alias in aliases)]
        theirs = next((by_case[form] for form in forms if form in by_case), None)
        if theirs is not None:
            found[ours] = theirs
    return found
