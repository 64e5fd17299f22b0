"""Records that are read together: neighbours by one read, others behind them into the same memory.

Memory is used again by the next span: what is kept of one has to be copied.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.vision.labels.records.checksums import crc32c, unmasked
from loquitur.vision.labels.records.framing import FOOT, HEAD
from loquitur.vision.labels.records.inflating import InflatedSource
from loquitur.vision.labels.records.memory import SPARE
from loquitur.vision.labels.records.sources import LocalSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from loquitur.vision.labels.records.sources import ByteSource

_SMALL_BYTES = 16 << 10
"""Records up to this are read more at once (`_SMALL_SPAN`): what is done once a span costs more
than they do."""
_SMALL_SPAN = 2 << 20


@dataclass(slots=True, eq=False)
class Span:
    """Records that were read together.

    Args:
        first: Which of the records that were asked for is its first.
        whole: What was read, uint8; shorter than the records need where the file ends early.
        begins: int64 [n]: where the data of each record begin in it.
        sizes: int64 [n]: bytes of data, as the index has them.
    """

    first: int
    whole: NDArray[np.uint8]
    begins: NDArray[np.int64]
    sizes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.begins)

    def is_sound(self, *, verify: bool) -> bool:
        """Whether all of its records are there, as long as the index says, and as written.

        Args:
            verify: Compare the checksum of each record's data.
        """
        whole, begins = self.whole, self.begins
        ends = begins + self.sizes
        if int(ends[-1]) + FOOT > len(whole):
            return False
        if not np.array_equal(windows(whole, "<u8")[begins - HEAD], self.sizes.view(np.uint64)):
            return False
        if not verify:
            return True
        crc = crc32c()
        bounds = zip(begins.tolist(), ends.tolist(), strict=True)
        found = np.array([crc(whole[at:end]) for at, end in bounds], np.uint32)
        return np.array_equal(unmasked(windows(whole, "<u4")[ends]), found)


def windows(whole: NDArray[np.uint8], kind: str) -> NDArray[np.void]:
    """Bytes as items of a type (of a width: `V1024`), one beginning at every byte: a view.

    An array of places picks items out of it, each copied in one piece.
    """
    item = np.dtype(kind)
    count = max(0, len(whole) - item.itemsize + 1)
    return np.ndarray((count,), item, whole, strides=(1,))


def spans_of(
    source: ByteSource,
    numbers: NDArray[np.int64],
    begins: NDArray[np.int64],
    sizes: NDArray[np.int64],
) -> Iterator[Span]:
    """Some records, read together as far as it saves time.

    Args:
        source: The file.
        numbers: int64 [n]: which records of it.
        begins: int64 [n]: where the data of each begin.
        sizes: int64 [n]: how many bytes they are.
    """
    if not len(sizes):
        return
    starts, stops = (begins - HEAD).tolist(), (begins + sizes + FOOT).tolist()
    near = source if isinstance(source, (LocalSource, InflatedSource)) else None
    most, small, largest = source.span_bytes, False, int(sizes.max())
    if near is not None:
        small = largest <= _SMALL_BYTES
        most = max(most, _SMALL_SPAN) if small else most
        every = int(sizes.sum()) + (HEAD + FOOT) * len(sizes)
        memory = SPARE.empty(1, min(every, most + largest + HEAD + FOOT))[0]
        view = memory.data
    for runs in _cut(numbers, sizes, most):
        for some in [runs] if small else [[run] for run in runs]:
            if near is None:
                start, stop = starts[some[0][0]], stops[some[0][1]]
                whole = np.frombuffer(source.read(start, stop - start), np.uint8)
                mine = slice(some[0][0], some[0][1] + 1)
                yield Span(mine.start, whole, begins[mine] - start, sizes[mine])
                continue
            for first, behind, shift, used in _filled(near, view, some, starts, stops):
                mine = slice(first, behind)
                yield Span(first, memory[:used], begins[mine] + shift, sizes[mine])


def _filled(
    source: LocalSource | InflatedSource,
    memory: memoryview,
    runs: list[tuple[int, int]],
    starts: list[int],
    stops: list[int],
) -> Iterator[tuple[int, int, Any, int]]:
    """Read runs of neighbours behind each other into memory; where one is cut short a span ends.

    Yields:
        The first record of a span and that behind its last; from places in the file to places in
        memory; and how many bytes were read.
    """
    fill, last = source.fill, runs[-1][1]
    used, first = 0, runs[0][0]
    shifts: list[int] = []
    counts: list[int] = []
    for low, high in runs:
        start = starts[low]
        length = stops[high] - start
        got = fill(start, memory[used : used + length])
        shifts.append(used - start)
        counts.append(high + 1 - low)
        used += got
        if got == length and high < last:
            continue
        yield first, high + 1, shifts[0] if len(shifts) == 1 else np.repeat(shifts, counts), used
        used, first = 0, high + 1
        shifts, counts = [], []


def _cut(
    numbers: NDArray[np.int64], sizes: NDArray[np.int64], most: int
) -> Iterator[list[tuple[int, int]]]:
    """First and last place of each run of neighbours, those together that are read into one span.

    A span has the fewest records that reach `most` bytes.
    """
    ends = np.cumsum(sizes + (HEAD + FOOT)).tolist()
    breaks = (np.flatnonzero(np.diff(numbers) != 1) + 1).tolist()
    first, done, gone = 0, 0, 0
    while first < len(ends):
        last = min(bisect_left(ends, done + most, first), len(ends) - 1)
        behind = bisect_right(breaks, last, gone)
        if behind == gone:
            yield [(first, last)]
        else:
            mine = breaks[gone:behind]
            yield list(zip([first, *mine], [*(low - 1 for low in mine), last], strict=True))
        first, done, gone = last + 1, ends[last], bisect_right(breaks, last + 1, behind)
