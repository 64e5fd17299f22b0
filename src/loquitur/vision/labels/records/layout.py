"""How a record of a labelled video is laid out: the names of its features, the bytes before a row.

Frame level is a `tf.train.SequenceExample`, video level a `tf.train.Example`
(tensorflow/core/example/example.proto). YouTube-8M's names are those of its download page; AudioSet
and early versions say `video_id`, AudioSet says `audio_embedding`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from loquitur.vision.labels.examples import SOUND
from loquitur.vision.labels.records.wire import BYTES, field, varint

if TYPE_CHECKING:
    from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo

IDS = ("id", "video_id")
LABELS = "labels"
TEXTS = ("title", "description")
SEGMENT_LABELS, SEGMENT_STARTS = "segment_labels", "segment_start_times"
SEGMENT_ENDS, SEGMENT_SCORES = "segment_end_times", "segment_scores"
SEGMENTS = (SEGMENT_LABELS, SEGMENT_STARTS, SEGMENT_ENDS, SEGMENT_SCORES)
MEAN, TIMES = "mean_", "_ms"
ALIASES = {"audio_embedding": SOUND}
"""What others call a stream."""

BYTES_LIST, FLOAT_LIST, INT64_LIST = 1, 2, 3
KINDS = {BYTES_LIST: "bytes", FLOAT_LIST: "floats", INT64_LIST: "whole numbers"}
"""The kinds of a `Feature`, by the number of its field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLayout:
    """One stream inside a record.

    Args:
        name: Of the stream.
        dimension: Numbers a row.
        quantised: Whether a row is bytes; else it is float32.
        width: Bytes a row.
        head: The bytes before each row of a frame-level record where nothing but the row is there.
        low: See `StreamInfo`.
        high: See `StreamInfo`.
        rate_hz: See `StreamInfo`.
    """

    name: str
    dimension: int
    quantised: bool
    width: int
    head: bytes
    low: float
    high: float
    rate_hz: float


def layout_of(stream: StreamInfo) -> StreamLayout:
    """How a stream lies in a record."""
    width = stream.dimension * (1 if stream.quantised else 4)
    return StreamLayout(
        name=stream.name,
        dimension=stream.dimension,
        quantised=stream.quantised,
        width=width,
        head=row_head(width, BYTES_LIST if stream.quantised else FLOAT_LIST),
        low=stream.low,
        high=stream.high,
        rate_hz=stream.rate_hz,
    )


@cache
def row_head(width: int, kind: int) -> bytes:
    """What stands before a row of so many bytes in a `FeatureList`: three keys and lengths."""
    values = varint(1 << 3 | BYTES) + varint(width)
    feature = varint(kind << 3 | BYTES) + varint(len(values) + width)
    return varint(1 << 3 | BYTES) + varint(len(feature) + len(values) + width) + feature + values


def feature(kind: int, content: bytes) -> bytes:
    """A `Feature` of a list that is encoded already."""
    return field(kind, content)


def entry(name: str, value: bytes) -> bytes:
    """An entry of `Features` or `FeatureLists`: a name and a message."""
    return field(1, field(1, name.encode()) + field(2, value))


def context_names(info: DatasetInfo) -> dict[str, str]:
    """The names of means in the context of a video-level record, each with its stream."""
    if info.level != "video":
        return {}
    return {f"{MEAN}{stream.name}": stream.name for stream in info.streams}
