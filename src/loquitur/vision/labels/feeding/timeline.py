"""Rows of all streams brought to the same moments, so that a word stands where it is said.

A net that reads streams side by side needs as many rows of each. Words are fewer than pictures, and
come in bursts: spread evenly, as such a net does by itself, they stand beside pictures of another
minute. Here each row stands in the second in which it is shown, heard or said.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.vision.labels.examples import WORDS, Examples, Stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.vision.labels.dataset import StreamInfo

    Numbers = NDArray[np.int64]

_MOMENT_MS = 1000
_NEVER = 1 << 60
"""Behind the end of any video; times that somebody's file says are behind it stand there."""


def in_time(examples: Examples, streams: Sequence[StreamInfo], *, most: int) -> Examples:
    """Videos whose streams have a row for each moment, from the first to the last of any stream.

    A moment is a second, or longer where a video would have more than `most`. It has the mean of
    its rows; one without any has what was there last, and zeros before the first. Rows that say no
    time are `rate_hz` a second; words, and streams of no rate, are then spread evenly. A stream of
    no rows stays one.

    Args:
        examples: Some videos.
        streams: Those to be laid so; others are left out.
        most: Moments of a video.
    """
    known = [(one, examples.streams[one.name]) for one in streams if one.name in examples.streams]
    times = [_times_of(stream, info) for info, stream in known]
    begins = np.full(len(examples), _NEVER, np.int64)
    ends = np.zeros(len(examples), np.int64)
    counts = np.zeros(len(examples), np.int64)
    for (_, stream), each in zip(known, times, strict=True):
        if each is None:
            counts = np.maximum(counts, stream.lengths)
        elif len(each):
            np.minimum.at(begins, _owners(stream), each // _MOMENT_MS * _MOMENT_MS)
            np.maximum.at(ends, _owners(stream), each + 1)
    ends = np.maximum(ends - begins, 0)
    steps = np.maximum(_MOMENT_MS, -(-ends // most))
    moments = np.where(ends > 0, -(-ends // steps), np.minimum(counts, most))
    laid = {}
    for (info, stream), each in zip(known, times, strict=True):
        owners = _owners(stream)
        places = (
            _spread(stream, moments) if each is None else (each - begins[owners]) // steps[owners]
        )
        laid[info.name] = _laid(stream, info, owners, places, moments)
    return dataclasses.replace(examples, streams=laid)


def _times_of(stream: Stream, info: StreamInfo) -> Numbers | None:
    """When each row is, in ms; None where nobody can say."""
    if stream.times_ms is not None:
        return np.clip(stream.times_ms, 0, _NEVER)
    if info.name == WORDS or info.rate_hz <= 0:
        return None
    return (_numbers(stream) * _MOMENT_MS / info.rate_hz).astype(np.int64)


def _owners(stream: Stream) -> Numbers:
    """Of which video each row is."""
    return np.repeat(np.arange(len(stream)), stream.lengths)


def _numbers(stream: Stream) -> Numbers:
    """Which row of its video each is."""
    return np.arange(len(stream.rows)) - np.repeat(stream.offsets[:-1], stream.lengths)


def _spread(stream: Stream, moments: Numbers) -> Numbers:
    """Of n rows in m moments, row j begins at the first moment i with (2 i + 1) n / 2 m >= j."""
    rows = np.repeat(stream.lengths, stream.lengths)
    many = np.repeat(moments, stream.lengths)
    places = (2 * _numbers(stream) * many + rows - 1) // (2 * np.maximum(rows, 1))
    found: Numbers = np.minimum(places, many - 1)
    return found


def _laid(
    stream: Stream, info: StreamInfo, owners: Numbers, places: Numbers, moments: Numbers
) -> Stream:
    """A stream with a row for each moment of the videos that have some."""
    lengths = np.where(stream.lengths > 0, moments, 0)
    if np.array_equal(places, _numbers(stream)) and np.array_equal(stream.lengths, lengths):
        return stream  # a row a moment already: pictures and sound
    rows = stream.rows
    order = np.lexsort((places, owners))
    if (np.diff(order) != 1).any():  # times that go back
        rows, places = rows[order], places[order]
    first = np.ones(len(rows), bool)
    first[1:] = (owners[1:] != owners[:-1]) | (places[1:] != places[:-1])
    starts = np.flatnonzero(first)
    values = _means(rows, starts)
    owners, places = owners[starts], places[starts]
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    begins = offsets[owners] + places
    same = owners[1:] == owners[:-1]
    ends = offsets[owners + 1]
    ends[:-1] = np.where(same, begins[1:], ends[:-1])
    held = ends - begins
    laid = np.full((offsets[-1], rows.shape[1]), _nothing(info), rows.dtype)
    at = np.arange(held.sum()) + np.repeat(begins - (np.cumsum(held) - held), held)
    laid[at] = np.repeat(values, held, axis=0)
    return Stream(rows=laid, offsets=offsets)


def _means(rows: NDArray[Any], starts: Numbers) -> NDArray[Any]:
    """Means of neighbouring rows, in the kind of the rows; each group begins at a start."""
    if len(starts) == len(rows):
        return rows
    many = np.diff(starts, append=len(rows)).astype(np.float32)[:, None]
    means = np.add.reduceat(rows.astype(np.float32), starts, axis=0) / many
    return np.rint(means).astype(rows.dtype) if rows.dtype == np.uint8 else means


def _nothing(info: StreamInfo) -> int | float:
    """What stands for zeros: of 8 bits the one whose number is nearest to 0."""
    if not info.quantised:
        return 0.0
    span = info.high - info.low
    return int(np.clip(round((-info.low - span / 512) * 255 / span), 0, 255))
