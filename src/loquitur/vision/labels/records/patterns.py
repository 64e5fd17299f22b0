"""Video-level records that are laid out alike, read by their places.

Of a shard of means most records differ in their id, labels and numbers alone: what stands between
(keys, lengths, names) is the same bytes at the same places as in another record of that length. So
those bytes are compared at once, and nothing is parsed but the id and the labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.vision.labels.records import layout as lay
from loquitur.vision.labels.records.wire import BYTES, entries, fields, read_varint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from loquitur.vision.labels.records.layout import StreamLayout

MOST_PATTERNS = 256
"""Kept of one shard: a handful of numbers of labels, times how many bytes each takes."""
_LABELS = lay.LABELS.encode()
_IDS = frozenset(name.encode() for name in lay.IDS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pattern:
    """Where everything lies in records of one length.

    Args:
        places: int64: the bytes that are the same in all of them.
        fixed: Those bytes.
        name: From where to where the list with the id goes.
        labels: As `name`, of the list of labels; empty where there is none.
        rows: Of each stream, from where to where its row goes.
    """

    places: NDArray[np.int64]
    fixed: bytes
    name: tuple[int, int]
    labels: tuple[int, int]
    rows: tuple[tuple[str, int, int], ...]

    def fits(self, data: NDArray[np.uint8]) -> bool:
        """Whether a record of that length is laid out so."""
        return bool(data[self.places].tobytes() == self.fixed)


def pattern_of(data: NDArray[np.uint8], means: Mapping[bytes, StreamLayout]) -> Pattern | None:
    """The pattern of a record that was read and is good; None where it has anything unusual.

    Args:
        data: The record.
        means: The streams, by the name of their feature.
    """
    view = data.data
    name: tuple[int, int] | None = None
    labels = (0, 0)
    rows: dict[str, tuple[int, int]] = {}
    for number, kind, start, stop in fields(view, 0, len(view)):
        if number != 1 or kind != BYTES:
            return None
        for key, at, end in entries(view, start, stop):
            if key in _IDS and name is None:
                name = _inside(view, at, end, lay.BYTES_LIST)
            elif key == _LABELS and labels == (0, 0):
                labels = _inside(view, at, end, lay.INT64_LIST) or (-1, -1)
            elif key in means and means[key].name not in rows:
                place = _row(view, at, end, means[key])
                if place is None:
                    return None
                rows[means[key].name] = place
            else:
                return None
    if name is None or labels == (-1, -1):
        return None
    mine = np.ones(len(data), dtype=np.bool_)
    for first, last in (name, labels, *rows.values()):
        mine[first:last] = False
    places = np.flatnonzero(mine)
    return Pattern(
        places=places,
        fixed=data[places].tobytes(),
        name=name,
        labels=labels,
        rows=tuple((stream, first, last) for stream, (first, last) in rows.items()),
    )


def _row(view: memoryview, at: int, end: int, layout: StreamLayout) -> tuple[int, int] | None:
    """Where the only row of a feature lies."""
    place = _inside(view, at, end, lay.BYTES_LIST if layout.quantised else lay.FLOAT_LIST)
    place = None if place is None else _inside(view, *place, 1)
    return place if place is not None and place[1] - place[0] == layout.width else None


def _inside(view: memoryview, at: int, end: int, number: int) -> tuple[int, int] | None:
    """Where the content of a message's only field lies; None where it is not the only one."""
    if end - at < 2 or view[at] != number << 3 | BYTES:
        return None
    length, start = read_varint(view, at + 1, end)
    return (start, end) if start + length == end else None
