"""Events of a chat in the two shapes of the service: resources of the API, lines of a replay."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from loquitur.emulator.chat_script import Author, Event

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SHOWN_OF_A_LINK = 20


def resource(event: Event, chat_id: str) -> dict[str, Any]:
    """A `liveChatMessage`."""
    moment = _EPOCH + dt.timedelta(microseconds=event.stamp_us)
    words = "".join(f":{text}:" if kind == "custom" else text for kind, text in event.parts)
    kind, details, shown = _API[event.kind](event, words)
    snippet: dict[str, Any] = {
        "type": kind,
        "liveChatId": chat_id,
        "publishedAt": moment.isoformat(timespec="microseconds"),
        "hasDisplayContent": bool(shown),
        **details,
    }
    if shown:
        snippet["displayMessage"] = shown
    found: dict[str, Any] = {"kind": "youtube#liveChatMessage", "id": event.id, "snippet": snippet}
    if event.author is not None:
        snippet["authorChannelId"] = event.author.channel
        found["authorDetails"] = _details(event.author)
    return found


def _details(author: Author) -> dict[str, Any]:
    return {
        "channelId": author.channel,
        "channelUrl": f"http://www.youtube.com/channel/{author.channel}",
        "displayName": author.name,
        "profileImageUrl": "https://example.invalid/avatar.jpg",
        "isVerified": author.is_verified,
        "isChatOwner": author.is_owner,
        "isChatSponsor": author.months is not None,
        "isChatModerator": author.is_moderator,
    }


def _name(event: Event) -> str:
    return event.author.name if event.author else ""


def _money(event: Event) -> dict[str, Any]:
    facts = event.facts
    return {"amountMicros": str(facts["micros"]), "currency": facts["currency"],
            "amountDisplayString": facts["shown"], "tier": facts["tier"]}  # fmt: skip


_Shape = tuple[str, dict[str, Any], str]


def _text(event: Event, words: str) -> _Shape:
    return "textMessageEvent", {"textMessageDetails": {"messageText": words}}, words


def _paid(event: Event, words: str) -> _Shape:
    details = _money(event) | ({"userComment": words} if words else {})
    shown = f"{event.facts['shown']} from {_name(event)}" + (f': "{words}"' if words else "")
    return "superChatEvent", {"superChatDetails": details}, shown


def _sticker(event: Event, words: str) -> _Shape:
    del words
    meta = {"stickerId": "loq_sticker", "altText": event.facts["label"], "altTextLanguage": "en"}
    details = _money(event) | {"superStickerMetadata": meta}
    return "superStickerEvent", {"superStickerDetails": details}, f"{_name(event)} sent a sticker"


def _membership(event: Event, words: str) -> _Shape:
    del words
    details = {"memberLevelName": event.facts["level"], "isUpgrade": False}
    return "newSponsorEvent", {"newSponsorDetails": details}, f"NEW MEMBER! Welcome {_name(event)}!"


def _milestone(event: Event, words: str) -> _Shape:
    details = {"memberLevelName": event.facts["level"], "memberMonth": event.facts["months"],
               "userComment": words}  # fmt: skip
    shown = f"{_name(event)} has been a member for {event.facts['months']} months"
    return "memberMilestoneChatEvent", {"memberMilestoneChatDetails": details}, shown


def _gifts(event: Event, words: str) -> _Shape:
    del words
    details = {"giftMembershipsCount": event.facts["count"],
               "giftMembershipsLevelName": event.facts["level"]}  # fmt: skip
    return "membershipGiftingEvent", {"membershipGiftingDetails": details}, "gifted memberships"


def _received(event: Event, words: str) -> _Shape:
    del words
    giver = event.facts["giver"]
    details = {"memberLevelName": event.facts["level"], "gifterChannelId": giver.channel}
    shown = f"was gifted a membership by {giver.name}"
    return "giftMembershipReceivedEvent", {"giftMembershipReceivedDetails": details}, shown


def _poll(event: Event, words: str) -> _Shape:
    del words
    facts = event.facts
    options = [{"optionText": text, "tally": str(tally)}
               for text, tally in zip(facts["options"], facts["tallies"], strict=True)]  # fmt: skip
    metadata = {"questionText": facts["question"], "options": options}
    return "pollEvent", {"pollDetails": {"metadata": metadata, "status": "active"}}, ""


def _ban(event: Event, words: str) -> _Shape:
    del words
    target, seconds = event.facts["target"], event.facts["seconds"]
    details = {
        "bannedUserDetails": {"channelId": target.channel, "displayName": target.name},
        "banType": "temporary" if seconds else "permanent",
    } | ({"banDurationSeconds": str(seconds)} if seconds else {})
    return "userBannedEvent", {"userBannedDetails": details}, ""


def _mode(event: Event, words: str) -> _Shape:
    del words
    is_on = event.facts["on"]
    kind = f"sponsorOnlyMode{'Started' if is_on else 'Ended'}Event"
    return kind, {}, f"Members-only mode is {'on' if is_on else 'off'}"


def _gift(event: Event, words: str) -> _Shape:
    del words
    facts = event.facts
    details = {"giftName": facts["name"], "jewelsAmount": facts["jewels"],
               "comboCount": facts["combo"], "altText": facts["name"]}  # fmt: skip
    return "giftEvent", {"giftDetails": details}, f"{_name(event)} sent {facts['name']}"


def _tombstone(event: Event, words: str) -> _Shape:
    del event, words
    return "tombstone", {}, ""


def _ended(event: Event, words: str) -> _Shape:
    del event, words
    return "chatEndedEvent", {}, ""


_API = {
    "text": _text,
    "paid": _paid,
    "sticker": _sticker,
    "membership": _membership,
    "milestone": _milestone,
    "gift_purchase": _gifts,
    "gift_redemption": _received,
    "poll": _poll,
    "ban": _ban,
    "mode_change": _mode,
    "gift": _gift,
    "tombstone": _tombstone,
    "ended": _ended,
}


def lines(event: Event) -> list[dict[str, Any]]:
    """The lines that a replay has for an event: none for what a replay does not tell."""
    actions = _actions(event)
    return [
        {
            "clickTrackingParams": "x",
            "replayChatItemAction": {
                "actions": [action],
                "videoOffsetTimeMsec": str(max(event.at_ms, 0)),
            },
        }
        for action in actions
    ]


def _actions(event: Event) -> list[dict[str, Any]]:
    if event.kind == "ban":
        gone = {"deletedStateMessage": {"runs": [{"text": "[message deleted]"}]},
                "externalChannelId": event.facts["target"].channel}  # fmt: skip
        return [{"markChatItemsByAuthorAsDeletedAction": gone}]
    if event.kind == "poll":
        choices = [{"text": {"simpleText": text}} for text in event.facts["options"]]
        header = {"pollHeaderRenderer": {"pollQuestion": {"simpleText": event.facts["question"]}}}
        poll = {"choices": choices, "liveChatPollId": event.id, "header": header}
        panel = {"liveChatActionPanelRenderer": {"contents": {"pollRenderer": poll},
                                                 "id": event.id}}  # fmt: skip
        return [{"showLiveChatActionPanelAction": {"panelToShow": panel}}]
    if event.kind in ("ended", "gift"):
        return []
    name, content = _drawn(event)
    item = {name: {**content, "id": event.id, "timestampUsec": str(event.stamp_us),
                   "timestampText": {"simpleText": _clock(event.at_ms)}}}  # fmt: skip
    found: list[dict[str, Any]] = [
        {"clickTrackingParams": "x", "addChatItemAction": {"item": item}}
    ]
    if event.kind == "paid":
        ticker = {"id": event.id, "amount": {"simpleText": event.facts["shown"]},
                  "durationSec": 120,
                  "showItemEndpoint": {"showLiveChatItemEndpoint": {"renderer": item}}}  # fmt: skip
        shown = {"liveChatTickerPaidMessageItemRenderer": ticker}
        found.append({"addLiveChatTickerItemAction": {"item": shown, "durationSec": "120"}})
    return found


def _clock(at_ms: int) -> str:
    seconds = abs(at_ms) // 1000
    hours, rest = divmod(seconds, 3600)
    text = f"{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
    return ("-" if at_ms < 0 else "") + (f"{hours}:{text}" if hours else text)


def _by(author: Author) -> dict[str, Any]:
    badges: list[dict[str, Any]] = [
        {"icon": {"iconType": icon}, "tooltip": icon.title()}
        for icon, has in (("OWNER", author.is_owner), ("MODERATOR", author.is_moderator),
                          ("VERIFIED", author.is_verified)) if has
    ]  # fmt: skip
    if author.months is not None:
        years, months = divmod(author.months, 12)
        length = f"{years} year{'s' * (years > 1)}" if years and not months else (
            f"{author.months} month{'s' * (author.months > 1)}")  # fmt: skip
        tooltip = f"Member ({length})" if author.months else "New member"
        badges.append({"customThumbnail": {"thumbnails": []}, "tooltip": tooltip})
    return {
        "authorName": {"simpleText": author.name},
        "authorExternalChannelId": author.channel,
        "authorBadges": [{"liveChatAuthorBadgeRenderer": badge} for badge in badges],
    }


def _message(event: Event) -> dict[str, Any]:
    if not event.parts:
        return {}
    return {"message": {"runs": [_run(kind, text) for kind, text in event.parts]}}


def _run(kind: str, text: str) -> dict[str, Any]:
    if kind == "emoji":
        return {"emoji": {"emojiId": text, "shortcuts": [":something:"]}}
    if kind == "custom":
        return {"emoji": {"emojiId": f"UC{'x' * 22}/{text}", "isCustomEmoji": True,
                          "shortcuts": [f":{text}:", f":{text.strip('_')}:"]}}  # fmt: skip
    if kind == "link":
        detour = f"https://www.youtube.com/redirect?event=live_chat&q={quote(text, safe='')}"
        shown = text[:_SHOWN_OF_A_LINK] + "..."
        return {"text": shown, "navigationEndpoint": {"urlEndpoint": {"url": detour}}}
    return {"text": text}


def _drawn(event: Event) -> tuple[str, dict[str, Any]]:
    facts = event.facts
    by = _by(event.author) if event.author else {}
    money = {"purchaseAmountText": {"simpleText": facts.get("shown", "")}}
    if event.kind == "paid":
        return "liveChatPaidMessageRenderer", by | _message(event) | money
    if event.kind == "sticker":
        label = {"accessibility": {"accessibilityData": {"label": facts["label"]}}}
        return "liveChatPaidStickerRenderer", by | money | {"sticker": label}
    if event.kind == "membership":
        runs = [{"text": "Welcome to "}, {"text": facts["level"]}, {"text": "!"}]
        return "liveChatMembershipItemRenderer", by | {"headerSubtext": {"runs": runs}}
    if event.kind == "milestone":
        runs = [{"text": "Member for "}, {"text": str(facts["months"])}, {"text": " months"}]
        head = {
            "headerPrimaryText": {"runs": runs},
            "headerSubtext": {"simpleText": facts["level"]},
        }
        return "liveChatMembershipItemRenderer", by | _message(event) | head
    if event.kind == "gift_purchase":
        runs = [{"text": "Gifted "}, {"text": str(facts["count"])}, {"text": " memberships"}]
        header = {name: by[name] for name in ("authorName", "authorBadges")}
        header |= {"primaryText": {"runs": runs}}
        return "liveChatSponsorshipsGiftPurchaseAnnouncementRenderer", {
            "authorExternalChannelId": by["authorExternalChannelId"],
            "header": {"liveChatSponsorshipsHeaderRenderer": header},
        }
    if event.kind == "gift_redemption":
        runs = [{"text": "received a gift membership by "}, {"text": facts["giver"].name}]
        name = "liveChatSponsorshipsGiftRedemptionAnnouncementRenderer"
        return name, by | {"message": {"runs": runs}}
    if event.kind == "mode_change":
        text = f"Members-only mode is {'on' if facts['on'] else 'off'}"
        return "liveChatModeChangeMessageRenderer", {"text": {"runs": [{"text": text}]}}
    if event.kind == "tombstone":
        return "liveChatPlaceholderItemRenderer", {}
    return "liveChatTextMessageRenderer", by | _message(event)
