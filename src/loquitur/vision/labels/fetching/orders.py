"""What is wanted of YouTube-8M, what a run will do, and what it did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from loquitur.errors import UsageError, near
from loquitur.vision.labels.dataset import PARTS, Level
from loquitur.vision.labels.fetching.mirrors import Mirror, official
from loquitur.vision.labels.fetching.sizes import Estimate

State = Literal["here", "fetched", "failed", "not-asked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOrder:
    """What is wanted of YouTube-8M.

    Args:
        level: `frame` or `video`.
        parts: Of `train`, `validate`, `test`.
        mirrors: The first is asked; the others where it fails.
        share: The k-th of n equal shares of the shards of each part.
        parallel: Shards side by side.
        limit_bytes: No more than that is fetched; None for no bound.
        verify: Read what is here again, though it was found right before.
    """

    level: Level
    parts: tuple[str, ...] = PARTS
    mirrors: tuple[Mirror, ...] = field(default_factory=lambda: (official("us"),))
    share: tuple[int, int] = (1, 1)
    parallel: int = 4
    limit_bytes: int | None = None
    verify: bool = False

    def __post_init__(self) -> None:
        for part in self.parts:
            if part not in PARTS:
                raise UsageError(f"no part is called '{part}'", hint=near(part, PARTS))
        if not self.parts or not self.mirrors:
            raise UsageError("nothing is asked for, or nobody to ask", hint="a part and a mirror")
        if not 1 <= self.parallel <= 64:
            raise UsageError(f"not {self.parallel} shards at a time", hint="1 to 64; 4 to 16 help")


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a run will do, before it does it.

    Args:
        chosen: How many shards are wanted.
        here: How many of them are here and right.
        changed: Shards whose MD5 in the plan is another one than when it was last read.
        foreign: Shards in the folder that are in no plan asked for; they stay.
        estimate: What is going to come.
        begun_bytes: How much of that is here already, in parts.
        limit_bytes: The order's.
        free_bytes: On the disk.
        notes: What a user should know.
    """

    chosen: int
    here: int
    changed: tuple[str, ...]
    foreign: tuple[str, ...]
    estimate: Estimate
    begun_bytes: int
    limit_bytes: int | None
    free_bytes: int
    notes: tuple[str, ...] = ()

    @property
    def coming_bytes(self) -> int:
        """How much is going to come, about."""
        left = max(0, self.estimate.total_bytes - self.begun_bytes)
        return left if self.limit_bytes is None else min(left, self.limit_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardState:
    """What became of one shard.

    Args:
        part: Its part.
        name: Its file.
        state: `here`: it was; `fetched`; `failed`; `not-asked`: beyond the limit, or no mirror
            answered any more.
        size_bytes: 0 where it is not here.
        reason: Why not.
        mirror: Who brought it.
    """

    part: str
    name: str
    state: State
    size_bytes: int = 0
    reason: str = ""
    mirror: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchReport:
    """What a run did: a row a shard, in the order of the plans."""

    survey: Survey
    rows: tuple[ShardState, ...]

    def counts(self) -> dict[str, int]:
        """How many shards are in each state."""
        return dict(Counter(row.state for row in self.rows))
