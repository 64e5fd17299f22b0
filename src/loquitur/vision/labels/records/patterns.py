"""Video-level records that are laid out alike, read many at once by their places.

Of a shard of means most records differ in their id, labels and numbers alone: what stands between
(keys, lengths, names) is the same bytes at the same places as in another record of that length. So
those bytes are compared in all records at once, and ids, labels and rows are picked out of all of
them. Whatever is unusual in any way is left to who reads one by one.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from loquitur.vision.labels.records import layout as lay
from loquitur.vision.labels.records.wire import BYTES, WireError, entries, fields, read_varint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from loquitur.vision.labels.dataset import DatasetInfo
    from loquitur.vision.labels.records.layout import StreamLayout

MOST_PATTERNS = 256
"""Kept: a handful of numbers of labels, times how many bytes each takes."""
MOST_ID_BYTES = 1_000
_MOST_FIXED = 1_000
"""Bytes of keys, lengths and names of a record: a few dozen, and as many a stream. One that has
more holds what nobody knows, and all are compared over as many as the one that has most."""
_MOST_VARINT = 3
"""Bytes of a label: two million of them; nobody has more."""
_LABELS = lay.LABELS.encode()
_IDS = frozenset(name.encode() for name in lay.IDS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pattern:
    """Where everything lies in records of one length.

    Args:
        fixed: int64: the places of bytes that are the same in all of them.
        content: Those bytes.
        name: From where to where the id goes.
        labels: From where to where the packed labels go; empty where there are none.
        rows: Of each stream that is there, where its row begins.
    """

    fixed: NDArray[np.int64]
    content: NDArray[np.uint8]
    name: tuple[int, int]
    labels: tuple[int, int]
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alike:
    """What was read of many records at once.

    Args:
        whole: What they lie in.
        good: bool [n]: which of them were read; what follows is of those.
        ids: One each.
        labels: int64: of all of them.
        counts: int64: how many labels each has.
        rows: Of each stream, where its row begins in `whole`, int64; -1 where it has none.
    """

    whole: NDArray[np.uint8]
    good: NDArray[np.bool_]
    ids: Sequence[str]
    labels: NDArray[np.int64]
    counts: NDArray[np.int64]
    rows: Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Table:
    """Patterns as columns, by the lengths of their records, ascending; [p] each.

    `fixed` and `content` are [p, k]: of a pattern with fewer places its first is there again.
    """

    sizes: NDArray[np.int64]
    fixed: NDArray[np.int64]
    content: NDArray[np.uint8]
    names: NDArray[np.int64]
    name_sizes: NDArray[np.int64]
    labels: NDArray[np.int64]
    label_sizes: NDArray[np.int64]
    rows: Mapping[str, NDArray[np.int64]]


class Patterns:
    """The patterns of records of some streams, by their length; threads may share them.

    Args:
        means: The streams, by the name of their feature.
        most: Labels of the vocabulary; 0 where nobody says.
    """

    def __init__(self, means: Mapping[bytes, StreamLayout], most: int) -> None:
        self._means = means
        self._most = most
        self._known: dict[int, Pattern | None] = {}
        self._table: _Table | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return sum(pattern is not None for pattern in self._known.values())

    def read(
        self, whole: NDArray[np.uint8], begins: NDArray[np.int64], sizes: NDArray[np.int64]
    ) -> Alike | None:
        """Those of many records that fit a pattern and have nothing unusual; None where none does.

        Args:
            whole: What they lie in.
            begins: int64 [n]: where each begins.
            sizes: int64 [n]: how many bytes each has.
        """
        self._learn(whole, begins, sizes)
        table = self._table
        if table is None:
            return None
        which = np.minimum(np.searchsorted(table.sizes, sizes), len(table.sizes) - 1)
        mine = np.flatnonzero(table.sizes[which] == sizes)
        which, starts = which[mine], begins[mine]
        content = whole[starts[:, None] + table.fixed[which]]
        same = (content == table.content[which]).all(axis=1)
        if not same.all():
            mine, which, starts = mine[same], which[same], starts[same]
        packed, cuts = _picked(whole, starts + table.labels[which], table.label_sizes[which])
        labels, counts, plain = _labels(packed, cuts, self._most)
        if not plain.all():
            labels = labels[np.repeat(plain, counts)]
            mine, which, starts = mine[plain], which[plain], starts[plain]
            counts = counts[plain]
        good = np.zeros(len(sizes), dtype=np.bool_)
        good[mine] = True
        return Alike(
            whole=whole,
            good=good,
            ids=_texts(*_picked(whole, starts + table.names[which], table.name_sizes[which])),
            labels=labels,
            counts=counts,
            rows={
                name: np.where(places[which] < 0, -1, starts + places[which])
                for name, places in table.rows.items()
            },
        )

    def _learn(
        self, whole: NDArray[np.uint8], begins: NDArray[np.int64], sizes: NDArray[np.int64]
    ) -> None:
        """Keep how records of other lengths than before are laid out."""
        with self._lock:
            new = set(sizes.tolist()) - self._known.keys()
            if len(self._known) + len(new) > MOST_PATTERNS:
                self._known = {}
            for size in sorted(new)[:MOST_PATTERNS]:
                at = int(begins[int(np.argmax(sizes == size))])
                try:
                    self._known[size] = pattern_of(whole[at : at + size], self._means)
                except WireError:
                    self._known[size] = None
            if new:
                names = [layout.name for layout in self._means.values()]
                self._table = _table(self._known, names)


def patterns_of(info: DatasetInfo) -> Patterns:
    """The patterns of a data set of video level, the same for all of its shards."""
    layouts = {stream.name: lay.layout_of(stream) for stream in info.streams}
    names = lay.context_names(info).items()
    means = tuple((name.encode(), layouts[stream]) for name, stream in names)
    return _patterns(means, info.labels)


@lru_cache(maxsize=16)
def _patterns(means: tuple[tuple[bytes, StreamLayout], ...], most: int) -> Patterns:
    return Patterns(dict(means), most)


def pattern_of(data: NDArray[np.uint8], means: Mapping[bytes, StreamLayout]) -> Pattern | None:
    """The pattern of a record; None where it has anything unusual.

    Args:
        data: The record.
        means: The streams, by the name of their feature.

    Raises:
        WireError: It is no message.
    """
    view = data.data
    name: tuple[int, int] | None = None
    labels: tuple[int, int] | None = None
    rows: dict[str, tuple[int, int]] = {}
    for number, kind, start, stop in fields(view, 0, len(view)):
        if number != 1 or kind != BYTES:
            return None
        for key, at, end in entries(view, start, stop):
            place: tuple[int, int] | None = None
            if key in _IDS and name is None:
                place = name = _single(view, at, end, lay.BYTES_LIST)
            elif key == _LABELS and labels is None:
                place = labels = _packed_labels(view, at, end)
            elif key in means and means[key].name not in rows:
                place = _row(view, at, end, means[key])
                if place is not None:
                    rows[means[key].name] = place
            if place is None:
                return None
    if name is None or name[1] - name[0] > MOST_ID_BYTES:
        return None
    mine = np.ones(len(data), dtype=np.bool_)
    for first, last in (name, labels or (0, 0), *rows.values()):
        mine[first:last] = False
    fixed = np.flatnonzero(mine)
    if len(fixed) > _MOST_FIXED:
        return None
    return Pattern(
        fixed=fixed,
        content=data[fixed],
        name=name,
        labels=labels or (0, 0),
        rows={stream: first for stream, (first, _) in rows.items()},
    )


def _table(known: Mapping[int, Pattern | None], names: Sequence[str]) -> _Table | None:
    found = sorted((size, pattern) for size, pattern in known.items() if pattern is not None)
    patterns = [pattern for _, pattern in found]
    if not patterns:
        return None
    widest = max(len(pattern.fixed) for pattern in patterns)
    fixed = np.zeros((len(patterns), widest), np.int64)
    content = np.zeros((len(patterns), widest), np.uint8)
    for at, pattern in enumerate(patterns):
        fixed[at], content[at] = pattern.fixed[0], pattern.content[0]
        fixed[at, : len(pattern.fixed)] = pattern.fixed
        content[at, : len(pattern.fixed)] = pattern.content
    places = np.array([(*one.name, *one.labels) for one in patterns], dtype=np.int64)
    return _Table(
        sizes=np.array([size for size, _ in found], dtype=np.int64),
        fixed=fixed,
        content=content,
        names=places[:, 0],
        name_sizes=places[:, 1] - places[:, 0],
        labels=places[:, 2],
        label_sizes=places[:, 3] - places[:, 2],
        rows={
            name: np.array([one.rows.get(name, -1) for one in patterns], dtype=np.int64)
            for name in names
        },
    )


def _picked(
    whole: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pieces of bytes behind each other, and where each begins among them: int64 [n + 1]."""
    cuts = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    places = np.repeat(starts - cuts[:-1], sizes) + np.arange(cuts[-1])
    return whole[places], cuts


def _texts(data: NDArray[np.uint8], cuts: NDArray[np.int64]) -> list[str]:
    raw, bounds = data.tobytes(), cuts.tolist()
    pairs = pairwise(bounds)
    if raw.isascii():
        text = raw.decode("ascii")
        return [text[first:last] for first, last in pairs]
    return [raw[first:last].decode("utf-8", "backslashreplace") for first, last in pairs]


def _labels(
    packed: NDArray[np.uint8], cuts: NDArray[np.int64], most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Packed varints of many records.

    Returns:
        All of them; how many each record has; and of which records they are plain: whole, of few
        bytes, ascending, none twice, each below `most` (0: of any size).
    """
    videos = len(cuts) - 1
    plain = np.ones(videos, dtype=np.bool_)
    if not len(packed):
        return np.zeros(0, np.int64), np.zeros(videos, np.int64), plain
    of = np.repeat(np.arange(videos), np.diff(cuts))
    ending = packed < 0x80
    filled = np.flatnonzero(np.diff(cuts))
    last = cuts[filled + 1] - 1
    plain[filled[~ending[last]]] = False
    ending[last] = True  # a number that is cut off ends there, so that the next record's is whole
    ends = np.flatnonzero(ending)
    starts = np.concatenate(([0], ends[:-1] + 1))
    sizes = ends - starts + 1
    low = (packed & 0x7F).astype(np.int64)
    values = low[starts]
    for more in range(1, _MOST_VARINT):
        longer = np.flatnonzero(sizes > more)
        values[longer] |= low[starts[longer] + more] << 7 * more
    mine = of[ends]
    strange = sizes > _MOST_VARINT
    strange[1:] |= (values[1:] <= values[:-1]) & (mine[1:] == mine[:-1])
    if most > 0:
        strange |= values >= most
    plain[mine[strange]] = False
    return values, np.bincount(mine, minlength=videos), plain


def _packed_labels(view: memoryview, at: int, end: int) -> tuple[int, int] | None:
    """Where packed labels lie; of none, there may be an empty list."""
    place = _inside(view, at, end, lay.INT64_LIST)
    if place is not None and place[0] == place[1]:
        return place
    return None if place is None else _inside(view, *place, 1)


def _row(view: memoryview, at: int, end: int, layout: StreamLayout) -> tuple[int, int] | None:
    """Where the only row of a feature lies."""
    place = _single(view, at, end, lay.BYTES_LIST if layout.quantised else lay.FLOAT_LIST)
    return place if place is not None and place[1] - place[0] == layout.width else None


def _single(view: memoryview, at: int, end: int, kind: int) -> tuple[int, int] | None:
    """Where the content of the only value (or packed values) of a `Feature` lies."""
    place = _inside(view, at, end, kind)
    return None if place is None else _inside(view, *place, 1)


def _inside(view: memoryview, at: int, end: int, number: int) -> tuple[int, int] | None:
    """Where the content of a message's only field lies; None where it is not the only one."""
    if end - at < 2 or view[at] != number << 3 | BYTES:
        return None
    length, start = read_varint(view, at + 1, end)
    return (start, end) if start + length == end else None
