"""Addresses of media: what they are, what they point to, how they are written. No network."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import parse_qs, quote, unquote, urlsplit, urlunsplit

from loquitur.errors import InputError
from loquitur.text import display

_SUFFIXES = (
    "3g2 3gp aac ac3 aif aiff amr ape asf au avi caf eac3 flac flv m2ts m4a m4b m4v mka mkv mov"
    " mp2 mp3 mp4 mpeg mpg mts oga ogg ogv opus ts tta w64 wav webm wma wmv wv"
)
MEDIA_SUFFIXES = frozenset("." + suffix for suffix in _SUFFIXES.split())
"""Suffixes of files that hold sound, lower case."""

_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{1,31})://")
_BARE_YOUTUBE = re.compile(r"(?:www\.|m\.|music\.)?(?:youtube\.com|youtu\.be)/\S", re.IGNORECASE)
_YOUTUBE = frozenset({"youtube.com", "youtube-nocookie.com", "youtubekids.com"})
_YOUTUBE_PREFIXES = ("www.", "m.", "music.", "gaming.")
_ID_PATHS = frozenset({"v", "e", "embed", "shorts", "live", "watch"})
_LIST_PATHS = frozenset({"channel", "c", "user"})
_NOT_IDS = frozenset({"videoseries", "live_stream"})
_PORTS = {"http": 80, "https": 443}
_PASSWORD = re.compile(r"^(\s*[A-Za-z][A-Za-z0-9+.-]*://)([^/?#:@]*):[^/?#]*@")
_PATH_SAFE = "/%:@!$&'()*+,;=~-._"


def is_url(text: str) -> bool:
    """True where a text is written as an address, of whatever scheme."""
    return bool(_SCHEME.match(text) or _BARE_YOUTUBE.match(text))


def is_video_id(text: str) -> bool:
    """True where a text has the form of a YouTube video id.

    >>> is_video_id("dQw4w9WgXcQ"), is_video_id("videoseries"), is_video_id("a.mp4")
    (True, False, False)
    """
    return bool(_VIDEO_ID.fullmatch(text)) and text not in _NOT_IDS


def parse(text: str) -> str:
    """An address as it will be asked, with the scheme that was left out.

    Raises:
        InputError: It cannot be an address of a medium on the web.
    """
    text = text.strip()
    if _BARE_YOUTUBE.match(text):
        text = "https://" + text
    scheme = _SCHEME.match(text)
    if scheme is not None and scheme[1].lower() not in _PORTS:
        hint = "give the path itself" if scheme[1].lower() == "file" else "use http or https"
        raise InputError(f"{shown(text)}: {display(scheme[1])}:// is not fetched", hint=hint)
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").encode("idna")
        unreachable = parts.port == 0
    except (ValueError, UnicodeError) as exc:
        raise _malformed(text) from exc
    if not host or unreachable or any(char.isspace() or not char.isprintable() for char in text):
        raise _malformed(text)
    return text


def canonical(url: str) -> str:
    """The one way to write an address, by which it is known in the store.

    Scheme and host in lower case, no default port, no fragment, no user name or password; every
    address of a YouTube video becomes its watch page.

    Raises:
        InputError: It cannot be an address of a medium on the web.

    >>> canonical("HTTP://Example.ORG:80/a b?q=1#t=10".replace(" ", "%20"))
    'http://example.org/a%20b?q=1'
    >>> canonical("https://youtu.be/dQw4w9WgXcQ?t=3")
    'https://www.youtube.com/watch?v=dQw4w9WgXcQ'
    """
    url = parse(url)
    video_id = youtube_id(url)
    if video_id is not None:
        return watch_url(video_id)
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".").encode("idna").decode().lower()
    if ":" in host:
        host = f"[{host}]"
    scheme = parts.scheme.lower()
    port = "" if parts.port in {None, _PORTS[scheme]} else f":{parts.port}"
    path = quote(parts.path or "/", safe=_PATH_SAFE)
    query = quote(parts.query, safe=_PATH_SAFE + "?")
    return urlunsplit((scheme, host + port, path, query, ""))


def watch_url(video_id: str) -> str:
    """The watch page of a YouTube video."""
    return f"https://www.youtube.com/watch?v={video_id}"


def shown(url: str) -> str:
    """An address for people: no password, and no query or fragment, since those may hold keys.

    >>> shown("https://me:secret@example.org/a.mp4?token=1")
    'https://example.org/a.mp4'
    """
    video_id = youtube_id(url)
    if video_id is not None:
        return watch_url(video_id)
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return display(url)[:200]
    host = parts.netloc.rpartition("@")[2]
    return display(urlunsplit((parts.scheme, host, parts.path, "", "")))[:200]


def without_password(text: str) -> str:
    """What a user gave as an input, as it was but for a password in an address.

    >>> without_password("https://me:secret@example.org/a.mp4?t=1")
    'https://me@example.org/a.mp4?t=1'
    """
    return _PASSWORD.sub(r"\1\2@", text)


def youtube_id(url: str) -> str | None:
    """The video id inside an address of YouTube, None where there is none.

    >>> youtube_id("https://m.youtube.com/shorts/dQw4w9WgXcQ?feature=share")
    'dQw4w9WgXcQ'
    """
    host, steps, query = _youtube_parts(url)
    if host == "youtu.be":
        found = steps[0] if steps else ""
    elif host in _YOUTUBE and steps and steps[0] in _ID_PATHS:
        found = steps[1] if len(steps) > 1 else query.get("v", [""])[0]
    else:
        return None
    return found if is_video_id(found) else None


def is_youtube(url: str) -> bool:
    """True for any address of YouTube."""
    host, _, _ = _youtube_parts(url)
    return host == "youtu.be" or host in _YOUTUBE


def is_youtube_list(url: str) -> bool:
    """True for a playlist or a channel of YouTube; a video opened inside a playlist is a video.

    >>> is_youtube_list("https://www.youtube.com/@name/videos")
    True
    """
    host, steps, query = _youtube_parts(url)
    if host not in _YOUTUBE or youtube_id(url) is not None:
        return False
    if not steps:
        return False
    if steps[0].startswith("@") or (steps[0] in _LIST_PATHS and len(steps) > 1):
        return True
    return "list" in query


def media_suffix(url: str) -> str:
    """The suffix of the file an address names, lower case; empty where it names no media file."""
    suffix = PurePosixPath(unquote(_path(url))).suffix.lower()
    return suffix if suffix in MEDIA_SUFFIXES else ""


def last_name(url: str) -> str:
    """The last name in an address's path, decoded; the host where the path is empty."""
    path = unquote(_path(url)).rstrip("/")
    return path.rsplit("/", 1)[-1] or urlsplit(url).hostname or ""


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _youtube_parts(url: str) -> tuple[str, list[str], dict[str, list[str]]]:
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower().rstrip(".")
        query = parse_qs(parts.query, max_num_fields=100)
    except ValueError:
        return "", [], {}
    for prefix in _YOUTUBE_PREFIXES:
        host = host.removeprefix(prefix)
    return host, [step for step in parts.path.split("/") if step], query


def _malformed(text: str) -> InputError:
    return InputError(
        f"{shown(text)}: not a web address", hint="expected https://host/path, quoted in the shell"
    )
