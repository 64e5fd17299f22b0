"""Rows and labels of many videos, put one behind another in memory that grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.vision.labels.examples import Stream
from loquitur.vision.labels.records.memory import SPARE
from loquitur.vision.labels.records.spans import windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.vision.labels.records.layout import StreamLayout

_SECOND_MS = 1_000


class Rows:
    """Rows of one stream of many videos, in one matrix of bytes.

    Args:
        width: Bytes a row.
        expected: About how many rows will come.
    """

    def __init__(self, width: int, expected: int) -> None:
        self._matrix = SPARE.empty(max(expected, 1), width)
        self._used = 0
        self._offsets = [0]
        self._times: dict[int, NDArray[np.int64]] = {}

    def take(self, rows: NDArray[np.uint8] | None, times: NDArray[np.int64] | None) -> None:
        """The rows of the next video, and when they are."""
        if rows is not None:
            first = self._room(len(rows))
            self._matrix[first : self._used] = rows
        if times is not None:
            self._times[len(self._offsets) - 1] = times
        self._offsets.append(self._used)

    def take_single(self, whole: NDArray[np.uint8], starts: NDArray[np.int64]) -> None:
        """One row each of the next videos.

        Args:
            whole: Where they lie.
            starts: int64 [n]: where the row of each begins; below 0 where it has none.
        """
        there = starts >= 0
        if not there.all():
            counts = np.cumsum(there) + self._used
            starts = starts[there]
        else:
            counts = np.arange(1, len(starts) + 1) + self._used
        first = self._room(len(starts))
        kind = f"V{self._matrix.shape[1]}"
        self._matrix[first : self._used].view(kind)[:, 0] = windows(whole, kind)[starts]
        self._offsets += counts.tolist()

    def _room(self, count: int) -> int:
        """Make room for rows; where the first of them goes."""
        first = self._used
        self._used += count
        if self._used > len(self._matrix):
            larger = SPARE.empty(max(self._used, 2 * first), self._matrix.shape[1])
            larger[:first] = self._matrix[:first]
            self._matrix = larger
        return first

    def stream(self, layout: StreamLayout) -> Stream:
        """All of it."""
        matrix = self._matrix[: self._used]
        offsets = np.array(self._offsets, dtype=np.int64)
        return Stream(
            rows=matrix if layout.quantised else matrix.view("<f4"),
            offsets=offsets,
            times_ms=self._all_times(np.diff(offsets), layout.rate_hz),
        )

    def _all_times(self, counts: NDArray[np.int64], rate_hz: float) -> NDArray[np.int64] | None:
        if not self._times:
            return None
        step = _SECOND_MS / rate_hz if rate_hz > 0 else float(_SECOND_MS)
        return np.concatenate(
            [
                self._times[at] if at in self._times else (np.arange(count) * step).astype(np.int64)
                for at, count in enumerate(counts.tolist())
            ]
        )


class Labels:
    """Labels of many videos: of one by a list, of many by arrays."""

    def __init__(self) -> None:
        self._pieces: list[NDArray[np.int64]] = []
        self._last: list[int] = []
        self._counts: list[int] = []

    def take(self, labels: list[int]) -> None:
        """Those of the next video."""
        self._last += labels
        self._counts.append(len(labels))

    def take_many(self, labels: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        """Those of the next videos, and how many each has."""
        self._close()
        self._pieces.append(labels)
        self._counts += counts.tolist()

    def _close(self) -> None:
        if self._last:
            self._pieces.append(np.array(self._last, dtype=np.int64))
            self._last = []

    def columns(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """All of them, and where those of each video begin: int64 [n + 1]."""
        self._close()
        offsets = np.cumsum([0, *self._counts], dtype=np.int64)
        return np.concatenate([np.zeros(0, np.int64), *self._pieces]), offsets
