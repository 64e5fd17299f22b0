"""`videos.list`, `videos.batchGetStats` and `videos.getRating`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.emulator import filters, page_tokens, shelves
from loquitur.emulator.caption_shelf import CaptionShelf
from loquitur.emulator.exchange import Refusal, Reply
from loquitur.emulator.filters import written
from loquitur.emulator.parts import resource, stamp
from loquitur.emulator.pictures import stills
from loquitur.emulator.population import Population
from loquitur.emulator.regions import TOPICS

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.emulator.exchange import Request
    from loquitur.emulator.inhabitants import Video

_CHART = 200
"""So many videos are in the chart of a country."""


def listed(request: Request) -> Reply:
    """`videos.list`: by ids, of the chart, or those that the actor rated."""
    population = request.world.room(Population)
    wanted = filters.parts(request, _PARTS, _OWNERS)
    way = filters.chosen(request, "id", "chart", "myRating")
    if way == "id":
        if request.given.get("pageToken"):
            raise filters.incompatible("id", "pageToken")
        known = [population.video(video_id) for video_id in filters.ids(request)]
        found = [v for v in known if population.readable(v, request.now, request.actor)]
        items = [_item(request, population, video, wanted) for video in found if video is not None]
        return Reply(body=filters.answer(_LIST, items, len(items), len(items)))
    if way == "myRating":
        rater = filters.actor(request)
        rated = [
            video.index
            for video in population.named
            if _rating(population, rater, video.index) == request.given[way]
            and population.readable(video, request.now, rater)
        ]
    else:
        rated = _charted(request, population)

    def show(index: int) -> dict[str, Any] | None:
        video = population.at(index)
        return None if video is None else _item(request, population, video, wanted)

    return page_tokens.page_of(request, _LIST, rated, show)


def statistics(request: Request) -> Reply:
    """`videos.batchGetStats`: the numbers of up to 50 videos; those it has none of are missing."""
    population = request.world.room(Population)
    wanted = filters.parts(request, ("id", "snippet", "statistics", "contentDetails"))
    if not wanted:
        raise filters.missing("part")
    asked = filters.ids(request)
    if not asked:
        raise filters.missing("id")
    items: list[dict[str, Any]] = []
    for video in map(population.video, asked):
        if video is None or not population.readable(video, request.now, request.actor):
            continue
        numbers = _numbers(request, population, video)
        numbers.pop("favoriteCount", None)
        item: dict[str, Any] = {"kind": "youtube#videoStats", "etag": stamp(video.id, numbers)}
        if "id" in wanted:
            item["id"] = video.id
        if "snippet" in wanted:
            item["snippet"] = {"publishTime": written(video.published)}
        if "statistics" in wanted:
            item["statistics"] = numbers
        if "contentDetails" in wanted:
            length = _length(population, video, request.now)
            item["contentDetails"] = {
                "duration": f"{length}s",
                "durationMillis": str(length * 1000),
            }
        items.append(item)
    kind = "youtube#batchGetStatsResponse"
    return Reply(body={"kind": kind, "items": items})


def ratings(request: Request) -> Reply:
    """`videos.getRating`: how the actor rated videos."""
    population = request.world.room(Population)
    rater = filters.actor(request)
    items = [
        {"videoId": video.id, "rating": _rating(population, rater, video.index)}
        for video in map(population.video, filters.ids(request))
        if video is not None and population.readable(video, request.now, rater)
    ]
    kind = "youtube#videoGetRatingResponse"
    return Reply(body={"kind": kind, "items": items})


def length(duration_s: int) -> str:
    """A length as ISO 8601 has it: days are the largest unit, nothing is `P0D`."""
    days, rest = divmod(duration_s, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    clock = "".join(
        f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count
    )
    day = f"{days}D" if days or not clock else ""
    return f"P{day}T{clock}" if clock else f"P{day}"


def growth(population: Population, now: float) -> float:
    """By what views have grown since the world began, in steps of an hour."""
    hours = max(0, int((now - population.world.began) // 3600))
    return 1.0 + population.plan.growth.views * hours


def views(population: Population, video: Video, now: float) -> int:
    """How often a video was seen by now."""
    return int(video.views * growth(population, now))


def _numbers(request: Request, population: Population, video: Video) -> dict[str, str]:
    """Counts as text; what is hidden is absent."""
    found = {"viewCount": str(views(population, video, request.now))}
    if not video.flags & shelves.LIKES_HIDDEN:
        found["likeCount"] = str(int(video.likes * growth(population, request.now)))
    found["favoriteCount"] = "0"
    if not video.flags & shelves.COMMENTS_OFF:
        found["commentCount"] = str(counted_comments(population, video, request.now))
    return found


def counted_comments(population: Population, video: Video, now: float) -> int:
    """What `commentCount` says: more than can be read, for some are held or removed."""
    there = video.comments + grown_comments(population, video, now)
    return there + int(there * population.plan.comments.held)


def grown_comments(population: Population, video: Video, now: float) -> int:
    """How many comments are new since the world began."""
    rate = population.plan.growth.comments_per_day
    if not rate or video.named is None or not video.comments:
        return 0
    return max(0, int((now - population.world.began) * rate / 86_400))


def _length(population: Population, video: Video, now: float) -> int:
    """The length; a stream has one when it is over."""
    if video.duration_s or video.starts is None or video.ends is None or now < video.ends:
        return video.duration_s
    return int(video.ends - video.starts)


def _rating(population: Population, rater: str, index: int) -> str:
    dice = population.world.dice(f"rating:{rater}:{index}")
    return dice.choice(("none", "none", "none", "like", "dislike"))


def _charted(request: Request, population: Population) -> list[int]:
    """The most viewed videos of a country, the same all day; some of a category."""
    country, category = request.given.get("regionCode", ""), request.given.get("videoCategoryId")
    if request.given.get("chart") != "mostPopular":
        raise filters.invalid("chart", "Invalid chart.")
    found: list[tuple[int, int]] = []
    for shelf in population.shelves:
        columns = shelf.columns(request.now)
        keep = (columns.flags & shelves.UNFINDABLE) == 0
        if country in shelves.BLOCKED_IN:
            keep = keep & ((columns.flags & shelves.BLOCKED) == 0)
        if category not in (None, "", "0"):
            codes = [n for n, code in enumerate(shelves.CATEGORIES) if str(code) == category]
            keep = keep & np.isin(columns.category, codes)
        places = np.nonzero(keep)[0]
        best = places[np.argsort(-columns.views[places], kind="stable")[:_CHART]]
        found.extend((-int(columns.views[n]), population.index_of(shelf, int(n))) for n in best)
    return [index for _, index in sorted(found) if index not in population.gone][:_CHART]


def _item(
    request: Request, population: Population, video: Video, wanted: list[str]
) -> dict[str, Any]:
    if request.actor != population.channel_id(video.channel) and not _OWNERS.isdisjoint(wanted):
        raise Refusal(
            403,
            "forbidden",
            "The request is not authorized to access the video's file or processing details.",
            domain="youtube.video",
            location="part",
        )
    parts = ((part, _PARTS[part](request, population, video)) for part in wanted)
    return resource("youtube#video", video.id, parts)


def _snippet(request: Request, population: Population, video: Video) -> dict[str, Any]:
    words = population.words(video)
    broadcast = population.broadcast(video, request.now)
    found: dict[str, Any] = {
        "publishedAt": written(video.published),
        "channelId": population.channel_id(video.channel),
        "title": words.title,
        "description": words.description,
        "thumbnails": stills(video.id, live=broadcast != "none"),
        "channelTitle": population.channel(video.channel).title,
        "tags": list(words.tags),
        "categoryId": str(video.category),
        "liveBroadcastContent": broadcast,
        "localized": _localized(request.given.get("hl", ""), video, words.title, words.description),
    }
    if not words.tags:
        del found["tags"]
    if video.flags & shelves.TRANSLATED:
        found["defaultLanguage"] = "en"
    if video.language:
        found["defaultAudioLanguage"] = video.language
    return found


def _localized(language: str, video: Video, title: str, description: str) -> dict[str, str]:
    if video.flags & shelves.TRANSLATED and language.partition("-")[0] in ("de", "fr"):
        return {"title": f"[{language}] {title}", "description": description}
    return {"title": title, "description": description}


def _content(request: Request, population: Population, video: Video) -> dict[str, Any]:
    flags = video.flags
    said = bool(flags & shelves.CAPTIONED)
    captioned = request.world.room(CaptionShelf).captioned(video.id, otherwise=said)
    found: dict[str, Any] = {
        "duration": length(_length(population, video, request.now)),
        "dimension": "2d",
        "definition": "sd" if flags & shelves.STANDARD else "hd",
        "caption": "true" if captioned else "false",
        "licensedContent": bool(video.views % 3 == 0),
        "contentRating": {"ytRating": "ytAgeRestricted"} if flags & shelves.ADULT else {},
        "projection": "360" if flags & shelves.SPATIAL else "rectangular",
    }
    if video.blocked:
        found["regionRestriction"] = {"blocked": list(video.blocked)}
    return found


def _status(request: Request, population: Population, video: Video) -> dict[str, Any]:
    flags = video.flags
    found = {
        "uploadStatus": "uploaded"
        if population.broadcast(video, request.now) != "none"
        else "processed",
        "privacyStatus": population.state(video, request.now),
        "license": "creativeCommon" if flags & shelves.COMMONS else "youtube",
        "embeddable": not flags & shelves.NOT_EMBEDDED,
        "publicStatsViewable": not flags & shelves.LIKES_HIDDEN,
        "madeForKids": bool(flags & shelves.KIDS),
    }
    if request.actor == population.channel_id(video.channel):
        found["selfDeclaredMadeForKids"] = bool(flags & shelves.KIDS)
    return found


def _stream(request: Request, population: Population, video: Video) -> dict[str, Any] | None:
    """The times of a stream; None for what never was one."""
    if video.starts is None or video.ends is None:
        return None
    now, found = request.now, {}
    planned = video.named is not None and video.named.live == "upcoming"
    if planned:
        found["scheduledStartTime"] = written(video.starts)
    if now >= video.starts:
        found["actualStartTime"] = written(video.starts)
    if now >= video.ends:
        found["actualEndTime"] = written(video.ends)
    else:
        found["activeLiveChatId"] = live_chat(population, video)
    if video.starts <= now < video.ends:
        found["concurrentViewers"] = str(100 + views(population, video, now) // 50)
    return found


def live_chat(population: Population, video: Video) -> str:
    """The id of the chat of a stream."""
    channel = population.channel_id(video.channel)
    return "Cg0KC" + stamp("chat", video.id) + f"KicKGFVD{channel[2:]}EgtW"


def _topics(request: Request, population: Population, video: Video) -> dict[str, Any]:
    names = TOPICS[video.category % len(TOPICS)]
    return {"topicCategories": [f"https://en.wikipedia.org/wiki/{name}" for name in names]}


def _translations(request: Request, population: Population, video: Video) -> dict[str, Any] | None:
    if not video.flags & shelves.TRANSLATED:
        return None
    words = population.words(video)
    return {
        code: {"title": words.title if code == "en" else f"[{code}] {words.title}",
               "description": words.description}
        for code in ("de", "en", "fr")
    }  # fmt: skip


def _player(request: Request, population: Population, video: Video) -> dict[str, Any]:
    return {
        "embedHtml": f'<iframe width="480" height="270" src="//www.youtube.com/embed/{video.id}" '
        'frameborder="0" allowfullscreen></iframe>'
    }


def _recording(request: Request, population: Population, video: Video) -> dict[str, Any]:
    if not video.flags & shelves.PLACED:
        return {}
    latitude, longitude = shelves.whereabouts(video.index)
    return {
        "recordingDate": written(video.published - video.published % 86_400),
        "location": {"latitude": latitude, "longitude": longitude, "altitude": 0.0},
    }


def _paid(request: Request, population: Population, video: Video) -> dict[str, Any]:
    return {"hasPaidProductPlacement": bool(video.flags & shelves.PAID)}


def _file(request: Request, population: Population, video: Video) -> dict[str, Any]:
    return {
        "fileName": f"{video.id}.mp4",
        "fileSize": str(video.duration_s * 250_000),
        "fileType": "video",
        "container": "mp4",
        "durationMs": str(video.duration_s * 1000),
    }


def _processing(request: Request, population: Population, video: Video) -> dict[str, Any]:
    return {"processingStatus": "succeeded", "fileDetailsAvailability": "available"}


def _nothing(request: Request, population: Population, video: Video) -> dict[str, Any]:
    return {}


_LIST = "youtube#videoListResponse"
_PARTS: dict[str, Callable[[Request, Population, Video], dict[str, Any] | None]] = {
    "id": lambda request, population, video: None,
    "snippet": _snippet,
    "contentDetails": _content,
    "status": _status,
    "statistics": _numbers,
    "paidProductPlacementDetails": _paid,
    "player": _player,
    "topicDetails": _topics,
    "recordingDetails": _recording,
    "fileDetails": _file,
    "processingDetails": _processing,
    "suggestions": _nothing,
    "liveStreamingDetails": _stream,
    "localizations": _translations,
    "brandPartner": lambda request, population, video: None,
}
_OWNERS = frozenset(("fileDetails", "processingDetails", "suggestions"))
