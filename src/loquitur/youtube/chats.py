"""Live chats for programs: a video's chat as a table, or a file of one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from loquitur.settings import resolve
from loquitur.tables.table import Table
from loquitur.youtube.livechat import visiting
from loquitur.youtube.livechat.following import FollowOptions, News, ignore
from loquitur.youtube.livechat.log import ChatLog
from loquitur.youtube.livechat.pages import Pages, open_chat
from loquitur.youtube.livechat.table import COLUMNS, row
from loquitur.youtube.references import video_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from loquitur.model.chat import ChatMessage
    from loquitur.settings import Settings

__all__ = ["chat", "read_chat"]


def chat(
    video: str,
    *,
    source: Literal["auto", "live", "replay"] = "auto",
    most_s: float | None = None,
    settings: Settings | None = None,
    listen: Callable[[News], None] = ignore,
) -> Table:
    """The chat of a video: of a live one through the API, of one that is over its replay.

    A live chat is followed until it ends, or for `most_s` seconds; what came is kept in the store,
    and the next call goes on there.

    Args:
        video: The id of a video, or its address.
        source: `live` or `replay` over what its state says.
        most_s: Stop after so many seconds; None for the end of the chat.
        settings: Store, endpoint, cookies; those of this machine by default.
        listen: Hears of every page and all that goes wrong.

    Raises:
        InputError: No video is named, or it has no chat.
        ClosedError: Its chat is switched off.
        MissingError: It is live, and there is no key.
        QuotaError: No unit is left; what came is kept.
        RemoteError: The service refuses or fails. A replay that breaks off is a table all the
            same, and its `about` says why (`failure`).
    """
    settings = settings or resolve().settings
    ident = video_id(video)
    visit = visiting.decide(settings, ident, wanted=source)
    about: dict[str, object] = {"video_id": ident}
    if visit.kind == "replay":
        with visiting.replayed(settings, visit) as brought:
            failure = brought.failure.message if brought.failure is not None else None
            about |= {"source": "replay", "failure": failure}
            return _table(brought.replay, about)
    if visit.kind == "record":
        visiting.record(settings, visit)
        about |= {"source": "recording"}
        return _table(visiting.recorded(settings, visit) or (), about)
    with ChatLog(visiting.log_path(settings, ident), video_id=ident) as log:
        if visit.kind == "follow":
            options = FollowOptions(most_s=most_s)
            visiting.follow_room(settings, visit, log, options=options, listen=listen)
        about |= {"source": "api", "gaps": len(log.gaps()), "unknown": log.unknown()}
        return _table(log, about)


def read_chat(path: str | Path) -> Table:
    """A file of a chat as a table.

    Args:
        path: Of yt-dlp's `live_chat` (a replay or a recording), or answers of the API: one, a
            list, or one a line.

    Returns:
        The messages; `about` has the counts of what else was in the file.

    Raises:
        InputError: It cannot be read, or nothing in it is of a live chat.
    """
    replay = open_chat(Path(path))
    rows = [row(message) for message in replay]
    counts = replay.counts
    source = "recording" if counts.is_recording else "replay"
    source = "api" if isinstance(replay, Pages) else source
    about = {
        "video_id": replay.video_id, "source": source,
        "lines": counts.lines, "broken": counts.broken, "is_cut": counts.is_cut,
        "tickers": counts.tickers, "duplicates": counts.duplicates,
        "conflicts": counts.conflicts, "unknown": dict(counts.unknown),
        "last_offset_ms": counts.last_offset_ms,
    }  # fmt: skip
    return Table.from_rows("chat", COLUMNS, rows, about=about)


def _table(messages: Iterable[ChatMessage], about: Mapping[str, object]) -> Table:
    return Table.from_rows("chat", COLUMNS, map(row, messages), about=about)
