"""Whether a video has a live chat just now: one call, one unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from loquitur.errors import InputError
from loquitur.youtube.complaints import ClosedError, GoneError
from loquitur.youtube.livechat.items import moment_us
from loquitur.youtube.livechat.strangers import look, short

if TYPE_CHECKING:
    from loquitur.youtube.caller import Caller

State = Literal["live", "upcoming", "ended", "never"]
_FIELDS = "items(id,snippet(title,channelId,liveBroadcastContent),liveStreamingDetails)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A video and its chat.

    Args:
        video_id: 11 letters.
        title: A stranger's text.
        state: `live`, `upcoming`, `ended`, or `never` for a video that was no stream.
        chat_id: `activeLiveChatId`; None where there is no chat to read now.
        start_us: When it began, microseconds UTC.
        end_us: When it ended.
        scheduled_us: When it is to begin.
        scheduled_end_us: When it is to end, where somebody said so.
    """

    video_id: str
    title: str
    state: State
    chat_id: str | None = None
    start_us: int | None = None
    end_us: int | None = None
    scheduled_us: int | None = None
    scheduled_end_us: int | None = None


def find_room(caller: Caller, video_id: str) -> Room:
    """What the service says of a video's chat.

    Raises:
        GoneError: There is no such video, or it is private.
        QuotaError: No unit is left.
    """
    answer = caller.call(
        "videos.list", part="snippet,liveStreamingDetails", id=video_id, fields=_FIELDS
    )
    items = answer.get("items")
    item = items[0] if isinstance(items, list) and items else None
    if item is None:
        raise gone(video_id)
    details = look(item, "liveStreamingDetails")
    times = {name: moment_us(look(details, key)) for name, key in _TIMES.items()}
    return Room(
        video_id=video_id,
        title=short(look(item, "snippet", "title")),
        state=_state(details, times),
        chat_id=short(look(details, "activeLiveChatId")) or None,
        **times,
    )


def gone(video_id: str) -> GoneError:
    """That there is no such video, which the service says by leaving it out."""
    return GoneError(
        f"video {video_id}: it does not exist, is private, or was taken away",
        hint="check the id in a browser",
        reason="videoNotFound",
        status=200,
        method_id="videos.list",
    )


def no_stream(video_id: str) -> InputError:
    """Why a video that was never on air has no chat of any kind."""
    return InputError(
        f"video {video_id}: not a stream; it never had a live chat",
        hint="its comments: loquitur youtube comments",
        code="LQ-CHAT-NEVER",
    )


def check_open(room: Room) -> str:
    """The id of the chat that can be read now.

    Raises:
        InputError: It was no stream, or is over: only a replay is left.
        ClosedError: It is live, and its chat is switched off.
    """
    if room.chat_id is not None:
        return room.chat_id
    if room.state == "never":
        raise no_stream(room.video_id)
    if room.state == "ended":
        raise InputError(
            f"video {room.video_id}: the stream is over, and the API has no replay of its chat",
            hint=f"loquitur youtube chat --replay {room.video_id}",
            code="LQ-CHAT-OVER",
        )
    raise switched_off(room, method_id="videos.list", status=200)


def switched_off(room: Room, *, method_id: str, status: int) -> ClosedError:
    """That a stream's chat is off: the service leaves its id out, or says so when it is read."""
    when = "it is live" if room.state == "live" else "it has not begun"
    return ClosedError(
        f"video {room.video_id}: {when}, and its live chat is switched off",
        hint="a replay may be there when it is over, if the chat is switched on again",
        closing="disabled",
        reason="liveChatDisabled",
        status=status,
        method_id=method_id,
    )


_TIMES = {
    "start_us": "actualStartTime",
    "end_us": "actualEndTime",
    "scheduled_us": "scheduledStartTime",
    "scheduled_end_us": "scheduledEndTime",
}


def _state(details: Any, times: dict[str, int | None]) -> State:
    """By its times: `liveBroadcastContent` says "none" of a stream that is over, too."""
    if not isinstance(details, dict) or not details:
        return "never"
    if times["end_us"] is not None:
        return "ended"
    return "live" if times["start_us"] is not None else "upcoming"
