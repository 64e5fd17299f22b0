"""Labelled videos into TFRecord files, as YouTube-8M has them; whole or not at all.

Streams, ids and labels are named as there. What it has no name for (`title`, `description`, the
times of rows: `rgb_ms` ...) stands in the context beside them, where other readers pass over it.
"""

from __future__ import annotations

import zlib
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import UsageError, near
from loquitur.tables.writing import replacing
from loquitur.vision.labels.examples import Examples
from loquitur.vision.labels.records import layout as lay
from loquitur.vision.labels.records.framing import framed
from loquitur.vision.labels.records.wire import field, packed

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from numpy.typing import NDArray

    from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
    from loquitur.vision.labels.examples import Segments

COMPRESSIONS = {"": 0, "gzip": 31, "zlib": 15}
"""Names of compressions, and the window bits by which zlib knows them."""
_SECOND_MS = 1_000


class ShardWriter:
    """Writes a TFRecord file video by video; it is there when the block ends, or not at all.

    Args:
        path: The file; one that is there is replaced.
        info: What is written: its level, its streams and their types.
        compression: "", `gzip` or `zlib`.
        level: Of the compression, 1 to 9; higher is smaller and slower.

    Raises:
        UsageError: No such compression.
        FullError: No space, or no right to write there.
    """

    def __init__(
        self, path: str | Path, info: DatasetInfo, *, compression: str = "", level: int = 6
    ) -> None:
        if compression not in COMPRESSIONS:
            hint = near(compression, [name or "''" for name in COMPRESSIONS])
            raise UsageError(f"no such compression of records: '{compression}'", hint=hint)
        self._path = Path(path)
        self._info = info
        self._machine = (
            zlib.compressobj(level, zlib.DEFLATED, COMPRESSIONS[compression])
            if compression
            else None
        )
        self._stack = ExitStack()
        self._file: IO[bytes] | None = None
        self.count = 0
        """Videos so far."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            temporary = stack.enter_context(replacing(self._path))
            self._file = stack.enter_context(temporary.open("wb"))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        stack = self._stack.pop_all()
        if error is not None:
            stack.__exit__(kind, error, trace)  # what was written goes, what was there stays
            return
        with stack:
            if self._machine is not None and self._file is not None:
                self._file.write(self._machine.flush())
        self._file = None

    def add(self, examples: Examples) -> None:
        """Write videos.

        Raises:
            ValueError: They are no videos of this data set: a stream of another size or type.
            FullError: No space.
        """
        for record in records_of(examples, self._info):
            self.add_record(record)

    def add_record(self, data: bytes) -> None:
        """Write one record as it is."""
        if self._file is None:
            raise ValueError("a writer of records is used inside its `with` block")
        for piece in framed(data):
            self._file.write(piece if self._machine is None else self._machine.compress(piece))
        self.count += 1


def write_shard(
    path: str | Path, examples: Examples, info: DatasetInfo, *, compression: str = ""
) -> None:
    """Write a TFRecord file, whole or not at all.

    Args:
        path: The file; one that is there is replaced. Named by its part: `train0000.tfrecord`.
        examples: What it holds.
        info: The data set it belongs to: its level, its streams and their types.
        compression: "", `gzip` or `zlib`.

    Raises:
        ValueError: The examples do not fit the data set.
        UsageError: No such compression.
        FullError: No space, or no right to write there.
    """
    with ShardWriter(path, info, compression=compression) as writer:
        writer.add(examples)


def records_of(examples: Examples, info: DatasetInfo) -> list[bytes]:
    """Videos as serialised examples of TensorFlow, one each.

    Raises:
        ValueError: They do not fit the data set.
    """
    streams = [stream for stream in info.streams if stream.name in examples.streams]
    check_fit(examples, info)
    make = _frame_record if info.level == "frame" else _video_record
    return [make(examples, streams, video) for video in range(len(examples))]


def check_fit(examples: Examples, info: DatasetInfo) -> None:
    """Raise ValueError where videos are none of a data set: other streams, sizes, types, NaN."""
    strange = sorted(examples.streams.keys() - {stream.name for stream in info.streams})
    if strange:
        raise ValueError(f"the data set has no stream '{strange[0]}'")
    for stream in info.streams:
        if stream.name not in examples.streams:
            continue
        mine = examples.streams[stream.name]
        rows = mine.rows
        kind = np.dtype(np.uint8 if stream.quantised else np.float32)
        if rows.dtype != kind or rows.shape[1] != stream.dimension:
            raise ValueError(
                f"'{stream.name}' is {rows.dtype} [{rows.shape[1]}], the data set has {kind}"
                f" [{stream.dimension}]"
            )
        if info.level == "video" and len(mine) and int(mine.lengths.max()) > 1:
            raise ValueError(f"'{stream.name}' has more than one row a video: not video level")
        if not stream.quantised and not np.isfinite(rows).all():
            raise ValueError(f"'{stream.name}' holds NaN or infinity")


def _frame_record(examples: Examples, streams: list[StreamInfo], video: int) -> bytes:
    context = _context(examples, video)
    lists = []
    for stream in streams:
        rows = np.ascontiguousarray(examples.streams[stream.name].of(video))
        plain = rows.view(np.uint8) if len(rows) else rows.reshape(0, 1).astype(np.uint8)
        if len(rows):
            context += _times(examples, stream.name, video)
            head = np.frombuffer(lay.layout_of(stream).head, np.uint8)
            framed_rows = np.empty((len(plain), len(head) + plain.shape[1]), np.uint8)
            framed_rows[:, : len(head)] = head
            framed_rows[:, len(head) :] = plain
            lists.append(lay.entry(stream.name, framed_rows.tobytes()))
    return field(1, b"".join(context)) + field(2, b"".join(lists))


def _video_record(examples: Examples, streams: list[StreamInfo], video: int) -> bytes:
    context = _context(examples, video)
    for stream in streams:
        rows = examples.streams[stream.name].of(video)
        if len(rows):
            kind = lay.BYTES_LIST if stream.quantised else lay.FLOAT_LIST
            data = np.ascontiguousarray(rows).tobytes()
            context.append(lay.entry(f"{lay.MEAN}{stream.name}", lay.feature(kind, field(1, data))))
    return field(1, b"".join(context))


def _context(examples: Examples, video: int) -> list[bytes]:
    name = examples.video_ids[video].encode("utf-8", "surrogateescape")
    found = [
        lay.entry(lay.IDS[0], lay.feature(lay.BYTES_LIST, field(1, name))),
        _integers(lay.LABELS, examples.labels_of(video)),
    ]
    for text, column in examples.texts.items():
        if text in lay.TEXTS and column[video]:
            data = column[video].encode("utf-8", "replace")
            found.append(lay.entry(text, lay.feature(lay.BYTES_LIST, field(1, data))))
    if examples.segments is not None:
        found += _segments(examples.segments, video)
    return found


def _segments(segments: Segments, video: int) -> list[bytes]:
    mine = segments.videos == video
    if not mine.any():
        return []
    scores = segments.scores[mine].astype("<f4").tobytes()
    return [
        _integers(lay.SEGMENT_LABELS, segments.labels[mine]),
        _integers(lay.SEGMENT_STARTS, segments.start_ms[mine] // _SECOND_MS),
        _integers(lay.SEGMENT_ENDS, segments.end_ms[mine] // _SECOND_MS),
        lay.entry(lay.SEGMENT_SCORES, lay.feature(lay.FLOAT_LIST, field(1, scores))),
    ]


def _times(examples: Examples, name: str, video: int) -> list[bytes]:
    stream = examples.streams[name]
    if stream.times_ms is None:
        return []
    first, last = stream.offsets[video], stream.offsets[video + 1]
    return [_integers(f"{name}{lay.TIMES}", stream.times_ms[first:last])]


def _integers(name: str, values: NDArray[Any]) -> bytes:
    return lay.entry(name, lay.feature(lay.INT64_LIST, field(1, packed(values.tolist()))))
