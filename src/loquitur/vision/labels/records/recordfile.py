"""A TFRecord file that is open: any record by its number, through the index, checksums compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import InputError
from loquitur.text import display
from loquitur.vision.labels.records import indices
from loquitur.vision.labels.records.checksums import crc32c, unmask
from loquitur.vision.labels.records.collecting import Collector, ContentError, UncheckedError
from loquitur.vision.labels.records.framing import CHECKSUM, FOOT, HEAD, LENGTH, Frames, Problem
from loquitur.vision.labels.records.inflating import InflatedSource, is_compressed
from loquitur.vision.labels.records.sources import LocalSource
from loquitur.vision.labels.records.spans import spans_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from numpy.typing import NDArray

    from loquitur.vision.labels.dataset import DatasetInfo
    from loquitur.vision.labels.examples import Examples
    from loquitur.vision.labels.records.framing import Kind
    from loquitur.vision.labels.records.indices import Index
    from loquitur.vision.labels.records.sources import ByteSource
    from loquitur.vision.labels.records.spans import Span

_MANY = 16
"""Records of a span from which on arrays are faster than a loop."""
_CODES: dict[Kind, str] = {
    "truncated": "LQ-RECORDS-TRUNCATED",
    "length": "LQ-RECORDS-DAMAGED",
    "checksum": "LQ-RECORDS-DAMAGED",
    "compression": "LQ-RECORDS-DAMAGED",
    "content": "LQ-RECORDS-FOREIGN",
}


class RecordShard:
    """See `shards.Shard`; the source is closed with it.

    `beside` is the address of an index, of which nobody knows whether it is there.
    """

    def __init__(
        self,
        source: ByteSource,
        info: DatasetInfo,
        *,
        verify: bool = True,
        keep_going: bool = False,
        index: Path | None = None,
        beside: str = "",
    ) -> None:
        self._raw = source
        self._packed = is_compressed(source)
        self._unpacked: InflatedSource | None = None
        self._info = info
        self._verify = verify
        self._keep_going = keep_going
        self._folder = index
        self._beside = beside
        self._known: Index | None = None
        self._problems: dict[int, Problem] = {}

    @property
    def address(self) -> str:
        """Where the file lies."""
        return self._raw.address

    @property
    def info(self) -> DatasetInfo:
        """What it is read as."""
        return self._info

    @property
    def count(self) -> int:
        """See `Shard.count`."""
        return len(self._index())

    @property
    def offsets(self) -> NDArray[np.int64]:
        """See `Shard.offsets`."""
        return self._index().offsets

    @property
    def lengths(self) -> NDArray[np.int64]:
        """See `Shard.lengths`."""
        return self._index().lengths

    @property
    def problems(self) -> tuple[Problem, ...]:
        """See `Shard.problems`."""
        return tuple(self._problems[at] for at in sorted(self._problems))

    def read(self, rows: Sequence[int] | slice | NDArray[np.int64]) -> Examples:
        """See `Shard.read`."""
        return self.read_numbered(rows)[1]

    def read_numbered(
        self, rows: Sequence[int] | slice | NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], Examples]:
        """See `Shard.read_numbered`."""
        return self._collected(numbers_of(rows, self.count))

    def examples(self, batch: int = 256) -> Iterator[Examples]:
        """See `Shard.examples`."""
        if batch < 1:
            raise ValueError("a batch has at least one record")
        if self._is_far():
            yield from self._streamed(batch)
            return
        count = self.count
        for first in range(0, count, batch):
            found = self._collected(np.arange(first, min(first + batch, count)))[1]
            if len(found):
                yield found

    def close(self) -> None:
        """See `Shard.close`."""
        if self._unpacked is not None:
            self._unpacked.close()
        self._raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # inside

    def _bytes(self) -> ByteSource:
        if not self._packed:
            return self._raw
        if self._unpacked is None:
            self._unpacked = InflatedSource(self._raw)
        return self._unpacked

    def _index(self) -> Index:
        if self._known is None:
            found = self._found_before()
            self._known = self._walked() if found is None else found
            if self._known.problem is not None:
                self._meet(self._known.problem)
        elif self._known.problem is not None and not self._keep_going:
            self._meet(self._known.problem)
        return self._known

    def _is_far(self) -> bool:
        """Whether finding the records would bring the whole file here, and nobody did yet."""
        if self._packed or isinstance(self._raw, LocalSource):
            return False
        if self._known is None:
            self._known = self._found_before()
        return self._known is None

    def _streamed(self, batch: int) -> Iterator[Examples]:
        """All records of a far file in one pass, which finds them too."""
        frames = Frames(self._raw)
        places: list[tuple[int, int]] = []
        for place in frames:
            places.append(place)
            if len(places) % batch == 0:
                yield from self._found(places, batch)
        yield from self._found(places, len(places) % batch)
        index = indices.indexed(places, frames.problem)
        indices.keep(self._raw, index, self._folder)
        self._known = index
        if index.problem is not None:
            self._meet(index.problem)

    def _found(self, places: list[tuple[int, int]], last: int) -> Iterator[Examples]:
        """The last few of the records that were found."""
        self._known = indices.indexed(places, None)
        numbers = np.arange(len(places) - last, len(places))
        found = self._collected(numbers)[1] if last else None
        self._known = None
        if found is not None and len(found):
            yield found

    def _found_before(self) -> Index | None:
        """The index that somebody made before: kept here, or beside the file far away."""
        found = indices.load(self._raw, self._folder, packed=self._packed)
        if found is None and self._beside and not self._packed:
            found = indices.load_beside(self._beside, self._raw.size)
            if found is not None:
                indices.keep(self._raw, found, self._folder)
        return found

    def _walked(self) -> Index:
        source = self._bytes()
        index = indices.walk(source)
        if self._unpacked is not None and self._unpacked.why:
            at = index.problem.offset if index.problem is not None else source.size
            problem = Problem(
                record=len(index), offset=at, kind="compression", why=self._unpacked.why
            )
            index = indices.Index(offsets=index.offsets, lengths=index.lengths, problem=problem)
        indices.keep(self._raw, index, self._folder)
        return index

    def _collected(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], Examples]:
        expected = int(self._index().lengths[numbers].sum())
        for strict in (False, True):
            collector = Collector(self._info, expected, strict=strict)
            kept: list[int] = []
            for span in self._spans(numbers):
                kept += self._taken(collector, numbers, span)
            try:
                return np.array(kept, dtype=np.int64), collector.examples()
            except UncheckedError:
                continue
        raise AssertionError("what was taken strictly was checked")

    def _spans(self, numbers: NDArray[np.int64]) -> Iterator[Span]:
        index = self._index()
        return spans_of(self._bytes(), numbers, index.offsets[numbers], index.lengths[numbers])

    def _taken(self, collector: Collector, numbers: NDArray[np.int64], span: Span) -> Sequence[int]:
        """The places in `numbers` of those records of a span that were taken."""
        many = self._info.level == "video" and len(span) >= _MANY
        if not many or not span.is_sound(verify=self._verify):
            return [
                at
                for at, data in self._data(numbers, span)
                if self._take(collector, numbers[at], data)
            ]
        refused = collector.add_many(span.whole, span.begins, span.sizes)
        for at, error in refused:
            self._meet_at(numbers[span.first + at], "content", str(error))
        kept = range(span.first, span.first + len(span))
        if not refused:
            return kept
        left_out = {span.first + at for at, _ in refused}
        return [at for at in kept if at not in left_out]

    def _data(
        self, numbers: NDArray[np.int64], span: Span
    ) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """The data of records, each with its place in `numbers`; damaged ones are left out."""
        crc, verify, whole = crc32c(), self._verify, span.whole
        bounds = zip(span.begins.tolist(), span.sizes.tolist(), strict=True)
        for at, (begin, size) in enumerate(bounds, span.first):
            end = begin + size
            if end + FOOT > len(whole):
                why = "the file has become shorter since it was opened"
                self._meet_at(numbers[at], "truncated", why)
                continue
            if LENGTH.unpack_from(whole.data, begin - HEAD)[0] != size:
                why = "the file has changed since it was indexed"
                self._meet_at(numbers[at], "length", why)
                continue
            data = whole[begin:end]
            if verify and crc(data) != unmask(CHECKSUM.unpack_from(whole.data, end)[0]):
                self._meet_at(numbers[at], "checksum", "the checksum of its data is wrong")
                continue
            yield at, data

    def _take(self, collector: Collector, number: np.int64, data: NDArray[np.uint8]) -> bool:
        try:
            collector.add(data)
        except ContentError as exc:
            self._meet_at(number, "content", str(exc))
            return False
        return True

    def _meet_at(self, number: np.int64, kind: Kind, why: str) -> None:
        if kind in ("truncated", "length"):  # an index of another file must not be trusted again
            indices.drop(self._raw, self._folder)
        offset = int(self._index().offsets[number]) - HEAD
        self._meet(Problem(record=int(number), offset=offset, kind=kind, why=why))

    def _meet(self, problem: Problem) -> None:
        """Keep a problem; or say it, where nobody asked to go on."""
        self._problems.setdefault(problem.record, problem)
        if not self._keep_going:
            raise refusal(self.address, problem)


def refusal(address: str, problem: Problem) -> InputError:
    """The error that says a problem."""
    what = "is broken off" if problem.ends else "is damaged"
    if problem.kind == "content":
        what = "cannot be used"
    hint = "fetch or make the shard again; --keep-going leaves out what is damaged"
    if problem.kind == "content":
        hint = "is it of this data set? --keep-going leaves such records out"
    return InputError(
        f"{display(address)} {what} at record {problem.record}, byte {problem.offset}:"
        f" {display(problem.why)}",
        hint=hint,
        code=_CODES[problem.kind],
    )


def numbers_of(rows: Sequence[int] | slice | NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Which records are meant, int64.

    Raises:
        IndexError: There is no such record.
    """
    if isinstance(rows, slice):
        return np.arange(*rows.indices(count), dtype=np.int64)
    numbers = np.asarray(rows, dtype=np.int64).reshape(-1)
    if len(numbers) and not (numbers.min() >= 0 and numbers.max() < count):
        raise IndexError(f"there are {count} records, from 0")
    return numbers
