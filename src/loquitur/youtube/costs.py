"""What each method costs and which daily bucket it draws on (`costs.toml`: date and source)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from loquitur.errors import UsageError, near

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARED = "shared"
SEARCH = "search"
STATISTICS = "statistics"
UPLOADS = "upload"
_MOST_UNITS = 1 << 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a cost was read, and when (`YYYY-MM`)."""

    title: str
    address: str
    read: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A budget of a project that comes back at midnight Pacific time.

    Args:
        name: `shared`, `search`, `statistics` or `upload`.
        limit: Units a day of a project that never asked for more.
        what: What draws on it, in words.
    """

    name: str
    limit: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one call of a method costs.

    Args:
        bucket: The name of the bucket.
        units: How many of its units.
        source: Where that was read.
    """

    bucket: str
    units: int
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many units a day each bucket of each project has.

    Args:
        given: Over the defaults, by `BUCKET` or, for one project, `FINGERPRINT.BUCKET`.
    """

    given: Mapping[str, int]

    def of(self, project: str, bucket: str) -> int:
        """The units a day of a project's bucket."""
        own = self.given.get(f"{project}.{bucket}", self.given.get(bucket))
        return BUCKETS[bucket].limit if own is None else own


def cost(method_id: str) -> Cost:
    """What a call of a method costs.

    Raises:
        UsageError: No such method.
    """
    found = costs().get(method_id)
    if found is None:
        raise UsageError(f"the API has no method '{method_id}'", hint=near(method_id, costs()))
    return found


@lru_cache(maxsize=1)
def costs() -> dict[str, Cost]:
    """The cost of every method by its id."""
    sources = {name: Source(**entry) for name, entry in _table()["sources"].items()}
    return {
        method_id: Cost(bucket=bucket, units=units, source=sources[source])
        for method_id, (bucket, units, source) in _table()["costs"].items()
    }


def limits(given: Mapping[str, str]) -> Limits:
    """The limits that settings name (`youtube_limits`).

    Args:
        given: Units a day by `BUCKET`, or by `FINGERPRINT.BUCKET` for one project.

    Raises:
        UsageError: No such bucket, or no whole number of units.
    """
    found: dict[str, int] = {}
    for name, text in given.items():
        bucket = name.rpartition(".")[2]
        if bucket not in BUCKETS:
            raise UsageError(f"youtube_limits: no bucket '{bucket}'", hint=near(bucket, BUCKETS))
        plain = text.replace("_", "")
        if not (plain.isascii() and plain.isdigit() and int(plain[:20]) <= _MOST_UNITS):
            raise UsageError(
                f"youtube_limits.{name} must be a whole number of units, not '{text[:40]}'"
            )
        found[name] = int(plain[:20])
    return Limits(given=found)


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    text = resources.files("loquitur.youtube").joinpath("costs.toml").read_text("utf-8")
    return tomllib.loads(text)


BUCKETS: dict[str, Bucket] = {
    name: Bucket(name=name, **entry) for name, entry in _table()["buckets"].items()
}
"""Every bucket by its name."""
