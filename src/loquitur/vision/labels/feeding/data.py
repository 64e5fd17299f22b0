"""What batches are made of: labelled videos by part, shard and record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from loquitur.text import counted, display

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.vision.labels.dataset import DatasetInfo
    from loquitur.vision.labels.examples import Examples


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A record, or the rest of a shard, that could not be read.

    Args:
        shard: Its name; untrusted text.
        record: Its number there, from 0; None for the rest of a shard.
        reason: What is wrong with it.
    """

    shard: str
    record: int | None
    reason: str


def told_skipped(skipped: Sequence[Skipped]) -> str:
    """A line for a person: how many places were left out, and which is the first.

    Args:
        skipped: One at least.
    """
    first = skipped[0]
    where = "from there on" if first.record is None else f"record {first.record}"
    return (
        f"{counted(len(skipped), 'damaged place')} left out, the first in"
        f" '{display(first.shard)}', {where}: {display(first.reason)}"
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """What was read.

    Args:
        examples: The sound ones, in the order asked for.
        records: Their numbers, int64.
        skipped: What was left out.
    """

    examples: Examples
    records: NDArray[np.int64]
    skipped: tuple[Skipped, ...] = ()


class LabelData(Protocol):
    """Labelled videos: shards on a disk or elsewhere, or columns in memory.

    Reading may be asked for by several threads at once.
    """

    @property
    def info(self) -> DatasetInfo:
        """Streams and vocabulary."""
        ...

    @property
    def block(self) -> int:
        """How many neighbouring records are best read near each other; 0 for whole shards."""
        ...

    def counts(self, part: str, /) -> NDArray[np.int64]:
        """How many records each shard of a part has, int64 [shards].

        Raises:
            UsageError: No such part.
            InputError: Nothing is in it, or a shard is broken off.
        """
        ...

    @property
    def buffer(self) -> int:
        """How many records a window has at most, where what is read is held; 0 for any number."""
        ...

    def version(self, part: str, /) -> str:
        """Changes where the data do; empty where nobody knows."""
        ...

    def lost(self, part: str, /) -> tuple[Skipped, ...]:
        """What of a part is not even counted: the ends of shards that are broken off."""
        ...

    def read(
        self,
        part: str,
        shard: int,
        records: NDArray[np.int64],
        streams: Collection[str] | None = None,
        /,
    ) -> Found:
        """Some records of a shard.

        Args:
            part: Which part.
            shard: Its number, as in `counts`.
            records: Their numbers there, ascending.
            streams: Which streams are wanted, all where None; others may be left out.

        Raises:
            InputError: They are damaged, and no leave was given to go on.
        """
        ...
