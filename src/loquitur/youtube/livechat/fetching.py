"""A chat without a key, by yt-dlp: the replay of a stream that is over, a recording of one on air.

Both are files of JSON lines (`replay.Replay` reads them). A recording has a file of its own for
each run, so that what an earlier run wrote stays, whatever becomes of this one.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.errors import FullError, InputError, LoquiturError, RemoteError, TransientError
from loquitur.media import complaints, ytdlp
from loquitur.media.transfer import DEFAULTS, FetchOptions, check_online, refusal
from loquitur.media.urls import watch_url
from loquitur.text import display
from loquitur.timing import from_seconds
from loquitur.youtube.answers import reason_in
from loquitur.youtube.livechat.rooms import gone, no_stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIX = ".live_chat.json"
REPLAY = "/emulator/replay"
"""Where a server that stands in for YouTube has replays."""
_TIMEOUT_S = 60.0
_LIVE = ("is_live", "is_upcoming")
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What yt-dlp says of a video's chat.

    Args:
        video_id: 11 letters.
        title: A stranger's text.
        is_live: Whether it is on air, or will be: the chat can be recorded.
        was_live: Whether it was a stream.
        start_us: When it began, microseconds UTC; None where nobody says.
        duration_ms: Of what is over; None where nobody says.
        place: What yt-dlp needs to read the chat; None where there is none.
    """

    video_id: str
    title: str
    is_live: bool
    was_live: bool
    start_us: int | None
    duration_ms: int | None
    place: dict[str, Any] | None


def look(video_id: str, *, options: FetchOptions = DEFAULTS) -> Look:
    """Whether a video has a chat to replay or record; nothing is fetched but its page.

    Raises:
        RemoteError: The site refuses: private, gone, robot, not begun.
    """
    url = watch_url(video_id)
    check_online(url, options)
    heard = ytdlp.Heard()
    with ytdlp.translated(url), ytdlp.asking(options, heard=heard, more=_PARAMETERS) as ydl:
        info = ydl.extract_info(url, download=False) or {}
    entries = (info.get("subtitles") or {}).get("live_chat") or []
    if not entries:
        known = heard.means(url)
        # That nothing plays does not say that there is no chat.
        if known and known[0].code != complaints.NO_FORMATS and not info.get("formats"):
            raise known[0]
    status = info.get("live_status")
    began, duration = info.get("release_timestamp"), info.get("duration")
    return Look(
        video_id=video_id,
        title=str(info.get("title") or ""),
        is_live=status in _LIVE or bool(info.get("is_live")),
        was_live=status in ("was_live", "post_live", *_LIVE) or bool(info.get("was_live")),
        start_us=int(began * 1_000_000) if isinstance(began, int | float) else None,
        duration_ms=from_seconds(duration) if isinstance(duration, int | float) else None,
        place=dict(entries[0]) if entries else None,
    )


def check_there(found: Look) -> dict[str, Any]:
    """What is needed to read the chat.

    Raises:
        InputError: The video has none.
    """
    if found.place is not None:
        return found.place
    if not found.was_live:
        raise no_stream(found.video_id)
    raise InputError(
        f"video {found.video_id}: it has no {'chat' if found.is_live else 'replay of its chat'}",
        hint="the channel switched it off, or the replay is not ready: try again in some hours",
        code="LQ-CHAT-NONE",
    )


def fetch(found: Look, target: Path, *, options: FetchOptions = DEFAULTS) -> None:
    """Bring a replay, or record what is said from now on until the stream ends.

    Args:
        found: Of `look`.
        target: The file. Interrupted, what came lies in it all the same.
        options: Cookies, proxy.

    Raises:
        InputError: The video has no chat.
        TransientError: It broke off, or nothing came.
        RemoteError: The site refuses.
    """
    place, url = check_there(found), watch_url(found.video_id)
    check_online(url, options)
    _ready(target)
    partial = target.with_name(target.name + ".part")
    heard = ytdlp.Heard()
    try:
        with (
            ytdlp.translated(url, target.parent),
            ytdlp.asking(options, heard=heard, more=_PARAMETERS) as ydl,
        ):
            done, _ = ydl.dl(str(target), place, subtitle=True)
    finally:
        # What was written until now counts, whatever ended it.
        if not target.exists() and partial.exists():
            partial.replace(target)
    if not done and not (target.exists() and target.stat().st_size):
        raise _nothing(heard, url)


def fetch_emulated(endpoint: str, video_id: str, target: Path) -> None:
    """Bring a replay from a server that stands in for YouTube.

    Args:
        endpoint: Its address.
        video_id: Of the stream.
        target: The file.

    Raises:
        InputError: It has no replay of this video, or not yet.
        GoneError: It has no such video.
        TransientError: It cannot be reached, or breaks off.
        FullError: The file cannot be written.
    """
    import httpx

    address = endpoint.rstrip("/") + REPLAY
    _ready(target)
    try:
        with (
            writing_to(target),
            httpx.stream(
                "GET", address, params={"video": video_id}, timeout=_TIMEOUT_S, trust_env=False
            ) as answer,
            target.open("wb") as file,
        ):
            if answer.status_code == 404:
                raise _without_replay(video_id, answer.read())
            if answer.status_code != 200:
                raise refusal(answer.status_code, address)
            for block in answer.iter_bytes(_BLOCK):
                file.write(block)
    except httpx.TransportError as exc:
        raise TransientError(
            f"{address} cannot be reached, or broke off", hint="is the emulator running?"
        ) from exc


def on_air(video_id: str) -> InputError:
    """Why a stream on air has no replay."""
    return InputError(
        f"video {video_id}: it is live now; its replay comes when it is over",
        hint=f"loquitur youtube chat {video_id} --follow",
        code="LQ-CHAT-LIVE",
    )


def _without_replay(video_id: str, body: bytes) -> LoquiturError:
    """What the 404 of a server that stands in says, as `{"error": {"reason": ...}}`."""
    reason = reason_in(body)
    if reason == "live":
        return on_air(video_id)
    if reason == "gone":
        return gone(video_id)
    return InputError(
        f"video {video_id}: it has no replay of its chat",
        hint="check the id; the channel may have switched it off",
        code="LQ-CHAT-NONE",
    )


_PARAMETERS: dict[str, Any] = {
    "subtitleslangs": ["live_chat"],
    "writesubtitles": True,
    "extractor_args": {"youtube": {"skip": ["dash", "hls", "translated_subs"]}},
}


@contextlib.contextmanager
def writing_to(target: Path) -> Iterator[None]:
    """Failures of the disk while the block runs, as an error of ours."""
    try:
        yield
    except OSError as exc:
        raise FullError(f"{display(str(target))}: cannot be written: {exc.strerror}") from exc


def _ready(target: Path) -> None:
    with writing_to(target):
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        target.unlink(missing_ok=True)


def _nothing(heard: ytdlp.Heard, url: str) -> LoquiturError:
    known = heard.means(url)
    if known:
        return known[0]
    said = f": {display(heard.lines[-1])[:200]}" if heard.lines else ""
    return RemoteError(
        f"{url}: yt-dlp brought nothing of its chat{said}",
        hint="try again; a newer one may do better: pip install -U yt-dlp",
    )
