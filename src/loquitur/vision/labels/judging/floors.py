"""Baselines beside what is judged: fitted on the training part of the same data set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.vision.labels.baselines import BASELINES
from loquitur.vision.labels.feeding.batches import LabelBatches
from loquitur.vision.labels.judging.voices import Voice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from loquitur.vision.labels.baselines import Baseline
    from loquitur.vision.labels.dataset import DatasetInfo
    from loquitur.vision.labels.feeding.batch import LabelBatch
    from loquitur.vision.labels.feeding.data import LabelData
    from loquitur.vision.labels.judging.measuring import Measuring
    from loquitur.vision.labels.judging.truths import Ground

MOST_VIDEOS = 20_000
"""Of the training part, drawn by seed."""
_MOST_WORK = 2e12
"""Multiplications of a logistic regression: a minute or so of one core."""
_BATCH = 256
_STEPS = 200


def floors(
    data: LabelData, *, part: str = "train", most: int = MOST_VIDEOS, seed: int = 0
) -> list[Voice]:
    """Prior, neighbours and, where it is not too large, logistic regression.

    Args:
        data: The data set; rows are the means of its streams side by side.
        part: On which they are fitted.
        most: Videos of it, at most.
        seed: Which ones.

    Raises:
        InputError: There is no such part, or it is damaged.
    """
    rows: list[NDArray[np.float32]] = []
    labels: list[NDArray[np.int64]] = []
    videos = 0
    for batch in _batches(data, part, shuffle=True, seed=seed):
        rows.append(means_of(batch, data.info))
        labels.append(batch.labels)
        videos += len(batch)
        if videos >= most:
            break
    width = max(one.shape[1] for one in labels)
    held = np.concatenate(
        [np.pad(one, ((0, 0), (0, width - one.shape[1])), constant_values=-1) for one in labels]
    )[:most]
    known = np.concatenate(rows)[:most]
    classes = data.info.labels
    told = []
    if videos >= most:
        told.append(f"baselines: fitted on {most} videos of '{part}', drawn by seed {seed}")
    names = list(BASELINES)
    if 4.0 * known.size * classes * _STEPS > _MOST_WORK:
        names.remove("logistic")
        told.append(
            f"no logistic regression: {len(known)} videos and {classes} labels are too many"
        )
    return [_voice(name, BASELINES[name](known, held, classes), data, told) for name in names]


def means_of(batch: LabelBatch, info: DatasetInfo) -> NDArray[np.float32]:
    """Means of the rows of each stream, side by side [n, d]; zeros where one is absent."""
    found = []
    for stream in info.streams:
        rows, lengths = batch.streams[stream.name], batch.lengths[stream.name]
        if stream.quantised:  # padding is 0, and the mean of numbers is the number of the mean
            sums = rows.sum(axis=1, dtype=np.int64)
            scale = (stream.high - stream.low) / 255
            shift = (stream.high - stream.low) / 512 + stream.low
        else:
            sums, scale, shift = rows.sum(axis=1, dtype=np.float64), 1.0, 0.0
        mean = sums / np.maximum(lengths, 1)[:, None] * scale + shift
        found.append(np.where((lengths > 0)[:, None], mean, 0).astype(np.float32))
    return np.concatenate(found, axis=1)


def _batches(data: LabelData, part: str, *, shuffle: bool, seed: int = 0) -> Iterator[LabelBatch]:
    return LabelBatches(data, part, batch=_BATCH, shuffle=shuffle, seed=seed).epoch(0)


def _voice(name: str, baseline: Baseline, data: LabelData, told: Sequence[str]) -> Voice:
    def say(measuring: Measuring, ground: Ground) -> tuple[str, ...]:
        for batch in _batches(data, ground.part, shuffle=False):
            measuring.add(baseline.scores(means_of(batch, data.info)), batch.labels)
        return tuple(told)

    return Voice(name=name, say=say, kind="baseline")
