"""The record of all calls: what was asked when, what it cost, what it got."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

KEPT = 100_000
"""How many calls are remembered; older ones are forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One call.

    Args:
        at: When it came, by the world's clock, Unix seconds.
        method: Its id; `captions.insert#chunk` for a piece of a resumable upload.
        given: Its parameters, without keys and tokens.
        status: Of the answer; 0 where the connection was reset.
        cost: Units charged.
        bucket: Of which bucket, empty for none.
        project: Whose, 0 where nobody's.
        reason: Of the error, empty where there was none.
        fault: What went wrong on purpose, empty for nothing.
        number: The how-manieth call it is, from 1.
        key_at: Where its key was: `header`, `query`, or empty for none.
    """

    at: float
    method: str
    given: dict[str, str] = field(default_factory=dict)
    status: int = 200
    cost: int = 0
    bucket: str = ""
    project: int = 0
    reason: str = ""
    fault: str = ""
    number: int = 0
    key_at: str = ""

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


class Record:
    """The calls of one emulator, oldest first, at most `KEPT`."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._lock = threading.Lock()
        self._count = 0

    @property
    def total(self) -> int:
        """All calls that ever began, those that are forgotten too."""
        return self._count

    def next(self) -> int:
        """The number of the call that begins."""
        with self._lock:
            self._count += 1
            return self._count

    def add(self, entry: Entry) -> None:
        """Remember a call."""
        with self._lock:
            self._entries.append(entry)

    def calls(self, method: str = "") -> list[Entry]:
        """All calls, or those of a method, in the order in which they came."""
        with self._lock:
            found = [one for one in self._entries if method in ("", one.method)]
        return sorted(found, key=lambda one: one.number)

    def forget(self) -> None:
        """Remember nothing."""
        with self._lock:
            self._entries.clear()
