"""Labelled videos into a file of columns (`columns`), batch by batch; whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from loquitur.tables.writing import replacing
from loquitur.vision import tensorfile
from loquitur.vision.labels.records import columns as col
from loquitur.vision.labels.records.checksums import crc32c
from loquitur.vision.labels.records.writing import check_fit

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from numpy.typing import NDArray

    from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
    from loquitur.vision.labels.examples import Examples, Stream


class _Spool:
    """The rows of one stream, on the disk until it is known how many there are."""

    def __init__(self, stream: StreamInfo, file: IO[bytes]) -> None:
        self.kind = np.dtype("u1" if stream.quantised else "<f4")
        self.shape = [0, stream.dimension]
        self.file = file
        self._lengths: list[NDArray[np.int64]] = [np.zeros(1, np.int64)]
        self._times: list[NDArray[np.int64] | None] = []
        self._checks: list[int] = []
        self._rate_hz = stream.rate_hz

    def add(self, stream: Stream | None, videos: int) -> None:
        """The rows of some videos."""
        if stream is None:
            self._lengths.append(np.zeros(videos, np.int64))
            self._checks += [crc32c()(b"")] * videos
            return
        rows = np.ascontiguousarray(stream.rows, dtype=self.kind)
        self.file.write(rows.data if len(rows) else b"")
        data = rows.view(np.uint8) if len(rows) else np.zeros((0, 1), np.uint8)
        bounds = stream.offsets.tolist()
        self._checks += [crc32c()(data[first:last]) for first, last in pairwise(bounds)]
        self.shape[0] += len(rows)
        self._lengths.append(stream.lengths)
        if stream.times_ms is not None or self._times:
            self._keep_times(stream)

    def _keep_times(self, stream: Stream) -> None:
        """Once one batch has times, all have: one a second where nobody said."""
        if not self._times:
            before = np.concatenate(self._lengths)[1 : -len(stream) or None]
            self._times += [self._regular(int(many)) for many in before]
        if stream.times_ms is not None:
            self._times.append(stream.times_ms)
        else:
            self._times += [self._regular(int(many)) for many in stream.lengths]

    def _regular(self, many: int) -> NDArray[np.int64]:
        step = 1_000 / self._rate_hz if self._rate_hz > 0 else 1_000.0
        return (np.arange(many) * step).astype(np.int64)

    def columns(self, name: str) -> dict[str, NDArray[Any]]:
        """What is kept beside the rows."""
        found: dict[str, NDArray[Any]] = {
            col.OFFSETS + name: np.cumsum(np.concatenate(self._lengths)).astype("<i8"),
            col.CHECKS + name: np.array(self._checks, dtype="<u4"),
        }
        if self._times:
            times = [one for one in self._times if one is not None]
            found[col.TIMES + name] = np.concatenate(times).astype("<i8")
        return found


class ColumnWriter:
    """Writes a file of columns; it is there when the block ends, or not at all.

    Args:
        path: The file; one that is there is replaced.
        info: What is written: its streams and their types.

    Raises:
        FullError: No space, or no right to write there.
    """

    def __init__(self, path: str | Path, info: DatasetInfo) -> None:
        self._path = Path(path)
        self._info = info
        self._stack = ExitStack()
        self._spools: dict[str, _Spool] = {}
        self._temporary = self._path
        self._ids: list[str] = []
        self._texts: list[dict[str, str]] = []
        self._labels: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        self._label_counts: list[NDArray[np.int64]] = [np.zeros(1, np.int64)]
        self._segments: list[dict[str, NDArray[Any]]] = []

    @property
    def count(self) -> int:
        """Videos so far."""
        return len(self._ids)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._temporary = stack.enter_context(replacing(self._path))
            for stream in self._info.streams:
                folder = self._temporary.parent
                file = stack.enter_context(tempfile.TemporaryFile(dir=folder))
                self._spools[stream.name] = _Spool(stream, file)
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
            stack.__exit__(kind, error, trace)
            return
        with stack:
            self._assemble()

    def add(self, examples: Examples) -> None:
        """Write videos.

        Raises:
            ValueError: They are no videos of this data set.
            FullError: No space.
        """
        check_fit(examples, self._info)
        col.check_names(list(examples.texts))
        for name, spool in self._spools.items():
            spool.add(examples.streams.get(name), len(examples))
        if examples.segments is not None:
            segments = {
                name: getattr(examples.segments, name).astype(kind)
                for name, kind in col.SEGMENT_COLUMNS.items()
            }
            segments["videos"] = segments["videos"] + len(self._ids)
            self._segments.append(segments)
        self._ids += examples.video_ids
        self._labels.append(examples.labels)
        self._label_counts.append(np.diff(examples.label_offsets))
        for at in range(len(examples)):
            self._texts.append({name: column[at] for name, column in examples.texts.items()})

    def _assemble(self) -> None:
        small = self._small()
        crc = 0
        for name in sorted(small):
            crc = col.mixed(crc, name, small[name].tobytes())
        large = {col.ROWS + name: spool for name, spool in self._spools.items()}
        columns: dict[str, tuple[str, tuple[int, ...]]] = {
            name: (column.dtype.str, column.shape) for name, column in small.items()
        }
        for name, spool in large.items():
            columns[name] = (spool.kind.str, (spool.shape[0], spool.shape[1]))
        # the widest numbers first, so that all lie aligned
        order = sorted(columns, key=lambda name: -np.dtype(columns[name][0]).itemsize)
        metadata = {"schema": col.SCHEMA, "crc": str(crc)}
        with self._temporary.open("wb") as file:
            file.write(tensorfile.header({name: columns[name] for name in order}, metadata))
            for name in order:
                if name in small:
                    file.write(small[name].tobytes())
                else:
                    large[name].file.seek(0)
                    shutil.copyfileobj(large[name].file, file, 1 << 20)

    def _small(self) -> dict[str, NDArray[Any]]:
        """The columns beside the rows."""
        small = {
            **col.text_columns(col.IDS, self._ids),
            col.LABELS: np.concatenate(self._labels).astype("<i8"),
            col.LABEL_OFFSETS: np.cumsum(np.concatenate(self._label_counts)).astype("<i8"),
        }
        for name in sorted({name for texts in self._texts for name in texts}):
            texts = [texts.get(name, "") for texts in self._texts]
            small |= col.text_columns(col.TEXT + name, texts)
        for name, spool in self._spools.items():
            small |= spool.columns(name)
        if self._segments:
            for name in col.SEGMENT_COLUMNS:
                small[col.SEGMENT + name] = np.concatenate([one[name] for one in self._segments])
        return small


def write_columns(path: str | Path, examples: Examples, info: DatasetInfo) -> None:
    """Write a file of columns, whole or not at all; see `ColumnWriter`."""
    with ColumnWriter(path, info) as writer:
        writer.add(examples)
