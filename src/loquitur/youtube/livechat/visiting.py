"""Which way a video's chat comes: followed, as it was kept, replayed or recorded; and its rows."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from loquitur.errors import MissingError, QuotaError, RemoteError, UsageError
from loquitur.media.transfer import options_of
from loquitur.text import display
from loquitur.timing import short_clock
from loquitur.youtube.collecting.job import Job
from loquitur.youtube.livechat import fetching, logs
from loquitur.youtube.livechat.following import FollowOptions, follow, ignore
from loquitur.youtube.livechat.log import ChatLog
from loquitur.youtube.livechat.replay import Replay
from loquitur.youtube.livechat.rooms import check_open, find_room
from loquitur.youtube.sessions import open_client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loquitur.settings import Settings
    from loquitur.youtube.client import Client
    from loquitur.youtube.livechat.actions import Counts
    from loquitur.youtube.livechat.following import End, News
    from loquitur.youtube.livechat.rooms import Room

Wanted = Literal["auto", "live", "replay"]
Kind = Literal["follow", "kept", "replay", "record"]
_LIST = "liveChatMessages.list"
_WHOLE = 0.9
"""A replay that ends before this share of the stream is told to be partial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A chat, and which way it comes.

    Args:
        video_id: 11 letters.
        kind: `follow` (API, live), `kept` (of an earlier run, the stream being over), `replay`, or
            `record` (no key, on air).
        room: What the API said; None without a key.
        look: What yt-dlp said; None where it was not asked.
    """

    video_id: str
    kind: Kind
    room: Room | None = None
    look: fetching.Look | None = None

    @property
    def title(self) -> str:
        """Of the video, a stranger's text; empty where nobody said."""
        known = self.room or self.look
        return known.title if known is not None else ""

    @property
    def duration_ms(self) -> int | None:
        """Of the stream, where it is over and somebody said."""
        room = self.room
        if room is not None and room.start_us is not None and room.end_us is not None:
            return (room.end_us - room.start_us) // 1000
        return self.look.duration_ms if self.look is not None else None


def log_path(settings: Settings, video_id: str) -> Path:
    """Where the log of a video's chat lies in the store."""
    job = Job(verb="chat", arguments={"video": video_id}, endpoint=settings.youtube_endpoint)
    return logs.path_of(settings.store, job.name)


def decide(settings: Settings, video_id: str, *, wanted: Wanted = "auto") -> Visit:
    """Which way a video's chat comes: live through the API, else what is kept, else the replay.

    Without a key the state of the video is asked of its page.

    Raises:
        InputError: The video never had a chat, or has none that can be read.
        ClosedError: It is live, and its chat is switched off.
        MissingError: It is to be followed live, and there is no key.
        QuotaError: It is live, and no unit is left.
        RemoteError: The service refuses.
    """
    if wanted == "replay":
        return _replayed(settings, video_id)
    try:
        with open_client(settings) as client:
            room = find_room(client, video_id)
    except MissingError:
        if wanted == "live":
            raise
        return _without_key(settings, video_id)
    except QuotaError:
        if wanted == "live" or settings.youtube_endpoint:
            raise
        found = _without_key(settings, video_id)  # a replay costs no unit
        if found.kind == "record":
            raise
        return found
    if room.chat_id is not None or wanted == "live" or room.state != "ended":
        check_open(room)
        return Visit(video_id=video_id, kind="follow", room=room)
    if _is_kept(settings, video_id):
        return Visit(video_id=video_id, kind="kept", room=room)
    return replace(_replayed(settings, video_id), room=room)


def _is_kept(settings: Settings, video_id: str) -> bool:
    """Whether anything of a chat came while it was live."""
    path = log_path(settings, video_id)
    if not path.exists():
        return False
    with ChatLog(path, video_id=video_id) as log:
        return len(log) > 0


def _replayed(settings: Settings, video_id: str) -> Visit:
    if settings.youtube_endpoint:
        return Visit(video_id=video_id, kind="replay")
    found = fetching.look(video_id, options=options_of(settings))
    if found.is_live:
        raise fetching.on_air(video_id)
    fetching.check_there(found)
    return Visit(video_id=video_id, kind="replay", look=found)


def _without_key(settings: Settings, video_id: str) -> Visit:
    found = fetching.look(video_id, options=options_of(settings))
    fetching.check_there(found)
    return Visit(video_id=video_id, kind="record" if found.is_live else "replay", look=found)


# --- live -----------------------------------------------------------------------------------------


def units_left(client: Client) -> int | None:
    """The units of the bucket that chats draw on which are left today, of all keys together."""
    buckets = client.price({_LIST: 1}).buckets
    return buckets[0].left if buckets else None


def follow_room(
    settings: Settings,
    visit: Visit,
    log: ChatLog,
    *,
    options: FollowOptions | None = None,
    listen: Callable[[News], None] = ignore,
) -> End:
    """Follow a chat into its log; see `following.follow`."""
    if visit.room is None:
        raise UsageError("a chat is followed through the API, which was not asked")
    with open_client(settings) as client:
        known = options or FollowOptions()
        known = replace(known, units_left=lambda: units_left(client))
        return follow(client, visit.room, log, options=known, listen=listen)


# --- without a key --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A replay that was fetched.

    Args:
        replay: What came.
        failure: Why it is not all; None where nothing went wrong.
    """

    replay: Replay
    failure: RemoteError | None = None


@contextlib.contextmanager
def replayed(settings: Settings, visit: Visit, *, keep: Path | None = None) -> Iterator[Brought]:
    """The replay of a chat, fetched for as long as the block lasts; part of it is better than none.

    Args:
        settings: Cookies, proxy, endpoint.
        visit: Of `decide`.
        keep: Where the file is to stay; None for nowhere.

    Raises:
        RemoteError: Nothing came.
    """
    with tempfile.TemporaryDirectory(prefix="loquitur-chat-") as folder:
        target = Path(folder) / f"{visit.video_id}{fetching.SUFFIX}"
        failure = None
        try:
            _bring(settings, visit, target)
        except RemoteError as exc:
            if not target.exists() or not target.stat().st_size:
                raise
            failure = exc
        if keep is not None:
            with fetching.writing_to(keep):
                shutil.copyfile(target, keep)
        collected_us = int(time.time() * 1e6)
        replay = Replay(target, video_id=visit.video_id, collected_us=collected_us)
        yield Brought(replay=replay, failure=failure)


def _bring(settings: Settings, visit: Visit, target: Path) -> None:
    if settings.youtube_endpoint:
        fetching.fetch_emulated(settings.youtube_endpoint, visit.video_id, target)
        return
    options = options_of(settings)
    look = visit.look or fetching.look(visit.video_id, options=options)
    fetching.fetch(look, target, options=options)


def record(settings: Settings, visit: Visit) -> None:
    """Record a chat on air without a key, into a file of this run, until the stream ends.

    Raises:
        UsageError: A server stands in for YouTube: it has no pages to record from.
    """
    if visit.look is None:
        raise UsageError("nothing is recorded from an emulator", hint="it gives a key for the API")
    folder = recordings(settings, visit.video_id)
    target = folder / f"{visit.video_id}.{int(time.time())}{fetching.SUFFIX}"
    fetching.fetch(visit.look, target, options=options_of(settings))


def recordings(settings: Settings, video_id: str) -> Path:
    """The folder of the recordings of a chat: one file for each run."""
    return log_path(settings, video_id).with_suffix("")


def recorded(settings: Settings, visit: Visit) -> Replay | None:
    """All recordings of a chat as one; None where there is none."""
    files = sorted(recordings(settings, visit.video_id).glob(f"*{fetching.SUFFIX}*"))
    files = [path for path in files if path.stat().st_size]
    start_us = visit.look.start_us if visit.look is not None else None
    if not files:
        return None
    return Replay(*files, video_id=visit.video_id, start_us=start_us)


def remarks(counts: Counts, duration_ms: int | None) -> list[str]:
    """What a person should know of a replay that was read, one line each.

    Args:
        counts: Of the whole file.
        duration_ms: Of the stream, where it is known.
    """
    found = []
    last_ms = counts.last_offset_ms
    if duration_ms and last_ms is not None and last_ms < _WHOLE * duration_ms:
        found.append(
            f"the replay ends at {short_clock(last_ms)} of {short_clock(duration_ms)}: replays are "
            "often partial, and a second try may bring more"
        )
    if counts.is_cut:
        found.append("the last line is cut: the file was not written to its end")
    if counts.broken:
        found.append(f"{counts.broken} lines could not be read")
    if counts.conflicts:
        found.append(f"{counts.conflicts} messages have the id of another one; all are kept")
    if counts.unknown:
        names = ", ".join(f"{name} ({n})" for name, n in counts.unknown.most_common(5))
        found.append(f"kinds that are not known, left out: {display(names)}")
    return found
