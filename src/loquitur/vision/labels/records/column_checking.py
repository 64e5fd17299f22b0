"""What a file of columns says of itself, held against itself and against a data set.

A checksum tells that the columns are as they were written, not that they were written well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.vision.labels.records import columns as col

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
    from loquitur.vision.tensorfile import Place

    Small = Mapping[str, NDArray[Any]]

_WHOLE, _BYTES, _CRC = np.dtype("<i8"), np.dtype("u1"), np.dtype("<u4")
_MOST_MS = 1 << 53


def check_small(small: Small, places: Mapping[str, Place], info: DatasetInfo) -> None:
    """Hold the small columns of a file against each other.

    Args:
        small: All columns but the rows.
        places: Of all columns.
        info: The data set; streams that it does not name are not looked at.

    Raises:
        ValueError: One is missing, they contradict each other, or are none of this data set.
    """
    starts = _column(small, col.IDS + col.STARTS, _WHOLE)
    videos = len(starts) - 1
    for name in (col.IDS, *_texts(small)):
        text = _column(small, name, _BYTES)
        _check_cover(small, name + col.STARTS, videos, len(text))
    for name in small:
        # no checksum covers the names of rows: a bit that flips in one would leave its stream out
        rows = col.ROWS + name.removeprefix(col.OFFSETS)
        if name.startswith(col.OFFSETS) and rows not in places:
            raise ValueError(f"it has no column '{rows}'")
    for stream in info.streams:
        if col.ROWS + stream.name in places:
            _check_stream(small, stream, places[col.ROWS + stream.name], videos, info)
    _check_labels(small, videos, info.labels)
    if any(name.startswith(col.SEGMENT) for name in small):
        _check_segments(small, videos, info.labels)


def _texts(small: Small) -> list[str]:
    return [one for one in small if one.startswith(col.TEXT) and not one.endswith(col.STARTS)]


def _column(small: Small, name: str, kind: np.dtype[Any]) -> NDArray[Any]:
    found = small.get(name)
    if found is None:
        raise ValueError(f"it has no column '{name}'")
    if found.dtype != kind or found.ndim != 1:
        raise ValueError(f"'{name}' is {found.dtype} {list(found.shape)}, expected {kind} [n]")
    return found


def _check_cover(small: Small, name: str, videos: int, end: int) -> NDArray[Any]:
    starts = _column(small, name, _WHOLE)
    whole = starts.shape == (videos + 1,) and starts[0] == 0 and starts[-1] == end
    if not whole or bool((np.diff(starts) < 0).any()):
        raise ValueError(f"'{name}' does not cover what it divides")
    return starts


def _check_stream(
    small: Small, stream: StreamInfo, rows: Place, videos: int, info: DatasetInfo
) -> None:
    wanted = np.dtype("u1" if stream.quantised else "<f4")
    if len(rows.shape) != 2 or rows.shape[1] != stream.dimension or rows.kind != wanted:
        raise ValueError(
            f"'{stream.name}' is {rows.kind} {list(rows.shape)}, the data set has"
            f" {stream.dimension} of {wanted}"
        )
    starts = _check_cover(small, col.OFFSETS + stream.name, videos, rows.shape[0])
    if info.level == "video" and bool((np.diff(starts) > 1).any()):
        raise ValueError(f"'{stream.name}' has more than one row a video: not video level")
    if _column(small, col.CHECKS + stream.name, _CRC).shape != (videos,):
        raise ValueError(f"'{stream.name}' has no checksum for each video")
    if col.TIMES + stream.name in small:
        times = _column(small, col.TIMES + stream.name, _WHOLE)
        if times.shape != rows.shape[:1]:
            raise ValueError(f"'{stream.name}' has no time for each row")
        if len(times) and not (int(times.min()) >= 0 and int(times.max()) < _MOST_MS):
            raise ValueError(f"'{stream.name}' has times out of range")


def _check_labels(small: Small, videos: int, most: int) -> None:
    labels = _column(small, col.LABELS, _WHOLE)
    starts = _check_cover(small, col.LABEL_OFFSETS, videos, len(labels))
    _check_range(labels, most)
    same = np.repeat(np.arange(videos), np.diff(starts))
    if bool(((np.diff(labels) <= 0) & (np.diff(same) == 0)).any()):
        raise ValueError("it has labels of a video that are not ascending, each once")


def _check_range(labels: NDArray[Any], most: int) -> None:
    if len(labels) and (int(labels.min()) < 0 or 0 < most <= int(labels.max())):
        wrong = int(labels.min()) if int(labels.min()) < 0 else int(labels.max())
        raise ValueError(f"it has label {wrong}, and the vocabulary {most or 'no such'}")


def _check_segments(small: Small, videos: int, most: int) -> None:
    found = {
        name: _column(small, col.SEGMENT + name, kind) for name, kind in col.SEGMENT_COLUMNS.items()
    }
    if len({len(column) for column in found.values()}) != 1:
        raise ValueError("it has columns of segments of different lengths")
    if not len(found["videos"]):
        return
    _check_range(found["labels"], most)
    of, begins, ends = found["videos"], found["start_ms"], found["end_ms"]
    if int(of.min()) < 0 or int(of.max()) >= videos:
        raise ValueError("it has segments of videos that are not there")
    if int(begins.min()) < 0 or bool((ends <= begins).any()) or int(ends.max()) >= _MOST_MS:
        raise ValueError("it has segments that end before they begin")
    if not bool(((found["scores"] >= 0) & (found["scores"] <= 1)).all()):
        raise ValueError("it has scores of segments that are not between 0 and 1")
