"""`channels.list`: by id, handle, legacy user name, or the one that is logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.emulator import filters
from loquitur.emulator.exchange import Refusal, Reply
from loquitur.emulator.filters import written
from loquitur.emulator.parts import resource
from loquitur.emulator.pictures import portraits
from loquitur.emulator.population import Population
from loquitur.emulator.regions import TOPICS
from loquitur.emulator.videos import growth

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.emulator.exchange import Request
    from loquitur.emulator.inhabitants import Channel

_WAYS = ("id", "forHandle", "forUsername", "mine", "categoryId", "managedByMe", "mySubscribers")


def listed(request: Request) -> Reply:
    """`channels.list`. Where nothing matches, the answer has no `items` at all."""
    population = request.world.room(Population)
    wanted = filters.parts(request, _PARTS, _OWNERS)
    found = _found(request, population)
    items = [_item(request, population, channel, wanted) for channel in found]
    size = len(items) if request.given.get("id") else filters.size(request, 5)
    body = filters.answer("youtube#channelListResponse", items, len(items), size)
    if not items:
        del body["items"]
    return Reply(body=body)


def _found(request: Request, population: Population) -> list[Channel]:
    way = filters.chosen(request, *_WAYS)
    given = request.given.get(way, "")
    if way == "id":
        known = [population.channel_of(channel_id) for channel_id in filters.ids(request)]
    elif way == "forHandle":
        known = [population.channel_with_handle(given)]
    elif way == "forUsername":
        known = [population.channel_with_user(given)]
    elif way == "mine":
        known = [population.channel_of(filters.actor(request))]
    else:
        raise Refusal(
            403,
            "channelForbidden",
            "The channel specified in the id parameter does not support the request, or the "
            "request is not properly authorized.",
            domain="youtube.channel",
            location=way,
        )
    return [channel for channel in known if channel is not None]


def _item(
    request: Request, population: Population, channel: Channel, wanted: list[str]
) -> dict[str, Any]:
    if request.actor != channel.id and not _OWNERS.isdisjoint(wanted):
        raise Refusal(
            403,
            "channelForbidden",
            "The request is not authorized to access the part.",
            domain="youtube.channel",
            location="part",
        )
    parts = ((part, _PARTS[part](request, population, channel)) for part in wanted)
    return resource("youtube#channel", channel.id, parts)


def _snippet(request: Request, population: Population, channel: Channel) -> dict[str, Any]:
    found: dict[str, Any] = {
        "title": channel.title,
        "description": channel.description,
        "customUrl": channel.custom_url,
        "publishedAt": written(channel.published),
        "thumbnails": portraits(channel.id),
        "localized": {"title": channel.title, "description": channel.description},
        "country": channel.country,
    }
    return {name: value for name, value in found.items() if value or name == "description"}


def _content(request: Request, population: Population, channel: Channel) -> dict[str, Any]:
    likes = "LL" if request.actor == channel.id else ""
    return {"relatedPlaylists": {"likes": likes, "uploads": channel.uploads}}


def _numbers(request: Request, population: Population, channel: Channel) -> dict[str, Any]:
    uploads = population.uploads(channel.number, request.now)
    seen = int(_views(population, uploads) * growth(population, request.now))
    found: dict[str, Any] = {"viewCount": str(seen)}
    if channel.subscribers is not None:
        found["subscriberCount"] = str(channel.subscribers)
    found["hiddenSubscriberCount"] = channel.subscribers is None
    found["videoCount"] = str(len(uploads))
    return found


def _views(population: Population, uploads: np.ndarray[Any, np.dtype[np.int64]]) -> int:
    """The views of many videos at the start of the world, summed shelf by shelf."""
    numbers, places = population.split(uploads)
    total = sum(population.named[int(place)].views for place in places[numbers == 0])
    for shelf in population.shelves:
        own = places[numbers == shelf.number]
        if len(own):
            total += int(shelf.columns(population.world.now()).views[own].sum())
    return total


def _status(request: Request, population: Population, channel: Channel) -> dict[str, Any]:
    found: dict[str, Any] = {
        "privacyStatus": "public",
        "isLinked": True,
        "longUploadsStatus": "longUploadsUnspecified",
        "madeForKids": channel.kids,
    }
    if request.actor == channel.id:
        found |= {"longUploadsStatus": "allowed", "selfDeclaredMadeForKids": channel.kids}
    return found


def _branding(request: Request, population: Population, channel: Channel) -> dict[str, Any]:
    words = {"title": channel.title, "description": channel.description}
    more = {"country": channel.country} if channel.country else {}
    banner = f"https://yt3.ggpht.com/emulated/{channel.id}/banner"
    return {"channel": words | more, "image": {"bannerExternalUrl": banner}}


def _topics(request: Request, population: Population, channel: Channel) -> dict[str, Any]:
    names = TOPICS[channel.number % len(TOPICS)]
    return {"topicCategories": [f"https://en.wikipedia.org/wiki/{name}" for name in names]}


def _audit(request: Request, population: Population, channel: Channel) -> dict[str, Any]:
    return {
        "communityGuidelinesGoodStanding": True,
        "copyrightStrikesGoodStanding": True,
        "contentIdClaimsGoodStanding": True,
    }


def _nothing(request: Request, population: Population, channel: Channel) -> dict[str, Any]:
    return {}


_PARTS: dict[str, Callable[[Request, Population, Channel], dict[str, Any] | None]] = {
    "id": lambda request, population, channel: None,
    "snippet": _snippet,
    "contentDetails": _content,
    "statistics": _numbers,
    "topicDetails": _topics,
    "status": _status,
    "brandingSettings": _branding,
    "auditDetails": _audit,
    "contentOwnerDetails": _nothing,
    "localizations": lambda request, population, channel: None,
}
_OWNERS = frozenset(("auditDetails",))
