"""What was collected of a live chat, on the disk: pages in one transaction each.

A page and the token of the next one are written together, so whatever is killed whenever, nothing
is lost and nothing is there twice: a page that comes again brings only ids that are known. One
process writes at a time; a second one is sent away.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec

from loquitur.conversion import decoder
from loquitur.errors import CorruptError
from loquitur.model.chat import ChatMessage
from loquitur.store import writing
from loquitur.store.sqlite_files import transaction, translate
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import TracebackType

_VERSION = 1
_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, author TEXT, type TEXT NOT NULL,
    deleted_us INTEGER, is_deleted INTEGER NOT NULL DEFAULT 0, body BLOB NOT NULL
);
CREATE INDEX messages_author ON messages (author);
CREATE TABLE unknown (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
"""
_AT_ONCE = 1000
_COLLECTED = "CAST(json_extract(CAST(body AS TEXT), '$.collected_us') AS INTEGER)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time of which messages may be missing.

    Args:
        from_us: The last message before it, microseconds UTC; None where there was none.
        to_us: The first message after it.
        why: What happened.
    """

    from_us: int | None
    to_us: int | None
    why: str


class ChatLog:
    """The messages of one chat in a file; use it in a `with`.

    Args:
        path: The file, made where it is not there; None keeps everything in memory.
        video_id: Whose chat it is; None takes what an existing file says.

    Raises:
        LockedError: Another process follows this chat.
        CorruptError: The file is no such log, or of another video.
        StoreError: It cannot be written.
    """

    def __init__(self, path: Path | None, *, video_id: str | None) -> None:
        self.path = path
        self.video_id = video_id or ""
        if path is not None:
            with writing.translated(path.parent):
                writing.ensure_folder(path.parent)
        place = ":memory:" if path is None else str(path)
        with self._told():
            self._db = sqlite3.connect(place, isolation_level=None, timeout=0.2)
        try:
            with self._told():
                self._prepare(video_id)
        except BaseException:
            self._db.close()
            raise
        self._encode = msgspec.json.Encoder(decimal_format="string").encode
        self._decode = decoder(ChatMessage).decode

    def _prepare(self, video_id: str | None) -> None:
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("BEGIN EXCLUSIVE")  # held from now on, until the process is gone
        known = self._db.execute("PRAGMA user_version").fetchone()[0]
        is_any = video_id is None
        if known == 0 and not is_any:
            for statement in _SCHEMA.split(";"):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {_VERSION}")
            self._set("video_id", self.video_id)
        self._db.execute("COMMIT")
        said = self.get("video_id") if known == _VERSION or not is_any else None
        if known not in (0, _VERSION) or said is None or said != (video_id or said):
            raise CorruptError(
                f"{display(str(self.path))}: not a log of the chat of {video_id or 'a video'}",
                hint="move it away, then run it again",
            )
        self.video_id = said

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    def get(self, name: str, default: Any = None) -> Any:
        """A fact about the chat, as plain JSON."""
        found = self._all("SELECT value FROM about WHERE name = ?", (name,))
        return json.loads(found[0][0]) if found else default

    def put(self, facts: Mapping[str, Any]) -> None:
        """Keep facts about the chat."""
        with self._writing():
            for name, value in facts.items():
                self._set(name, value)

    def add(
        self,
        messages: Iterable[ChatMessage],
        facts: Mapping[str, Any],
        *,
        unknown: Iterable[str] = (),
    ) -> list[ChatMessage]:
        """Keep a page with the facts that go with it, all of it or nothing.

        Args:
            messages: In their order. A ban or a deletion marks what was there before; a poll that
                comes again brings its votes; a placeholder for a known message marks that one, and
                gives way to a message that comes later.
            facts: Such as the token of the next page.
            unknown: Names of what could not be read, to be counted.

        Returns:
            The messages that are new.
        """
        with self._writing():
            new = [message for message in messages if self._keep(message)]
            for name in unknown:
                self._db.execute(
                    "INSERT INTO unknown VALUES (?, 1) "
                    "ON CONFLICT (name) DO UPDATE SET count = count + 1",
                    (name,),
                )
            for name, value in facts.items():
                self._set(name, value)
        return new

    def note_gap(self, gap: Gap) -> None:
        """Remember that messages may be missing."""
        gaps = self.get("gaps", [])
        self.put({"gaps": [*gaps, [gap.from_us, gap.to_us, gap.why]]})

    def gaps(self) -> list[Gap]:
        """The times of which messages may be missing."""
        return [Gap(from_us=a, to_us=b, why=why) for a, b, why in self.get("gaps", [])]

    def last_us(self) -> int | None:
        """When the last message was written, microseconds UTC."""
        found = self._all("SELECT body FROM messages ORDER BY seq DESC LIMIT 1")
        return self._decode(found[0][0]).timestamp_us if found else None

    def unknown(self) -> dict[str, int]:
        """What could not be read, by its name."""
        return dict(self._all("SELECT name, count FROM unknown ORDER BY name"))

    def counts(self) -> dict[str, int]:
        """How many messages of each type there are."""
        return dict(self._all("SELECT type, count(*) FROM messages GROUP BY type"))

    def ages(self) -> tuple[float | None, float | None]:
        """When the oldest and the newest message were collected, Unix seconds."""
        query = f"SELECT min({_COLLECTED}), max({_COLLECTED}) FROM messages"  # noqa: S608 - ours
        ((oldest, newest),) = self._all(query)
        return (None, None) if oldest is None else (oldest / 1e6, newest / 1e6)

    def older(self, before_s: float) -> int:
        """How many messages were collected before a time, Unix seconds."""
        query = f"SELECT count(*) FROM messages WHERE {_COLLECTED} < ?"  # noqa: S608 - ours
        return int(self._all(query, (int(before_s * 1e6),))[0][0])

    def purge(self, before_s: float) -> int:
        """Forget the messages that were collected before a time; how many. The place is kept."""
        with self._writing():
            query = f"DELETE FROM messages WHERE {_COLLECTED} < ?"  # noqa: S608 - ours
            gone = self._db.execute(query, (int(before_s * 1e6),)).rowcount
            if gone and not len(self):
                self._set("title", "")
        if gone:
            with self._told():
                self._db.execute("VACUUM")  # what was deleted is on the disk until then
        return gone

    def wrote(self, path: str, *, guard: bool) -> None:
        """Remember a file that the messages were written to, and how."""
        self.put({"outputs": {**self.get("outputs", {}), path: guard}})

    def outputs(self) -> list[tuple[str, bool]]:
        """The files that the messages were written to, each with whether text was guarded."""
        return list(self.get("outputs", {}).items())

    def __len__(self) -> int:
        return int(self._all("SELECT count(*) FROM messages")[0][0])

    def __iter__(self) -> Iterator[ChatMessage]:
        """The messages in the order in which they came, with what became of them."""
        start_us = self.get("start_us")
        last = 0
        while True:
            rows = self._all(
                "SELECT seq, body, is_deleted, deleted_us FROM messages WHERE seq > ? "
                "ORDER BY seq LIMIT ?",
                (last, _AT_ONCE),
            )
            if not rows:
                return
            for last, body, is_deleted, deleted_us in rows:  # noqa: B007 - the loop goes on there
                yield _placed(self._decode(body), start_us, bool(is_deleted), deleted_us)

    def _keep(self, message: ChatMessage) -> bool:
        self._mark(message)
        done = self._db.execute(
            "INSERT OR IGNORE INTO messages (id, author, type, body) VALUES (?, ?, ?, ?)",
            (message.id, message.author_channel_id, message.type, self._encode(message)),
        )
        if done.rowcount:
            return True
        if message.type != "placeholder" and self._released(message):
            return True
        if message.type == "poll":
            self._db.execute(
                "UPDATE messages SET body = ? WHERE id = ? AND type = 'poll'",
                (self._encode(message), message.id),
            )
        elif message.type == "placeholder":
            self._db.execute(
                "UPDATE messages SET is_deleted = 1, deleted_us = ? "
                "WHERE id = ? AND type != 'placeholder' AND NOT is_deleted",
                (message.timestamp_us, message.id),
            )
        return False

    def _released(self, message: ChatMessage) -> bool:
        """Whether a message takes the place of a placeholder, which it then has."""
        done = self._db.execute(
            "UPDATE messages SET author = ?, type = ?, body = ? "
            "WHERE id = ? AND type = 'placeholder'",
            (message.author_channel_id, message.type, self._encode(message), message.id),
        )
        return done.rowcount > 0

    def _mark(self, message: ChatMessage) -> None:
        """Mark what a ban or a deletion takes away; not again where the same event comes again."""
        if message.type not in ("ban", "deletion") or self._knows(message.id):
            return
        for column, target in (
            ("id", message.target_id), ("author", message.target_channel_id),
        ):  # fmt: skip
            if target:
                self._db.execute(
                    f"UPDATE messages SET is_deleted = 1, deleted_us = ? "  # noqa: S608 - ours
                    f"WHERE {column} = ? AND NOT is_deleted",
                    (message.timestamp_us, target),
                )

    def _knows(self, ident: str) -> bool:
        return bool(self._all("SELECT 1 FROM messages WHERE id = ?", (ident,)))

    def _set(self, name: str, value: Any) -> None:
        self._db.execute(
            "INSERT INTO about VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, json.dumps(value)),
        )

    def _all(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._told():
            return self._db.execute(query, values).fetchall()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        with self._told(), transaction(self._db):
            yield

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Failures of SQLite as errors of ours."""
        try:
            yield
        except sqlite3.DatabaseError as exc:
            raise translate(
                exc,
                self.path or Path(),
                what="log of the chat",
                cure="move it away, then run it again",
                busy=f"another process follows the chat of {self.video_id}",
            ) from exc


def _placed(
    message: ChatMessage, start_us: int | None, is_deleted: bool, deleted_us: int | None
) -> ChatMessage:
    """A message with its time in the stream, which is known once the stream has begun."""

    def offset_ms(us: int | None) -> int | None:
        return None if us is None or start_us is None else (us - start_us) // 1000

    at_ms = offset_ms(message.timestamp_us)
    if is_deleted:
        gone_ms = offset_ms(deleted_us)
        return replace(message, offset_ms=at_ms, is_deleted=True, deleted_ms=gone_ms)
    return message if at_ms == message.offset_ms else replace(message, offset_ms=at_ms)
