"""Batches of labelled videos out of any number of shards, epoch by epoch.

What a batch holds depends on the seed, the epoch and its number alone, not on how many threads
read it, how many machines share it, or what was read before.
"""

from __future__ import annotations

import hashlib
import itertools
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import InputError, UsageError
from loquitur.vision.labels.feeding.order import BUFFER, Order, share
from loquitur.vision.labels.feeding.padding import padded
from loquitur.vision.labels.feeding.timeline import in_time

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from loquitur.vision.labels.dataset import StreamInfo
    from loquitur.vision.labels.examples import Examples
    from loquitur.vision.labels.feeding.batch import LabelBatch
    from loquitur.vision.labels.feeding.data import Found, LabelData, Skipped
    from loquitur.vision.labels.feeding.order import EpochOrder
    from loquitur.vision.labels.feeding.padding import Room, Shortening

    Numbers = NDArray[np.int64]

_MOST_AHEAD = 32
_AHEAD_BYTES = 32 << 20
"""Batches that threads have ready, and how large they are together; one a thread at least. On a
machine that has other work a thread at times gets no turn for some steps: 32 small ones last."""
MOST_ROWS = 300
"""Rows of a video in YouTube-8M: five minutes, a row a second."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LabelBatches:
    """Batches of one part of a data set.

    Args:
        dataset: What is read: `sharded.open_data`, or `MemoryDataset`.
        part: `train`, `validate` or `test`.
        batch: Videos of a batch, all machines together; the last of an epoch is as large as what
            is left.
        seed: Of the order.
        streams: Names of those that are read, in this order; all where None.
        beside: Names of streams that are read and not given, so that several who read different
            streams are left without the same damaged videos.
        most_rows: Rows of a stream that are taken of a longer video.
        shortening: Which of them: `thin` spreads them evenly, `crop` takes the first ones.
        shuffle: Another order each epoch; otherwise that of the shards.
        buffer: Records among which records change places, see `Order`; fewer where the data set
            cannot hold as many.
        block: Neighbouring records that stay near each other, see `Order`; None for what suits the
            data set.
        shard: This process' place and how many share each batch. A last batch may leave it none:
            then it is one of no videos.
        workers: Threads that read ahead; 0 for none. Batches lie ready up to 32 MiB or 32 of them,
            one a thread at least.
        timed: Rows of all streams are laid in time, a row a moment: `timeline.in_time`.
        room: Who gives the memory of a batch's rows, for memory that a card can fetch from by
            itself; where None it is used again when nobody looks at a batch any more.

    Raises:
        InputError: No such part, or nothing in it.
        UsageError: No such stream.
        ValueError: Nonsense among the numbers.
    """

    dataset: LabelData
    part: str
    _: KW_ONLY
    batch: int
    seed: int = 0
    streams: tuple[str, ...] | None = None
    beside: frozenset[str] = frozenset()
    most_rows: int = MOST_ROWS
    shortening: Shortening = "thin"
    shuffle: bool = True
    buffer: int = BUFFER
    block: int | None = None
    shard: tuple[int, int] = (0, 1)
    workers: int = 0
    timed: bool = False
    room: Room | None = None
    record: FeedRecord = field(init=False)
    _order: Order = field(init=False)
    _streams: tuple[StreamInfo, ...] = field(init=False)

    def __post_init__(self) -> None:
        if min(self.batch, self.most_rows) < 1:
            raise ValueError("a batch has videos, a video rows: at least 1 each")
        if self.workers < 0 or not 0 <= self.shard[0] < self.shard[1]:
            raise ValueError(f"no such: {self.workers} workers, shard {self.shard}")
        order = Order(
            self.dataset.counts(self.part),
            seed=self.seed,
            shuffle=self.shuffle,
            buffer=min(self.buffer, self.dataset.buffer or self.buffer),
            block=self.dataset.block if self.block is None else self.block,
        )
        if not order.total:
            raise InputError(
                f"'{self.dataset.info.name}' has no videos in its part '{self.part}'",
                hint="`loquitur label data inspect` tells what is there",
            )
        chosen = _chosen(self.dataset.info.streams, self.streams, self.dataset.info.name)
        record = FeedRecord()
        record.add(skipped=self.dataset.lost(self.part))
        for name, value in (("record", record), ("_order", order), ("_streams", chosen)):
            object.__setattr__(self, name, value)

    def rows(self) -> int:
        """Videos of an epoch, all machines together."""
        return self._order.total

    def steps(self) -> int:
        """Batches of an epoch."""
        return -(-self._order.total // self.batch)

    def digest(self) -> str:
        """The sha256 of what the order follows from: a run goes on only where it is the same."""
        order = self._order
        told = f"{self.part} {self.batch} {order.seed} {order.shuffle} {order.buffer} {order.block}"
        return hashlib.sha256(told.encode() + order.counts.astype("<i8").tobytes()).hexdigest()

    def epoch(self, number: int, done: int = 0) -> Generator[LabelBatch, None, None]:
        """The batches of one epoch behind the first `done`: what a run that goes on has not seen.

        Raises:
            InputError: Damaged records, and the data do not go on behind them.
        """
        return self._made((number,), done)

    def epochs(self, first_epoch: int, done: int = 0) -> Generator[LabelBatch, None, None]:
        """The batches from there on, epoch after epoch without an end; close it.

        With workers those of the next epoch are read while the last of one are still used.

        Raises:
            InputError: As `epoch`.
        """
        return self._made(itertools.count(first_epoch), done)

    def places(self, number: int, step: int) -> tuple[Numbers, Numbers]:
        """Which records this process has in a batch: shards and record numbers, as they are read.

        Args:
            number: Of the epoch.
            step: Of the batch in it, from 0.
        """
        return self._places(self._order.epoch(number), step)

    def _places(self, order: EpochOrder, step: int) -> tuple[Numbers, Numbers]:
        return share(*order.places(step * self.batch, (step + 1) * self.batch), self.shard)

    def _made(self, numbers: Iterable[int], done: int) -> Generator[LabelBatch, None, None]:
        """The batches of some epochs, ahead of their use where there are workers."""
        if not self.workers:
            for order, step in self._onward(numbers, done):
                yield self._filled(order, step)
            return
        with ThreadPoolExecutor(self.workers, thread_name_prefix="label-batches") as pool:
            ahead: deque[Future[LabelBatch]] = deque()
            onward = self._onward(numbers, done)
            most, largest = self.workers, 1
            try:
                while True:
                    # many at once: a thread that is woken takes its turn from the step, so wake it
                    # for half of all batches, not for each
                    if len(ahead) <= most - most // 2:
                        for order, step in itertools.islice(onward, most + 1 - len(ahead)):
                            ahead.append(pool.submit(self._filled, order, step))
                    if not ahead:
                        return
                    batch = self._awaited(ahead.popleft())
                    # by the largest so far: an epoch's last batch may be small, those behind not
                    largest = max(largest, _size(batch))
                    most = max(self.workers, min(_MOST_AHEAD, _AHEAD_BYTES // largest))
                    yield batch
            finally:
                for waiting in ahead:
                    waiting.cancel()

    def _onward(self, numbers: Iterable[int], done: int) -> Iterator[tuple[EpochOrder, int]]:
        """Batch after batch: the order of its epoch, and its number there."""
        for number in numbers:
            order = self._order.epoch(number)
            for step in range(done, self.steps()):
                yield order, step
            done = 0

    def _awaited(self, coming: Future[LabelBatch]) -> LabelBatch:
        before = time.perf_counter()
        batch = coming.result()
        self.record.add(waited_s=time.perf_counter() - before)
        return batch

    def _laid(self, examples: Examples) -> Examples:
        if not self.timed:
            return examples
        return in_time(examples, self._streams, most=self.most_rows)

    def _filled(self, order: EpochOrder, step: int) -> LabelBatch:
        """Read the records of a batch, those of one shard together."""
        before = time.perf_counter()
        shards, records = self._places(order, step)
        cuts = np.flatnonzero(np.diff(shards)) + 1
        names = {stream.name for stream in self._streams} | self.beside
        found: list[Found] = [
            self.dataset.read(self.part, int(shards[at]), records[at:until], names)
            for at, until in itertools.pairwise((0, *cuts.tolist(), len(shards)))
            if until > at
        ]
        batch, shortened = padded(
            [self._laid(one.examples) for one in found],
            self._streams,
            most_rows=self.most_rows,
            shortening=self.shortening,
            room=self.room,
        )
        self.record.add(
            videos=len(batch),
            shortened=shortened,
            read_s=time.perf_counter() - before,
            skipped=tuple(each for one in found for each in one.skipped),
        )
        return batch


def _size(batch: LabelBatch) -> int:
    """Bytes of a batch's rows; 1 at least."""
    return max(1, sum(rows.nbytes for rows in batch.streams.values()))


class FeedRecord:
    """What reading came to so far; threads add to it.

    Attributes:
        videos: Read.
        shortened: Those that had more rows than were wanted, each time one was read.
        skipped: What was left out, once each.
        read_s: Seconds of reading, all threads together.
        waited_s: Seconds in which the next batch was waited for; where no thread reads ahead that
            is `read_s`.
    """

    def __init__(self) -> None:
        self.videos = 0
        self.shortened = 0
        self.read_s = 0.0
        self.waited_s = 0.0
        self._skipped: dict[Skipped, None] = {}
        self._lock = threading.Lock()

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What was left out, once each."""
        with self._lock:
            return tuple(self._skipped)

    def add(
        self,
        *,
        videos: int = 0,
        shortened: int = 0,
        read_s: float = 0.0,
        waited_s: float = 0.0,
        skipped: tuple[Skipped, ...] = (),
    ) -> None:
        """Put down what one batch came to."""
        with self._lock:
            self.videos += videos
            self.shortened += shortened
            self.read_s += read_s
            self.waited_s += waited_s
            self._skipped.update(dict.fromkeys(skipped))


def _chosen(
    known: tuple[StreamInfo, ...], wanted: tuple[str, ...] | None, name: str
) -> tuple[StreamInfo, ...]:
    """The streams that are read."""
    if wanted is None:
        return known
    by_name = {stream.name: stream for stream in known}
    strange = [one for one in wanted if one not in by_name]
    if strange or not wanted:
        raise UsageError(
            f"'{name}' has no stream '{strange[0]}'" if strange else "no stream chosen",
            hint=f"there are: {', '.join(by_name)}",
        )
    return tuple(by_name[one] for one in dict.fromkeys(wanted))
