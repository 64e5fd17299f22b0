"""What people paste when they mean a video, a channel or a playlist: ids and addresses to ids.

Every address of a video that the service has used is read: watch pages, shorts, live, embeds, the
short host, `music.`, `m.`, Studio, the host without cookies, thumbnails, and the addresses that
lead there (attribution and redirect links, consent pages). Nothing is asked of the network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from loquitur.errors import InputError
from loquitur.media import urls
from loquitur.text import display

Kind = Literal["id", "handle", "user", "custom", "video", "either"]

_CHANNEL_ID = re.compile(r"UC[A-Za-z0-9_-]{22}")
_HANDLE = re.compile(r"[\w.·・\-]{1,100}")
"""Handles have letters of 75 scripts, digits, `_ - .` and middle dots (30 of them at most; some
older ones are longer)."""
_PLAYLIST = re.compile(r"[A-Za-z0-9_-]{10,64}")
_OWN_LISTS = ("WL", "LL", "LM", "HL")
_LISTS = ("PL", "UU", "FL", "OL", "EC", "SP", "LP", "TL", "VL", "RD", "UL", "CL", "EL", "PU")
_WRAPPED = ("u", "q", "url", "continue", "next", "continue_url")
_WRAPPERS = frozenset({"attribution_link", "redirect", "oembed", "m", "d", "signin", "url", "ml"})
_THUMBNAILS = frozenset({"i.ytimg.com", "img.youtube.com", "i1.ytimg.com", "i3.ytimg.com"})
_TABS = frozenset(
    (
        *("videos", "shorts", "streams", "live", "playlists", "community", "posts", "about"),
        *("featured", "channels", "podcasts", "releases", "store", "search", "join", "home"),
    )
)
_DEEPEST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelReference:
    """A channel as somebody named it.

    Args:
        kind: `id` (`UC...`), `handle` (without the `@`), `user` (an old user name), `custom` (an
            address `/c/NAME`, which the API cannot look up), `video` (one of its videos), `either`
            (11 letters that may be a handle or the id of a video).
        value: The id or name.
    """

    kind: Kind
    value: str

    @property
    def shown(self) -> str:
        """As people write it: `@name`, `user/name`, `c/name`, an id."""
        before = {"handle": "@", "user": "user/", "custom": "c/"}
        return before.get(self.kind, "") + self.value


def video_id(text: str) -> str:
    """The id of a video from an id or any address of it.

    Args:
        text: What was given: `dQw4w9WgXcQ`, `https://youtu.be/dQw4w9WgXcQ?t=3`, ...

    Raises:
        InputError: It names no video.

    >>> video_id("https://m.youtube.com/watch?list=PL1&v=-abcdefghij"), video_id("-abcdefghij")
    ('-abcdefghij', '-abcdefghij')
    """
    given = text.strip()
    if urls.is_video_id(given):
        return given
    for address in _unwrapped(given):
        found = urls.youtube_id(address) or _inside(address)
        if found:
            return found
    raise _no_video(given)


def channel_reference(text: str) -> ChannelReference:
    """What channel is meant by an id, a handle, or an address of the channel or of its video.

    Raises:
        InputError: It names no channel.

    >>> channel_reference("https://www.youtube.com/@名前/videos").value
    '名前'
    >>> channel_reference("UC_x5XG1OV2P6uZZ5FSM9Ttw").kind
    'id'
    """
    given = text.strip()
    if _CHANNEL_ID.fullmatch(given):
        return ChannelReference(kind="id", value=given)
    if given.startswith("@"):
        return _handle(unquote(given[1:]).strip("/"), given)
    for address in _unwrapped(given):
        video = urls.youtube_id(address)
        if video:
            return ChannelReference(kind="video", value=video)
        if urls.is_youtube(address):
            found = _channel_of(address, given)
            if found:
                return found
    if urls.is_url(given):
        raise _no_channel(given)
    if urls.is_video_id(given):
        return ChannelReference(kind="either", value=given)
    return _handle(given, given)


def playlist_id(text: str) -> str:
    """The id of a playlist from an id or an address with `list=`.

    A channel's id stands for its uploads (`UC...` becomes `UU...`).

    Raises:
        InputError: It names no playlist, or one that nobody can list: a mix (`RD...`), which is
            made for each viewer and never ends, or a list that is private to its owner.

    >>> playlist_id("https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PLabcdefghijklmnop")
    'PLabcdefghijklmnop'
    """
    given = text.strip()
    found = given if not urls.is_url(given) else ""
    for address in _unwrapped(given):
        query = _query(address)
        if "list" in query:
            found = query["list"][0]
            break
        reference = _channel_of(address, given) if urls.is_youtube(address) else None
        if reference is not None and reference.kind == "id":
            found = reference.value
    found = found.removeprefix("VL") if found.startswith("VLPL") else found
    if _CHANNEL_ID.fullmatch(found):
        return "UU" + found[2:]
    if found in _OWN_LISTS:
        hint = "make a playlist of your own from it, public or unlisted"
        raise InputError(f"{found}: this list is private to its owner", hint=hint)
    if found.startswith("RD"):
        hint = "give a playlist (PL...) or a channel's uploads (UU...)"
        raise InputError(f"{display(found)[:40]}: a mix is made anew for each viewer", hint=hint)
    if not found.startswith(_LISTS) or not _PLAYLIST.fullmatch(found):
        hint = "expected an id (PL..., UU...) or an address with list="
        raise InputError(f"not a playlist: '{display(given)[:80]}'", hint=hint)
    return found


def is_channel_id(text: str) -> bool:
    """True where a text has the form of a channel id: `UC` and 22 characters."""
    return bool(_CHANNEL_ID.fullmatch(text))


def is_playlist_id(text: str) -> bool:
    """True where a text has the form of a playlist's id: `PL...`, `UU...`.

    >>> is_playlist_id("PLabcdefghijklmnop"), is_playlist_id("PLabcdefghi"), is_playlist_id("talk")
    (True, False, False)
    """
    return bool(
        _PLAYLIST.fullmatch(text) and text.startswith(_LISTS) and not urls.is_video_id(text)
    )


def _unwrapped(given: str) -> list[str]:
    """An address and those that it carries in its query, the innermost first."""
    found: list[str] = []
    left = [unquote(given) if given.lower().startswith(("http%3a", "https%3a")) else given]
    while left and len(found) < _DEEPEST:
        address = left.pop(0)
        if address.startswith("//"):
            address = "https:" + address
        elif address.startswith("/"):
            address = "https://www.youtube.com" + address
        if not urls.is_url(address):
            continue
        if "://" not in address:
            address = "https://" + address
        found.append(address)
        first = urlsplit(address).path.strip("/").partition("/")[0] if _parses(address) else ""
        if first in _WRAPPERS:
            query = _query(address)
            left += [query[name][0] for name in _WRAPPED if name in query]
    return found[::-1]


def _inside(address: str) -> str | None:
    """A video id where `media.urls` does not look: fragments, thumbnails, lists of ids."""
    if not _parses(address):
        return None
    parts = urlsplit(address)
    steps = [step for step in parts.path.split("/") if step]
    host = (parts.hostname or "").lower()
    candidates = []
    if host in _THUMBNAILS and len(steps) > 1 and steps[0].startswith(("vi", "an_webp")):
        candidates.append(steps[1])
    if host == "studio.youtube.com" and steps[:1] == ["video"]:
        candidates += steps[1:2]
    if urls.is_youtube(address):
        fragment = parts.fragment.lstrip("!/")
        candidates += _fields(fragment.partition("?")[2]).get("v", [])
        candidates += _fields(fragment).get("v", [])
        query = _fields(parts.query)
        if not (steps and steps[0] in ("playlist", "results")):
            candidates += query.get("v", [])
        candidates += query.get("video_id", [])
    return next((found for found in candidates if urls.is_video_id(found)), None)


def _channel_of(address: str, given: str) -> ChannelReference | None:
    """The channel that an address of the service names, None where it names none."""
    steps = [unquote(step) for step in urlsplit(address).path.split("/") if step]
    if not steps:
        return None
    first, second = steps[0], steps[1] if len(steps) > 1 else ""
    if first.startswith("@"):
        return _handle(first[1:], given)
    if first == "channel" and second:
        if not _CHANNEL_ID.fullmatch(second):
            raise _no_channel(given)
        return ChannelReference(kind="id", value=second)
    if first == "user" and second:
        return ChannelReference(kind="user", value=second)
    if first == "c" and second:
        return ChannelReference(kind="custom", value=second)
    return None


def _handle(name: str, given: str) -> ChannelReference:
    name = name.removesuffix("/").partition("/")[0]
    if not _HANDLE.fullmatch(name) or name in _TABS:
        raise _no_channel(given)
    return ChannelReference(kind="handle", value=name)


def _query(address: str) -> dict[str, list[str]]:
    return _fields(urlsplit(address).query) if _parses(address) else {}


def _fields(text: str) -> dict[str, list[str]]:
    try:
        return parse_qs(text, max_num_fields=100)
    except ValueError:  # more fields than anybody needs
        return {}


def _parses(address: str) -> bool:
    try:
        urlsplit(address)
    except ValueError:
        return False
    return True


def _no_video(given: str) -> InputError:
    hint = "expected an id of 11 characters or the address of a video"
    if urls.is_youtube_list(given):
        hint = "that is a channel or a playlist: see `loquitur youtube channel` and `playlist`"
    elif "/clip/" in given:
        hint = "a clip's address does not hold its video's id: open the clip, take the video's"
    return InputError(f"not a video: '{urls.shown(given)[:80]}'", hint=hint)


def _no_channel(given: str) -> InputError:
    hint = "expected an id (UC...), a handle (@name), or an address of the channel or its video"
    return InputError(f"not a channel: '{display(given)[:80]}'", hint=hint)
