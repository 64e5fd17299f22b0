"""What models say of a whole data set: the challenge's file of predictions, or ours.

As the starter code's `inference.py` (google/youtube-8m), for parts without labels too. Of several
models the mean of their probabilities is told, as winners of the challenge did.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np

from loquitur.errors import InputError, UsageError, near
from loquitur.evaluation.labels.ranking import best
from loquitur.tables.writing import replacing
from loquitur.text import display
from loquitur.vision.labels.feeding.batches import LabelBatches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from loquitur.vision.labels.feeding.data import LabelData, Skipped
    from loquitur.vision.labels.modelfile import LabelModel

FORMS = ("csv", "jsonl", "npz")
"""What predictions are written as."""
TOP = 20
_BATCH = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Said:
    """What is said of some videos.

    Args:
        video_ids: Of each.
        labels: int64 [n, top]: the labels of the highest scores, highest first.
        scores: float32 [n, top]: their probabilities.
    """

    video_ids: tuple[str, ...]
    labels: NDArray[np.int64]
    scores: NDArray[np.float32]


def batches_of(
    model: LabelModel, data: LabelData, part: str, *, batch: int = _BATCH
) -> LabelBatches:
    """The videos of a part in the order of its shards, with the streams that a model reads.

    Args:
        model: Who is asked.
        data: The data set.
        part: `train`, `validate` or `test`.
        batch: Videos side by side.

    Raises:
        InputError: There is no such part.
    """
    there = {one.name for one in data.info.streams}
    wanted = tuple(one.name for one in model.card.streams if one.name in there)
    most = model.card.net.most_rows
    return LabelBatches(data, part, batch=batch, streams=wanted, most_rows=most, shuffle=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inference:
    """Models and the videos that they are asked about; see `infer`.

    Args:
        models: Who is asked.
        feeds: The same videos for each, with the streams that it reads.
        top: How many labels of a video are told.
        notices: What is to be said of it, such as that scores are approximate.
    """

    models: tuple[LabelModel, ...]
    feeds: tuple[LabelBatches, ...]
    top: int
    notices: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Of the labels."""
        return self.models[0].card.vocabulary().names

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What was damaged and left out so far."""
        return tuple(dict.fromkeys(one for feed in self.feeds for one in feed.record.skipped))

    def said(self) -> Iterator[Said]:
        """What is said, some videos at a time.

        Raises:
            InputError: A shard is damaged, or rows are not numbers.
        """
        for each in zip(*(feed.epoch(0) for feed in self.feeds), strict=True):
            each_says = (model.scores(one) for model, one in zip(self.models, each, strict=True))
            scores = np.mean(np.stack(list(each_says)), axis=0)
            found = best(scores, self.top)
            yield Said(
                video_ids=each[0].video_ids,
                labels=found,
                scores=np.take_along_axis(scores, found, axis=1),
            )


def infer(models: Sequence[LabelModel], data: LabelData, part: str, *, top: int = TOP) -> Inference:
    """Ask models about a part of a data set.

    Args:
        models: At least one, of the same labels; several say the mean of their probabilities.
        data: The data set.
        part: `train`, `validate` or `test`.
        top: How many labels of a video are told; at most the model's.

    Raises:
        InputError: There is no such part.
        UsageError: Models of different labels, or of other data than these.
    """
    names = models[0].card.vocabulary().names
    for other in models[1:]:
        if other.card.vocabulary().names != names:
            raise UsageError(
                f"{display(str(other.folder))} and {display(str(models[0].folder))} have different"
                " labels: what they say cannot be joined",
                code="LQ-OTHER-VOCABULARY",
            )
    shown = display(data.info.name)
    told: list[str] = []
    for model in models:
        model.card.check_vocabulary(data.info.vocabulary, what=shown)
        told += model.card.check_streams(data.info.streams, what=shown)
    feeds = tuple(batches_of(model, data, part) for model in models)
    notices = tuple(dict.fromkeys(told))
    return Inference(models=tuple(models), feeds=feeds, top=min(top, len(names)), notices=notices)


def form_of(path: Path) -> str:
    """The form that a file's suffix names.

    Raises:
        UsageError: It names none.
    """
    suffix = path.suffix.lower().lstrip(".")
    if suffix not in FORMS:
        hint = near(suffix, FORMS) if suffix else "end its name in .csv, .jsonl or .npz"
        raise UsageError(f"{display(str(path))}: no form of predictions: '.{suffix}'", hint=hint)
    return suffix


def write_said(said: Iterable[Said], target: Path | TextIO, names: Sequence[str]) -> int:
    """Write predictions as they come; a file is there whole or not at all.

    Args:
        said: `Inference.said()`.
        target: A file, whose suffix says the form; an open one gets the challenge's CSV.
        names: Of the labels.

    Returns:
        How many videos there were.

    Raises:
        FullError: No space, or no right to write there.
        InputError: As of `infer`.
        UsageError: The file's suffix names no form.
    """
    if not isinstance(target, Path):
        return _write_csv(said, target)
    form = form_of(target)
    with replacing(target) as beside:
        if form == "npz":
            return _write_arrays(said, beside)
        with beside.open("w", encoding="utf-8", errors="replace", newline="") as file:
            return _write_csv(said, file) if form == "csv" else _write_lines(said, file, names)


def _write_csv(said: Iterable[Said], file: TextIO) -> int:
    """As the challenge wants it: `VideoId,LabelConfidencePairs`."""
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(["VideoId", "LabelConfidencePairs"])
    videos = 0
    for one in said:
        for ident, labels, scores in zip(
            one.video_ids, one.labels.tolist(), one.scores.tolist(), strict=True
        ):
            pairs = (f"{at} {score:.7g}" for at, score in zip(labels, scores, strict=True))
            rows.writerow([ident, " ".join(pairs)])
        videos += len(one.video_ids)
    return videos


def _write_lines(said: Iterable[Said], file: TextIO, names: Sequence[str]) -> int:
    """As `label predict --json` prints it, a line a video."""
    videos = 0
    for one in said:
        for ident, labels, scores in zip(
            one.video_ids, one.labels.tolist(), one.scores.tolist(), strict=True
        ):
            told = [
                {"label": names[at], "score": float(f"{score:.7g}"), "index": at}
                for at, score in zip(labels, scores, strict=True)
            ]
            file.write(json.dumps({"video": ident, "labels": told}, ensure_ascii=False) + "\n")
        videos += len(one.video_ids)
    return videos


def _write_arrays(said: Iterable[Said], path: Path) -> int:
    """`scores` and `indices` [videos, top], `video_ids`; held in memory until all are there."""
    found = list(said)
    ids = [ident for one in found for ident in one.video_ids]
    if not ids:
        raise InputError("no videos")
    with path.open("wb") as file:
        np.savez(
            file,
            scores=np.concatenate([one.scores for one in found]),
            indices=np.concatenate([one.labels for one in found]).astype(np.int32),
            video_ids=np.array(ids),
        )
    return len(ids)
