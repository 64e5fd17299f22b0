"""An address becomes a file: straight from its server, or through yt-dlp."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.errors import InputError, RemoteError
from loquitur.media import http, ytdlp
from loquitur.media.transfer import (
    DEFAULTS,
    PAGE_CODE,
    REAL_TIME,
    REFUSED_CODE,
    Fetched,
    FetchOptions,
    Pace,
    Progress,
    check_online,
    full,
    silent,
)
from loquitur.media.urls import is_youtube, is_youtube_list, media_suffix, parse, shown

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FetchOptions", "Fetched", "Pace", "Progress", "fetch"]


def fetch(
    url: str,
    folder: Path,
    *,
    options: FetchOptions = DEFAULTS,
    progress: Progress = silent,
    pace: Pace = REAL_TIME,
) -> Fetched:
    """Bring the medium at an address into a folder.

    An address of a media file, or of a server yt-dlp does not know, is asked directly; what turns
    out to be a page, and every site yt-dlp knows, goes through yt-dlp. A cut download is continued
    by the next call with the same folder.

    Args:
        url: An http or https address of one medium.
        folder: A folder for this address alone; made where it is missing.
        options: Sound alone or pictures too, limits, cookies, proxy.
        progress: Told the bytes that are here.
        pace: The clock and how to wait.

    Returns:
        The file, called `media.*`, and what its source says about it.

    Raises:
        InputError: The address is malformed, private, a list, a page without a medium, too large.
        RemoteError: The network or the site fails or refuses; `TransientError` where it may pass.
        FullError: The disk is full.
        MissingError: A package is missing.
    """
    url = parse(url)
    check_online(shown(url), options)
    if is_youtube_list(url):
        raise InputError(f"{shown(url)}: a list of videos, not one", hint="expand it first")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise full(folder, exc.strerror or "it cannot be made") from exc
    if _is_for_ytdlp(url, options):
        return ytdlp.download(url, folder, options=options, progress=progress, pace=pace)
    target = folder / ("media" + (media_suffix(url) or ".bin"))
    try:
        return http.download(url, target, options=options, progress=progress, pace=pace)
    except (InputError, RemoteError) as exc:
        if exc.code not in {PAGE_CODE, REFUSED_CODE}:
            raise
    return ytdlp.download(url, folder, options=options, progress=progress, pace=pace)


def _is_for_ytdlp(url: str, options: FetchOptions) -> bool:
    # Only yt-dlp reads the cookies of browsers.
    if is_youtube(url) or options.cookies_browser:
        return True
    return not media_suffix(url) and ytdlp.is_known(url)
