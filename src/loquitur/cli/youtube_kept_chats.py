"""What `youtube collections` does with the logs of live chats, which are no collections of rows."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.cli.youtube_jobs import age, moment
from loquitur.errors import UsageError

if TYPE_CHECKING:
    from loquitur.youtube.livechat.log import ChatLog
    from loquitur.youtube.livechat.logs import Entry


def chosen(store: Path, given: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The collections and the logs of chats that are meant; all where no name is given."""
    from loquitur.youtube.collecting import shelf
    from loquitur.youtube.livechat import logs

    chats = logs.names(store)
    found = shelf.chosen(store, given, more=chats)
    return [name for name in found if name not in chats], [name for name in found if name in chats]


def without_chats(store: Path, given: tuple[str, ...]) -> list[str]:
    """The collections that are meant, where chats cannot be.

    Raises:
        UsageError: A chat is named.
    """
    found, chats = chosen(store, given)
    if chats and given:
        raise UsageError(
            f"{chats[0]}: the messages of a chat cannot be asked for again",
            hint=f"loquitur youtube collections purge {chats[0]}",
        )
    return found


def plain(entry: Entry) -> dict[str, Any]:
    """A log as JSON, with the keys of a collection."""
    if entry.busy:
        return {"name": entry.name, "verb": "chat", "busy": True}
    return {
        "name": entry.name,
        "verb": "chat",
        "arguments": {"video": entry.video_id},
        "title": entry.title,
        "rows": entry.types,
        "done": entry.is_over,
        "oldest": moment(entry.oldest_s),
        "newest": moment(entry.newest_s),
        "outputs": list(entry.outputs),
        "recordings": entry.recordings,
        "size_bytes": entry.size_bytes,
    }


def line(entry: Entry) -> tuple[str, str, str, str, str]:
    """A log as a row of the list."""
    if entry.busy:
        return entry.name, "busy", "", "", "-"
    what = f"chat {entry.video_id}"
    count = f"{sum(entry.types.values()):,} messages"
    if entry.recordings:
        count += f" {entry.recordings} recordings"
    state = "done" if entry.is_over else "unfinished"
    return entry.name, what, count, state, age(entry.oldest_s, time.time())


def described(store: Path, name: str) -> dict[str, Any]:
    """A log as `show` prints it."""
    from loquitur.youtube.livechat import logs

    document = plain(logs.entry(store, name))
    with logs.opened(store, name) as log:
        document["unknown"] = log.unknown()
        document["gaps"] = [[gap.from_us, gap.to_us, gap.why] for gap in log.gaps()]
    return document


def purged(
    store: Path, name: str, before_s: float, *, dry_run: bool, files: bool
) -> dict[str, Any]:
    """Forget the messages of a log that are too old; what was done."""
    from loquitur.youtube.livechat import logs

    with logs.opened(store, name) as log:
        gone = log.older(before_s)
        stale = [path for path, _ in log.outputs()] if gone else []
        if not dry_run:
            log.purge(before_s)
        rewritten = _rewritten(log) if gone and files and not dry_run else []
    return {"collection": name, "purged": gone, "files": stale, "rewritten": rewritten}


def _rewritten(log: ChatLog) -> list[str]:
    """Write files again from what the log holds now; those that are gone stay gone."""
    from loquitur.tables.writing import write
    from loquitur.youtube.livechat.table import COLUMNS, row

    done = []
    for path, guard in log.outputs():
        if not Path(path).is_file():
            continue
        write(Path(path), COLUMNS, map(row, log), guard=guard)
        done.append(path)
    return done
