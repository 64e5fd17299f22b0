"""What holds of videos: labels of a data set, or of a file."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.evaluation.labels.columns import Truth
from loquitur.evaluation.labels.files import read_truth
from loquitur.evaluation.labels.numbering import Numbering
from loquitur.text import counted, display
from loquitur.vision.labels.dataset_files import open_dataset
from loquitur.vision.labels.feeding.data import told_skipped
from loquitur.vision.labels.feeding.sharded import ShardedDataset
from loquitur.vision.labels.vocabulary import LabelIndex, LabelVocabulary, label_names
from loquitur.vision.labels.vocabulary_files import read_vocabulary, vocabulary_of_data

if TYPE_CHECKING:
    from pathlib import Path

    from loquitur.vision.labels.examples import Examples
    from loquitur.vision.labels.feeding.data import LabelData

_AT_ONCE = 4096
"""Labels are read of so many videos at once."""
_ROWS_AT_ONCE = 128
"""And with rows of all streams of so many."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """What predictions are held against.

    Args:
        truth: What holds.
        numbering: How files' labels become its numbers; of a file without a vocabulary it grows.
        vocabulary: The labels, where they are known before predictions are read.
        data: The data set, where it is one; models are asked about it.
        part: Of it.
        notices: What a user should know.
        heeded: Streams of the data set whose damage leaves a video out, whoever reads them.
    """

    truth: Truth
    numbering: Numbering
    vocabulary: LabelVocabulary | None
    data: LabelData | None = None
    part: str = ""
    notices: tuple[str, ...] = ()
    heeded: frozenset[str] = frozenset()

    def labels(self) -> LabelVocabulary:
        """All labels: the vocabulary's, or those that were met in the files."""
        return self.vocabulary or LabelVocabulary.of(self.numbering.names)


def open_part(place: str, part: str, *, keep_going: bool = False) -> ShardedDataset:
    """A data set to be measured against: a folder, an address, or one shard.

    Args:
        place: Where it lies.
        part: Which part is meant; a single shard whose name says no part is taken for it.
        keep_going: Leave out what is damaged.

    Raises:
        InputError: It is no data set.
    """
    info, files = open_dataset(place)
    if len(files) == 1 and not files[0].part:
        files = (dataclasses.replace(files[0], part=part),)
    return ShardedDataset(info, files, keep_going=keep_going)


def ground_of_data(
    data: LabelData,
    part: str,
    *,
    place: str,
    vocabulary: Path | None = None,
    keep_going: bool = False,
) -> Ground:
    """The labels of a part of a data set, in the order of its shards.

    Args:
        data: The data set.
        part: `train`, `validate` or `test`.
        place: Where it lies, for its vocabulary and for messages.
        vocabulary: A file of labels, over the data set's own.
        keep_going: Damaged videos are left out: all streams are read, so that one whose rows are
            no numbers is held against nobody, whichever streams a model reads.

    Raises:
        InputError: There is no such part, a shard is damaged, or it is of another vocabulary.
    """
    known = vocabulary_of_data(data.info, place, vocabulary)
    labels = known or LabelVocabulary.of(label_names(None, data.info.labels))
    ids: list[str] = []
    columns: list[np.ndarray[tuple[int, int], np.dtype[np.int64]]] = []
    skipped = dict.fromkeys(data.lost(part))
    heeded = frozenset(one.name for one in data.info.streams) if keep_going else frozenset()
    step = _ROWS_AT_ONCE if heeded else _AT_ONCE
    for shard, count in enumerate(data.counts(part).tolist()):
        for first in range(0, count, step):
            records = np.arange(first, min(first + step, count), dtype=np.int64)
            found = data.read(part, shard, records, heeded)
            skipped.update(dict.fromkeys(found.skipped))
            examples = found.examples
            ids += examples.video_ids
            columns.append(labels_of(examples))
    notices = []
    if known is None:
        notices.append(
            f"nobody says what the {data.info.labels} labels are called (--vocabulary FILE)"
        )
    if skipped:
        notices.append(told_skipped(tuple(skipped)))
    twice = len(ids) - len(set(ids))
    if twice:
        notices.append(f"{counted(twice, 'video')} of '{display(part)}' stand there twice")
    width = max(1, *(one.shape[1] for one in columns), 1)
    held = np.concatenate(
        [np.pad(one, ((0, 0), (0, width - one.shape[1])), constant_values=-1) for one in columns]
        or [np.empty((0, width), dtype=np.int64)]
    )
    return Ground(
        truth=Truth(name=f"{data.info.name}, {part}", video_ids=tuple(ids), labels=held),
        numbering=Numbering(labels.names, LabelIndex(labels).find),
        vocabulary=labels,
        data=data,
        part=part,
        notices=tuple(notices),
        heeded=heeded,
    )


def ground_of_file(path: Path, *, vocabulary: Path | None = None) -> Ground:
    """The labels that a file says (`evaluation.labels.files.read_truth`).

    Raises:
        InputError: It is not there, or no such file; or of another vocabulary.
    """
    known = read_vocabulary(vocabulary) if vocabulary is not None else None
    numbering = Numbering(known.names, LabelIndex(known).find) if known else Numbering()
    return Ground(truth=read_truth(path, numbering), numbering=numbering, vocabulary=known)


def labels_of(examples: Examples) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """The labels of each video, int64 [n, k], padded with -1; k is at least 1."""
    counts = np.diff(examples.label_offsets)
    width = max(1, int(counts.max(initial=0)))
    found = np.full((len(counts), width), -1, dtype=np.int64)
    found[np.arange(width)[None, :] < counts[:, None]] = examples.labels
    return found
