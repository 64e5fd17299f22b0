"""The logs of live chats in a store: what there is, how old it is, what goes when it is too old.

Beside a log lie the recordings of its chat that were made without a key (`visiting.recordings`).
They did not come through the API: purging leaves them, forgetting takes them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loquitur.errors import LockedError
from loquitur.store import writing
from loquitur.youtube.livechat.log import ChatLog

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = ".sqlite3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The log of a chat, as a list shows it.

    Args:
        name: Its own: `chat-0123456789abcdef`.
        video_id: Whose chat it is; empty where that is not known.
        title: Of the video, a stranger's text.
        types: How many messages of each type.
        is_over: Whether it was followed to the end of the chat.
        oldest_s: When its oldest message was collected, Unix seconds; None where it has none.
        newest_s: When its newest message was.
        outputs: The files that its messages were written to.
        recordings: How many recordings lie beside it.
        size_bytes: Of the log.
        busy: Whether a process follows the chat; then the rest is not known.
    """

    name: str
    video_id: str = ""
    title: str = ""
    types: dict[str, int]
    is_over: bool = False
    oldest_s: float | None = None
    newest_s: float | None = None
    outputs: tuple[str, ...] = ()
    recordings: int = 0
    size_bytes: int = 0
    busy: bool = False


def folder(store: Path) -> Path:
    """Where the logs of a store lie."""
    return store / "youtube" / "chats"


def path_of(store: Path, name: str) -> Path:
    """The file of a log."""
    return folder(store) / (name + SUFFIX)


def names(store: Path) -> list[str]:
    """The names of all logs, sorted."""
    place = folder(store)
    with writing.translated(place):
        found = sorted(place.glob("*" + SUFFIX)) if place.is_dir() else []
    return [path.name.removesuffix(SUFFIX) for path in found]


def opened(store: Path, name: str) -> ChatLog:
    """A log, whosever chat it is.

    Raises:
        LockedError: A process follows the chat.
    """
    return ChatLog(path_of(store, name), video_id=None)


def entry(store: Path, name: str) -> Entry:
    """A log, as a list shows it."""
    path = path_of(store, name)
    recordings = sum(1 for each in path.with_suffix("").glob("*") if each.is_file())
    found = Entry(
        name=name, types={}, recordings=recordings, size_bytes=path.stat().st_size, busy=True
    )
    try:
        with opened(store, name) as log:
            oldest, newest = log.ages()
            return replace(
                found, video_id=log.video_id, title=log.get("title") or "", types=log.counts(),
                is_over=bool(log.get("is_over")), oldest_s=oldest, newest_s=newest, busy=False,
                outputs=tuple(path for path, _ in log.outputs()),
            )  # fmt: skip
    except LockedError:
        return found


def forget(store: Path, name: str) -> None:
    """Remove a log with all its messages, and the recordings beside it.

    Raises:
        LockedError: A process follows the chat.
    """
    path = path_of(store, name)
    with opened(store, name):
        for suffix in ("-journal", ""):
            writing.discard(path.with_name(path.name + suffix))
        writing.discard(path.with_suffix(""))
