"""Ragged rows of several readings side by side, padded: one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from loquitur.errors import InputError
from loquitur.media.frames import uniform_indices
from loquitur.vision.labels.feeding.batch import LabelBatch
from loquitur.vision.labels.records.memory import SPARE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from loquitur.vision.labels.dataset import StreamInfo
    from loquitur.vision.labels.examples import Examples, Stream

    Numbers = NDArray[np.int64]
    Room = Callable[[tuple[int, ...], np.dtype[Any]], NDArray[Any]]
    """An array of a shape and type; what stands in it is overwritten."""

Shortening = Literal["thin", "crop"]
"""What is done to a video with more rows than are wanted: some of them spread evenly over all, or
the first ones alone."""


def padded(
    several: Sequence[Examples],
    streams: Sequence[StreamInfo],
    *,
    most_rows: int,
    shortening: Shortening = "thin",
    room: Room | None = None,
) -> tuple[LabelBatch, int]:
    """A batch of all videos of some readings, one reading behind the other.

    Args:
        several: What was read; may be empty.
        streams: Which streams, and how wide they are.
        most_rows: Rows of a stream that are taken of a longer video.
        shortening: Which of them.
        room: Who gives the memory of the rows; where None it is used again when nobody looks at the
            batch any more.

    Returns:
        The batch, of no row where there is no video, and how many videos were shortened.

    Raises:
        InputError: Rows of another width or kind than the data set says.
    """
    videos = sum(map(len, several))
    rows: dict[str, NDArray[Any]] = {}
    lengths: dict[str, Numbers] = {}
    shortened = np.zeros(videos, bool)
    for stream in streams:
        found = [one.streams.get(stream.name) for one in several]
        full = _lengths(found, several)
        lengths[stream.name] = np.minimum(full, most_rows)
        shortened |= full > most_rows
        kind = np.dtype(np.uint8 if stream.quantised else np.float32)
        longest = max(1, int(lengths[stream.name].max(initial=1)))
        made = (room or _room)((videos, longest, stream.dimension), kind)
        at = 0
        for one, examples in zip(found, several, strict=True):
            if one is not None:
                _check(one, stream, kind)
                _put(made[at : at + len(examples)], one, most_rows, shortening)
            else:
                made[at : at + len(examples)] = 0
            at += len(examples)
        rows[stream.name] = made
    batch = LabelBatch(
        video_ids=tuple(video for one in several for video in one.video_ids),
        streams=rows,
        lengths=lengths,
        labels=_labels(several, videos),
    )
    return batch, int(shortened.sum())


def _room(shape: tuple[int, ...], kind: np.dtype[Any]) -> NDArray[Any]:
    """Memory that an earlier batch let go of, where there is some."""
    videos, longest, width = shape
    return SPARE.empty(videos, longest * width * kind.itemsize).view(kind).reshape(shape)


def _lengths(found: Sequence[Stream | None], several: Sequence[Examples]) -> Numbers:
    """How many rows each video has of a stream."""
    parts = [
        np.zeros(len(examples), np.int64) if one is None else one.lengths
        for one, examples in zip(found, several, strict=True)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _check(found: Stream, stream: StreamInfo, kind: np.dtype[Any]) -> None:
    if not len(found.rows):
        return
    if found.rows.shape[1] != stream.dimension or found.rows.dtype != kind:
        raise InputError(
            f"rows of '{stream.name}' are {found.rows.shape[1]} numbers of {found.rows.dtype}, not"
            f" the {stream.dimension} of {kind} that the data set says",
            hint="shards of several data sets in one folder? `loquitur label data inspect` tells",
        )


def _put(place: NDArray[Any], found: Stream, most: int, shortening: Shortening) -> None:
    """Rows into their places, each copied once; zeros behind them."""
    offsets = found.offsets
    if place.shape[1] == 1 and (np.diff(offsets) == 1).all():  # means, one a video
        place[:, 0] = found.rows
        return
    for video in range(len(found)):
        begin, end = int(offsets[video]), int(offsets[video + 1])
        many = end - begin
        if many > most:
            chosen = np.arange(most) if shortening == "crop" else uniform_indices(many, most)
            np.take(found.rows[begin:end], chosen, axis=0, out=place[video, :most], mode="clip")
            many = most
        else:
            place[video, :many] = found.rows[begin:end]
        place[video, many:] = 0


def _labels(several: Sequence[Examples], videos: int) -> Numbers:
    """Labels side by side, -1 behind those of each video."""
    many = [np.diff(one.label_offsets) for one in several]
    lengths = np.concatenate(many) if many else np.zeros(0, np.int64)
    made = np.full((videos, max(1, int(lengths.max(initial=1)))), -1, np.int64)
    if videos:
        flat = [one.labels[one.label_offsets[0] : one.label_offsets[-1]] for one in several]
        made[np.arange(made.shape[1]) < lengths[:, None]] = np.concatenate(flat)
    return made
