"""`liveChatMessages.list` and `.stream`, and the replay of the same chats.

A page token says how many events were read and when it was given: who comes back with it before
`pollingIntervalMillis` have passed is refused, and `Chats.early` knows by how much.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.emulator import errors
from loquitur.emulator.chat_script import ChatPlan, Script, read_plans
from loquitur.emulator.chat_shapes import lines, resource
from loquitur.emulator.exchange import Refusal, Reply
from loquitur.emulator.filters import missing, written
from loquitur.emulator.page_tokens import sealed, unsealed
from loquitur.emulator.population import Population
from loquitur.emulator.videos import live_chat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.emulator.exchange import Request
    from loquitur.emulator.inhabitants import Video
    from loquitur.emulator.world import World

_BODY = struct.Struct(">qq")
_HEARTBEAT_S = 5.0
_TOOTH_S = 0.05
_AGAIN_EVERY = 37
"""A replay is fetched in pieces that overlap: so often a line comes twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One call of `list` that was answered or refused for coming too early.

    Args:
        chat_id: Of which chat.
        waited_ms: Since the token it came with was given; None for a call without.
        asked_ms: What that answer had asked for.
        count: Messages in the answer.
        is_early: Whether it was refused.
    """

    chat_id: str
    waited_ms: int | None
    asked_ms: int
    count: int
    is_early: bool


class Chats:
    """The chats of a world: `world.room(Chats)`.

    Raises:
        InputError: The plan's `chats` do not fit.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.population = world.room(Population)
        self.polls: list[Poll] = []
        """Every call of `list`, in order."""
        self.opened = 0
        """How many calls were answered or begun to be."""
        self._plans = {plan.video: plan for plan in read_plans(world.plan)}
        self._videos = {
            live_chat(self.population, video): video
            for video in self.population.named
            if video.starts is not None
        }

    @property
    def early(self) -> list[Poll]:
        """The calls that came before they should."""
        return [poll for poll in self.polls if poll.is_early]

    def video(self, chat_id: str) -> Video | None:
        """The stream of a chat, None where there is none."""
        return self._videos.get(chat_id)

    def plan(self, video: Video) -> ChatPlan:
        """What the plan says of a stream's chat."""
        key = video.named.key if video.named is not None else ""
        return self._plans.get(video.id) or self._plans.get(key) or ChatPlan()

    def script(self, video: Video) -> Script:
        """What is said in a stream's chat."""
        starts = int(video.starts or 0.0)
        return Script(
            world=self.world,
            plan=self.plan(video),
            video_id=video.id,
            owner=self.population.channel_id(video.channel),
            starts=starts,
            lasts_s=None if video.ends is None else video.ends - starts,
        )


def listed(request: Request) -> Reply:
    """`liveChatMessages.list`: a page of what was said since the token was given."""
    chats, script, chat_id = _open(request)
    plan, now = script.plan, request.world.now()
    count = script.count(now)
    most = int(request.given.get("maxResults", "500"))
    token = request.given.get("pageToken", "")
    waited_ms = None
    position = max(0, count - min(most, plan.history))
    if token:
        position, issued_ms = _read(request, token, plan)
        waited_ms = int(now * 1000) - issued_ms
        if waited_ms < plan.interval_ms:
            chats.polls.append(Poll(chat_id=chat_id, waited_ms=waited_ms, count=0, is_early=True,
                                    asked_ms=plan.interval_ms))  # fmt: skip
            raise errors.refusal("livechat_too_fast")
    body = _page(request, script, chat_id, position, min(count, position + most))
    chats.polls.append(Poll(chat_id=chat_id, waited_ms=waited_ms, count=len(body["items"]),
                            asked_ms=plan.interval_ms, is_early=False))  # fmt: skip
    return Reply(body=body)


def streamed(request: Request) -> Reply:
    """`liveChatMessages.stream`: one JSON array that goes on as long as the chat."""
    if not request.given.get("liveChatId"):
        raise missing("liveChatId")
    _, script, chat_id = _open(request)
    count = script.count(request.world.now())
    token = request.given.get("pageToken", "")
    position = max(0, count - script.plan.history)
    if token:
        position, _ = _read(request, token, script.plan)
    return Reply(pieces=_pieces(request, script, chat_id, position))


def replay_state(world: World, video_id: str) -> str:
    """`there`, or why a video has no replay now: `gone`, `live`, `none`."""
    chats, now = world.room(Chats), world.now()
    video = chats.population.video(video_id)
    if video is None or not chats.population.readable(video, now, None):
        return "gone"
    if video.starts is None or chats.plan(video).disabled:
        return "none"
    return "there" if chats.script(video).is_over(now) else "live"


def replay_lines(world: World, video_id: str) -> Iterator[bytes]:
    """What yt-dlp would write of a stream's chat so far: the same events as through the API.

    Args:
        world: Whose stream.
        video_id: Of the stream.

    Raises:
        KeyError: No such video, it never was a stream, or it has no chat.
    """
    chats = world.room(Chats)
    video = chats.population.video(video_id)
    if video is None or video.starts is None or chats.plan(video).disabled:
        raise KeyError(video_id)
    return _replayed(chats.script(video))


def _replayed(script: Script) -> Iterator[bytes]:
    video_id, world = script.video_id, script.world
    welcome = {"liveChatViewerEngagementMessageRenderer": {
        "id": f"welcome-{video_id}", "icon": {"iconType": "YOUTUBE_ROUND"},
        "message": {"runs": [{"text": "Live chat replay is on."}]}}}  # fmt: skip
    yield _line({"replayChatItemAction": {"actions": [{"addChatItemAction": {"item": welcome}}],
                                          "videoOffsetTimeMsec": "0"}})  # fmt: skip
    for number in range(script.count(world.now())):
        for each in lines(script.event(number)):
            line = _line(each)
            yield line
            if number % _AGAIN_EVERY == 0:
                yield line


def _line(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode() + b"\n"


def _open(request: Request) -> tuple[Chats, Script, str]:
    """The chat that is asked for.

    Raises:
        Refusal: There is none, it is switched off, or over for too long.
    """
    chats = request.world.room(Chats)
    chat_id = request.given.get("liveChatId", "")
    video = chats.video(chat_id)
    if video is None or not chats.population.readable(video, request.now, request.actor):
        raise errors.refusal("livechat_not_found")
    plan = chats.plan(video)
    if plan.disabled:
        raise errors.refusal("livechat_disabled")
    if video.ends is not None and request.now >= video.ends + plan.linger_s:
        raise errors.refusal("livechat_ended")
    chats.opened += 1
    return chats, chats.script(video), chat_id


def _page(
    request: Request, script: Script, chat_id: str, position: int, end: int
) -> dict[str, Any]:
    now = request.world.now()
    parts = set(request.parts) | {"id"}
    items = []
    for number in range(position, end):
        whole = resource(script.event(number), chat_id)
        items.append({name: value for name, value in whole.items() if name in parts | {"kind"}})
    body: dict[str, Any] = {
        "kind": "youtube#liveChatMessageListResponse",
        "nextPageToken": _written(request, end, now),
        "pollingIntervalMillis": script.plan.interval_ms,
        "pageInfo": {"totalResults": len(items), "resultsPerPage": len(items)},
        "items": items,
    }
    if script.is_over(now):
        body["offlineAt"] = written(script.starts + (script.lasts_s or 0.0))
    return body


def _pieces(request: Request, script: Script, chat_id: str, position: int) -> Iterator[bytes]:
    """The array, piece by piece, until the chat is over or the plan says that it breaks."""
    world, plan = request.world, script.plan
    most = int(request.given.get("maxResults", "500"))
    sent, quiet_since, opening = 0, world.now(), b"["
    while not world.closing.is_set():
        count = script.count(world.now())
        over = script.is_over(world.now())
        if count > position or sent == 0 or world.now() - quiet_since >= _HEARTBEAT_S:
            end = min(count, position + most)
            body = _page(request, script, chat_id, position, end)
            position, quiet_since = end, world.now()
            yield opening + json.dumps(body).encode()
            sent, opening = sent + 1, b",\n"
            if over and position >= script.count(world.now()):
                yield b"]"
                return
            if plan.drop_every and sent >= plan.drop_every:
                raise ConnectionResetError("the plan says so")
            if plan.error_every and sent >= plan.error_every:
                yield opening + _UNAVAILABLE.content + b"]"
                return
            if end < count:
                continue
        world.closing.wait(max(plan.pace_ms / 1000, _TOOTH_S))


_UNAVAILABLE = errors.written(
    Refusal(503, "backendError", "The service is currently unavailable.", domain="global",
            rpc="UNAVAILABLE")
)  # fmt: skip


def _written(request: Request, position: int, now: float) -> str:
    return sealed(_BODY.pack(position, int(now * 1000)), _chat(request))


def _read(request: Request, token: str, plan: ChatPlan) -> tuple[int, int]:
    """How many events were read, and when the token was given, Unix milliseconds.

    Raises:
        Refusal: It is none of this chat's, or too old.
    """
    position, issued_ms = _BODY.unpack(unsealed(token, _BODY.size, _chat(request)))
    if plan.token_s and request.now - issued_ms / 1000 > plan.token_s:
        raise errors.refusal("bad_page_token")
    return position, issued_ms


def _chat(request: Request) -> bytes:
    """What a token is bound to: the chat alone, since lists and streams go on from one another."""
    return f"{request.world.seed}:{request.given.get('liveChatId')}".encode()
