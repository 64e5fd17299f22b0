"""What the site draws in a chat, as messages: one function for each kind of item.

Read in recordings of yt-dlp and in the sources of programs that read them (see the notes of the
shared data). An item that none of these functions knows is counted by its name, never guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.model.chat import ChatMessage
from loquitur.youtube.livechat.amounts import read_amount
from loquitur.youtube.livechat.strangers import entries, look, short, whole
from loquitur.youtube.livechat.texts import plain, written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from loquitur.model.chat import Source

_NUMBER = re.compile(r"\d{1,6}")
_CLOCK = re.compile(r"(-|−)?(?:(\d{1,4}):)?(\d{1,2}):(\d{2})")
_AGE = re.compile(r"(\d{1,6})\s*([^\W\d_]*)")
_YEARS_SAID = (
    "year years yr yrs jahr jahre jahren an ans année années año años ano anos any anys anno anni "
    "jaar år vuosi vuotta év éve rok roky let lata lat год года лет рік роки років година години "
    "godina godine yıl yıldır tahun taon năm έτος έτη χρόνια 年 年間 년 ปี साल वर्ष سنة سنوات שנה "
    "שנים"
)
_YEARS = frozenset(_YEARS_SAID.split())
_MOST_US = 1 << 62
_MOST_MS = 1 << 53

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an item stood.

    Args:
        source: Replay, or a recording of a live chat.
        video_id: Whose chat it is, None where the file does not say.
        offset_ms: Of its line; None where the line has none.
        collected_us: When it was collected; None where nobody knows.
    """

    source: Source = "replay"
    video_id: str | None = None
    offset_ms: int | None = None
    collected_us: int | None = None


def message_of(name: str, item: Mapping[str, Any], place: Place) -> ChatMessage | None:
    """The message that an item is; None where it is of a kind that is not known.

    Args:
        name: Of the renderer, `liveChatTextMessageRenderer`.
        item: What it draws.
        place: Where it stood.
    """
    if name not in RENDERERS:
        return None
    kind, read = RENDERERS[name]
    about = item
    if name == _GIFTS:  # the author stands in the header
        header = look(item, "header", "liveChatSponsorshipsHeaderRenderer")
        about = {**item, **header} if isinstance(header, dict) else item
    known: Fields = {
        "id": short(item.get("id")),
        "type": kind,
        "source": place.source,
        "video_id": place.video_id,
        "offset_ms": _offset_ms(item, place.offset_ms),
        "timestamp_us": whole(item.get("timestampUsec"), _MOST_US) or None,
        "author_name": plain(about.get("authorName")) or None,
        "author_channel_id": short(about.get("authorExternalChannelId"), 100) or None,
        "collected_us": place.collected_us,
        **_badges(about.get("authorBadges")),
    }
    return ChatMessage(**(known | read(about)))


def item_of(value: object) -> tuple[str, Mapping[str, Any]]:
    """The renderer's name and its content: `{"liveChat...Renderer": {...}}`."""
    if isinstance(value, dict):
        for name, content in value.items():
            if isinstance(name, str) and isinstance(content, dict):
                return name, content
    return "", {}


def clock_ms(text: str) -> int | None:
    """`1:02:11` or `-0:45` in milliseconds; None where it is no time.

    >>> clock_ms("1:02:11"), clock_ms("-0:45"), clock_ms("soon")
    (3731000, -45000, None)
    """
    match = _CLOCK.fullmatch(text.strip()) if len(text) < 16 else None
    if match is None:
        return None
    sign, hours, minutes, seconds = match.groups()
    total_s = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return -total_s * 1000 if sign else total_s * 1000


def _offset_ms(item: Mapping[str, Any], line_ms: int | None) -> int | None:
    """The time in the stream: the line's; before the start, where that is held at 0, the text's."""
    shown_ms = clock_ms(plain(item.get("timestampText")))
    if shown_ms is not None and (line_ms is None or (shown_ms < 0 and line_ms <= 0)):
        return shown_ms
    return line_ms


def _badges(value: object) -> Fields:
    found: Fields = {}
    for entry in entries(value):
        badge = look(entry, "liveChatAuthorBadgeRenderer")
        icon = look(badge, "icon", "iconType")
        if icon in ("OWNER", "MODERATOR", "VERIFIED"):
            found["is_" + icon.lower()] = True
        elif look(badge, "customThumbnail") is not None:
            shown = short(look(badge, "tooltip"), 200)
            found |= {"is_member": True, "member_badge": shown or None,
                      "member_months": _months(shown)}  # fmt: skip
    return found


def _months(shown: str) -> int | None:
    """How long somebody is a member, of a text in whatever language; years are twelve months.

    >>> _months("Member (6 months)"), _months("メンバー（1 年）"), _months("New member")
    (6, 12, None)
    """
    match = _AGE.search(shown)
    if match is None:
        return None
    return int(match[1]) * (12 if match[2].lower() in _YEARS else 1)


def _text(item: Mapping[str, Any]) -> Fields:
    words = written(item.get("message"))
    return {"text": words.text, "emotes": words.emotes, "links": words.links}


def _money(shown: object) -> Fields:
    text = plain(shown)
    if not text:
        return {}
    amount = read_amount(text)
    return {
        "amount": amount.value,
        "currency": amount.currency,
        "currency_assumed": amount.assumed,
        "amount_text": amount.text,
    }


def _paid(item: Mapping[str, Any]) -> Fields:
    return _text(item) | _money(item.get("purchaseAmountText"))


def _label(value: object) -> str | None:
    return short(look(value, "accessibility", "accessibilityData", "label")) or None


def _sticker(item: Mapping[str, Any]) -> Fields:
    return _money(item.get("purchaseAmountText")) | {"sticker": _label(item.get("sticker"))}


def _donation(item: Mapping[str, Any]) -> Fields:
    runs = entries(look(item, "text", "runs"))
    money = next((found for run in reversed(runs) if (found := _money({"runs": [run]}))
                  and found["currency"] is not None), {})  # fmt: skip
    return money | {
        "notice": " ".join(filter(None, map(plain, (item.get("text"), item.get("subtext")))))
    }


def _membership(item: Mapping[str, Any]) -> Fields:
    header = plain(item.get("headerPrimaryText"))
    below = item.get("headerSubtext")
    if header or item.get("message"):
        return _text(item) | {
            "type": "milestone",
            "member_months": _months(header) if header else None,
            "member_level": plain(below) or None,
            "notice": header,
        }
    runs = entries(look(below, "runs"))
    level = short(look(runs[1], "text")) if len(runs) == 3 else ""
    return {"notice": plain(below), "member_level": level or None}


def _legacy_membership(item: Mapping[str, Any]) -> Fields:
    notice = " ".join(filter(None, map(plain, (item.get("eventText"), item.get("detailText")))))
    return {"is_member": True, "notice": notice}


def _gifts(item: Mapping[str, Any]) -> Fields:
    """Memberships for others: how many is the run that is a number alone, or the first in all."""
    texts = [look(run, "text") for run in entries(look(item, "primaryText", "runs"))]
    alone = [text.strip() for text in texts if isinstance(text, str)]
    notice = plain(item.get("primaryText"))
    number = next((text for text in alone if _NUMBER.fullmatch(text)), "")
    match = _NUMBER.fullmatch(number) or _NUMBER.search(notice)
    return {"notice": notice, "gift_count": int(match[0]) if match else None}


def _notice(item: Mapping[str, Any]) -> Fields:
    words = (item.get("message"), item.get("text"), item.get("subtext"))
    return {"notice": " ".join(filter(None, map(plain, words)))}


def _jewels(item: Mapping[str, Any]) -> Fields:
    return _text(item) | {
        "sticker": _label(item.get("gift")) or plain(item.get("giftName")) or None
    }


def _nothing(item: Mapping[str, Any]) -> Fields:
    del item
    return {}


_GIFTS = "liveChatSponsorshipsGiftPurchaseAnnouncementRenderer"

RENDERERS: dict[str, tuple[str, Callable[[Mapping[str, Any]], Fields]]] = {
    "liveChatTextMessageRenderer": ("text", _text),
    "liveChatPaidMessageRenderer": ("paid", _paid),
    "liveChatPaidStickerRenderer": ("sticker", _sticker),
    "liveChatMembershipItemRenderer": ("membership", _membership),
    "liveChatLegacyPaidMessageRenderer": ("membership", _legacy_membership),
    _GIFTS: ("gift_purchase", _gifts),
    "liveChatSponsorshipsGiftRedemptionAnnouncementRenderer": ("gift_redemption", _notice),
    "liveChatDonationAnnouncementRenderer": ("donation", _donation),
    "liveChatModeChangeMessageRenderer": ("mode_change", _notice),
    "liveChatViewerEngagementMessageRenderer": ("system", _notice),
    "liveChatPlaceholderItemRenderer": ("placeholder", _nothing),
    "liveChatAutoModMessageRenderer": ("held", _notice),
    "giftMessageViewModel": ("gift", _jewels),
}
"""The items that are known: what each is, and what reads it."""
