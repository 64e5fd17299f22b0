"""Shards as columns: one file of the safetensors format, whose rows lie as a batch wants them.

A TFRecord has to be copied row by row out of its messages; of columns a run of videos is there with
one reading. Any reader of safetensors opens them. Checksums are CRC-32C: one for
each video and stream, and one over the small columns, in the metadata.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import InputError
from loquitur.text import display
from loquitur.vision import tensorfile
from loquitur.vision.labels.examples import Examples, Segments, Stream
from loquitur.vision.labels.records import layout as lay
from loquitur.vision.labels.records.checksums import crc32c
from loquitur.vision.labels.records.framing import Problem, looks_plain
from loquitur.vision.labels.records.memory import SPARE
from loquitur.vision.labels.records.recordfile import numbers_of, refusal
from loquitur.vision.labels.records.sources import LocalSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from numpy.typing import NDArray

    from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
    from loquitur.vision.labels.records.framing import Kind
    from loquitur.vision.labels.records.sources import ByteSource

SCHEMA = "loquitur/label-columns/1"
IDS, LABELS, LABEL_OFFSETS = "ids", "labels", "label_offsets"
ROWS, OFFSETS, TIMES, CHECKS = "rows.", "offsets.", "times_ms.", "checks."
"""Before the name of a stream."""
TEXT, SEGMENT, STARTS = "text.", "segment.", ".starts"
SEGMENT_COLUMNS: dict[str, np.dtype[Any]] = {
    "videos": np.dtype("<i8"),
    "start_ms": np.dtype("<i8"),
    "end_ms": np.dtype("<i8"),
    "labels": np.dtype("<i8"),
    "scores": np.dtype("<f4"),
}


def is_columns(source: ByteSource) -> bool:
    """Whether a file begins as one of columns: a length, then a JSON object."""
    head = bytes(source.read(0, 12))
    return len(head) == 12 and head[8:9] == b"{" and not looks_plain(head)


class ColumnShard:
    """See `shards.Shard`; the source is closed with it.

    Raises:
        InputError: The file is damaged where it says what it holds, or holds another data set.
    """

    def __init__(
        self,
        source: ByteSource,
        info: DatasetInfo,
        *,
        verify: bool = True,
        keep_going: bool = False,
    ) -> None:
        from loquitur.vision.labels.records.column_checking import check_small

        self._source = source
        self._info = info
        self._verify = verify
        self._keep_going = keep_going
        self._problems: dict[int, Problem] = {}
        try:
            start = bytes(source.read(0, tensorfile.PREFIX_BYTES))
            length = tensorfile.header_bytes(start, source.size)
            metadata, self._places = tensorfile.parse_header(
                bytes(source.read(tensorfile.PREFIX_BYTES, length)), source.size
            )
            self._small = self._read_small(metadata)
            check_small(self._small, self._places, info)
        except tensorfile.ERRORS as exc:
            raise InputError(
                f"{display(source.address)}: damaged, or no columns of labelled videos:"
                f" {display(str(exc))[:200]}",
                hint="make it again: loquitur label data convert ... --to columns",
                code="LQ-RECORDS-DAMAGED",
            ) from exc
        self._ids = self._texts(IDS)
        self._named = {
            name.removeprefix(TEXT): self._texts(name)
            for name in sorted(self._small)
            if name.startswith(TEXT) and not name.endswith(STARTS)
        }

    @property
    def address(self) -> str:
        """Where the file lies."""
        return self._source.address

    @property
    def info(self) -> DatasetInfo:
        """What it is read as."""
        return self._info

    @property
    def count(self) -> int:
        """See `Shard.count`."""
        return len(self._ids)

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Where each video's rows of the first stream begin in the file."""
        for stream in self._streams():
            rows = self._places[ROWS + stream.name]
            starts: NDArray[np.int64] = self._small[OFFSETS + stream.name][:-1]
            return rows.offset + starts * stream.dimension * rows.kind.itemsize
        return np.zeros(self.count, np.int64)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many bytes of rows each video has, of all streams that are read."""
        total = np.zeros(self.count, np.int64)
        for stream in self._streams():
            width = stream.dimension * self._places[ROWS + stream.name].kind.itemsize
            total += np.diff(self._small[OFFSETS + stream.name]) * width
        return total

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
        numbers = numbers_of(rows, self.count)
        kept = np.arange(len(numbers))
        streams = {}
        for stream in self._info.streams:
            streams[stream.name] = self._stream(stream, numbers)
        damaged = self._damaged(streams, numbers)
        if damaged:
            kept = np.array([at for at in kept if int(numbers[at]) not in damaged], dtype=np.int64)
            if not self._keep_going:
                raise refusal(self.address, damaged[min(damaged)])
            numbers = numbers[kept]
            streams = {one.name: self._stream(one, numbers) for one in self._info.streams}
        return kept, self._examples(numbers, streams)

    def examples(self, batch: int = 256) -> Iterator[Examples]:
        """See `Shard.examples`."""
        if batch < 1:
            raise ValueError("a batch has at least one record")
        for first in range(0, self.count, batch):
            found = self.read(slice(first, first + batch))
            if len(found):
                yield found

    def close(self) -> None:
        """Let go of the file; what was read stays."""
        self._source.close()

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

    def _streams(self) -> list[StreamInfo]:
        """The wanted streams that the file has."""
        return [one for one in self._info.streams if ROWS + one.name in self._places]

    def _read_small(self, metadata: Mapping[str, str]) -> dict[str, NDArray[Any]]:
        if metadata.get("schema") != SCHEMA:
            raise ValueError(f"no schema {SCHEMA}")
        small = {}
        crc = 0
        for name, place in sorted(self._places.items()):
            if name.startswith(ROWS):
                continue
            size = place.kind.itemsize * int(np.prod(place.shape, dtype=np.int64))
            data = bytes(self._source.read(place.offset, size))
            if len(data) < size:
                raise ValueError("it ends early")
            crc = mixed(crc, name, data)
            small[name] = np.frombuffer(data, place.kind).reshape(place.shape)
        if metadata.get("crc") != str(crc):
            raise ValueError("the checksum of its small columns is wrong")
        return small

    def _texts(self, name: str) -> tuple[str, ...]:
        data = self._small[name].tobytes()
        starts = self._small[name + STARTS].tolist()
        return tuple(
            data[first:last].decode("utf-8", "backslashreplace") for first, last in pairwise(starts)
        )

    def _stream(self, stream: StreamInfo, numbers: NDArray[np.int64]) -> Stream:
        """The rows of some videos."""
        kind = np.dtype(np.uint8 if stream.quantised else np.float32)
        if ROWS + stream.name not in self._places:
            none = np.zeros((0, stream.dimension), kind)
            return Stream(rows=none, offsets=np.zeros(len(numbers) + 1, np.int64))
        starts = self._small[OFFSETS + stream.name]
        counts = starts[numbers + 1] - starts[numbers]
        times = self._small.get(TIMES + stream.name)
        runs = _runs(numbers)
        rows = self._rows(stream, [(int(starts[a]), int(starts[b + 1])) for a, b in runs])
        moments = [] if times is None else [times[starts[a] : starts[b + 1]] for a, b in runs]
        return Stream(
            rows=rows,
            offsets=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
            times_ms=None if times is None else np.concatenate([np.zeros(0, np.int64), *moments]),
        )

    def _rows(self, stream: StreamInfo, runs: Sequence[tuple[int, int]]) -> NDArray[Any]:
        """Rows from some places up to others, behind each other, in memory that is used again.

        They are read, not mapped: each byte is copied once, from the system's memory into its
        place in the batch, and a file that somebody cuts off meanwhile is an error and no SIGBUS.
        """
        place = self._places[ROWS + stream.name]
        width = stream.dimension * place.kind.itemsize
        total = sum(last - first for first, last in runs)
        data = SPARE.empty(total, width)
        at = 0
        for first, last in runs:
            until = at + last - first
            self._read_into(data[at:until].reshape(-1), place.offset + first * width)
            at = until
        return data.view(place.kind).reshape(total, stream.dimension)

    def _read_into(self, data: NDArray[np.uint8], offset: int) -> None:
        if not len(data):
            return
        if isinstance(self._source, LocalSource):
            count = self._source.fill(offset, data.data)
        else:
            found = self._source.read(offset, len(data))
            count = len(found)
            data[:count] = np.frombuffer(found, np.uint8)
        if count < len(data):
            raise InputError(f"{display(self.address)}: has become shorter since it was opened")

    def _damaged(
        self, streams: Mapping[str, Stream], numbers: NDArray[np.int64]
    ) -> dict[int, Problem]:
        crc = crc32c()
        found: dict[int, Problem] = {}
        for stream in self._streams() if self._verify else ():
            mine = streams[stream.name]
            data = mine.rows.view(np.uint8) if len(mine.rows) else np.zeros((0, 1), np.uint8)
            checks = self._small[CHECKS + stream.name][numbers].tolist()
            bounds = mine.offsets.tolist()
            for at, number in enumerate(numbers.tolist()):
                if crc(data[bounds[at] : bounds[at + 1]]) != checks[at]:
                    why = f"the checksum of '{stream.name}' is wrong"
                    found[number] = self._problem(number, "checksum", why)
        for stream in self._streams():
            mine = streams[stream.name]
            if stream.quantised or bool(np.isfinite(mine.rows).all()):
                continue
            for at, number in enumerate(numbers.tolist()):
                if not np.isfinite(mine.of(at)).all():
                    why = f"'{stream.name}' holds NaN or infinity"
                    found.setdefault(number, self._problem(number, "content", why))
        self._problems |= found
        return found

    def _problem(self, number: int, kind: Kind, why: str) -> Problem:
        return Problem(record=number, offset=int(self.offsets[number]), kind=kind, why=why)

    def _examples(self, numbers: NDArray[np.int64], streams: Mapping[str, Stream]) -> Examples:
        starts, labels = self._small[LABEL_OFFSETS], self._small[LABELS]
        counts = starts[numbers + 1] - starts[numbers]
        pieces = [labels[starts[a] : starts[b + 1]] for a, b in _runs(numbers)]
        return Examples(
            video_ids=tuple(self._ids[number] for number in numbers),
            labels=np.concatenate([np.zeros(0, np.int64), *pieces]),
            label_offsets=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
            streams=streams,
            texts={
                name: tuple(column[number] for number in numbers)
                for name, column in self._named.items()
            },
            segments=self._segments(numbers),
        )

    def _segments(self, numbers: NDArray[np.int64]) -> Segments | None:
        if f"{SEGMENT}videos" not in self._small:
            return None
        columns = {name: self._small[SEGMENT + name] for name in SEGMENT_COLUMNS}
        where = [np.flatnonzero(columns["videos"] == number) for number in numbers]
        rows = np.concatenate([np.zeros(0, np.int64), *where])
        if not len(rows):
            return None
        places = np.repeat(np.arange(len(numbers)), [len(one) for one in where])
        return Segments(
            videos=places.astype(np.int64),
            **{name: column[rows] for name, column in columns.items() if name != "videos"},
        )


def mixed(crc: int, name: str, data: bytes) -> int:
    """The checksum of columns so far and one more, by name."""
    one = crc32c()(name.encode() + b"\0" + len(data).to_bytes(8, "little") + data)
    return crc32c()(crc.to_bytes(4, "little") + one.to_bytes(4, "little"))


def text_columns(name: str, texts: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Texts as one column of bytes and where each begins."""
    data = [text.encode("utf-8", "surrogateescape") for text in texts]
    starts = np.cumsum([0, *map(len, data)], dtype="<i8")
    return {name: np.frombuffer(b"".join(data), np.uint8), name + STARTS: starts}


def check_names(names: Sequence[str]) -> None:
    """Raise ValueError where a text has a name that a file of columns cannot hold."""
    strange = [name for name in names if name not in lay.TEXTS]
    if strange:
        raise ValueError(f"no text is called '{strange[0]}'")


def _runs(numbers: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Numbers as runs that follow each other, first and last of each."""
    if not len(numbers):
        return []
    breaks = np.flatnonzero(np.diff(numbers) != 1)
    firsts = numbers[np.concatenate(([0], breaks + 1))]
    lasts = numbers[np.concatenate((breaks, [len(numbers) - 1]))]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))
