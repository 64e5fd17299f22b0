"""The table of chat messages: its columns, and rows of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from loquitur.tables.cells import Cell, Column, Type

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.model.chat import ChatMessage

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_FURTHEST_US = 1 << 57
"""Beyond this no calendar goes."""

KnownBy = Literal["both", "api", "replay", "ours"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column, where its cells come from, and which sources know it.

    Args:
        column: Of the table.
        known_by: `both` sources alike; one more than the other (`api`, `replay`); `ours` for what
            says how a row was collected. Rows of one chat agree in what `both` know.
        read: Of a message.
    """

    column: Column
    known_by: KnownBy
    read: Callable[[ChatMessage], Cell]


def _field(
    name: str,
    type_: Type,
    about: str,
    *,
    unit: str = "",
    known_by: KnownBy = "both",
    identifier: bool = False,
    read: Callable[[Any], Cell] | None = None,
) -> Field:
    column = Column(name=name, type=type_, description=about, unit=unit, identifier=identifier)
    return Field(column=column, known_by=known_by, read=read or (lambda one: getattr(one, name)))


def _moment(us: int | None) -> dt.datetime | None:
    if us is None or abs(us) > _FURTHEST_US:
        return None
    return _EPOCH + dt.timedelta(microseconds=us)


FIELDS: tuple[Field, ...] = (
    _field("id", "text", "the service's; with `loq:` before it for events that have none",
           identifier=True),
    _field("type", "text", "one of the vocabulary"),
    _field("source", "text", "api, replay or recording", known_by="ours"),
    _field("video_id", "text", "the video whose chat it is", identifier=True),
    _field("offset_ms", "int", "time in the stream, negative before its start; of a recording, "
           "since its beginning", unit="ms"),
    _field("timestamp", "time", "wall clock of the service",
           read=lambda one: _moment(one.timestamp_us)),
    _field("timestamp_us", "int", "the same, exact", unit="µs since 1970, UTC"),
    _field("author_name", "text", "as shown; handles since 2023"),
    _field("author_channel_id", "text", "24 characters, `UC` first", identifier=True),
    _field("is_owner", "bool", "by the channel that streams"),
    _field("is_moderator", "bool", "by a moderator"),
    _field("is_verified", "bool", "by a verified channel"),
    _field("is_member", "bool", "by a paying member"),
    _field("member_months", "int", "for how long: of milestones; in replays of every member",
           unit="months", known_by="replay"),
    _field("member_level", "text", "the level of new members, milestones and gifts",
           known_by="api"),
    _field("member_badge", "text", "the badge as shown", known_by="replay"),
    _field("text", "text", "what the author wrote"),
    _field("notice", "text", "what the service wrote, in the collector's language",
           known_by="ours"),
    _field("emotes", "list", "short names of the channel's own emoji in it"),
    _field("links", "list", "addresses in it, in full length, without YouTube's detour"),
    _field("amount", "float", "money; missing where it could not be read", unit="currency",
           read=lambda one: None if one.amount is None else float(one.amount)),
    _field("currency", "text", "ISO 4217; missing where the sign is not known", identifier=True),
    _field("currency_assumed", "bool", "true where the sign is shared, as `$` is: the commonest "
           "currency was taken", known_by="replay"),
    _field("amount_text", "text", "the amount as it was shown"),
    _field("tier", "int", "of a Super Chat or Sticker", known_by="api"),
    _field("sticker", "text", "what a sticker or gift shows"),
    _field("gift_count", "int", "memberships bought for others", unit="memberships"),
    _field("jewels", "int", "of a gift", unit="jewels", known_by="api"),
    _field("options", "list", "the answers of a poll"),
    _field("votes", "list", "of each: a count (API) or a share (`47%`), as last seen",
           known_by="api"),
    _field("ban_s", "int", "how long a ban lasts; missing for good", unit="s", known_by="api"),
    _field("target_id", "text", "the message that a deletion, a pin or a gift is about",
           identifier=True, known_by="api"),
    _field("target_channel_id", "text", "the author whom a ban, a deletion or a gift is about",
           identifier=True, known_by="api"),
    _field("is_deleted", "bool", "taken away later; its text stays in this table"),
    _field("deleted_ms", "int", "when, as time in the stream", unit="ms"),
    _field("collected", "time", "when this row was collected", known_by="ours",
           read=lambda one: _moment(one.collected_us)),
)  # fmt: skip
"""Every column in its order."""

COLUMNS: tuple[Column, ...] = tuple(field.column for field in FIELDS)


def row(message: ChatMessage) -> tuple[Cell, ...]:
    """The cells of a message."""
    return tuple(field.read(message) for field in FIELDS)
