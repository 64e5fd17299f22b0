"""`commentThreads.list` and `comments.list`: five replies inline, the rest by their own method."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.emulator import filters, page_tokens
from loquitur.emulator.conversations import Conversation, Conversations, allowed, marked_up
from loquitur.emulator.errors import refusal
from loquitur.emulator.exchange import Refusal, Reply
from loquitur.emulator.filters import written
from loquitur.emulator.parts import stamp
from loquitur.emulator.population import Population

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.emulator.conversations import Remark
    from loquitur.emulator.exchange import Request
    from loquitur.emulator.inhabitants import Video
    from loquitur.emulator.world import World

INLINE = 5
"""The most replies that come with a thread."""
_CHANNEL_VIDEOS = 500
"""`allThreadsRelatedToChannelId` looks at so many of a channel's videos, the newest."""
_DOMAIN = "youtube.commentThread"
_WAYS = ("id", "videoId", "channelId", "allThreadsRelatedToChannelId")


def threads(request: Request) -> Reply:
    """`commentThreads.list`: of a video, of all of a channel's, or by ids."""
    filters.parts(request, ("id", "snippet", "replies"))
    way = filters.chosen(request, *_WAYS)
    population = request.world.room(Population)
    if way == "id":
        _alone(request, "id")
        found = [_by_thread_id(request, population, one) for one in filters.ids(request)]
        items = [_thread(request, *one) for one in found if one is not None]
        return _answer(request, items, None)
    if way == "channelId":
        # The service has had no comments on channels themselves for years.
        _channel(request, population, way)
        return _answer(request, [], None)
    if way == "allThreadsRelatedToChannelId":
        items, token = _of_channel(request, population)
        return _answer(request, items, token)
    items, token = _of_video(request, _talk(request, population))
    return _answer(request, items, token)


def listed(request: Request) -> Reply:
    """`comments.list`: the replies to a comment, newest first, or comments by ids."""
    filters.parts(request, ("id", "snippet"))
    way = filters.chosen(request, "id", "parentId")
    population = request.world.room(Population)
    if way == "id":
        _alone(request, "id")
        found = [_by_id(request, population, one) for one in filters.ids(request)]
        items = [one for one in found if one is not None]
        return Reply(body=filters.answer(_LIST, items, len(items), len(items)))
    parent = _by_thread_id(request, population, request.given[way])
    if parent is None:
        known = population.identities.reply_place(request.given[way])
        if known is None or _by_id(request, population, request.given[way]) is None:
            raise refusal("comment_not_found", location=way)
        return Reply(body=_page([], filters.size(request, 20), None))
    talk, number = parent
    thread_id = population.identities.thread(talk.video.index, number)
    place = page_tokens.read(
        request, hours=population.plan.comments.token_hours, start=int(talk.replies[number])
    )
    size = filters.size(request, 20)
    last = place.position
    first = max(0, last - size)
    items = [
        _comment(request, talk, remark, parent=thread_id)
        for remark in talk.answers(number, thread_id, first, last)
    ]
    token = _token(request, first, place.turn + 1) if first > 0 else None
    return Reply(body=_page(items, size, token))


# --- threads ----------------------------------------------------------------------------------


def _of_video(request: Request, talk: Conversation) -> tuple[list[dict[str, Any]], str | None]:
    """A page of a video's threads, and the token of the next."""
    hours = request.world.room(Population).plan.comments.token_hours
    size = filters.size(request, 20)
    terms = request.given.get("searchTerms", "").casefold().split()
    chosen: list[int] = []
    if request.given.get("order") == "relevance":
        order = talk.relevant()
        place = page_tokens.read(request, hours=hours)
        at = place.position
        while at < len(order) and len(chosen) < size:
            number = int(order[at])
            if _spoken(talk, number, terms):
                chosen.append(number)
            at += 1
        more = at < len(order)
    else:
        # Counted from the oldest: what is said meanwhile moves nothing.
        place = page_tokens.read(request, hours=hours, start=len(talk))
        at = place.position
        while at > 0 and len(chosen) < size:
            at -= 1
            if _spoken(talk, at, terms):
                chosen.append(at)
        more = at > 0
    items = [_thread(request, talk, number) for number in chosen]
    return items, _token(request, at, place.turn + 1) if more else None


def _of_channel(
    request: Request, population: Population
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of the threads under a channel's videos, newest first."""
    channel = _channel(request, population, "allThreadsRelatedToChannelId")
    numbers, places = request.world.room(_Gatherings).of(channel, request.now)
    place = page_tokens.read(request, hours=population.plan.comments.token_hours)
    size = filters.size(request, 20)
    terms = request.given.get("searchTerms", "").casefold().split()
    talks = request.world.room(Conversations)
    items: list[dict[str, Any]] = []
    at = place.position
    while at < len(numbers) and len(items) < size:
        video = population.at(int(numbers[at]))
        assert video is not None, "what was gathered is there"
        talk = talks.of(video, request.now)
        if _spoken(talk, int(places[at]), terms):
            items.append(_thread(request, talk, int(places[at])))
        at += 1
    return items, _token(request, at, place.turn + 1) if at < len(numbers) else None


class _Gatherings:
    """The threads of whole channels, the last ones kept."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._population = world.room(Population)
        self._kept = lru_cache(maxsize=4)(self._gathered)

    def of(self, channel: int, now: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The videos' numbers and the threads', newest first."""
        videos = self._population.uploads(channel, now)[:_CHANNEL_VIDEOS]
        # Without new comments the time makes no difference.
        grows = self._population.plan.growth.comments_per_day > 0
        return self._kept(tuple(int(one) for one in videos), now if grows else self._world.began)

    def _gathered(
        self, videos: tuple[int, ...], now: float
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        talks = self._world.room(Conversations)
        empty = np.empty(0, dtype=np.int64)
        numbers, places, times = [empty], [empty], [empty]
        for index in videos:
            video = self._population.at(index)
            if video is None or not allowed(video) or not video.comments:
                continue
            talk = talks.of(video, now)
            numbers.append(np.full(len(talk), index))
            places.append(np.arange(len(talk)))
            times.append(talk.times)
        number, place = np.concatenate(numbers), np.concatenate(places)
        order = np.lexsort((-place, number, -np.concatenate(times)))
        return number[order], place[order]


def _talk(request: Request, population: Population) -> Conversation:
    """The conversation under the video that is asked for.

    Raises:
        Refusal: There is no such video, or it may not be commented on.
    """
    video = population.video(request.given["videoId"])
    if video is None or not population.readable(video, request.now, request.actor):
        raise Refusal(
            404,
            "videoNotFound",
            "The video identified by the <code>videoId</code> parameter could not be found.",
            domain=_DOMAIN,
            location="videoId",
        )
    if not allowed(video):
        raise refusal("comments_disabled")
    _moderated(request, population, video)
    return request.world.room(Conversations).of(video, request.now)


def _moderated(request: Request, population: Population, video: Video) -> None:
    """Only the owner sees what waits for a decision; nothing does in this world."""
    wanted = request.given.get("moderationStatus", "published")
    if wanted == "published":
        return
    if request.actor != population.channel_id(video.channel):
        raise Refusal(
            403,
            "forbidden",
            "The request is not properly authorized to retrieve held or rejected comments.",
            domain=_DOMAIN,
            location="moderationStatus",
        )


def _channel(request: Request, population: Population, name: str) -> int:
    channel = population.channel_of(request.given[name])
    if channel is None:
        raise Refusal(
            404,
            "channelNotFound",
            f"The channel specified in the <code>{name}</code> parameter could not be found.",
            domain=_DOMAIN,
            location=name,
        )
    return channel.number


def _alone(request: Request, name: str) -> None:
    """Ids go with nothing that pages.

    Raises:
        Refusal: They came with `pageToken` or `maxResults`.
    """
    for other in ("pageToken", "maxResults"):
        if other in request.named:
            raise filters.incompatible(name, other)


def _spoken(talk: Conversation, number: int, terms: list[str]) -> bool:
    if not terms:
        return True
    text = talk.text(number).casefold()
    return all(term in text for term in terms)


# --- by id ------------------------------------------------------------------------------------


def _by_thread_id(
    request: Request, population: Population, thread_id: str
) -> tuple[Conversation, int] | None:
    """The conversation and the number of a thread, None where nobody can read it."""
    place = population.identities.thread_place(thread_id)
    return None if place is None else _placed(request, population, place)


def _placed(
    request: Request, population: Population, place: tuple[int, int]
) -> tuple[Conversation, int] | None:
    video = population.at(place[0])
    if video is None or not population.readable(video, request.now, request.actor):
        return None
    if not allowed(video):
        return None
    talk = request.world.room(Conversations).of(video, request.now)
    return (talk, place[1]) if place[1] < len(talk) else None


def _by_id(request: Request, population: Population, comment_id: str) -> dict[str, Any] | None:
    """A comment or a reply by its id, None where nobody can read it."""
    found = _by_thread_id(request, population, comment_id)
    if found is not None:
        return _comment(request, found[0], found[0].thread(found[1]))
    known = population.identities.reply_place(comment_id)
    found = None if known is None else _placed(request, population, known[0])
    if known is None or found is None or known[1] >= found[0].replies[found[1]]:
        return None
    talk, number = found
    thread_id = comment_id.partition(".")[0]
    (remark,) = talk.answers(number, thread_id, known[1], known[1] + 1)
    return _comment(request, talk, remark, parent=thread_id)


# --- as JSON ----------------------------------------------------------------------------------


def _thread(request: Request, talk: Conversation, number: int) -> dict[str, Any]:
    remark = talk.thread(number)
    count = int(talk.replies[number])
    found: dict[str, Any] = {"kind": "youtube#commentThread", "etag": "", "id": remark.id}
    parts = request.parts
    if "snippet" in parts:
        found["snippet"] = {
            "channelId": talk.channel_id,
            "videoId": talk.video.id,
            "topLevelComment": _comment(request, talk, remark),
            "canReply": True,
            "totalReplyCount": count,
            "isPublic": True,
        }
    if count and "replies" in parts:
        newest = talk.answers(number, remark.id, max(0, count - INLINE), count)
        found["replies"] = {
            "comments": [_comment(request, talk, reply, parent=remark.id) for reply in newest]
        }
    found["etag"] = stamp(remark.id, remark.updated, count, parts)
    return found


def _comment(
    request: Request, talk: Conversation, remark: Remark, *, parent: str = ""
) -> dict[str, Any]:
    plain = request.given.get("textFormat") == "plainText"
    published = written(remark.published)
    edited = remark.updated != remark.published
    snippet: dict[str, Any] = {
        "channelId": talk.channel_id,
        "videoId": talk.video.id,
        "textDisplay": remark.text if plain else marked_up(remark.text, talk.video.id),
        "authorDisplayName": remark.author_name,
        "authorProfileImageUrl": f"https://yt3.ggpht.com/emulated/{remark.author_id}=s48-c-k",
        "authorChannelUrl": f"http://www.youtube.com/{remark.author_name}",
        "authorChannelId": {"value": remark.author_id},
        "canRate": True,
        "viewerRating": "none",
        "likeCount": remark.likes,
        "publishedAt": published,
        "updatedAt": written(remark.updated) if edited else published,
    }
    if parent:
        snippet["parentId"] = parent
    if remark.author_gone:
        del snippet["authorChannelId"]
        snippet["authorChannelUrl"] = ""
    if remark.picture:
        snippet["imageUrl"] = f"https://yt3.ggpht.com/emulated/comment/{remark.id}"
    if request.actor is not None and request.actor == remark.author_id:
        snippet["textOriginal"] = remark.text
    etag = stamp(remark.id, remark.updated, plain)
    return {"kind": "youtube#comment", "etag": etag, "id": remark.id, "snippet": snippet}


def _token(request: Request, position: int, turn: int) -> str:
    """A token that dies; issued on the half hour, so that a page is the same for a while."""
    return page_tokens.write(
        request, position=position, turn=turn, issued=request.now // 1_800 * 1_800
    )


def _answer(request: Request, items: list[dict[str, Any]], token: str | None) -> Reply:
    kind = "youtube#commentThreadListResponse"
    size = filters.size(request, 20)
    body: dict[str, Any] = filters.answer(kind, items, len(items), size)
    if token is not None:
        body["nextPageToken"] = token
    return Reply(body=body)


def _page(items: list[dict[str, Any]], size: int, token: str | None) -> dict[str, Any]:
    body: dict[str, Any] = {"kind": _LIST, "pageInfo": {"resultsPerPage": size}, "items": items}
    if token is not None:
        body["nextPageToken"] = token
    return body


_LIST = "youtube#commentListResponse"
