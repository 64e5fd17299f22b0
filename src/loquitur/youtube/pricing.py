"""What a job will cost: units of each bucket, and on how many days they are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.youtube import costs, pacific

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loquitur.youtube.ledger import Ledger

_COUNTED_DAYS = 10_000
"""Days counted one by one; what is longer is divided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketPrice:
    """What a job takes of one bucket.

    Args:
        bucket: Its name.
        calls: How many calls.
        units: What they cost together.
        left: What all keys together have left today.
        limit: What they have on a whole day.
        days: On how many Pacific days the job calls, today counted; None where no day has
            enough for a single call.
    """

    bucket: str
    calls: int
    units: int
    left: int
    limit: int
    days: int | None

    @property
    def enough_today(self) -> bool:
        """Whether today's rest suffices."""
        return self.days == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a job takes.

    Args:
        buckets: Of each bucket that it draws on.
        calls: How many calls by their method.
        resets_at: When the buckets are next filled, Unix seconds.
    """

    buckets: tuple[BucketPrice, ...]
    calls: Mapping[str, int]
    resets_at: float

    @property
    def units(self) -> dict[str, int]:
        """The units by bucket."""
        return {item.bucket: item.units for item in self.buckets}

    @property
    def days(self) -> int | None:
        """On how many days it calls; None where it can never be done, 0 where it needs nothing."""
        if any(item.days is None for item in self.buckets):
            return None
        return max((item.days or 0 for item in self.buckets), default=0)

    @property
    def enough_today(self) -> bool:
        """Whether today's rest suffices for all of it."""
        return all(item.enough_today for item in self.buckets)


def price(calls: Mapping[str, int], ledger: Ledger, projects: Sequence[str]) -> Price:
    """What a number of calls costs. Nothing is counted.

    Args:
        calls: How many of each method, by its id.
        ledger: What was spent today.
        projects: The fingerprints of the keys that may pay; one call is paid by one of them.

    Raises:
        UsageError: No such method.
    """
    wanted = {method_id: count for method_id, count in calls.items() if count > 0}
    by_bucket: dict[str, list[tuple[int, int]]] = {}
    for method_id, count in wanted.items():
        cost = costs.cost(method_id)
        by_bucket.setdefault(cost.bucket, []).append((cost.units, count))
    today = ledger.spent(projects) if projects else ()
    buckets = []
    for bucket, lines in by_bucket.items():
        rows = [row for row in today if row.bucket == bucket]
        lefts = [row.left for row in rows] or [costs.BUCKETS[bucket].limit]
        limits = [row.limit for row in rows] or [costs.BUCKETS[bucket].limit]
        buckets.append(
            BucketPrice(
                bucket=bucket, calls=sum(count for _, count in lines),
                units=sum(units * count for units, count in lines),
                left=sum(lefts), limit=sum(limits), days=_days(lines, lefts, limits),
            )
        )  # fmt: skip
    return Price(buckets=tuple(buckets), calls=wanted, resets_at=pacific.reset_s(ledger.now()))


def told(found: Price, now_s: float) -> str:
    """A price for people, in one line."""
    if not found.buckets:
        return "no calls needed"
    parts = [
        f"{item.calls:,} {'call' if item.calls == 1 else 'calls'}, {item.units:,} units of "
        f"{item.bucket} ({item.left:,} of {item.limit:,} left today)"
        for item in found.buckets
    ]
    if found.days is None:
        end = "never enough: the daily limit is too low"
    elif found.enough_today:
        end = "enough today"
    else:
        end = f"{found.days} days, next at {pacific.comes_back(found.resets_at, now_s)}"
    return "; ".join(parts) + "; " + end


def _days(
    lines: Sequence[tuple[int, int]], lefts: Sequence[int], limits: Sequence[int]
) -> int | None:
    """Days for lines of (units, calls), the dearest first; no call is split between projects."""
    rest = sorted(lines, reverse=True)
    if rest and max(limits, default=0) < rest[0][0]:
        return None
    rest = _spend(rest, list(lefts))
    days = 1
    while rest and days < _COUNTED_DAYS:
        rest = _spend(rest, list(limits))
        days += 1
    return days + -(-sum(units * count for units, count in rest) // sum(limits)) if rest else days


def _spend(rest: list[tuple[int, int]], rooms: list[int]) -> list[tuple[int, int]]:
    """The calls that are left over after a day with so much room in each project."""
    left = []
    for units, wanted in rest:
        count = wanted
        for at, room in enumerate(rooms):
            done = min(count, max(0, room) // units)
            rooms[at] -= done * units
            count -= done
        if count:
            left.append((units, count))
    return left
