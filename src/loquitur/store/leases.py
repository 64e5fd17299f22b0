"""Leases: the right to do a task, so that two processes do not do it both.

A lease spares work; correctness never rests on it, since records are made only if absent. It is
kept alive by a heartbeat, runs out by itself, and is taken over at once where its process is dead
on this machine. So nobody is ever asked to unlock anything.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from loquitur.errors import StoreError
from loquitur.store.owners import Owner, myself

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from loquitur.store.catalog import Catalog

# unixepoch('subsec') needs SQLite 3.42 and gives NULL before
_NOW = "SELECT (julianday('now') - 2440587.5) * 86400.0"
_BEATS_PER_TTL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A lease that is ours; `attempt` counts from 1, one more for each owner that was lost."""

    key: str
    owner: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who else holds a lease, and for how long by now."""

    host: str
    pid: int
    held_s: float
    heartbeat: float


class Leases:
    """The leases of one store, as one process sees them.

    Args:
        catalog: The index.
        ttl_s: How long a lease lasts without a heartbeat.
        clock: Seconds since 1970; the database's own clock where it is None.
    """

    def __init__(
        self, catalog: Catalog, *, ttl_s: float = 60.0, clock: Callable[[], float] | None = None
    ) -> None:
        self._catalog = catalog
        self._ttl_s = ttl_s
        self._clock = clock
        self._held: dict[str, str] = {}
        self._given_up: set[str] = set()
        self._seen: dict[str, tuple[float, float]] = {}
        self._mutex = threading.Lock()
        self._stop: threading.Event | None = None
        self._pid = os.getpid()

    def claim(self, key: str) -> Claim | Holder:
        """The lease of a key where it is free, run out or orphaned; else who holds it."""
        self._leave_parent()
        holder = self._look(key)
        if holder is not None:
            return holder
        owner = uuid.uuid4().hex
        me = myself()

        def take(db: sqlite3.Connection) -> int | Holder:
            now = self._now(db)
            row = db.execute(_SELECT, (bytes.fromhex(key),)).fetchone()
            if row is not None and not self._free(key, row, now):
                return _holder(row, now)
            token = row[5] + 1 if row is not None else 1
            db.execute(
                "INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(bytes.fromhex(key), owner, socket.gethostname(), me.place, me.pid, me.start),
                    *(token, now, now, self._ttl_s),
                ),
            )
            return token

        result = self._catalog.write(take)
        if isinstance(result, Holder):
            return result
        self._seen.pop(key, None)
        self._keep(key, owner)
        return Claim(key=key, owner=owner, attempt=result)

    def release(self, claim: Claim) -> None:
        """Give a lease back; one that has passed to another owner is left to him."""
        with self._mutex:
            self._held.pop(claim.key, None)
            if not self._held and self._stop is not None:
                self._stop.set()
                self._stop = None
        values = (bytes.fromhex(claim.key), claim.owner)
        try:
            self._catalog.write(
                lambda db: db.execute("DELETE FROM leases WHERE key = ? AND owner = ?", values)
            )
        except StoreError:  # a full disk: for others it runs out by itself, we need not wait
            self._given_up.add(claim.owner)

    def holds(self, claim: Claim) -> bool:
        """Whether a lease is still ours: it is not where we slept beyond its end."""
        rows = self._catalog.read(
            "SELECT 1 FROM leases WHERE key = ? AND owner = ?",
            (bytes.fromhex(claim.key), claim.owner),
        )
        return bool(rows)

    def beat(self) -> None:
        """Renew all leases held here; the heartbeat's thread does this every quarter of the ttl."""
        with self._mutex:
            held = [(bytes.fromhex(key), owner) for key, owner in self._held.items()]

        def renew(db: sqlite3.Connection) -> None:
            now = self._now(db)
            db.executemany(
                "UPDATE leases SET heartbeat = ? WHERE key = ? AND owner = ?",
                [(now, key, owner) for key, owner in held],
            )

        if held:
            self._catalog.write(renew)

    def oldest_s(self) -> float | None:
        """For how long the oldest lease in force has been held; None where there is none."""
        rows = self._catalog.read(_SELECT_ALL)
        now = self._clock() if self._clock else cast("float", self._catalog.read(_NOW)[0][0])
        held = [
            now - cast("float", row[6])
            for row in rows
            if not _run_out(row, now) and not _owner(row).dead
        ]
        return max(held, default=None)

    def _look(self, key: str) -> Holder | None:
        """Who holds a lease, seen without the write lock; None where a claim is worth trying."""
        rows = self._catalog.read(_SELECT, (bytes.fromhex(key),))
        if not rows:
            return None
        now = self._clock() if self._clock else cast("float", self._catalog.read(_NOW)[0][0])
        return None if self._free(key, rows[0], now) else _holder(rows[0], now)

    def _free(self, key: str, row: tuple[object, ...], now: float) -> bool:
        """Whether a lease may be taken over.

        A process that surely lives is not robbed by a jump of the clock alone: its heartbeat must
        also have stood still under our own eyes for half the lease's time.
        """
        owner = _owner(row)
        if row[0] in self._given_up or owner.dead:
            return True
        heartbeat = cast("float", row[7])
        seen, since = self._seen.get(key, (None, 0.0))
        if seen != heartbeat:
            since = time.monotonic()
            self._seen[key] = (heartbeat, since)
        if not _run_out(row, now):
            return False
        return not owner.alive or time.monotonic() - since >= cast("float", row[8]) / 2

    def _now(self, db: sqlite3.Connection) -> float:
        return self._clock() if self._clock else float(db.execute(_NOW).fetchone()[0])

    def _keep(self, key: str, owner: str) -> None:
        """Let the heartbeat renew a lease; its thread lives as long as anything is held."""
        with self._mutex:
            self._held[key] = owner
            if self._stop is None:
                self._stop = threading.Event()
                threading.Thread(
                    target=self._pump, args=(self._stop,), name="loquitur-heartbeat", daemon=True
                ).start()

    def _pump(self, stop: threading.Event) -> None:
        while not stop.wait(self._ttl_s / _BEATS_PER_TTL):
            with contextlib.suppress(StoreError):  # the next beat tries again
                self.beat()

    def _leave_parent(self) -> None:
        """After a fork: the parent's leases are the parent's, and so is its heartbeat."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._mutex = threading.Lock()
            self._held = {}
            self._stop = None


_FIELDS = "owner, host, place, pid, pid_start, token, started, heartbeat, ttl"
_SELECT_ALL = f"SELECT {_FIELDS} FROM leases"  # noqa: S608 - a constant
_SELECT = f"{_SELECT_ALL} WHERE key = ?"


def _owner(row: tuple[object, ...]) -> Owner:
    return Owner(place=str(row[2]), pid=cast("int", row[3]), start=cast("int", row[4]))


def _run_out(row: tuple[object, ...], now: float) -> bool:
    return now - cast("float", row[7]) > cast("float", row[8])


def _holder(row: tuple[object, ...], now: float) -> Holder:
    return Holder(
        host=str(row[1]),
        pid=cast("int", row[3]),
        held_s=max(0.0, now - cast("float", row[6])),
        heartbeat=cast("float", row[7]),
    )
