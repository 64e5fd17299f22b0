"""Labelled videos as columns: ragged rows of numbers by stream, ragged labels, ids.

A *stream* is what one sense gives of a video: `rgb` (pictures), `audio`, `words`. Each is a matrix
of rows in the order of time; of video-level data it has one row, the mean. A stream of no rows is
absent: the video has no sound, or nothing is said in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PICTURES, SOUND, WORDS = "rgb", "audio", "words"
"""The names of the streams, in the order in which nets read them."""


def offsets_of(lengths: Sequence[int] | NDArray[Any]) -> NDArray[np.int64]:
    """Where each of some ragged entries begins, and the last ends.

    >>> offsets_of([2, 0, 3]).tolist()
    [0, 2, 2, 5]
    """
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stream:
    """Rows of one stream of some videos, one video after another.

    Args:
        rows: [total, d]: uint8 (quantised as `StreamInfo` says) or float32.
        offsets: int64 [n + 1]: video i has the rows from offsets[i] up to offsets[i + 1].
        times_ms: int64 [total]: when each row is shown, heard or said; None where nobody says:
            then they are one a second, from 0.
    """

    rows: NDArray[Any]
    offsets: NDArray[np.int64]
    times_ms: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        if self.rows.ndim != 2 or self.offsets.ndim != 1 or not len(self.offsets):
            raise ValueError("a stream is a matrix of rows, and where each video begins in it")
        if self.offsets[0] != 0 or self.offsets[-1] != len(self.rows):
            raise ValueError("the videos of a stream do not cover its rows")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def of(self, video: int) -> NDArray[Any]:
        """The rows of one video [t, d], a view."""
        found: NDArray[Any] = self.rows[self.offsets[video] : self.offsets[video + 1]]
        return found

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many rows each video has, int64 [n]."""
        return np.diff(self.offsets)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examples:
    """Some videos: who they are, what they are about, what is seen, heard and said.

    Args:
        video_ids: One a video; untrusted text.
        labels: int64 [total]: indices into a vocabulary, each of a video once, ascending.
        label_offsets: int64 [n + 1], as of a stream. A video may have no labels (the test part of
            YouTube-8M has none on purpose).
        streams: By name.
        texts: Text of the videos by name (`title`, `description`), one a video, where it was kept.
        segments: Of the set with rated segments, a row each; None where there are none.
    """

    video_ids: tuple[str, ...]
    labels: NDArray[np.int64]
    label_offsets: NDArray[np.int64]
    streams: Mapping[str, Stream]
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    segments: Segments | None = None

    def __post_init__(self) -> None:
        videos = len(self.video_ids)
        columns = [len(stream) for stream in self.streams.values()]
        columns += [len(column) for column in self.texts.values()]
        if len(self.label_offsets) != videos + 1 or any(many != videos for many in columns):
            raise ValueError("columns of different lengths")

    def __len__(self) -> int:
        return len(self.video_ids)

    def labels_of(self, video: int) -> NDArray[np.int64]:
        """The labels of one video, a view."""
        return self.labels[self.label_offsets[video] : self.label_offsets[video + 1]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segments:
    """Rated segments (YouTube-8M of June 2019): what people said of five seconds each.

    Args:
        videos: int64 [s]: which video of the examples.
        start_ms: int64 [s].
        end_ms: int64 [s].
        labels: int64 [s]: the label that was asked about.
        scores: float32 [s]: 1 where it is there, 0 where it is not. Every other label of the
            segment is unknown, and must be masked.
    """

    videos: NDArray[np.int64]
    start_ms: NDArray[np.int64]
    end_ms: NDArray[np.int64]
    labels: NDArray[np.int64]
    scores: NDArray[np.float32]
