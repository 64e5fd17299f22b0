"""How often each label stands in a part of a data set: one pass, kept beside what was counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.vision.labels.feeding.data import LabelData, Skipped

_READ = 256
"""Records that are read at one go."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelCounts:
    """How the labels of a part are spread.

    Args:
        videos: How many there are.
        unlabelled: Those without a label.
        counts: Videos of each label, int64 [labels].
        skipped: What could not be read, and is not counted.
    """

    videos: int
    unlabelled: int
    counts: NDArray[np.int64]
    skipped: tuple[Skipped, ...] = ()

    @property
    def shares(self) -> NDArray[np.float64]:
        """The share of videos that have each label, [labels]; what one guesses of none seen."""
        return self.counts / max(1, self.videos)


def label_counts(dataset: LabelData, part: str) -> LabelCounts:
    """Count the labels of a part.

    Args:
        dataset: What is read; its labels alone.
        part: `train`, `validate` or `test`.

    Raises:
        InputError: There is no such part, a label is out of range, or a record is damaged.
    """
    counts = np.zeros(dataset.info.labels, np.int64)
    videos = unlabelled = 0
    skipped: list[Skipped] = []
    for shard, many in enumerate(dataset.counts(part).tolist()):
        for at in range(0, many, _READ):
            found = dataset.read(part, shard, np.arange(at, min(many, at + _READ)), ())
            labels, offsets = found.examples.labels, found.examples.label_offsets
            if len(labels) and not 0 <= labels.min() <= labels.max() < len(counts):
                raise InputError(
                    f"label {int(labels.max())} in '{dataset.info.name}', which has {len(counts)}",
                    hint="the vocabulary of another version?",
                )
            counts += np.bincount(labels, minlength=len(counts))
            videos += len(found.examples)
            unlabelled += int((np.diff(offsets) == 0).sum())
            skipped += found.skipped
    return LabelCounts(videos=videos, unlabelled=unlabelled, counts=counts, skipped=tuple(skipped))
