"""Labelled videos in memory that can be learnt: each label is a direction in one of the streams."""

from __future__ import annotations

import dataclasses

import numpy as np

from loquitur.vision.labels.columns import taken
from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
from loquitur.vision.labels.dataset_files import write_dataset
from loquitur.vision.labels.examples import Examples, Stream
from loquitur.vision.labels.feeding.memory import MemoryDataset
from loquitur.vision.labels.records.writing import write_shard
from loquitur.vision.labels.training.labelling import Labelling
from loquitur.vision.labels.training.presets import LabelOptions, NetOptions
from loquitur.vision.labels.vocabulary import Label, LabelVocabulary
from loquitur.vision.labels.vocabulary_files import write_vocabulary
from loquitur.vision.training.options import TrainingOptions

STREAMS = {"rgb": 12, "audio": 6, "words": 8}
LABELS = 9
VOCABULARY = LabelVocabulary(
    labels=tuple(
        Label(name=f"thing {n}", verticals=(("Games", "Sports", "News")[n % 3],))
        for n in range(LABELS)
    )
)
INFO = DatasetInfo(
    name="toy",
    level="frame",
    streams=tuple(StreamInfo(name=name, dimension=many) for name, many in STREAMS.items()),
    labels=LABELS,
    vocabulary=VOCABULARY.digest,
)


def examples(videos, seed, noise=25.0):
    """Label n shows in stream n modulo 3; every seventh video has no sound, some have no words."""
    chance = np.random.default_rng((5, seed))
    ways = {
        name: np.random.default_rng(number).normal(size=(LABELS, many))
        for number, (name, many) in enumerate(STREAMS.items())
    }
    labels = [np.sort(chance.choice(LABELS, chance.integers(1, 4), replace=False))
              for _ in range(videos)]  # fmt: skip
    streams = {}
    for number, (name, many) in enumerate(STREAMS.items()):
        rows, lengths = [], []
        for video in range(videos):
            length = int(chance.integers(1, 12))
            if name == "audio" and video % 7 == 0:
                length = 0
            if name == "words" and video % 5 == 0:
                length = 0
            shown = [one for one in labels[video] if one % 3 == number]
            middle = 128 + 40 * ways[name][shown].sum(0) if shown else np.full(many, 128.0)
            made = middle + noise * chance.normal(size=(length, many))
            rows.append(np.clip(made, 0, 255).astype(np.uint8))
            lengths.append(length)
        streams[name] = Stream(
            rows=np.concatenate(rows), offsets=np.concatenate([[0], np.cumsum(lengths)])
        )
    return Examples(
        video_ids=tuple(f"v{seed}-{video}" for video in range(videos)),
        labels=np.concatenate(labels).astype(np.int64),
        label_offsets=np.concatenate([[0], np.cumsum([len(one) for one in labels])]),
        streams=streams,
    )


def dataset(train=110, validate=60):
    return MemoryDataset(INFO, {"train": examples(train, 0), "validate": examples(validate, 1)})


NET = NetOptions(architecture="joined", hidden=16, cell_size=8, dropout=0.2, branch_dropout=0.2)
LABEL = LabelOptions(buffer=64)


def labelling(train=110, validate=60, data=None, net=NET, label=LABEL, **changes):
    """A task of 16 videos a step; 110 are six batches and a last one of 14."""
    return Labelling(
        data or dataset(train, validate), VOCABULARY, net=net, options=label,
        **{"batch": 16, **changes},
    )  # fmt: skip


def on_disk(folder, train=110, validate=60):
    """The same in shards of TFRecord."""
    folder.mkdir(parents=True, exist_ok=True)
    every = {"train": examples(train, 0), "validate": examples(validate, 1)}
    for part, some in every.items():
        cut = len(some) // 3
        for at, rows in enumerate((range(cut), range(cut, len(some)))):
            write_shard(folder / f"{part}{at:04}.tfrecord", taken(some, np.array(rows)), INFO)
    write_vocabulary(folder / "vocabulary.csv", VOCABULARY)
    write_dataset(folder, dataclasses.replace(INFO, vocabulary_file="vocabulary.csv"))
    return folder


def options(**changes):
    given = {"epochs": 4, "batch": 16, "lr": 0.01, "device": "cpu", "threads": 1, "plots": "no",
             "tensorboard": "no", "samples": 2, **changes}  # fmt: skip
    return TrainingOptions(**given)
