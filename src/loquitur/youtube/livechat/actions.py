"""Actions of a replay or recording: items are added, taken away, replaced; polls move on.

A first pass over a file learns what later lines do to earlier messages (`Marks`), a second one
gives the messages; so a file of any size is read in memory that grows with its deletions alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from loquitur.model.chat import ChatMessage
from loquitur.youtube.livechat.renderers import Place, item_of, message_of
from loquitur.youtube.livechat.strangers import entries, look, short, whole
from loquitur.youtube.livechat.texts import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DEEPEST = 4
_ITEM = "targetItemId"
_PLACEHOLDER = "liveChatPlaceholderItemRenderer"
_SILENT = frozenset(
    {
        "addLiveChatTickerItemAction",
        "removeBannerForLiveChatCommand",
        "closeLiveChatActionPanelAction",
        "showLiveChatTooltipCommand",
        "updateLiveChatPollAction",
        "replaceChatItemAction",
    }
)
"""Actions that are known and add no message of their own."""
_ABOUT_THE_CLICK = frozenset({"clickTrackingParams", "clientId"})


At = tuple[int, int]
"""Where an action stands in a file: its line, and its place in that line."""
Ends = list[tuple[At, int | None]]
"""Where something was taken away, each with the time in the stream in ms."""


@dataclass(slots=True)
class Marks:
    """What later actions do to earlier messages.

    Args:
        items: Where each message was taken away, by its id.
        authors: Where all messages of an author were taken away, by the channel id.
        released: The ids of placeholders whose place a message took.
        polls: The answers and votes of each poll as last seen, by its id.
    """

    items: dict[str, Ends] = field(default_factory=dict)
    authors: dict[str, Ends] = field(default_factory=dict)
    released: set[str] = field(default_factory=set)
    polls: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)

    def learn(self, at: At, action: Mapping[str, Any], offset_ms: int | None) -> None:
        """Take in one action."""
        for name, key in _DELETIONS.items():
            target = short(look(action, name, key))
            if target:
                ends = self.items if key == _ITEM else self.authors
                ends.setdefault(target, []).append((at, offset_ms))
        swap = look(action, "replaceChatItemAction")
        target = short(look(swap, _ITEM))
        if target and look(swap, "replacementItem", _PLACEHOLDER) is not None:
            self.items.setdefault(target, []).append((at, offset_ms))
        elif target and short(look(item_of(look(swap, "replacementItem"))[1], "id")) == target:
            self.released.add(target)
        poll = look(action, "updateLiveChatPollAction", "pollToUpdate", "pollRenderer")
        ident = short(look(poll, "liveChatPollId"))
        if ident:
            self.polls[ident] = _answers(poll)

    def marked(self, message: ChatMessage, at: At) -> ChatMessage:
        """The message of an action, with what became of it later.

        A placeholder leaves its id to the message that took its place.
        """
        if message.type == "placeholder" and message.id in self.released:
            return replace(message, id=f"loq:placeholder:{message.id}", target_id=message.id)
        if message.type in ("deletion", "ban", "placeholder"):
            return message
        ends = (
            *self.items.get(message.id, ()),
            *self.authors.get(message.author_channel_id or "", ()),
        )
        later = [end for end in ends if end[0] > at]
        if not later:
            return message
        return replace(message, is_deleted=True, deleted_ms=min(later, key=_place)[1])


@dataclass(slots=True)
class Counts:
    """What was in a file beside its messages.

    Args:
        lines: Lines that could be read.
        broken: Lines that could not.
        is_cut: Whether the last line ends in the middle.
        without_action: Lines that are no part of a chat.
        tickers: Paid items and members shown again on top of the chat.
        duplicates: Messages that came again, as they do where a replay is read in pieces.
        conflicts: Messages with the id of another one and other content; both are kept.
        unknown: Actions and items of kinds that are not known, by their names.
        types: Messages of each type.
        last_offset_ms: The latest time in the stream; None without any.
        is_recording: Whether some lines were recorded live.
    """

    lines: int = 0
    broken: int = 0
    is_cut: bool = False
    without_action: int = 0
    tickers: int = 0
    duplicates: int = 0
    conflicts: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    last_offset_ms: int | None = None
    is_recording: bool = False


def actions_of(document: object) -> Iterator[tuple[Mapping[str, Any], int | None, bool]]:
    """The actions of a line, each with the time in the stream in ms and whether it was live.

    The time stands inside the action list of a replay, beside it in a recording, where it counts
    from the beginning of the recording. A list may hold a replay's actions once more. An action
    that stands alone has no time.
    """
    if isinstance(document, dict) and not _KNOWN.isdisjoint(document):
        yield document, None, False
        return
    is_live = look(document, "isLive") is True
    yield from _inner(document, None, is_live, 0)


def messages_of(
    action: Mapping[str, Any], place: Place, marks: Marks, counts: Counts
) -> Iterator[ChatMessage]:
    """The messages that an action adds: one, seldom none."""
    name = next((key for key in action if key not in _ABOUT_THE_CLICK), "")
    content = look(action, name)
    if name == "addChatItemAction":
        yield from _added(look(content, "item"), place, counts)
    elif name == "addBannerToLiveChatCommand":
        yield from _pinned(content, place, counts)
    elif name == "showLiveChatActionPanelAction":
        yield from _panel(content, place, marks, counts)
    elif name in _DELETIONS:
        yield _deletion(_DELETIONS[name], content, place)
    elif name in _SILENT:
        counts.tickers += name == "addLiveChatTickerItemAction"
        if name == "replaceChatItemAction":
            yield from _replaced(content, place, counts)
    elif name:
        counts.unknown["action " + short(name, 80)] += 1


def _inner(
    value: object, offset_ms: int | None, is_live: bool, depth: int
) -> Iterator[tuple[Mapping[str, Any], int | None, bool]]:
    found = look(value, "replayChatItemAction")
    for holder in (value, found):
        said = whole(look(holder, "videoOffsetTimeMsec"), 1 << 53)
        offset_ms = said if said is not None else offset_ms
    for action in entries(look(found, "actions")):
        if not isinstance(action, dict):
            continue
        if "replayChatItemAction" in action and depth < _DEEPEST:
            yield from _inner(action, offset_ms, is_live, depth + 1)
        else:
            yield action, offset_ms, is_live


def _added(item: object, place: Place, counts: Counts) -> Iterator[ChatMessage]:
    name, content = item_of(item)
    message = message_of(name, content, place)
    if message is not None:
        yield message
    elif name:
        counts.unknown["item " + short(name, 80)] += 1


def _pinned(content: object, place: Place, counts: Counts) -> Iterator[ChatMessage]:
    banner = look(content, "bannerRenderer", "liveChatBannerRenderer")
    name, inner = item_of(look(banner, "contents"))
    message = message_of(name, inner, place)
    if message is None:
        counts.unknown["banner " + short(name, 80)] += 1
        return
    said = short(look(banner, "actionId")) or message.id
    # The time of the message stands in it; it was pinned at the time of the line.
    yield replace(
        message,
        id=f"loq:pinned:{said}",
        type="pinned",
        offset_ms=place.offset_ms,
        timestamp_us=None,
        target_id=message.id or None,
        notice=plain(look(banner, "header", "liveChatBannerHeaderRenderer", "text")),
        amount=None,
        currency=None,
        currency_assumed=False,
    )


def _panel(content: object, place: Place, marks: Marks, counts: Counts) -> Iterator[ChatMessage]:
    panel = look(content, "panelToShow", "liveChatActionPanelRenderer")
    name, poll = item_of(look(panel, "contents"))
    if name != "pollRenderer":
        counts.unknown["panel " + short(name, 80)] += 1
        return
    ident = short(look(poll, "liveChatPollId")) or short(look(panel, "id"))
    options, votes = marks.polls.get(ident) or _answers(poll)
    header = look(poll, "header", "pollHeaderRenderer")
    yield ChatMessage(
        id=f"loq:poll:{ident}",
        type="poll",
        source=place.source,
        video_id=place.video_id,
        offset_ms=place.offset_ms,
        author_channel_id=short(look(poll, "authorExternalChannelId")) or None,
        notice=plain(look(header, "pollQuestion")),
        options=options,
        votes=votes,
        collected_us=place.collected_us,
    )


def _answers(poll: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    choices = entries(look(poll, "choices"))[:50]
    options = tuple(plain(look(choice, "text")) for choice in choices)
    votes = tuple(plain(look(choice, "votePercentage")) for choice in choices)
    return options, votes if any(votes) else ()


def _deletion(field_name: str, content: object, place: Place) -> ChatMessage:
    target = short(look(content, field_name))
    return ChatMessage(
        id=f"loq:deletion:{target}:{place.offset_ms}",
        type="deletion",
        source=place.source,
        video_id=place.video_id,
        offset_ms=place.offset_ms,
        notice=plain(look(content, "deletedStateMessage")),
        target_id=(target or None) if field_name == _ITEM else None,
        target_channel_id=None if field_name == _ITEM else (target or None),
        collected_us=place.collected_us,
    )


def _replaced(content: object, place: Place, counts: Counts) -> Iterator[ChatMessage]:
    """What takes a message's place: a placeholder marks it, anything else is a message."""
    name, _ = item_of(look(content, "replacementItem"))
    if name != _PLACEHOLDER:
        yield from _added(look(content, "replacementItem"), place, counts)


def _place(end: tuple[At, int | None]) -> At:
    return end[0]


_DELETIONS = {
    "markChatItemAsDeletedAction": _ITEM,
    "removeChatItemAction": _ITEM,
    "markChatItemsByAuthorAsDeletedAction": "externalChannelId",
    "removeChatItemByAuthorAction": "externalChannelId",
}
"""What takes messages away, and what each names."""
_KNOWN = (
    frozenset({"addChatItemAction", "addBannerToLiveChatCommand", "showLiveChatActionPanelAction"})
    | _SILENT
    | frozenset(_DELETIONS)
)
"""The actions that are known."""
