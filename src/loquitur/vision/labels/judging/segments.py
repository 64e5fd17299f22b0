"""Models over rated segments: MAP@K of the challenge of June 2019.

A segment's score for a label is the model's over the rows of those seconds alone. Only labels that
people rated for it count; every other label of the segment is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import InputError
from loquitur.evaluation.labels.segments import mean_precision, rated_precision
from loquitur.text import display
from loquitur.vision.labels.columns import taken
from loquitur.vision.labels.examples import Examples, Stream, offsets_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from loquitur.vision.labels.examples import Segments
    from loquitur.vision.labels.feeding.data import LabelData
    from loquitur.vision.labels.modelfile import LabelModel

_AT_ONCE = 256


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SegmentScores:
    """Measures over rated segments.

    Args:
        segments: How many have a rating.
        ratings: How many ratings there are.
        positives: How many of them say that the label is there.
        precision: float64 [classes]: average precision of each label; NaN where nobody saw it.
        map: Mean over the labels that somebody saw; None where there are none.
    """

    segments: int
    ratings: int
    positives: int
    precision: NDArray[np.float64]
    map: float | None


def judge_segments(model: LabelModel, data: LabelData, part: str) -> SegmentScores:
    """A model over the rated segments of a part.

    Raises:
        InputError: Nothing in the part is rated, or a shard is damaged.
        UsageError: The data are of other encoders or labels than the model.
    """
    shown = display(data.info.name)
    model.card.check_vocabulary(data.info.vocabulary, what=shown)
    model.card.check_streams(data.info.streams, what=shown)
    labels, scores, ratings = [], [], []
    segments = 0
    for examples, rated in _rated(data, part):
        spans, which = np.unique(
            np.stack([rated.videos, rated.start_ms, rated.end_ms]), axis=1, return_inverse=True
        )
        found = model.scores(cropped(examples, *spans))
        labels.append(rated.labels)
        scores.append(found[which.ravel(), rated.labels])
        ratings.append(rated.scores)
        segments += spans.shape[1]
    if not labels:
        raise InputError(
            f"{shown}: no segment of '{part}' is rated",
            hint="the segments of June 2019 are in the validation part of YouTube-8M's third set",
        )
    every, said = np.concatenate(labels), np.concatenate(ratings)
    precision = rated_precision(every, np.concatenate(scores), said, classes=data.info.labels)
    return SegmentScores(
        segments=segments,
        ratings=int((said >= 0).sum()),
        positives=int((said >= 0.5).sum()),
        precision=precision,
        map=mean_precision(precision),
    )


def cropped(
    examples: Examples,
    videos: NDArray[np.int64],
    start_ms: NDArray[np.int64],
    end_ms: NDArray[np.int64],
) -> Examples:
    """Spans of videos as examples of their own.

    Args:
        examples: Whole videos.
        videos: int64 [s]: which of them.
        start_ms: int64 [s].
        end_ms: int64 [s], half-open.
    """
    found = taken(examples, videos)
    streams = {}
    for name, stream in found.streams.items():
        times = stream.times_ms
        if times is None:  # a row a second
            first = np.repeat(stream.offsets[:-1], stream.lengths)
            times = (np.arange(len(stream.rows)) - first) * 1000
        within = np.repeat(np.arange(len(videos)), stream.lengths)
        kept = (times >= start_ms[within]) & (times < end_ms[within])
        counts = np.bincount(within[kept], minlength=len(videos))
        streams[name] = Stream(
            rows=stream.rows[kept],
            offsets=offsets_of(counts),
            times_ms=times[kept],
        )
    return Examples(
        video_ids=found.video_ids,
        labels=found.labels,
        label_offsets=found.label_offsets,
        streams=streams,
    )


def _rated(data: LabelData, part: str) -> Iterator[tuple[Examples, Segments]]:
    """The videos of a part that have rated segments, some at a time."""
    for shard, count in enumerate(data.counts(part).tolist()):
        for first in range(0, count, _AT_ONCE):
            records = np.arange(first, min(first + _AT_ONCE, count), dtype=np.int64)
            examples = data.read(part, shard, records).examples
            if examples.segments is not None and len(examples.segments.videos):
                yield examples, examples.segments
