"""The videos that a playlist or a channel stands for: without a key, or of the emulated world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError, RemoteError
from loquitur.media import ytdlp
from loquitur.media.transfer import options_of
from loquitur.media.urls import is_url, is_youtube, youtube_id
from loquitur.text import display
from loquitur.youtube import references
from loquitur.youtube.sessions import open_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.settings import Settings
    from loquitur.youtube.caller import Caller
    from loquitur.youtube.references import ChannelReference

_BY = {"id": "id", "handle": "forHandle", "user": "forUsername"}
_PAGE = 50
_SITE = "https://www.youtube.com"


def is_list(given: str) -> bool:
    """Whether somebody means many videos: a playlist or channel, by id, handle or address."""
    return _playlist(given) != "" or _channel(given) is not None


def videos_of(given: str, settings: Settings) -> Iterator[str]:
    """The ids of a list's videos, page by page as they are taken.

    YouTube itself is asked by yt-dlp, without a key; where a server stands in for it, by the API.

    Raises:
        InputError: It names no list, or one without videos.
        RemoteError: The site refuses, or there is no such list.
    """
    playlist, channel = _playlist(given), _channel(given)
    if not playlist and channel is None:
        raise InputError(
            f"{display(given)[:200]}: no video, playlist or channel of YouTube",
            hint="give an id, a handle (@name) or an address",
            code="LQ-INPUT-ADDRESS",
        )
    if settings.youtube_endpoint:
        found = _by_api(playlist, channel, settings)
    else:
        addresses = ytdlp.entries(_address(given, playlist), options=options_of(settings))
        found = (video for url, _ in addresses if (video := youtube_id(url)))
    count = 0
    for count, video in enumerate(found, 1):  # noqa: B007 - how many there were
        yield video
    if not count:
        raise InputError(
            f"{display(given)[:200]}: there is no video in that list", code="LQ-INPUT-EMPTY"
        )


def _playlist(given: str) -> str:
    """The id of a playlist; empty where none is named.

    Raises:
        InputError: One is named that nobody can list.
    """
    named = "list=" in given if is_url(given) else references.is_playlist_id(given)
    return references.playlist_id(given) if named else ""


def _channel(given: str) -> ChannelReference | None:
    if not (
        given.startswith("@") or references.is_channel_id(given) or is_youtube(_spelled(given))
    ):
        return None
    try:
        return references.channel_reference(given)
    except InputError:
        return None


def _spelled(given: str) -> str:
    return given if "://" in given else f"https://{given}"


def _address(given: str, playlist: str) -> str:
    """Where yt-dlp finds a list: its own address, with all tabs of a channel."""
    if playlist:
        return f"{_SITE}/playlist?list={playlist}"
    if is_url(given):
        return _spelled(given)
    return f"{_SITE}/{given}" if given.startswith("@") else f"{_SITE}/channel/{given}"


def _by_api(playlist: str, channel: ChannelReference | None, settings: Settings) -> Iterator[str]:
    with open_client(settings) as client:
        uploads = playlist or _uploads(client, channel)
        pages = client.pages(
            "playlistItems.list", playlistId=uploads, part="contentDetails", maxResults=_PAGE
        )
        for page in pages:
            for item in page.get("items", ()):
                video = item.get("contentDetails", {}).get("videoId")
                if isinstance(video, str):
                    yield video


def _uploads(caller: Caller, channel: ChannelReference | None) -> str:
    """The playlist of all that a channel published."""
    if channel is None or channel.kind not in _BY:
        name = "" if channel is None else channel.value
        raise InputError(
            f"{display(name)}: the API finds no channel by that", hint="give its handle or id"
        )
    given: dict[str, Any] = {_BY[channel.kind]: channel.value}
    answer = caller.call("channels.list", part="contentDetails", **given)
    for item in answer.get("items", ()):
        uploads = item.get("contentDetails", {}).get("relatedPlaylists", {}).get("uploads")
        if isinstance(uploads, str) and uploads:
            return uploads
    raise RemoteError(
        f"there is no channel '{display(channel.value)}'", code="LQ-REMOTE-GONE",
        hint="check its id or handle",
    )  # fmt: skip
