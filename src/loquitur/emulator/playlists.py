"""`playlists.list` and `playlistItems.list`: lists with names, and the uploads of channels."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.emulator import filters, page_tokens
from loquitur.emulator.chance import mix, salt
from loquitur.emulator.errors import refusal
from loquitur.emulator.exchange import Refusal, Reply
from loquitur.emulator.filters import written
from loquitur.emulator.parts import resource
from loquitur.emulator.pictures import stills
from loquitur.emulator.population import Population

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.emulator.exchange import Request
    from loquitur.emulator.inhabitants import Channel, Playlist, Video

UPLOADS_SHOWN = 20_000
"""A list of uploads stops here, however many there are."""
_STREAMS, _SHORTS, _LONG = "UULV", "UUSH", "UULF"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A playlist as somebody sees it.

    Args:
        id: Of the playlist.
        channel: The number of its owner.
        videos: The numbers of its videos, in order; -1 for one that nobody knows any more.
        uploads: Whether it is a list of uploads: a video was added when it came out.
        published: When it was made.
    """

    id: str
    channel: int
    videos: NDArray[np.int64]
    uploads: bool
    published: float


def listed(request: Request) -> Reply:
    """`playlists.list`: by ids, of a channel, or one's own."""
    population = request.world.room(Population)
    wanted = filters.parts(request, _PARTS)
    way = filters.chosen(request, "id", "channelId", "mine")
    if way == "id":
        found = [_entry(request, population, one) for one in filters.ids(request)]
        items = [_item(population, entry, wanted) for entry in found if entry is not None]
        return Reply(body=filters.answer(_LISTS, items, len(items), len(items)))
    channel_id = filters.actor(request) if way == "mine" else request.given[way]
    channel = population.channel_of(channel_id)
    if channel is None:
        raise Refusal(
            404,
            "channelNotFound",
            "The playlist identified with the request's channelId parameter cannot be found.",
            domain="youtube.playlist",
            location=way,
        )
    lists = [one for one in population.playlists.values() if _listed(request, one, channel)]
    return page_tokens.page_of(
        request, _LISTS, lists, lambda entry: _item(population, entry, wanted)
    )


def items(request: Request) -> Reply:
    """`playlistItems.list`: what is in a playlist, or the items of some ids."""
    population = request.world.room(Population)
    wanted = filters.parts(request, _ITEM_PARTS)
    way = filters.chosen(request, "id", "playlistId")
    if way == "id":
        found = [_by_id(request, population, one) for one in filters.ids(request)]
        rows = [
            _row(request, population, shown, at, wanted)
            for shown, at in (one for one in found if one is not None)
        ]
        return Reply(body=filters.answer(_ITEMS, rows, len(rows), len(rows)))
    shown = shown_list(request, population, request.given[way])
    chosen: range | list[int] = range(len(shown.videos))
    if request.given.get("videoId"):
        video = population.video(request.given["videoId"])
        found_at = np.nonzero(shown.videos == video.index)[0] if video is not None else ()
        chosen = [int(at) for at in found_at]
        if not chosen:
            raise Refusal(
                404,
                "videoNotFound",
                "The video could not be found.",
                domain="youtube.playlistItem",
                location="videoId",
            )
    return page_tokens.page_of(
        request, _ITEMS, chosen, lambda at: _row(request, population, shown, at, wanted)
    )


def shown_list(request: Request, population: Population, playlist_id: str) -> Shown:
    """A playlist as whoever asks sees it.

    Raises:
        Refusal: There is none, or it is somebody else's and private.
    """
    if playlist_id in ("WL", "HL", "LL") or playlist_id.startswith("RD"):
        raise refusal("playlist_items_closed")
    entry = population.playlists.get(playlist_id)
    if entry is not None and entry.entry.state != "deleted":
        owner = request.actor == population.channel_id(entry.channel)
        if entry.entry.state == "private" and not owner:
            raise refusal("playlist_items_closed")
        return Shown(
            id=entry.id,
            channel=entry.channel,
            videos=np.array(entry.videos, dtype=np.int64),
            uploads=False,
            published=entry.published,
        )
    found = None if entry is not None else _uploads(request, population, playlist_id)
    if found is None:
        raise refusal("playlist_not_found")
    return found


def _uploads(request: Request, population: Population, playlist_id: str) -> Shown | None:
    """The list of a channel's uploads, or of its shorts, streams or long videos."""
    kind = playlist_id[:4] if playlist_id[:4] in (_STREAMS, _SHORTS, _LONG) else "UU"
    channel = population.channel_of(f"UC{playlist_id[len(kind) :]}")
    if channel is None or not playlist_id.startswith("UU"):
        return None
    indices = population.uploads(channel.number, request.now)
    if kind != "UU":
        keep = [_is_kind(population.at(int(one)), kind) for one in indices]
        indices = indices[np.array(keep, dtype=bool)]
    if request.actor == channel.id:
        hidden = population.hidden_uploads(channel.number, request.now)
        every = {*hidden, *(int(one) for one in indices)}
        ordered = sorted(every, key=lambda one: (-_published(population, one), one))
        indices = np.array(ordered, dtype=np.int64)
    # A list of uploads comes into being with the first of them.
    if not len(indices):
        return None
    return Shown(
        id=playlist_id,
        channel=channel.number,
        videos=indices[:UPLOADS_SHOWN],
        uploads=True,
        published=channel.published,
    )


def _published(population: Population, index: int) -> int:
    video = population.at(index)
    return video.published if video is not None else 0


def _is_kind(video: Video | None, kind: str) -> bool:
    if video is None:
        return False
    if video.starts is not None:
        return kind == _STREAMS
    return kind == (_SHORTS if video.duration_s < 60 else _LONG)


def _row(
    request: Request, population: Population, shown: Shown, at: int, wanted: list[str]
) -> dict[str, Any]:
    index = int(shown.videos[at])
    video = population.at(index) if index >= 0 else None
    video_id = video.id if video is not None else population.identities.video(1 << 60 | at)
    state = "deleted" if video is None else population.state(video, request.now)
    readable = population.readable(video, request.now, request.actor)
    parts: dict[str, dict[str, Any]] = {}
    if "snippet" in wanted:
        owner = population.channel(shown.channel)
        parts["snippet"] = {
            "publishedAt": written(_added(population, shown, at, video)),
            "channelId": owner.id,
            **(_known(population, video) if readable and video is not None else _UNKNOWN[state]),
            "channelTitle": owner.title,
            "playlistId": shown.id,
            "position": at,
            "resourceId": {"kind": "youtube#video", "videoId": video_id},
        }
    if "contentDetails" in wanted:
        parts["contentDetails"] = {"videoId": video_id}
        if readable and video is not None:
            parts["contentDetails"]["videoPublishedAt"] = written(video.published)
    if "status" in wanted:
        parts["status"] = {"privacyStatus": state} if state != "deleted" else {}
    return resource("youtube#playlistItem", _id(shown.id, at), parts.items())


def _known(population: Population, video: Video) -> dict[str, Any]:
    """What an item tells of a video that can be seen."""
    words, uploader = population.words(video), population.channel(video.channel)
    return {
        "title": words.title,
        "description": words.description,
        "thumbnails": stills(video.id),
        "videoOwnerChannelTitle": uploader.title,
        "videoOwnerChannelId": uploader.id,
    }


_UNKNOWN: dict[str, dict[str, Any]] = {
    "deleted": {
        "title": "Deleted video",
        "description": "This video is unavailable.",
        "thumbnails": {},
    },
    "private": {
        "title": "Private video",
        "description": "This video is private.",
        "thumbnails": {},
    },
}


def _added(population: Population, shown: Shown, at: int, video: Video | None) -> float:
    """When a video came into a list: into that of the uploads when it came out."""
    if shown.uploads and video is not None:
        return float(video.published)
    return shown.published + at * 3_600 + mix(at ^ salt(population.world.seed, shown.id)) % 3_600


def _id(playlist_id: str, at: int) -> str:
    mark = f"{mix(at ^ salt(0, playlist_id)):016X}"
    return base64.urlsafe_b64encode(f"{playlist_id}.{at:X}.{mark}".encode()).decode().rstrip("=")


def _by_id(request: Request, population: Population, item_id: str) -> tuple[Shown, int] | None:
    """Where the item of an id stands."""
    try:
        text = base64.urlsafe_b64decode(item_id + "=" * (-len(item_id) % 4)).decode()
        playlist_id, place, _ = text.split(".")
        at = int(place, 16)
        shown = shown_list(request, population, playlist_id)
    except (binascii.Error, ValueError):
        return None
    except Refusal:
        return None
    return (shown, at) if 0 <= at < len(shown.videos) and _id(playlist_id, at) == item_id else None


def _entry(request: Request, population: Population, playlist_id: str) -> Shown | None:
    """A playlist by its id where whoever asks may know of it."""
    try:
        return shown_list(request, population, playlist_id)
    except Refusal:
        return None


def _listed(request: Request, one: Playlist, channel: Channel) -> bool:
    if one.channel != channel.number:
        return False
    own = request.actor == channel.id
    return one.entry.state == "public" or (own and one.entry.state != "deleted")


def _item(population: Population, entry: Shown | Playlist, wanted: list[str]) -> dict[str, Any]:
    channel = population.channel(entry.channel)
    plan = population.playlists.get(entry.id)
    title = plan.entry.title if plan is not None else f"Uploads from {channel.title}"
    description = plan.entry.description if plan is not None else ""
    first = next((population.at(int(one)) for one in entry.videos if one >= 0), None)
    state = plan.entry.state if plan is not None else "public"
    parts: dict[str, Any] = {
        "snippet": {
            "publishedAt": written(entry.published),
            "channelId": channel.id,
            "title": title,
            "description": description,
            "thumbnails": stills(first.id) if first is not None else {},
            "channelTitle": channel.title,
            "localized": {"title": title, "description": description},
        },
        "status": {"privacyStatus": state},
        "contentDetails": {"itemCount": len(entry.videos)},
        "player": {
            "embedHtml": '<iframe width="640" height="360" src="http://www.youtube.com/embed/'
            f'videoseries?list={entry.id}" frameborder="0" allowfullscreen></iframe>'
        },
    }
    return resource("youtube#playlist", entry.id, ((part, parts.get(part)) for part in wanted))


_LISTS = "youtube#playlistListResponse"
_ITEMS = "youtube#playlistItemListResponse"
_PARTS = ("id", "snippet", "status", "contentDetails", "player", "localizations")
_ITEM_PARTS = ("id", "snippet", "contentDetails", "status")
