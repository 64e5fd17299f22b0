"""What a perfect collector must find: the truth of a world, for tests to compare with.

The server gives it at `GET /emulator/truth?what=...`; no such thing is on the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.emulator import gate
from loquitur.emulator.conversations import Conversations, allowed
from loquitur.emulator.exchange import Refusal, Request
from loquitur.emulator.findings import Findings
from loquitur.emulator.playlists import shown_list
from loquitur.emulator.population import Population
from loquitur.emulator.search import wished
from loquitur.emulator.videos import live_chat, views
from loquitur.youtube.methods import find

if TYPE_CHECKING:
    from loquitur.emulator.world import World


def told(query: Mapping[str, str], world: World) -> dict[str, Any]:
    """The answer to `GET /emulator/truth`.

    `truth?what=search&q=...` (with any parameter of `search.list` but the paging ones),
    `truth?what=index&...` (the same, less what today's index has forgotten),
    `truth?what=comments&videoId=...`, `truth?what=channel&channelId=...`,
    `truth?what=playlist&playlistId=...`, `truth?what=videos&id=A,B`.

    Args:
        query: Its parameters.
        world: Whose truth.

    Raises:
        ValueError: The query asks for nothing there is.
    """
    asked = dict(query)
    what = asked.pop("what", "")
    if what in ("search", "index"):
        day = int(world.now() // 86_400) if what == "index" else None
        found = findable(world, asked, day=day)
        return {"count": len(found), "ids": found}
    if what == "comments":
        return comments(world, asked.get("videoId", ""))
    if what == "channel":
        return channel(world, asked.get("channelId", ""))
    if what == "playlist":
        return playlist(world, asked.get("playlistId", ""))
    if what == "videos":
        return videos(world, [one for one in asked.get("id", "").split(",") if one])
    raise ValueError(f"what is {_WHAT}, not '{what[:40]}'")


_WHAT = "search, index, comments, channel, playlist or videos"


def findable(world: World, given: Mapping[str, str], *, day: int | None = None) -> list[str]:
    """The ids of all videos that a search should find, newest first.

    Args:
        world: Whose.
        given: Parameters of `search.list`, such as `q`, `channelId`, `publishedAfter`, `order`.
        day: Less what the index of this day has forgotten (days since 1970 in UTC).

    Raises:
        ValueError: The service would refuse them.
    """
    population = world.room(Population)
    method = find("search.list")
    sent = {"part": "id", "type": "video", **given}
    try:
        request = Request(
            method=method,
            given=gate.checked(method, sent),
            world=world,
            now=world.now(),
            address="",
        )
        wish = wished(request, population)
    except Refusal as exc:
        raise ValueError(f"{exc.reason}: {exc.message}") from exc
    found = [population.at(int(one)) for one in world.room(Findings).videos(wish, request.now, day)]
    there = [video for video in found if video is not None]
    return [video.id for video in sorted(there, key=lambda v: (-v.published, v.index))]


def comments(world: World, video_id: str) -> dict[str, Any]:
    """The ids of all comments and replies under a video.

    Raises:
        ValueError: There is no such video.
    """
    video = world.room(Population).video(video_id)
    if video is None:
        raise ValueError(f"no video '{video_id[:20]}'")
    if not allowed(video):
        return {"videoId": video_id, "disabled": True, "threads": 0, "replies": 0, "ids": []}
    talk = world.room(Conversations).of(video, world.now())
    return {
        "videoId": video_id,
        "disabled": False,
        "threads": len(talk),
        "replies": int(np.sum(talk.replies)),
        "ids": list(talk.ids()),
    }


def channel(world: World, channel_id: str) -> dict[str, Any]:
    """The ids of all public uploads of a channel, newest first.

    Raises:
        ValueError: There is no such channel.
    """
    population = world.room(Population)
    found = population.channel_of(channel_id)
    if found is None:
        raise ValueError(f"no channel '{channel_id[:30]}'")
    uploads = [population.at(int(one)) for one in population.uploads(found.number, world.now())]
    return {
        "channelId": channel_id,
        "uploads": found.uploads,
        "ids": [video.id for video in uploads if video is not None],
    }


def playlist(world: World, playlist_id: str) -> dict[str, Any]:
    """The videos of a playlist in order, and the state of each.

    Raises:
        ValueError: The service would not show it without a login.
    """
    population = world.room(Population)
    request = Request(
        method=find("playlistItems.list"), given={}, world=world, now=world.now(), address=""
    )
    try:
        shown = shown_list(request, population, playlist_id)
    except Refusal as exc:
        raise ValueError(f"{exc.reason}: {exc.message}") from exc
    found = [population.at(int(one)) for one in shown.videos]
    return {
        "playlistId": playlist_id,
        "ids": [None if video is None else video.id for video in found],
        "states": [
            "deleted" if video is None else population.state(video, world.now()) for video in found
        ],
    }


def videos(world: World, ids: list[str]) -> dict[str, Any]:
    """What is true of videos, whatever their state: by id, None for one that never was."""
    population, now = world.room(Population), world.now()
    found: dict[str, Any] = {}
    for video_id in ids:
        video = population.video(video_id)
        if video is None:
            found[video_id] = None
            continue
        found[video_id] = {
            "state": population.state(video, now),
            "channelId": population.channel_id(video.channel),
            "title": population.words(video).title,
            "published": video.published,
            "duration_s": video.duration_s,
            "views": views(population, video, now),
            "comments": video.comments,
            "broadcast": population.broadcast(video, now),
            "live_chat": live_chat(population, video) if video.starts is not None else None,
        }
    return {"videos": found}
