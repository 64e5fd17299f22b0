"""Where YouTube-8M is: three mirrors of the shards, the plans, the vocabulary."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.errors import UsageError, near
from loquitur.media.urls import parse, shown

if TYPE_CHECKING:
    from loquitur.vision.labels.dataset import Level
    from loquitur.vision.labels.fetching.plan import PlannedShard

MIRRORS = ("us", "eu", "asia")
VERSION = 2
"""Of May 2018, the current one; version 1 has other classes and other shards."""
VOCABULARY = "vocabulary.csv"
_HOST = "data.yt8m.org"
# Not verified from here: it is where the download page's link to the vocabulary leads.
_VOCABULARY_URL = f"https://research.google.com/youtube8m/csv/{VERSION}/{VOCABULARY}"
_TIRED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """A place that has the shards.

    Args:
        name: As people call it.
        plans: The address before `/download_plans/...`.
        shards: The address before `/{level}/{part}/{name}`.
        vocabulary: The address of the vocabulary's file.
        trusted: Whether the user named its address, so that it may lie in the own network.
    """

    name: str
    plans: str
    shards: str
    vocabulary: str
    trusted: bool = False

    def plan_url(self, level: Level, part: str) -> str:
        """Where the plan of a part is."""
        return f"{self.plans}/download_plans/{level}_{part}.json"

    def shard_url(self, level: Level, shard: PlannedShard) -> str:
        """Where a shard is."""
        return f"{self.shards}/{level}/{shard.part}/{shard.name}"


def official(name: str) -> Mirror:
    """A mirror of the data set's own.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in MIRRORS:
        raise UsageError(f"no mirror is called '{name}'", hint=near(name, MIRRORS))
    return Mirror(
        name=name,
        plans=f"http://{_HOST}/{VERSION}",
        shards=f"http://{name}.{_HOST}/{VERSION}",
        vocabulary=_VOCABULARY_URL,
    )


def mirror_at(address: str) -> Mirror:
    """A mirror of somebody else's: the same tree below an address of http or https.

    Raises:
        InputError: It is no address.
    """
    base = parse(address).rstrip("/")
    return Mirror(
        name=shown(base),
        plans=base,
        shards=base,
        vocabulary=f"{base}/{VOCABULARY}",
        trusted=True,
    )


class Roster:
    """The mirrors in the order in which they are asked, those that failed of late last.

    Threads share it.
    """

    def __init__(self, mirrors: Sequence[Mirror]) -> None:
        self._mirrors = tuple(mirrors)
        self._failures = dict.fromkeys(range(len(mirrors)), 0)
        self._lock = threading.Lock()

    def order(self) -> list[tuple[int, Mirror]]:
        """Numbers and mirrors, the next to ask first."""
        with self._lock:
            numbers = sorted(self._failures, key=lambda at: self._failures[at] >= _TIRED)
            return [(number, self._mirrors[number]) for number in numbers]

    def note(self, number: int, *, worked: bool) -> None:
        """Whether a mirror brought what it was asked for."""
        with self._lock:
            self._failures[number] = 0 if worked else self._failures[number] + 1

    @property
    def is_lost(self) -> bool:
        """Whether every mirror has failed several times in a row."""
        with self._lock:
            return min(self._failures.values()) >= 2 * _TIRED
