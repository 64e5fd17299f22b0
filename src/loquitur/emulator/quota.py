"""What calls cost, and what of each bucket is left until midnight in California.

Written from the service's documentation of autumn 2026 and from nothing else: the client's own
ledger is tested against this one.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from loquitur.emulator.errors import wrong

if TYPE_CHECKING:
    from loquitur.emulator.errors import Wrong
    from loquitur.youtube.methods import Method

LIMITS = {"search": 100, "upload": 100, "statistics": 10_000, "shared": 10_000}
"""Units a project has in each bucket each day, unless the plan says otherwise."""
_EMPTY = {
    "search": "search_bucket_empty",
    "upload": "upload_bucket_empty",
    "statistics": "statistics_bucket_empty",
    "shared": "shared_bucket_empty",
}
_OWN_BUCKET = {
    "search.list": "search",
    "videos.insert": "upload",
    "videos.batchGetStats": "statistics",
}
_SPECIAL = {
    "captions.list": 50,
    "captions.download": 200,
    "captions.insert": 400,
    "captions.update": 450,
    "captions.delete": 50,
    "liveChatMessages.list": 5,
    "liveChatMessages.stream": 5,
}
_WRITE = 50
_PACIFIC = ZoneInfo("America/Los_Angeles")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one call of a method costs.

    Args:
        bucket: Which one it draws on.
        units: How much.
    """

    bucket: str
    units: int


def price(method: Method) -> Price:
    """The price of a call of a method."""
    if method.id in _OWN_BUCKET:
        return Price(bucket=_OWN_BUCKET[method.id], units=1)
    units = _SPECIAL.get(method.id) or (1 if method.verb == "GET" else _WRITE)
    return Price(bucket="shared", units=units)


def pacific_day(now: float) -> str:
    """The day in California at a time in Unix seconds, `YYYY-MM-DD`."""
    return datetime.fromtimestamp(now, UTC).astimezone(_PACIFIC).date().isoformat()


def next_day_s(now: float) -> float:
    """An hour into the next day of the quota, Unix seconds: clocks that differ a little agree."""
    tomorrow = datetime.fromtimestamp(now, UTC).astimezone(_PACIFIC).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(1), _PACIFIC).timestamp()


class Quota:
    """The buckets of all projects.

    Args:
        limits: Units a day by bucket, in place of `LIMITS`.
        per_minute: Calls a minute that each project may make; 0 for any number.
    """

    def __init__(self, limits: dict[str, int] | None = None, *, per_minute: int = 0) -> None:
        self.limits = LIMITS | (limits or {})
        self.per_minute = per_minute
        self._spent: dict[tuple[str, int, str], int] = {}
        self._minutes: dict[tuple[int, int], int] = {}
        self._lock = threading.Lock()
        self._day = (0, "")

    def charge(self, project: int, cost: Price, now: float) -> Wrong | None:
        """Take the price of a call, or the answer where there is not enough left.

        A refused call costs nothing.
        """
        with self._lock:
            if self.per_minute:
                minute = (int(now // 60), project)
                if self._minutes.get(minute, 0) >= self.per_minute:
                    return wrong("per_minute", project=project, limit=self.per_minute)
                if minute not in self._minutes:
                    self._minutes = {at: n for at, n in self._minutes.items() if at[0] == minute[0]}
                self._minutes[minute] = self._minutes.get(minute, 0) + 1
            place = (self._today(now), project, cost.bucket)
            spent = self._spent.get(place, 0)
            if spent + cost.units > self.limits[cost.bucket]:
                name = _EMPTY[cost.bucket]
                return wrong(name, project=project, limit=self.limits[cost.bucket])
            self._spent[place] = spent + cost.units
            return None

    def spend(self, project: int, bucket: str, units: int, now: float) -> None:
        """Set what a project has spent of a bucket today."""
        with self._lock:
            self._spent[(self._today(now), project, bucket)] = units

    def spent(self, project: int, bucket: str, now: float) -> int:
        """What a project has spent of a bucket today, in units."""
        with self._lock:
            return self._spent.get((self._today(now), project, bucket), 0)

    def days(self) -> list[dict[str, Any]]:
        """All that was ever spent: day, project, bucket, units."""
        with self._lock:
            return [
                {"day": day, "project": project, "bucket": bucket, "spent": units,
                 "limit": self.limits[bucket]}
                for (day, project, bucket), units in sorted(self._spent.items())
            ]  # fmt: skip

    def forget(self) -> None:
        """Every bucket is full again."""
        with self._lock:
            self._spent.clear()
            self._minutes.clear()

    def _today(self, now: float) -> str:
        """The Pacific day; looked up once an hour, since days change on whole hours only."""
        hour = int(now // 3600)
        if self._day[0] != hour:
            self._day = (hour, pacific_day(now))
        return self._day[1]
