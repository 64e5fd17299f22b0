"""One batch, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelBatch:
    """Some videos side by side.

    Args:
        video_ids: One a video.
        streams: By name [b, t, d], padded with zeros behind each video's last row; uint8 where the
            data set is quantised (a net makes numbers of them), float32 else. t is at least 1.
        lengths: By name, int64 [b]: how many rows each has; 0 where the stream is absent.
        labels: int64 [b, k]: indices, ascending, padded with -1; k is at least 1.
    """

    video_ids: tuple[str, ...]
    streams: Mapping[str, NDArray[Any]]
    lengths: Mapping[str, NDArray[np.int64]]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.video_ids)
