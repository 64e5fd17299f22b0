"""Messages as the API gives them (`liveChatMessage`), in the vocabulary of all sources."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from loquitur.model.chat import ChatMessage
from loquitur.youtube.livechat.amounts import of_micros
from loquitur.youtube.livechat.strangers import entries, look, short, whole
from loquitur.youtube.livechat.texts import of_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Fields = dict[str, Any]

_MOST = 1 << 53


def message_of(
    item: object, *, video_id: str | None, start_us: int | None, collected_us: int | None
) -> ChatMessage | None:
    """The message of a resource; None where its type is not known (see `type_of`).

    Args:
        item: The resource.
        video_id: Whose chat it is; None where nobody says.
        start_us: When the stream began, microseconds UTC; None where it has not, or nobody knows.
        collected_us: When the answer came, microseconds UTC; None where nobody knows.
    """
    snippet = look(item, "snippet")
    found = TYPES.get(type_of(item))
    ident = look(item, "id")
    if found is None or not isinstance(ident, str) or not ident:
        return None
    kind, read = found
    author = look(item, "authorDetails")
    published_us = moment_us(look(snippet, "publishedAt"))
    offset_ms = None
    if published_us is not None and start_us is not None:
        offset_ms = (published_us - start_us) // 1000
    known: Fields = {
        "id": short(ident),
        "type": kind,
        "source": "api",
        "video_id": video_id,
        "offset_ms": offset_ms,
        "timestamp_us": published_us,
        "author_name": _line(look(author, "displayName")),
        "author_channel_id": _line(look(author, "channelId"))
        or _line(look(snippet, "authorChannelId")),
        "is_owner": look(author, "isChatOwner") is True,
        "is_moderator": look(author, "isChatModerator") is True,
        "is_verified": look(author, "isVerified") is True,
        "is_member": look(author, "isChatSponsor") is True,
        "collected_us": collected_us,
    }
    return ChatMessage(**(known | read(snippet)))


def page_of(
    page: Mapping[str, Any],
    *,
    video_id: str | None,
    start_us: int | None,
    collected_us: int | None,
) -> tuple[list[ChatMessage], list[str]]:
    """The messages of an answer, and the types of those that are not known.

    Args:
        page: A `liveChatMessageListResponse`.
        video_id: Whose chat it is.
        start_us: When the stream began; see `message_of`.
        collected_us: When the answer came.
    """
    known, unknown = [], []
    for item in (*listed(page), page.get("activePollItem")):
        if item is None:
            continue
        row = message_of(item, video_id=video_id, start_us=start_us, collected_us=collected_us)
        if row is None:
            unknown.append(type_of(item) or "no type")
        else:
            known.append(row)
    return known, unknown


def listed(page: Mapping[str, Any]) -> list[Any]:
    """The items of an answer, however many; empty where it has none."""
    found = page.get("items")
    return [item for item in found if item is not None] if isinstance(found, list) else []


def type_of(item: object) -> str:
    """The service's name of a resource's type; empty where it has none."""
    return short(look(item, "snippet", "type"), 80)


def moment_us(text: object) -> int | None:
    """A time of the API in microseconds UTC; None where it is none.

    >>> moment_us("2018-01-01T00:00:00.000Z")
    1514764800000000
    """
    if not isinstance(text, str) or len(text) > 40:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def _line(value: object) -> str | None:
    return short(value) or None


def _words(text: object) -> Fields:
    words = of_text(text)
    return {"text": words.text, "emotes": words.emotes, "links": words.links}


def _shown(snippet: object) -> str:
    """What the service would show of it; nothing where it says that there is nothing."""
    if look(snippet, "hasDisplayContent") is False:
        return ""
    return _line(look(snippet, "displayMessage")) or ""


def _text(snippet: object) -> Fields:
    written = look(snippet, "textMessageDetails", "messageText")
    return _words(written if isinstance(written, str) else _shown(snippet))


def _money(details: object) -> Fields:
    amount = of_micros(
        look(details, "amountMicros"),
        short(look(details, "currency")),
        short(look(details, "amountDisplayString")),
    )
    return {
        "amount": amount.value,
        "currency": amount.currency,
        "amount_text": amount.text or None,
        "tier": whole(look(details, "tier"), 1000),
    }


def _paid(snippet: object) -> Fields:
    details = look(snippet, "superChatDetails") or look(snippet, "fanFundingEventDetails")
    return _money(details) | _words(look(details, "userComment")) | {"notice": _shown(snippet)}


def _sticker(snippet: object) -> Fields:
    details = look(snippet, "superStickerDetails")
    label = _line(look(details, "superStickerMetadata", "altText"))
    return _money(details) | {"sticker": label, "notice": _shown(snippet)}


def _gift(snippet: object) -> Fields:
    details = look(snippet, "giftDetails")
    return {
        "sticker": _line(look(details, "giftName")) or _line(look(details, "altText")),
        "jewels": whole(look(details, "jewelsAmount"), _MOST),
        "gift_count": whole(look(details, "comboCount"), _MOST),
        "notice": _shown(snippet),
    }


def _member(snippet: object) -> Fields:
    level = _line(look(snippet, "newSponsorDetails", "memberLevelName"))
    return {"member_level": level, "notice": _shown(snippet)}


def _milestone(snippet: object) -> Fields:
    details = look(snippet, "memberMilestoneChatDetails")
    return _words(look(details, "userComment")) | {
        "member_months": whole(look(details, "memberMonth"), 12_000),
        "member_level": _line(look(details, "memberLevelName")),
        "notice": _shown(snippet),
    }


def _gifting(snippet: object) -> Fields:
    details = look(snippet, "membershipGiftingDetails")
    return {
        "gift_count": whole(look(details, "giftMembershipsCount"), _MOST),
        "member_level": _line(look(details, "giftMembershipsLevelName")),
        "notice": _shown(snippet),
    }


def _received(snippet: object) -> Fields:
    details = look(snippet, "giftMembershipReceivedDetails")
    return {
        "member_level": _line(look(details, "memberLevelName")),
        "target_id": _line(look(details, "associatedMembershipGiftingMessageId")),
        "target_channel_id": _line(look(details, "gifterChannelId")),
        "notice": _shown(snippet),
    }


def _poll(snippet: object) -> Fields:
    metadata = look(snippet, "pollDetails", "metadata")
    options = entries(look(metadata, "options"))[:50]
    votes = tuple(str(whole(look(option, "tally"), _MOST) or 0) for option in options)
    return {
        "notice": _line(look(metadata, "questionText")) or "",
        "options": tuple(_line(look(option, "optionText")) or "" for option in options),
        "votes": votes,
    }


def _ban(snippet: object) -> Fields:
    details = look(snippet, "userBannedDetails")
    return {
        "target_channel_id": _line(look(details, "bannedUserDetails", "channelId")),
        "ban_s": whole(look(details, "banDurationSeconds"), _MOST),
        "notice": _line(look(details, "bannedUserDetails", "displayName")) or "",
    }


def _deleted(snippet: object) -> Fields:
    target = look(snippet, "messageDeletedDetails", "deletedMessageId") or look(
        snippet, "messageRetractedDetails", "retractedMessageId"
    )
    return {"target_id": _line(target)}


def _mode(snippet: object) -> Fields:
    is_on = look(snippet, "type") == "sponsorOnlyModeStartedEvent"
    return {"notice": _shown(snippet) or f"members only: {'on' if is_on else 'off'}"}


def _event(snippet: object) -> Fields:
    return {"notice": _shown(snippet)}


TYPES: dict[str, tuple[str, Callable[[object], Fields]]] = {
    "textMessageEvent": ("text", _text),
    "superChatEvent": ("paid", _paid),
    "fanFundingEvent": ("paid", _paid),
    "superStickerEvent": ("sticker", _sticker),
    "giftEvent": ("gift", _gift),
    "newSponsorEvent": ("membership", _member),
    "memberMilestoneChatEvent": ("milestone", _milestone),
    "membershipGiftingEvent": ("gift_purchase", _gifting),
    "giftMembershipReceivedEvent": ("gift_redemption", _received),
    "pollEvent": ("poll", _poll),
    "userBannedEvent": ("ban", _ban),
    "messageDeletedEvent": ("deletion", _deleted),
    "messageRetractedEvent": ("deletion", _deleted),
    "sponsorOnlyModeStartedEvent": ("mode_change", _mode),
    "sponsorOnlyModeEndedEvent": ("mode_change", _mode),
    "tombstone": ("placeholder", _event),
    "chatEndedEvent": ("ended", _event),
}
"""The types of the API: what each is here, and what reads it."""
