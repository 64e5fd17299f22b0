"""Records of labelled videos, put one behind another into columns.

Where every row of a stream has the same length, as in all files that TensorFlow wrote, a stream is
one strided view of the record: what stands before each row is compared, and the rows are copied at
once. Anything else that the wire format allows goes through a loop.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.vision.labels.examples import Examples, Segments
from loquitur.vision.labels.records import layout as lay
from loquitur.vision.labels.records.forms import forms_of
from loquitur.vision.labels.records.patterns import MOST_ID_BYTES, patterns_of
from loquitur.vision.labels.records.stacking import Labels, Rows
from loquitur.vision.labels.records.wire import (
    BYTES,
    WireError,
    entries,
    fields,
    read_few,
    read_floats,
    read_integers,
    read_texts,
    read_varint,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from loquitur.vision.labels.dataset import DatasetInfo
    from loquitur.vision.labels.records.patterns import Alike, Patterns

_SECOND_MS = 1_000
_MOST_MS = 1 << 53


class UncheckedError(ValueError):
    """There is NaN among the numbers: take the records again, strictly."""


class ContentError(ValueError):
    """A whole record that is no labelled video of this data set."""


class _Record:
    """One record, read but not yet kept; rows are views of its bytes, [t, width] of uint8."""

    __slots__ = ("labels", "rows", "segments", "texts", "times", "video_id")

    def __init__(self) -> None:
        self.video_id: str | None = None
        self.labels: list[int] = []
        self.rows: dict[str, NDArray[np.uint8]] = {}
        self.times: dict[str, NDArray[np.int64]] = {}
        self.texts: dict[str, str] = {}
        self.segments: dict[str, NDArray[Any]] = {}


class Collector:
    """Takes records, gives examples.

    Args:
        info: The data set: which streams are wanted, of what size, and how many labels there are.
        expected_bytes: About how many bytes of records will come.
        strict: Look for NaN in each record. Looking at all of them once is faster, but then nobody
            knows whose they are (`UncheckedError`).
        patterns: How records of the same data set are laid out, as far as was seen; it grows.
    """

    def __init__(
        self,
        info: DatasetInfo,
        expected_bytes: int = 0,
        *,
        strict: bool = False,
        patterns: Patterns | None = None,
    ) -> None:
        self._info = info
        self._strict = strict
        self._patterns = patterns_of(info) if patterns is None else patterns
        self._layouts = {stream.name: lay.layout_of(stream) for stream in info.streams}
        self._rows = {
            one.name: Rows(one.width, self._expected(one, expected_bytes))
            for one in self._layouts.values()
        }
        self._lists: dict[bytes, lay.StreamLayout] = {
            name.encode(): one for name, one in self._layouts.items()
        }
        for other, name in lay.ALIASES.items():
            if name in self._layouts:
                self._lists.setdefault(other.encode(), self._layouts[name])
        self._means = {
            name.encode(): self._layouts[stream] for name, stream in lay.context_names(info).items()
        }
        self._ids: list[str] = []
        self._forms = forms_of(tuple(self._layouts.values())) if info.level == "frame" else None
        self._labels = Labels()
        self._texts: dict[int, dict[str, str]] = {}
        self._segments: list[tuple[int, dict[str, NDArray[Any]]]] = []

    def _expected(self, layout: lay.StreamLayout, size: int) -> int:
        """How many rows of a stream so many bytes may hold.

        The widest stream gets room for all that it can have, so that nothing large is ever moved.
        """
        steps = [one.width + len(one.head) for one in self._layouts.values()]
        step = layout.width + len(layout.head)
        if self._info.level == "video" or step == max(steps):
            return size // step + 1
        return min(size // step, size * 5 // (4 * sum(steps))) + 1

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, data: NDArray[np.uint8]) -> None:
        """Take a record; one that is refused leaves nothing behind.

        Raises:
            ContentError: It is no labelled video of this data set.
        """
        formed = None if self._forms is None else self._forms.read(data)
        if formed is not None:
            self._add_formed(*formed)
            return
        try:
            record = self._parsed(data)
        except WireError as exc:
            raise ContentError(f"is no example of TensorFlow: {exc}") from exc
        self._check(record)
        if self._strict:
            self._check_finite(record.rows)
        for name, rows in self._rows.items():
            rows.take(record.rows.get(name), record.times.get(name))
        if record.segments:
            self._segments.append((len(self._ids), record.segments))
        if record.texts:
            self._texts[len(self._ids)] = record.texts
        self._ids.append(record.video_id or "")
        self._labels.take(record.labels)

    def _add_formed(
        self, video_id: str, labels: list[int], rows: Mapping[str, NDArray[np.uint8]]
    ) -> None:
        """A record of a usual form: with id, labels and rows, and nothing else."""
        self._check_list(labels)
        if self._strict:
            self._check_finite(rows)
        for name, stack in self._rows.items():
            stack.take(rows[name], None)
        self._ids.append(video_id)
        self._labels.take(labels)

    def add_many(
        self, whole: NDArray[np.uint8], begins: NDArray[np.int64], sizes: NDArray[np.int64]
    ) -> list[tuple[int, ContentError]]:
        """Take records, those that are laid out alike at once.

        Args:
            whole: What they lie in.
            begins: int64 [n]: where each begins.
            sizes: int64 [n]: how many bytes each has.

        Returns:
            Which of them were refused (by place in `begins`), and why.
        """
        alike = None if self._strict else self._patterns.read(whole, begins, sizes)
        good = np.zeros(len(begins), np.bool_) if alike is None else alike.good
        bounds = np.concatenate(([0], np.flatnonzero(np.diff(good)) + 1, [len(good)])).tolist()
        refused = []
        done = 0
        for first, last in pairwise(bounds):
            if alike is not None and good[first]:
                self._add_alike(alike, done, done + last - first)
                done += last - first
                continue
            for at in range(first, last):
                begin = int(begins[at])
                try:
                    self.add(whole[begin : begin + int(sizes[at])])
                except ContentError as exc:
                    refused.append((at, exc))
        return refused

    def _add_alike(self, alike: Alike, first: int, last: int) -> None:
        """Some of those that were read at once."""
        counts = alike.counts[first:last]
        before = int(alike.counts[:first].sum())
        self._ids += alike.ids[first:last]
        self._labels.take_many(alike.labels[before : before + int(counts.sum())], counts)
        for name, rows in self._rows.items():
            rows.take_single(alike.whole, alike.rows[name][first:last])

    def examples(self) -> Examples:
        """All that was taken, in its order.

        Raises:
            UncheckedError: There is NaN or infinity among it, and it was not looked for.
        """
        streams = {name: rows.stream(self._layouts[name]) for name, rows in self._rows.items()}
        for stream in streams.values():
            if stream.rows.dtype != np.uint8 and not self._strict and not _finite(stream.rows):
                raise UncheckedError
        labels, offsets = self._labels.columns()
        return Examples(
            video_ids=tuple(self._ids),
            labels=labels,
            label_offsets=offsets,
            streams=streams,
            texts=self._columns_of_texts(),
            segments=_joined(self._segments),
        )

    def _columns_of_texts(self) -> dict[str, tuple[str, ...]]:
        names = sorted({name for texts in self._texts.values() for name in texts})
        none: dict[str, str] = {}
        every = [self._texts.get(at, none) for at in range(len(self._ids))] if names else []
        return {name: tuple(texts.get(name, "") for texts in every) for name in names}

    # reading

    def _parsed(self, data: NDArray[np.uint8]) -> _Record:
        view = data.data
        record = _Record()
        for number, kind, start, stop in fields(view, 0, len(view)):
            if kind != BYTES:
                continue
            if number == 1:
                for name, first, last in entries(view, start, stop):
                    self._read_context(view, name, first, last, record)
            elif number == 2:
                for name, first, last in entries(view, start, stop):
                    self._read_list(data, name, first, last, record)
        if record.video_id is None:
            raise ContentError("has no 'id': not a labelled video")
        return record

    def _read_context(
        self, view: memoryview, name: bytes, at: int, end: int, record: _Record
    ) -> None:
        """Read one feature of the context."""
        if name == _LABELS:
            record.labels = read_few(view, *_values(view, at, end, lay.INT64_LIST, name))
        elif name in _IDS:
            start, stop = _values(view, at, end, lay.BYTES_LIST, name)
            record.video_id = _id(view, start, stop)
        elif name in self._means:
            self._read_mean(view, at, end, name, record)
        elif name.startswith(_MEAN) and self._info.level == "frame":
            raise ContentError("is of video level, the data set of frame level")
        else:
            self._read_extra(view, at, end, name, record)

    def _read_mean(self, view: memoryview, at: int, end: int, name: bytes, record: _Record) -> None:
        layout = self._means[name]
        kind = lay.BYTES_LIST if layout.quantised else lay.FLOAT_LIST
        inside = _values(view, at, end, kind, name)
        if layout.quantised:
            rows = [np.frombuffer(one, np.uint8) for one in read_texts(view, *inside)]
        else:
            numbers = read_floats(view, *inside)
            rows = [numbers.view(np.uint8)] if len(numbers) else []
        if len(rows) > 1:
            raise ContentError(f"'{name.decode()}' has {len(rows)} rows, not one")
        for row in rows:
            _check_width(layout, row.nbytes)
            record.rows[layout.name] = row[None]

    def _read_extra(
        self, view: memoryview, at: int, end: int, name: bytes, record: _Record
    ) -> None:
        text = name.decode("utf-8", "replace")
        if text in lay.TEXTS:
            found = read_texts(view, *_values(view, at, end, lay.BYTES_LIST, name))
            if found:
                record.texts[text] = bytes(found[0]).decode("utf-8", "replace")
        elif text == lay.SEGMENT_SCORES:
            scores = read_floats(view, *_values(view, at, end, lay.FLOAT_LIST, name))
            record.segments[text] = scores.astype(np.float32)
        elif text in lay.SEGMENTS:
            record.segments[text] = read_integers(
                view, *_values(view, at, end, lay.INT64_LIST, name)
            )
        elif text.endswith(lay.TIMES) and text.removesuffix(lay.TIMES) in self._layouts:
            record.times[text.removesuffix(lay.TIMES)] = read_integers(
                view, *_values(view, at, end, lay.INT64_LIST, name)
            )

    def _read_list(
        self, data: NDArray[np.uint8], name: bytes, at: int, end: int, record: _Record
    ) -> None:
        layout = self._lists.get(name)
        if layout is None or at == end:
            return
        if self._info.level == "video":
            raise ContentError("is of frame level, the data set of video level")
        head = layout.head
        count, over = divmod(end - at, len(head) + layout.width)
        if not over:
            rows = data[at:end].reshape(count, -1)
            if rows[:, : len(head)].tobytes() == head * count:
                record.rows[layout.name] = rows[:, len(head) :]
                return
        record.rows[layout.name] = _rows_one_by_one(data.data, at, end, layout)

    # checking

    def _check(self, record: _Record) -> None:
        self._check_list(record.labels)
        for name, times in record.times.items():
            rows = record.rows.get(name)
            if len(times) != (0 if rows is None else len(rows)):
                raise ContentError(f"'{name}' has {len(times)} times for its rows")
            if len(times) and not (int(times.min()) >= 0 and int(times.max()) < _MOST_MS):
                raise ContentError(f"'{name}' has times out of range")
        if record.segments:
            self._check_segments(record.segments)

    def _check_list(self, labels: list[int]) -> None:
        """Bring labels into their order."""
        if not labels:
            return
        labels.sort()
        if len(set(labels)) < len(labels):
            twice = next(one for one, other in pairwise(labels) if one == other)
            raise ContentError(f"has label {twice} twice")
        self._check_labels(labels[0], labels[-1])

    def _check_finite(self, record: Mapping[str, NDArray[np.uint8]]) -> None:
        for name, rows in record.items():
            numbers = None if self._layouts[name].quantised else np.ascontiguousarray(rows)
            if numbers is not None and not _finite(numbers.view("<f4")):
                raise ContentError(f"'{name}' holds NaN or infinity")

    def _check_labels(self, first: int, last: int) -> None:
        most = self._info.labels
        wrong = first if first < 0 else last
        if first < 0 or 0 < most <= last:
            raise ContentError(
                f"has label {wrong}, and the vocabulary {most or 'no such'} labels from 0"
            )

    def _check_segments(self, segments: Mapping[str, NDArray[Any]]) -> None:
        lengths = {len(segments.get(name, ())) for name in lay.SEGMENTS}
        if len(lengths) != 1:
            raise ContentError("has columns of segments of different lengths")
        labels = segments[lay.SEGMENT_LABELS]
        if not len(labels):
            return
        self._check_labels(int(labels.min()), int(labels.max()))
        starts, ends = segments[lay.SEGMENT_STARTS], segments[lay.SEGMENT_ENDS]
        scores = segments[lay.SEGMENT_SCORES]
        if int(starts.min()) < 0 or bool((ends <= starts).any()) or int(ends.max()) > 1 << 40:
            raise ContentError("has segments that end before they begin")
        if not bool(((scores >= 0) & (scores <= 1)).all()):
            raise ContentError("has scores of segments that are not between 0 and 1")


_IDS = frozenset(name.encode() for name in lay.IDS)
_LABELS = lay.LABELS.encode()
_MEAN = lay.MEAN.encode()


def _values(view: memoryview, at: int, end: int, kind: int, name: bytes) -> tuple[int, int]:
    """Where the list of a `Feature` lies; one of no kind is an empty list.

    Raises:
        ContentError: It is of another kind.
    """
    if end - at >= 2 and view[at] == kind << 3 | BYTES:
        length, start = read_varint(view, at + 1, end)
        if start + length == end:
            return start, end
    found = (end, end)
    for number, wire, start, stop in fields(view, at, end):
        if wire != BYTES or number not in lay.KINDS:
            continue
        if number != kind:
            raise ContentError(
                f"has {lay.KINDS[number]} as '{name.decode('utf-8', 'replace')}', expected"
                f" {lay.KINDS[kind]}"
            )
        found = (start, stop)
    return found


def _finite(numbers: NDArray[Any]) -> bool:
    return bool(np.isfinite(numbers).all())


def _id(view: memoryview, at: int, end: int) -> str:
    if end - at > 2 and view[at] == 1 << 3 | BYTES and end - at - 2 == view[at + 1] < 0x80:
        return str(view[at + 2 : end], "utf-8", "backslashreplace")
    texts = read_texts(view, at, end)
    if len(texts) != 1 or len(texts[0]) > MOST_ID_BYTES:
        raise ContentError("has no single, short 'id'")
    return str(texts[0], "utf-8", "backslashreplace")


def _rows_one_by_one(
    view: memoryview, at: int, end: int, layout: lay.StreamLayout
) -> NDArray[np.uint8]:
    name = layout.name.encode()
    kind = lay.BYTES_LIST if layout.quantised else lay.FLOAT_LIST
    found: list[NDArray[np.uint8]] = []
    for number, wire, start, stop in fields(view, at, end):
        if number != 1 or wire != BYTES:
            continue
        inside = _values(view, start, stop, kind, name)
        if layout.quantised:
            values = read_texts(view, *inside)
            if len(values) != 1:
                raise ContentError(f"'{layout.name}' has a row of {len(values)} byte strings")
            row = np.frombuffer(values[0], np.uint8)
        else:
            row = read_floats(view, *inside).view(np.uint8)
        _check_width(layout, row.nbytes)
        found.append(row)
    return np.stack(found) if found else np.zeros((0, layout.width), np.uint8)


def _check_width(layout: lay.StreamLayout, width: int) -> None:
    if width != layout.width:
        size = layout.width // layout.dimension
        raise ContentError(
            f"'{layout.name}' has a row of {width / size:g} numbers, expected {layout.dimension}"
        )


def _joined(found: Sequence[tuple[int, dict[str, NDArray[Any]]]]) -> Segments | None:
    if not found:
        return None

    def column(name: str) -> NDArray[Any]:
        return np.concatenate([segments[name] for _, segments in found])

    return Segments(
        videos=np.concatenate(
            [np.full(len(one[lay.SEGMENT_LABELS]), at, np.int64) for at, one in found]
        ),
        start_ms=column(lay.SEGMENT_STARTS) * _SECOND_MS,
        end_ms=column(lay.SEGMENT_ENDS) * _SECOND_MS,
        labels=column(lay.SEGMENT_LABELS),
        scores=column(lay.SEGMENT_SCORES),
    )
