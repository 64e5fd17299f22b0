"""Frame-level records as TensorFlow and this package write them, read without walking over them.

Where every stream has equally many rows, all that stands before and between rows (keys, lengths,
names) follows from the size of the lists: so it is made once for each size, and compared. The
context (id and labels) is compared with one that was read before and is as long. Whatever is
unusual in any way is left to who walks over the message.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import TYPE_CHECKING

from loquitur.vision.labels.records import layout as lay
from loquitur.vision.labels.records.patterns import pattern_of
from loquitur.vision.labels.records.wire import BYTES, WireError, field, varint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

_CONTEXT, _LISTS = 1 << 3 | BYTES, 2 << 3 | BYTES
"""The keys of the two fields of a `SequenceExample`."""
_MOST_CONTEXT = 0x80
"""Bytes of a context whose length is one byte; one with texts is longer."""
_MOST_KEPT = 4_096
_MOST_STREAMS = 3
_MOST_ROWS = 1_000
"""Longer lists are walked over, which of so many rows costs little: what is kept of a form grows
with its rows."""


@dataclass(frozen=True, slots=True, eq=False)
class _Context:
    """What contexts of one length have in common: bytes before, between and behind two pieces."""

    before: bytes
    between: bytes
    behind: bytes
    name: tuple[int, int]
    labels: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class _List:
    """One list: from where to where what stands before its rows goes, and where the rows end.

    Places are counted from the end of the context.
    """

    stream: str
    start: int
    head: bytes
    rows: int
    end: int
    step: int
    width: int
    heads: bytes


class Forms:
    """What frame-level records of some streams look like; threads may share it.

    Args:
        streams: In any order.
    """

    def __init__(self, streams: Sequence[lay.StreamLayout]) -> None:
        self._streams = streams
        self._contexts: dict[int, _Context | None] = {}
        self._lists: dict[int, list[list[_List]]] = {}

    def read(
        self, data: NDArray[np.uint8]
    ) -> tuple[str, list[int], dict[str, NDArray[np.uint8]]] | None:
        """The id, the labels and the rows of a record; None where it has anything unusual."""
        head = data[: 2 + _MOST_CONTEXT].tobytes()
        if len(head) < 2 or head[0] != _CONTEXT or head[1] >= _MOST_CONTEXT:
            return None
        stop = 2 + head[1]
        if stop > len(data):  # it is cut off
            return None
        size = head[1]
        try:
            context = self._contexts[size]
        except KeyError:
            context = self._learnt(data[:stop])
        if context is None:
            return None
        at, end = context.name
        first, last = context.labels
        if not (
            head.startswith(context.before)
            and head[end:first] == context.between
            and head[last:stop] == context.behind
        ):
            return None
        labels = _few(head, first, last)
        rows = None if labels is None else self._rows(data, stop)
        if labels is None or rows is None:
            return None
        return str(head[at:end], "utf-8", "backslashreplace"), labels, rows

    def _rows(self, data: NDArray[np.uint8], stop: int) -> dict[str, NDArray[np.uint8]] | None:
        size = len(data) - stop
        orders = self._lists.get(size)
        if orders is None:
            if len(self._lists) >= _MOST_KEPT:
                self._lists.clear()
            orders = self._lists[size] = list(_orders(self._streams, size))
        for lists in orders:
            rows = {}
            for one in lists:
                begin, end = stop + one.rows, stop + one.end
                if data[stop + one.start : begin].tobytes() != one.head:
                    break
                mine = data[begin:end].reshape(-1, one.step)
                if mine[:, : one.step - one.width].tobytes() != one.heads:
                    break
                rows[one.stream] = mine[:, one.step - one.width :]
            else:
                return rows
        return None

    def _learnt(self, data: NDArray[np.uint8]) -> _Context | None:
        """How a context is laid out, of a length that was not met before."""
        if len(self._contexts) >= _MOST_KEPT:
            self._contexts.clear()
        try:
            found = pattern_of(data, {})
        except WireError:
            found = None
        context = None
        if found is not None and (found.labels == (0, 0) or found.name[1] <= found.labels[0]):
            plain = data.tobytes()
            labels = found.labels if found.labels != (0, 0) else (len(plain), len(plain))
            context = _Context(
                before=plain[: found.name[0]],
                between=plain[found.name[1] : labels[0]],
                behind=plain[labels[1] :],
                name=found.name,
                labels=labels,
            )
        self._contexts[len(data) - 2] = context
        return context


@lru_cache(maxsize=16)
def forms_of(streams: tuple[lay.StreamLayout, ...]) -> Forms:
    """The forms of some streams, the same for all shards."""
    return Forms(streams)


def _orders(streams: Sequence[lay.StreamLayout], size: int) -> Iterator[list[_List]]:
    """Lists of equally many rows that take so many bytes, in any order of the streams."""
    steps = sum(len(one.head) + one.width for one in streams)
    if not streams or len(streams) > _MOST_STREAMS:
        return
    for count in range(size // steps, 0, -1):
        pieces = {one.name: _piece(one, count) for one in streams}
        whole = sum(len(pieces[one.name]) for one in streams) + count * steps
        start = bytes((_LISTS,)) + varint(whole)
        if len(start) + whole <= size:
            break
    else:
        return
    if len(start) + whole != size or count > _MOST_ROWS:
        return
    heads = {one.name: one.head * count for one in streams}
    for order in permutations(streams):
        at = 0
        lists = []
        for one in order:
            head = (b"" if at else start) + pieces[one.name]
            step = len(one.head) + one.width
            lists.append(
                _List(
                    stream=one.name,
                    start=at,
                    head=head,
                    rows=at + len(head),
                    end=at + len(head) + count * step,
                    step=step,
                    width=one.width,
                    heads=heads[one.name],
                )
            )
            at += len(head) + count * step
        yield lists


def _piece(stream: lay.StreamLayout, count: int) -> bytes:
    """What stands before the rows of a list: its key, name and lengths."""
    size = count * (len(stream.head) + stream.width)
    inner = field(1, stream.name.encode()) + bytes((_LISTS,)) + varint(size)
    return bytes((_CONTEXT,)) + varint(len(inner) + size) + inner


def _few(data: bytes, at: int, end: int) -> list[int] | None:
    """Packed labels of one or two bytes; None where there are larger ones."""
    found = []
    while at < end:
        value = data[at]
        at += 1
        if value >= 0x80:
            if at == end or data[at] >= 0x80:
                return None
            value += (data[at] << 7) - 0x80
            at += 1
        found.append(value)
    return found
