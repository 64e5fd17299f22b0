"""`search.list`: 50 a page, some hundred in all, and a number of results that means nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from loquitur.emulator import filters, page_tokens, shelves
from loquitur.emulator.chance import mix, salt, share
from loquitur.emulator.exchange import Refusal, Reply
from loquitur.emulator.filters import escaped, written
from loquitur.emulator.findings import Findings, Result, Wish
from loquitur.emulator.parts import stamp
from loquitur.emulator.pictures import portraits, stills
from loquitur.emulator.population import Population
from loquitur.emulator.regions import REGIONS

if TYPE_CHECKING:
    from loquitur.emulator.exchange import Request

SATURATED = 1_000_000
"""The most that `totalResults` ever says."""
_CUT = 155
_VIDEOS_ONLY = (
    "eventType", "forContentOwner", "forDeveloper", "forMine", "location", "locationRadius",
    "videoCaption", "videoCategoryId", "videoDefinition", "videoDimension", "videoDuration",
    "videoEmbeddable", "videoLicense", "videoPaidProductPlacement", "videoSyndicated", "videoType",
)  # fmt: skip
_LENGTHS = {"short": (0, 240), "medium": (240, 1_200), "long": (1_200, 0)}
_KINDS = ("video", "channel", "playlist")
_KILOMETRES = {"m": 0.001, "km": 1.0, "ft": 0.0003048, "mi": 1.609344}
_CHANNEL = re.compile(r"UC[A-Za-z0-9_-]{22}")
_RADIUS = re.compile(r"(\d+(?:\.\d+)?)(m|km|ft|mi)")


def listed(request: Request) -> Reply:
    """`search.list`."""
    population = request.world.room(Population)
    findings = request.world.room(Findings)
    filters.parts(request, ("id", "snippet"))
    wish = wished(request, population)
    # The day stands in the token: an index that changes overnight does not tear a walk.
    place = page_tokens.read(request)
    day = place.issued // 86_400 if place.issued else int(request.now // 86_400)
    found = findings.found(wish, day)
    size = filters.size(request, 5)
    first, turn = place.position, place.turn
    luck = mix(turn ^ salt(request.world.seed, "page", wish, day))
    empty = turn > 0 and share(luck) < population.plan.search.empty_pages
    page = () if empty or not size else found.results[first : first + size]
    body: dict[str, Any] = {
        "kind": "youtube#searchListResponse",
        "regionCode": request.given.get("regionCode", "US"),
        "pageInfo": {"totalResults": _total(found.total, luck), "resultsPerPage": size},
        "items": [_item(request, population, result) for result in page],
    }
    after = first if empty else first + size
    if after < len(found.results) and size:
        body["nextPageToken"] = page_tokens.write(
            request, position=after, turn=turn + 1, issued=day * 86_400
        )
    if first and size:
        body["prevPageToken"] = page_tokens.write(
            request, position=max(0, first - size), turn=max(0, turn - 1), issued=day * 86_400
        )
    return Reply(body=body)


def wished(request: Request, population: Population) -> Wish:
    """What a request asks for.

    Raises:
        Refusal: Its parameters contradict one another, or name nothing.
    """
    given = request.given
    kinds = _asked_kinds(request)
    only_videos = [name for name in _VIDEOS_ONLY if given.get(name, "false") not in ("", "false")]
    if only_videos and kinds != ("video",):
        raise _bad_filter(only_videos[0])
    if ("location" in given) != ("locationRadius" in given):
        raise _bad_filter("location")
    channel = given.get("channelId", "")
    number = None
    if channel:
        if not _CHANNEL.fullmatch(channel):
            message = "The channelId parameter specified an invalid channel ID."
            raise _bad("invalidChannelId", message, "channelId")
        known = population.channel_of(channel)
        number = -1 if known is None else known.number
    actor = None
    if given.get("forMine") == "true":
        own = population.channel_of(filters.actor(request))
        number = actor = -1 if own is None else own.number
    shortest, longest = _LENGTHS.get(given.get("videoDuration", ""), (0, 0))
    category = given.get("videoCategoryId", "")
    required, barred = _flags(given)
    return Wish(
        q=given.get("q", ""),
        kinds=kinds,
        order=given.get("order", "relevance"),
        after=filters.moment(request, "publishedAfter"),
        before=filters.moment(request, "publishedBefore"),
        channel=number,
        actor=actor,
        country=_country(given.get("regionCode", "")),
        event=given.get("eventType", "").replace("none", ""),
        required=required,
        barred=barred,
        shortest_s=shortest,
        longest_s=longest,
        category=int(category) if category.isdigit() else 0,
        near=_circle(given),
        impossible=_impossible(given),
    )


def _asked_kinds(request: Request) -> tuple[str, ...]:
    asked = request.values("type") or list(_KINDS)
    for kind in asked:
        if kind not in _KINDS:
            raise filters.invalid("type", f"Invalid value '{kind}'. Allowed: {list(_KINDS)}")
    return tuple(kind for kind in _KINDS if kind in asked)


def _flags(given: dict[str, str]) -> tuple[int, int]:
    """The flags that a video must and must not have."""
    required = barred = 0
    for name, value, flag, wanted in (
        ("videoCaption", "closedCaption", shelves.CAPTIONED, True),
        ("videoCaption", "none", shelves.CAPTIONED, False),
        ("videoDefinition", "high", shelves.STANDARD, False),
        ("videoDefinition", "standard", shelves.STANDARD, True),
        ("videoEmbeddable", "true", shelves.NOT_EMBEDDED, False),
        ("videoLicense", "creativeCommon", shelves.COMMONS, True),
        ("videoLicense", "youtube", shelves.COMMONS, False),
        ("videoPaidProductPlacement", "true", shelves.PAID, True),
        ("videoSyndicated", "true", shelves.NOT_SYNDICATED, False),
        ("safeSearch", "strict", shelves.ADULT, False),
    ):
        if given.get(name) == value:
            required |= flag if wanted else 0
            barred |= 0 if wanted else flag
    if given.get("location"):
        required |= shelves.PLACED
    return required, barred


def _impossible(given: dict[str, str]) -> bool:
    """Whether a filter asks for what this world has none of."""
    return (
        given.get("videoType") in ("movie", "episode")
        or given.get("videoDimension") == "3d"
        or given.get("channelType") == "show"
        or given.get("forContentOwner") == "true"
        or given.get("forDeveloper") == "true"
    )


def _country(code: str) -> str:
    if code and code.upper() not in REGIONS:
        raise filters.invalid("regionCode", f"Invalid region code '{code}'.")
    return code.upper()


def _circle(given: dict[str, str]) -> tuple[float, float, float] | None:
    if not given.get("location"):
        return None
    radius = _RADIUS.fullmatch(given["locationRadius"])
    try:
        latitude, longitude = (float(text.strip("() ")) for text in given["location"].split(","))
    except ValueError:
        raise _bad_place("location") from None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise _bad_place("location")
    if radius is None or float(radius[1]) * _KILOMETRES[radius[2]] > 1_000:
        raise _bad_place("locationRadius")
    return latitude, longitude, float(radius[1]) * _KILOMETRES[radius[2]]


def _bad_place(name: str) -> Refusal:
    reason = "invalidLocation" if name == "location" else "invalidLocationRadius"
    return _bad(reason, f"The {name} parameter value is not valid.", name)


def _bad(reason: str, message: str, location: str) -> Refusal:
    return Refusal(400, reason, message, domain="youtube.search", location=location)


def _bad_filter(name: str) -> Refusal:
    return _bad(
        "invalidSearchFilter",
        "The request contains an invalid combination of search filters and/or restrictions. Note "
        "that you must set the <code>type</code> parameter to <code>video</code> if you set a "
        f"value for the {name} parameter.",
        name,
    )


def _total(true: int, luck: int) -> int:
    """A number of results as the service tells it: wrong, and another one on every page."""
    if true > 500:
        return SATURATED if luck % 4 else int(SATURATED * (0.4 + 0.6 * share(luck)))
    return int(true * (0.6 + 2.4 * share(mix(luck))))


def _item(request: Request, population: Population, result: Result) -> dict[str, Any]:
    kind, number = result
    make = {"video": _video, "channel": _channel, "playlist": _playlist}[kind]
    place, snippet = make(request, population, number)
    found: dict[str, Any] = {"kind": "youtube#searchResult", "etag": stamp(place), "id": place}
    if "snippet" in request.parts:
        found["snippet"] = snippet
        found["etag"] = stamp(place, snippet["title"], snippet["liveBroadcastContent"])
    return found


def _video(
    request: Request, population: Population, number: int
) -> tuple[dict[str, str], dict[str, Any]]:
    video = population.at(number)
    assert video is not None, "what was found is there"
    words = population.words(video)
    broadcast = population.broadcast(video, request.now)
    return {"kind": "youtube#video", "videoId": video.id}, _snippet(
        published=video.published,
        channel_id=population.channel_id(video.channel),
        channel_title=population.channel(video.channel).title,
        title=words.title,
        description=words.description,
        pictures=stills(video.id, live=broadcast != "none", few=True),
        broadcast=broadcast,
    )


def _channel(
    request: Request, population: Population, number: int
) -> tuple[dict[str, str], dict[str, Any]]:
    channel = population.channel(number)
    return {"kind": "youtube#channel", "channelId": channel.id}, _snippet(
        published=channel.published,
        channel_id=channel.id,
        channel_title=channel.title,
        title=channel.title,
        description=channel.description,
        pictures=portraits(channel.id),
    )


def _playlist(
    request: Request, population: Population, number: int
) -> tuple[dict[str, str], dict[str, Any]]:
    entry = list(population.playlists.values())[number]
    channel = population.channel(entry.channel)
    first = next((population.at(one) for one in entry.videos if one >= 0), None)
    return {"kind": "youtube#playlist", "playlistId": entry.id}, _snippet(
        published=entry.published,
        channel_id=channel.id,
        channel_title=channel.title,
        title=entry.entry.title,
        description=entry.entry.description,
        pictures=stills(first.id, few=True) if first is not None else {},
    )


def _snippet(
    *,
    published: float,
    channel_id: str,
    channel_title: str,
    title: str,
    description: str,
    pictures: dict[str, Any],
    broadcast: str = "none",
) -> dict[str, Any]:
    """A snippet as search results have it: escaped, and the description cut."""
    when = written(published)
    return {
        "publishedAt": when,
        "channelId": channel_id,
        "title": escaped(title),
        "description": escaped(cut(description)),
        "thumbnails": pictures,
        "channelTitle": escaped(channel_title),
        "liveBroadcastContent": broadcast,
    }


def cut(description: str) -> str:
    """The beginning of a description in one line."""
    line = " ".join(description.split())
    if len(line) <= _CUT:
        return line
    return line[:_CUT].rpartition(" ")[0] + " ..."
