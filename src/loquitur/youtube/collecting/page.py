"""One page of a collection: its rows, its calls and the place to go on from, kept together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from loquitur.youtube import pacific

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping


class Page:
    """What is written together: rows, calls and the place to go on from."""

    def __init__(self, db: sqlite3.Connection, run: int, now: float) -> None:
        self._db = db
        self._run = run
        self._now = now

    def put(self, kind: str, ident: str, data: Mapping[str, Any], *, under: str = "") -> bool:
        """Keep a row, or what is newer of it.

        Args:
            kind: What it is (`video`, `comment`).
            ident: Its id.
            data: The answer.
            under: The id of the row of the same kind below which it belongs.

        Returns:
            True where this run did not have it yet.
        """
        text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
        above = 0
        if under:
            line = self._db.execute(
                "SELECT seq FROM rows WHERE kind = ? AND id = ?", (kind, under)
            ).fetchone()
            above = int(line[0]) if line else 0
        self._db.execute(
            "INSERT INTO rows (kind, id, under, data, collected) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (kind, id) DO UPDATE SET data = excluded.data, "
            "collected = excluded.collected",
            (kind, ident, above, text, self._now),
        )
        if not above:
            self._db.execute(
                "UPDATE rows SET under = seq WHERE kind = ? AND id = ? AND under = 0", (kind, ident)
            )
        return self.note(kind, ident)

    def renew(self, kind: str, ident: str, data: Mapping[str, Any]) -> None:
        """Keep what is newer of a row that is there; which runs found it stays."""
        self._db.execute(
            "UPDATE rows SET data = ?, collected = ? WHERE kind = ? AND id = ?",
            (json.dumps(data, ensure_ascii=True, separators=(",", ":")), self._now, kind, ident),
        )

    def note(self, kind: str, ident: str) -> bool:
        """Say that this run found a row; True where it had not yet."""
        done = self._db.execute(
            "INSERT OR IGNORE INTO found VALUES (?, ?, ?)", (self._run, kind, ident)
        )
        return done.rowcount > 0

    def drop(self, kind: str, ident: str) -> None:
        """Forget a row and that it was found."""
        self._db.execute("DELETE FROM rows WHERE kind = ? AND id = ?", (kind, ident))
        self._db.execute("DELETE FROM found WHERE kind = ? AND id = ?", (kind, ident))

    def remain(self, kind: str, ident: str, note: str = "") -> None:
        """Put something on the list of what is still to be done, unless it stood there once."""
        self._db.execute(
            "INSERT OR IGNORE INTO todo (run, kind, id, note) VALUES (?, ?, ?, ?)",
            (self._run, kind, ident, note),
        )

    def done(self, kind: str, idents: Iterable[str]) -> None:
        """Take things off that list."""
        self._db.executemany(
            "UPDATE todo SET done = 1 WHERE run = ? AND kind = ? AND id = ?",
            [(self._run, kind, ident) for ident in idents],
        )

    def place(self, name: str, place: Mapping[str, Any]) -> None:
        """Keep the place from which a part of the job goes on."""
        self._db.execute(
            "INSERT OR REPLACE INTO places VALUES (?, ?, ?)", (self._run, name, json.dumps(place))
        )

    def forget_place(self, name: str) -> None:
        """A part of the job is done, and its place no longer needed."""
        self._db.execute("DELETE FROM places WHERE run = ? AND name = ?", (self._run, name))

    def spend(self, calls: Mapping[str, int]) -> None:
        """Count calls for this run and today; a run begins with its first call.

        Only then the service's time is known.
        """
        if any(calls.values()):
            self._db.execute(
                "UPDATE runs SET started = ? WHERE run = ? AND NOT EXISTS "
                "(SELECT 1 FROM spent WHERE run = runs.run)",
                (self._now, self._run),
            )
        day = pacific.day_of(self._now).isoformat()
        self._db.executemany(
            "INSERT INTO spent VALUES (?, ?, ?, ?) ON CONFLICT (run, day, method) "
            "DO UPDATE SET calls = calls + excluded.calls",
            [(self._run, day, method, count) for method, count in calls.items() if count],
        )
