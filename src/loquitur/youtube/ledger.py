"""What was spent of each daily bucket, asked before every call, shared by all processes.

One SQLite file in the store's folder, one row for each (project, bucket, Pacific day). A project is
known by its fingerprint, a short hash; the key itself is never written. A unit is counted before
the call goes out, in one `BEGIN IMMEDIATE` transaction, so that however many processes call at
once, none goes over; a crash in between leaves a unit too many counted, never one too few.

What the service says wins: a bucket that it calls empty is marked full for that day.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from loquitur.errors import CorruptError, FullError, StoreError
from loquitur.store import writing
from loquitur.store.sqlite_files import (
    DAMAGED,
    SharedFile,
    connect,
    error_code,
    identity,
    journal_mode,
    transaction,
)
from loquitur.youtube import costs, pacific
from loquitur.youtube.complaints import BucketEmptyError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_T = TypeVar("_T")

FILE_NAME = "ledger.sqlite3"
_VERSION = 1
_SCHEMA = """
CREATE TABLE spent (
    project TEXT NOT NULL, bucket TEXT NOT NULL, day TEXT NOT NULL,
    units INTEGER NOT NULL, full INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (project, bucket, day)
) WITHOUT ROWID
"""
_ADD = (
    "INSERT INTO spent (project, bucket, day, units) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (project, bucket, day) DO UPDATE SET units = max(0, units + excluded.units)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Units that were counted for one call.

    Args:
        project: The fingerprint of the project that pays.
        bucket: Which bucket.
        day: The Pacific day on which they were counted.
        units: How many.
    """

    project: str
    bucket: str
    day: dt.date
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """A bucket of a project on one Pacific day.

    Args:
        project: The fingerprint.
        bucket: Its name.
        day: The Pacific day.
        units: What was counted.
        limit: What there is a day.
        full: Whether the service said that it is empty.
        resets_at: When that day ends, Unix seconds.
    """

    project: str
    bucket: str
    day: dt.date
    units: int
    limit: int
    full: bool
    resets_at: float

    @property
    def left(self) -> int:
        """The units that are left."""
        return 0 if self.full else max(0, self.limit - self.units)


class Ledger(SharedFile):
    """The book of all projects. Threads may share one; a child of a fork opens its own connection.

    Args:
        path: The file; it and its folder are made when something is first counted.
        limits: Units a day, over the defaults.
        now: The clock, Unix seconds.
    """

    what = "quota ledger"

    def __init__(
        self,
        path: Path,
        *,
        limits: costs.Limits | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(path)
        self.limits = limits or costs.limits({})
        self._now = now

    def now(self) -> float:
        """The time by which days are counted, Unix seconds."""
        return self._now()

    def take(self, projects: Sequence[str], method_id: str) -> Reservation:
        """Count a call that is about to be made, for the first project that still has the units.

        Args:
            projects: Whose units, by fingerprint.
            method_id: What is called.

        Raises:
            BucketEmptyError: None of them has enough today; nothing was counted.
            UsageError: No such method.
            FullError: The ledger cannot be written.
            CorruptError: Its file was damaged; it was put aside.
        """
        cost = costs.cost(method_id)
        now_s = self._now()
        day = pacific.day_of(now_s)

        def count(db: sqlite3.Connection) -> Reservation | None:
            for project in projects:
                if self._left(db, project, cost.bucket, day) >= cost.units:
                    db.execute(_ADD, (project, cost.bucket, day.isoformat(), cost.units))
                    return Reservation(
                        project=project, bucket=cost.bucket, day=day, units=cost.units
                    )
            return None

        found = self._write(count)
        if found is None:
            raise self._empty(projects, method_id, now_s)
        return found

    def settle(self, reservation: Reservation) -> None:
        """A call came back. One under way at midnight counts for both days: who knows which."""
        today = pacific.day_of(self._now())
        if today > reservation.day:
            values = (
                reservation.project, reservation.bucket, today.isoformat(), reservation.units
            )  # fmt: skip
            self._write(lambda db: db.execute(_ADD, values))

    def give_back(self, reservation: Reservation) -> None:
        """A call surely never left this machine: its units are there again."""
        values = (
            reservation.project, reservation.bucket, reservation.day.isoformat(),
            -reservation.units,
        )  # fmt: skip
        self._write(lambda db: db.execute(_ADD, values))

    def mark_full(self, project: str, bucket: str, *, day: dt.date | None = None) -> None:
        """The service says that a bucket is empty, whatever was counted here.

        Args:
            project: Whose.
            bucket: Which.
            day: On which Pacific day; None for today.
        """
        when = (day or pacific.day_of(self._now())).isoformat()
        self._write(
            lambda db: db.execute(
                "INSERT INTO spent (project, bucket, day, units, full) VALUES (?, ?, ?, 0, 1) "
                "ON CONFLICT (project, bucket, day) DO UPDATE SET full = 1",
                (project, bucket, when),
            )
        )

    def today(self, project: str, bucket: str) -> Spent:
        """A project's bucket as it stands."""
        (found,) = (item for item in self.spent((project,)) if item.bucket == bucket)
        return found

    def spent(self, projects: Sequence[str] = ()) -> tuple[Spent, ...]:
        """Every bucket of today.

        Reading makes no file, and works where none can be written.

        Args:
            projects: Fingerprints, in whose order the rows come; where none is given, all those
                that spent something today.
        """
        now_s = self._now()
        day = pacific.day_of(now_s)
        rows = self._read(
            "SELECT project, bucket, units, full FROM spent WHERE day = ?", (day.isoformat(),)
        )
        known = {(project, bucket): (units, full) for project, bucket, units, full in rows}
        names = tuple(projects) or tuple(sorted({project for project, _ in known}))
        resets_at = pacific.reset_s(now_s)
        found = []
        for project in names:
            for bucket in costs.BUCKETS:
                units, full = known.get((project, bucket), (0, 0))
                found.append(
                    Spent(
                        project=project, bucket=bucket, day=day, units=units, full=bool(full),
                        limit=self.limits.of(project, bucket), resets_at=resets_at,
                    )
                )  # fmt: skip
        return tuple(found)

    def history(self, projects: Sequence[str] = (), *, days: int = 7) -> tuple[Spent, ...]:
        """What was spent on past days and today, newest first; days without calls are left out."""
        since = pacific.day_of(self._now()) - dt.timedelta(days=days)
        rows = self._read(
            "SELECT project, bucket, day, units, full FROM spent WHERE day > ? "
            "ORDER BY day DESC, project, bucket",
            (since.isoformat(),),
        )
        return tuple(
            Spent(
                project=project, bucket=bucket, day=(day := dt.date.fromisoformat(text)),
                units=units, full=bool(full), limit=self.limits.of(project, bucket),
                resets_at=pacific.start_s(day + dt.timedelta(days=1)),
            )
            for project, bucket, text, units, full in rows
            if bucket in costs.BUCKETS and (not projects or project in projects)
        )  # fmt: skip

    def _left(self, db: sqlite3.Connection, project: str, bucket: str, day: dt.date) -> int:
        row = db.execute(
            "SELECT units, full FROM spent WHERE project = ? AND bucket = ? AND day = ?",
            (project, bucket, day.isoformat()),
        ).fetchone()
        units, full = row or (0, 0)
        return 0 if full else self.limits.of(project, bucket) - int(units)

    def _empty(self, projects: Sequence[str], method_id: str, now_s: float) -> BucketEmptyError:
        cost = costs.cost(method_id)
        resets_at = pacific.reset_s(now_s)
        today = self.spent(projects)
        rows = [item for item in today if item.bucket == cost.bucket]
        told = "; ".join(
            f"{item.units:,} of {item.limit:,}"
            + (", empty says the service" if item.full else "")
            + (f" (key {item.project})" if len(rows) > 1 else "")
            for item in rows
        )
        others = [
            f"{bucket.what} ({left:,} left)"
            for bucket in costs.BUCKETS.values()
            if bucket.name != cost.bucket
            and (left := sum(item.left for item in today if item.bucket == bucket.name))
        ]
        works = f"; still works: {'; '.join(others)}" if others else "; nothing else is left"
        return BucketEmptyError(
            f"{method_id} needs {cost.units} of the {cost.bucket} bucket, which is spent for "
            f"today: {told}",
            hint=f"it comes back at {pacific.comes_back(resets_at, now_s)} "
            f"({pacific.utc_text(resets_at)}){works}",
            bucket=cost.bucket,
            resets_at=resets_at,
            project=projects[0] if projects else "",
            reason="ledger",
            method_id=method_id,
        )

    def _read(self, query: str, values: tuple[str, ...]) -> list[tuple[Any, ...]]:
        if not self.path.exists():
            return []
        if not os.access(self.path, os.W_OK) or not os.access(self.path.parent, os.W_OK):
            return self._read_only(query, values)
        try:
            return self._run(lambda db: db.execute(query, values).fetchall())
        except FullError:
            return self._read_only(query, values)

    def _read_only(self, query: str, values: tuple[str, ...]) -> list[tuple[Any, ...]]:
        address = f"{self.path.absolute().as_uri()}?immutable=1"
        try:
            with contextlib.closing(sqlite3.connect(address, uri=True)) as db:
                return db.execute(query, values).fetchall()
        except sqlite3.DatabaseError as exc:
            raise self._translated(exc) from exc

    def _write(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        def change(db: sqlite3.Connection) -> _T:
            with transaction(db):
                return work(db)

        return self._run(change)

    def _open(self) -> sqlite3.Connection:
        with writing.translated(self.path):
            writing.ensure_folder(self.path.parent)
            with writing.locked(self.path.with_name("ledger.lock"), exclusive=True):
                db = connect(self.path)
                try:
                    db.execute(f"PRAGMA journal_mode={journal_mode(self.path.parent)}")
                    db.execute("PRAGMA synchronous=NORMAL")
                    self._prepare(db)
                except BaseException:
                    db.close()
                    raise
                self._identity = identity(self.path)
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > _VERSION:
            raise StoreError(
                f"{self.path}: ledger version {version}, this Loquitur reads up to {_VERSION}",
                hint="upgrade: pip install -U loquitur",
            )
        if version < _VERSION:
            db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA}; PRAGMA user_version={_VERSION}; COMMIT;")

    def _mend(self, exc: sqlite3.DatabaseError, code: int) -> bool:
        """Units that were counted cannot be made anew: whoever called hears of it."""
        self.close()
        if code in DAMAGED:
            raise self._put_aside() from exc
        return False

    def _put_aside(self) -> CorruptError:
        """Move a damaged file out of the way; the units that stood in it are told as unknown."""
        with (
            writing.translated(self.path),
            writing.locked(self.path.with_name("ledger.lock"), exclusive=True),
        ):
            if _is_sound(self.path):  # another process was faster
                return CorruptError(
                    f"{self.path}: the quota ledger was damaged and is made anew", hint="try again"
                )
            aside = self.path.with_name(f"{FILE_NAME}.damaged-{time.time_ns()}")
            for suffix in ("-wal", "-shm", "-journal", ""):
                with contextlib.suppress(FileNotFoundError):
                    os.replace(  # noqa: PTH105
                        self.path.with_name(self.path.name + suffix),
                        aside.with_name(aside.name + suffix),
                    )
        return CorruptError(
            f"{self.path}: the quota ledger is damaged; it was moved to {aside.name}, and what was "
            "spent today is no longer known",
            hint="run it again: counting begins at 0, and the service says where the bucket ends",
        )

    def _translated(self, exc: sqlite3.DatabaseError) -> StoreError:
        if error_code(exc) == sqlite3.SQLITE_CANTOPEN:
            return FullError(
                f"{self.path}: the quota ledger cannot be opened",
                hint="choose a place that can be written with --store DIR",
            )
        return super()._translated(exc)


def _is_sound(path: Path) -> bool:
    """Whether there is no file, or one whose rows can be read."""
    if not path.exists():
        return True
    try:
        with contextlib.closing(connect(path)) as db:
            sound = bool(db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
            db.execute("SELECT count(*) FROM spent")
            return sound
    except sqlite3.DatabaseError:
        return False
