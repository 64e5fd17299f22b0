"""Labelled videos in memory: small sets, and what was just made."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import InputError
from loquitur.vision.labels.columns import taken
from loquitur.vision.labels.dataset import DatasetInfo
from loquitur.vision.labels.examples import Examples
from loquitur.vision.labels.feeding.data import Found, Skipped

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class MemoryDataset:
    """Columns in memory as `LabelData`: one shard a part.

    Args:
        info: What they are.
        parts: Examples by part (`train`, `validate`, `test`).
    """

    info: DatasetInfo
    parts: Mapping[str, Examples]

    @property
    def block(self) -> int:
        """Any record is as near as any other."""
        return 1

    @property
    def buffer(self) -> int:
        """Any number."""
        return 0

    def version(self, part: str, /) -> str:
        """Nobody knows."""
        return ""

    def lost(self, part: str, /) -> tuple[Skipped, ...]:
        """Nothing."""
        return ()

    def counts(self, part: str, /) -> NDArray[np.int64]:
        """One shard with all examples of the part.

        Raises:
            InputError: There is no such part.
        """
        return np.array([len(self._of(part))], np.int64)

    def read(
        self,
        part: str,
        shard: int,
        records: NDArray[np.int64],
        streams: Collection[str] | None = None,
        /,
    ) -> Found:
        """Some of the part's examples; `shard` is 0."""
        return Found(examples=taken(self._of(part), records, streams), records=records)

    def _of(self, part: str) -> Examples:
        if part not in self.parts:
            raise InputError(
                f"'{self.info.name}' has no part '{part}'",
                hint=f"there are: {', '.join(sorted(self.parts)) or 'none'}",
            )
        return self.parts[part]
