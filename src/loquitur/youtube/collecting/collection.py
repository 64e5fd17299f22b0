"""A collection: rows by their ids, the runs that found them, and where the last run stands.

One SQLite file. Each page that comes is one transaction, with its rows, its calls and the place
from which to go on; so whatever is killed whenever, no row is lost, none is there twice, and the
next run begins at the page after. A second process on the same collection is sent away.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from loquitur.errors import LockedError, StoreError
from loquitur.store import writing
from loquitur.store.sqlite_files import journal_mode, transaction
from loquitur.youtube.collecting.file import prepare, translated
from loquitur.youtube.collecting.page import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from loquitur.youtube.collecting.job import Job

_FETCHED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What was collected of one thing.

    Args:
        id: The service's.
        data: What it answered, as plain JSON.
        collected_s: When, Unix seconds.
    """

    id: str
    data: dict[str, Any]
    collected_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One time that a job was done, from its first call to its last.

    Args:
        number: From 1 on.
        started_s: Unix seconds.
        finished_s: Unix seconds; None where it is not done.
        facts: What was found out about it, as plain values.
    """

    number: int
    started_s: float
    finished_s: float | None
    facts: dict[str, Any]

    @property
    def is_purged(self) -> bool:
        """Whether rows that it found were purged, so that it no longer tells of all."""
        return bool(self.facts.get("purged"))


class Collection:
    """The collection of one job, held by this process until it is closed.

    Args:
        path: Its file; made where there is none.
        job: What it is of, kept in a new file; None opens one that is there.
        now: The clock, Unix seconds.

    Raises:
        LockedError: Another process is at it.
        FullError: No space, or no right to write there.
        CorruptError: The file is damaged, or is none of ours.
    """

    def __init__(
        self, path: Path, job: Job | None = None, *, now: Callable[[], float] = time.time
    ) -> None:
        self.path = path
        self._now = now
        self._db: sqlite3.Connection | None = None
        self._lock: int | None = self._locked()
        try:
            self._db = self._opened(job)
            with self._told():
                self.about = {
                    name: json.loads(value)
                    for name, value in self._db.execute("SELECT name, value FROM about")
                }
        except BaseException:
            self.close()
            raise
        self._run: Run | None = None

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
        """Close the file and let others at it."""
        if self._db is not None:
            self._db.close()
            self._db = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def now(self) -> float:
        """The time, Unix seconds."""
        return self._now()

    # --- runs -----------------------------------------------------------------------------------

    def begin(self, *, fresh: bool = False) -> Run:
        """The run that is worked on: the last one, or a new one.

        Args:
            fresh: Begin a new one where the last one is done. An unfinished one goes on even so,
                since the same command is how it goes on. Where rows of the last one were purged
                a new one begins in any case: what is gone would never be asked for again.
        """
        runs = self.runs()
        is_over = bool(runs) and (runs[-1].is_purged or (fresh and runs[-1].finished_s is not None))
        if not runs or is_over:
            with self._transaction() as db:
                db.execute("INSERT INTO runs (started) VALUES (?)", (self._now(),))
            runs = self.runs()
        self._run = runs[-1]
        return self._run

    def finish(self) -> None:
        """The run is done."""
        with self._transaction() as db:
            db.execute(
                "UPDATE runs SET finished = ? WHERE run = ? AND finished IS NULL",
                (self._now(), self.run.number),
            )
        self._run = self.runs()[-1]

    def reopen(self) -> None:
        """The run is not done after all: more of it is wanted."""
        with self._transaction() as db:
            db.execute("UPDATE runs SET finished = NULL WHERE run = ?", (self.run.number,))
        self._run = self.runs()[-1]

    @property
    def run(self) -> Run:
        """The run that is worked on, as it was when it began or was finished; else the last."""
        if self._run is None:
            runs = self.runs()
            self._run = runs[-1] if runs else self.begin()
        return self._run

    def runs(self) -> tuple[Run, ...]:
        """All of them, the oldest first."""
        rows = self._all("SELECT run, started, finished, facts FROM runs ORDER BY run")
        return tuple(
            Run(number=number, started_s=started, finished_s=finished, facts=json.loads(facts))
            for number, started, finished, facts in rows
        )

    def state(self, facts: Mapping[str, Any]) -> None:
        """Keep what was found out about this run, over what stands there of the same name."""
        (text,) = self._all("SELECT facts FROM runs WHERE run = ?", (self.run.number,))[0]
        merged = json.dumps(json.loads(text) | dict(facts))
        with self._transaction() as db:
            db.execute("UPDATE runs SET facts = ? WHERE run = ?", (merged, self.run.number))
        self._run = next(run for run in self.runs() if run.number == self.run.number)

    # --- pages ----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def page(self) -> Iterator[Page]:
        """A transaction: all that is put into the page is kept, or nothing of it."""
        with self._transaction() as db:
            yield Page(db, self.run.number, self._now())

    def place(self, name: str) -> dict[str, Any]:
        """Where a part of this run goes on; empty where it has not begun."""
        rows = self._all(
            "SELECT place FROM places WHERE run = ? AND name = ?", (self.run.number, name)
        )
        return dict(json.loads(rows[0][0])) if rows else {}

    def has_brought(self, *, but: Iterable[str] = ()) -> bool:
        """Whether this run has brought anything.

        Args:
            but: Kinds that do not count.
        """
        rows = self._all("SELECT DISTINCT kind FROM found WHERE run = ?", (self.run.number,))
        return bool({kind for (kind,) in rows} - set(but))

    def left(self, kind: str, most: int) -> list[tuple[str, str]]:
        """What this run still has to do, the oldest first: ids and their notes."""
        rows = self._all(
            "SELECT id, note FROM todo WHERE run = ? AND kind = ? AND done = 0 ORDER BY seq "
            "LIMIT ?",
            (self.run.number, kind, most),
        )
        return [(ident, note) for ident, note in rows]

    def remained(self, kind: str) -> list[str]:
        """All that this run ever put on the list of what was to be done, done or not."""
        rows = self._all(
            "SELECT id FROM todo WHERE run = ? AND kind = ? ORDER BY seq", (self.run.number, kind)
        )
        return [ident for (ident,) in rows]

    def lacking(self, kind: str, of: str, most: int, *, behind: int = 0) -> list[tuple[int, str]]:
        """Rows `of` that this run found and of which it has no `kind` yet, in order.

        Args:
            kind: What is lacking.
            of: The rows for which it is.
            most: At most so many.
            behind: Only those behind this place.

        Returns:
            Places and ids.
        """
        found = "SELECT 1 FROM found f WHERE f.run = ? AND f.kind = ? AND f.id = r.id"
        return self._all(
            f"SELECT r.under, r.id FROM rows r WHERE r.kind = ? AND r.under > ? "  # noqa: S608
            f"AND EXISTS ({found}) AND NOT EXISTS ({found}) ORDER BY r.under, r.seq LIMIT ?",
            (of, behind, self.run.number, of, self.run.number, kind, most),
        )

    # --- reading --------------------------------------------------------------------------------

    def count(self, kind: str, *, run: int | None = None) -> int:
        """How many rows there are of a kind, or how many of them a run found."""
        if run is None:
            rows = self._all("SELECT count(*) FROM rows WHERE kind = ?", (kind,))
        else:
            rows = self._all("SELECT count(*) FROM found WHERE run = ? AND kind = ?", (run, kind))
        return int(rows[0][0])

    def has(self, kind: str, ident: str, *, run: int | None = None) -> bool:
        """Whether a run found it, or any."""
        if run is None:
            query, values = "SELECT 1 FROM rows WHERE kind = ? AND id = ?", (kind, ident)
            return bool(self._all(query, values))
        query = "SELECT 1 FROM found WHERE kind = ? AND id = ? AND run = ?"
        return bool(self._all(query, (kind, ident, run)))

    def get(self, kind: str, ident: str) -> dict[str, Any] | None:
        """What is kept of one thing, None where nothing is."""
        found = self.row(kind, ident)
        return found.data if found else None

    def row(self, kind: str, ident: str) -> Row | None:
        """What is kept of one thing and when it was collected, None where nothing is."""
        rows = self._all(
            "SELECT data, collected FROM rows WHERE kind = ? AND id = ?", (kind, ident)
        )
        if not rows:
            return None
        return Row(id=ident, data=json.loads(rows[0][0]), collected_s=rows[0][1])

    def tally(self, kind: str, name: str, *, run: int, without: str = "") -> dict[str, int]:
        """How many rows of a kind a run found by what stands under a name in their data.

        Args:
            kind: Which rows.
            name: Of a value in their data.
            run: The run's number.
            without: Only rows whose data have nothing under this name.
        """
        rows = self._all(
            "SELECT json_extract(r.data, ?), count(*) FROM rows r JOIN found f "
            "ON f.kind = r.kind AND f.id = r.id AND f.run = ? WHERE r.kind = ? "
            "AND json_extract(r.data, ?) IS NULL GROUP BY 1",
            (f"$.{name}", run, kind, f"$.{without or '-'}"),
        )
        return {str(value): count for value, count in rows}

    def rows(self, kind: str, *, run: int | None = None) -> Iterator[Row]:
        """The rows of a kind as they were first found, those under another one right behind it.

        Memory does not grow with their number.

        Args:
            kind: Which.
            run: Only those that this run found.
        """
        query = "SELECT r.id, r.data, r.collected FROM rows r"
        values: tuple[object, ...] = (kind,)
        if run is not None:
            query += " JOIN found f ON f.kind = r.kind AND f.id = r.id AND f.run = ?"
            values = (run, kind)
        with self._told():
            cursor = self._database().execute(
                query + " WHERE r.kind = ? ORDER BY r.under, r.seq", values
            )
            while batch := cursor.fetchmany(_FETCHED):
                for ident, data, collected in batch:
                    yield Row(id=ident, data=json.loads(data), collected_s=collected)

    def runs_of(self, kind: str) -> Iterator[tuple[str, tuple[int, ...]]]:
        """For each row of a kind the runs that found it."""
        query = (
            "SELECT id, group_concat(run, ' ') FROM found WHERE kind = ? GROUP BY id ORDER BY id"
        )
        with self._told():
            for ident, runs in self._database().execute(query, (kind,)):
                yield ident, tuple(sorted(int(run) for run in runs.split()))

    def spent(self, *, run: int | None = None) -> dict[str, dict[str, int]]:
        """Calls by Pacific day and method, of one run or of all."""
        rows = self._all(
            "SELECT day, method, sum(calls) FROM spent WHERE run = coalesce(?, run) "
            "GROUP BY day, method ORDER BY day, method",
            (run,),
        )
        found: dict[str, dict[str, int]] = {}
        for day, method, calls in rows:
            found.setdefault(day, {})[method] = calls
        return found

    # --- outputs and ages -----------------------------------------------------------------------

    def wrote(self, path: str, count: int, options: Mapping[str, Any]) -> None:
        """Keep where rows of this collection were written, so that a purge can name the file."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?)",
                (path, self._now(), count, json.dumps(options)),
            )

    def outputs(self) -> list[tuple[str, float, int, dict[str, Any]]]:
        """The files that hold rows of it: path, when it was written, rows, options."""
        rows = self._all("SELECT path, written, count, options FROM outputs ORDER BY path")
        return [(path, written, count, json.loads(text)) for path, written, count, text in rows]

    def kinds(self, *, before_s: float | None = None) -> dict[str, int]:
        """How many rows there are of each kind; only those collected before a time, if given."""
        rows = self._all(
            "SELECT kind, count(*) FROM rows WHERE collected < coalesce(?, 9e99) GROUP BY kind",
            (before_s,),
        )
        return dict(rows)

    def ages(self) -> tuple[float | None, float | None]:
        """When the oldest and the newest row were collected; None where there are no rows."""
        ((oldest, newest),) = self._all("SELECT min(collected), max(collected) FROM rows")
        return oldest, newest

    def older_ids(self, kind: str, before_s: float, most: int) -> list[str]:
        """Ids of a kind that were collected before a time, the oldest first."""
        rows = self._all(
            "SELECT id FROM rows WHERE kind = ? AND collected < ? ORDER BY collected, seq LIMIT ?",
            (kind, before_s, most),
        )
        return [ident for (ident,) in rows]

    def purge(self, before_s: float) -> int:
        """Forget the rows that were collected before a time; how many they were.

        Which runs found which ids goes with them, and those runs are marked: the same job begins
        anew. The space is given back to the disk.
        """
        old = "(kind, id) IN (SELECT kind, id FROM rows WHERE collected < ?)"
        with self._transaction() as db:
            db.execute(
                "UPDATE runs SET facts = json_set(facts, '$.purged', json('true')) "  # noqa: S608
                f"WHERE run IN (SELECT run FROM found WHERE {old})",
                (before_s,),
            )
            db.execute(f"DELETE FROM found WHERE {old}", (before_s,))  # noqa: S608
            db.execute(
                "DELETE FROM todo WHERE id IN (SELECT id FROM rows WHERE collected < ?)",
                (before_s,),
            )
            gone = db.execute("DELETE FROM rows WHERE collected < ?", (before_s,)).rowcount
        if gone:
            with self._told():
                self._database().execute("PRAGMA wal_checkpoint(TRUNCATE)")
                self._database().execute("VACUUM")
        return gone

    # --- the file -------------------------------------------------------------------------------

    def _locked(self) -> int:
        with writing.translated(self.path):
            writing.ensure_folder(self.path.parent)
        handle = writing.open_lock(self.path.with_suffix(".lock"))
        if not writing.try_lock(handle):
            os.close(handle)
            raise LockedError(
                f"{self.path.stem}: another process is at this collection",
                hint="let it finish, or stop it: nothing that it has is lost",
            )
        return handle

    def _opened(self, job: Job | None) -> sqlite3.Connection:
        if job is None and not self.path.exists():
            raise StoreError(f"{self.path}: there is no such collection")
        with self._told():
            db = sqlite3.connect(self.path, isolation_level=None)
            try:
                db.execute(f"PRAGMA journal_mode={journal_mode(self.path.parent)}")
                db.execute("PRAGMA synchronous=NORMAL")
                db.execute("PRAGMA secure_delete=ON")  # what is purged is gone from the file too
                prepare(db, self.path, job)
            except BaseException:
                db.close()
                raise
            self.path.chmod(0o600)
        return db

    def _database(self) -> sqlite3.Connection:
        if self._db is None:
            raise StoreError(f"{self.path}: the collection is closed")
        return self._db

    def _all(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._told():
            return self._database().execute(query, values).fetchall()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = self._database()
        with self._told():
            with transaction(db):
                yield db
                writing.point("collection.commit")
            writing.point("collection.done")

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as exc:
            raise translated(exc, self.path) from exc
