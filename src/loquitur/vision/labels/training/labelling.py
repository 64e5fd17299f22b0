"""The task of labelling: videos as streams of rows, and the labels that each of them has."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from contextlib import closing
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch

from loquitur.errors import UsageError
from loquitur.vision.labels.feeding.batches import LabelBatches
from loquitur.vision.labels.feeding.data import told_skipped
from loquitur.vision.labels.feeding.statistics import label_counts
from loquitur.vision.labels.modelcard import LabelModelCard
from loquitur.vision.labels.modelfile import save
from loquitur.vision.labels.nets.config import BranchInput, LabelNetConfig
from loquitur.vision.labels.nets.contract import BRANCHES, LOGITS, VERTICALS, build, weight_count
from loquitur.vision.labels.published import unstamped
from loquitur.vision.labels.training.losses import LabelLoss, many_hot
from loquitur.vision.labels.training.presets import LabelOptions, NetOptions
from loquitur.vision.labels.training.validating import validated
from loquitur.vision.training import feeding
from loquitur.vision.training.rows import flat
from loquitur.vision.training.task import Loss, Shard

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.vision.labels.dataset import StreamInfo
    from loquitur.vision.labels.feeding.batch import LabelBatch
    from loquitur.vision.labels.feeding.data import LabelData
    from loquitur.vision.labels.feeding.padding import Room
    from loquitur.vision.labels.vocabulary import LabelVocabulary
    from loquitur.vision.training.task import Tensors, Validation

STREAM, LENGTHS, LABELS = "stream/", "lengths/", "labels"
"""Names of a batch's tensors: of each stream its rows and how many each video has; the labels."""
_MEASURED_BATCH = 128
_WORST = -1e9
_TIE = 1e-9


class Labelling:
    """Trains a net that labels videos.

    Args:
        data: Labelled videos with a training and a validation part.
        vocabulary: What the labels are called.
        counts: int64 [labels]: how many training videos have each; counted where None.
        net: Which net.
        options: How labels are learnt.
        batch: Videos a step.
        seed: Of their order.
        projections: Of streams: the files of `own.projection` that made them, for the model.

    Raises:
        InputError: A part without videos.
        UsageError: No such stream.
        ValueError: A net of these sizes cannot be built.
    """

    def __init__(
        self,
        data: LabelData,
        vocabulary: LabelVocabulary,
        *,
        counts: NDArray[np.int64] | None = None,
        net: NetOptions | None = None,
        options: LabelOptions | None = None,
        batch: int = 64,
        seed: int = 0,
        projections: Mapping[str, bytes] | None = None,
    ) -> None:
        self.data, self.vocabulary = data, vocabulary
        self.options, self.net_options = options or LabelOptions(), net or NetOptions()
        if counts is None:
            counts = label_counts(data, self.options.train_part).counts
        self._counts, self._projections = counts, dict(projections or {})
        self._batch, self._seed = batch, seed
        self._batches = self._label_batches(Shard(), 0)
        self._validation = LabelBatches(
            data,
            self.options.validation_part,
            batch=_MEASURED_BATCH,
            streams=self.options.chosen_streams() or None,
            most_rows=self.options.most_rows,
            timed=self.net_options.timed,
            shuffle=False,
        )
        self.videos, self.validated_videos = self._batches.rows(), self._validation.rows()
        if self.options.validation_videos:
            self.validated_videos = min(self.validated_videos, self.options.validation_videos)
        self.config_of_net = self._net_config()
        self.loss_of_labels = LabelLoss(self.options, self._counts, self.videos)
        self._genres = torch.from_numpy(vocabulary.vertical_matrix().astype(np.float32))
        self._genre_loss = self._loss_of_genres()
        self._told: set[object] = set()

    def net(self) -> torch.nn.Module:
        """A fresh net."""
        if not self.options.prior_bias:
            return build(self.config_of_net)
        rates = self.loss_of_labels.rates.cpu()
        none = torch.log1p(-rates) @ self._genres  # as if labels came by themselves
        genres = -torch.expm1(none) if self.config_of_net.verticals else None
        first = self.loss_of_labels.beginnings.cpu()
        return build(self.config_of_net, prior=first, verticals=genres)

    def steps(self) -> int:
        """Batches of an epoch."""
        return self._batches.steps()

    def readers(self) -> int:
        """One: records are unpacked, a fifth of a small net's step and more."""
        return 1

    def batches(
        self, epoch: int, *, done: int, shard: Shard, workers: int, pinned: bool = False
    ) -> Iterator[Tensors]:
        """The batches as tensors, from there on without an end."""
        made = self._label_batches(shard, workers, feeding.pinned if pinned else None)
        self._batches = made  # its record says what could not be read
        with closing(made.epochs(epoch, done)) as onward:
            for batch in onward:
                yield self.tensors(batch)

    def tensors(self, batch: LabelBatch) -> Tensors:
        """A batch as tensors; an empty one becomes a video of which nothing counts."""
        if not len(batch):
            return self._nothing()
        found = {STREAM + name: torch.from_numpy(rows) for name, rows in batch.streams.items()}
        found |= {LENGTHS + name: torch.from_numpy(many) for name, many in batch.lengths.items()}
        return {**found, LABELS: torch.from_numpy(batch.labels)}

    def said(self, net: torch.nn.Module, batch: Tensors) -> Mapping[str, torch.Tensor]:
        """The logits of a net, by the names of `nets.contract`."""
        found: dict[str, torch.Tensor] = net(*inputs_of(batch))
        return found

    def loss(self, net: torch.nn.Module, batch: Tensors, *, done: float) -> Loss:
        """What the loss of the options comes to, in nats, added up over labels and videos."""
        del done
        said = self.said(net, batch)
        target = many_hot(batch[LABELS], self.config_of_net.labels)
        own = self.loss_of_labels.of(said[LOGITS], target)
        objective = own.objective
        for name, logits in said.items():
            if name == VERTICALS and self.options.vertical_weight:
                genres = ((target @ self._genres.to(target.device)) > 0).float()
                further = self._genre_loss.of(logits, genres).objective
                objective = objective + self.options.vertical_weight * further
            elif name.startswith(BRANCHES) and self.options.branch_weight:
                further = self.loss_of_labels.of(logits, target).objective
                objective = objective + self.options.branch_weight * further
            elif name != LOGITS:  # several processes wait for a gradient of every weight
                objective = objective + 0.0 * logits.float().sum(1)
        counts = batch.get("counted")
        if counts is None:
            many = torch.full((), len(target), dtype=torch.float32, device=target.device)
            return Loss(total=objective.sum(), count=many, plain=own.plain.sum())
        return Loss(
            total=(objective * counts).sum(), count=counts.sum(), plain=(own.plain * counts).sum()
        )

    def validate(self, net: torch.nn.Module, *, samples: int) -> Validation:
        """Loss a video, GAP@20, Hit@1, PERR, MAP, calibration; genres where the net has a head."""
        found = validated(self, net, samples=samples)
        return dataclasses.replace(found, notices=(*found.notices, *self._left_out()))

    def validation_batches(self) -> Iterator[LabelBatch]:
        """The videos to judge by."""
        left = self.validated_videos
        with closing(self._validation.epoch(0)) as batches:
            for batch in batches:
                if left <= 0:
                    return
                yield batch if len(batch) <= left else _first(batch, left)
                left -= len(batch)

    @property
    def genres(self) -> NDArray[np.bool_]:
        """Which label is of which genre, bool [labels, genres]."""
        found: NDArray[np.bool_] = self._genres.numpy() > 0
        return found

    def merit(self, metrics: Mapping[str, float | None]) -> float:
        """GAP, of two equal ones the lower loss; the loss where there is none."""
        gap, loss = metrics.get("gap"), metrics.get("loss")
        if loss is None:
            return _WORST if gap is None else gap
        return -loss if gap is None else gap - _TIE * min(loss, 1e3)

    def save_model(self, folder: Path, net: torch.nn.Module, figures: Mapping[str, object]) -> None:
        """Write the net with all that it takes to use it: `vision.labels.modelfile` reads it."""
        measured = figures.get("validation")
        measured = measured if isinstance(measured, dict) else {}
        card = LabelModelCard(
            net=self.config_of_net,
            labels=self.vocabulary.labels,
            genres=self.vocabulary.verticals,
            data=self.data.info,
            temperature=measured.get("temperature") or 1.0,
            training={"data": self.data.info.name, "videos": self.videos, **flat(figures)},
        )
        save(folder, cast("Any", net), card, projections=self._projections)

    def config(self) -> dict[str, object]:
        """Options, sizes and digests of the data."""
        return {
            "kind": "label",
            "framework": "torch",
            "dataset": self.data.info.name,
            "level": self.data.info.level,
            "videos": {"train": self.videos, "validation": self._validation.rows()},
            "labels": self.data.info.labels,
            "net": self._net_told(),
            "label": dataclasses.asdict(self.options),
            "weights": weight_count(self.config_of_net),
            "order": self._batches.digest(),
            "data": {
                "vocabulary": self.vocabulary.digest,
                "counts": hashlib.sha256(self._counts.tobytes()).hexdigest(),
                "streams": json.loads(
                    json.dumps([dataclasses.asdict(unstamped(one)) for one in self.streams])
                ),
            },
        }

    def _net_told(self) -> dict[str, object]:
        """The net's options; runs of before there was `timed` do not name it, and go on."""
        told = dataclasses.asdict(self.net_options)
        return told if self.net_options.timed else {k: v for k, v in told.items() if k != "timed"}

    @property
    def streams(self) -> tuple[StreamInfo, ...]:
        """What the net reads."""
        chosen = self.options.chosen_streams()
        known = {one.name: one for one in self.data.info.streams}
        return tuple(known[name] for name in chosen) if chosen else self.data.info.streams

    def _net_config(self) -> LabelNetConfig:
        encoders = self.net_options.chosen_encoders()
        strange = encoders.keys() - {one.name for one in self.streams}
        if strange:
            raise UsageError(f"no stream '{min(strange)}' has an encoder: the net does not read it")
        sizes = dataclasses.asdict(self.net_options)
        del sizes["encoders"]
        return LabelNetConfig(
            inputs=tuple(
                BranchInput(
                    name=one.name,
                    dimension=one.dimension,
                    quantised=one.quantised,
                    low=one.low,
                    high=one.high,
                    encoder=encoders.get(one.name, ""),
                )
                for one in self.streams
            ),
            labels=self.data.info.labels,
            verticals=len(self.vocabulary.verticals) if self.options.vertical_weight else 0,
            most_rows=self.options.most_rows,
            **sizes,
        )

    def _loss_of_genres(self) -> LabelLoss:
        """Plain cross-entropy: a genre has many videos."""
        many = self.genres.shape[1]
        return LabelLoss(LabelOptions(), np.zeros(many, np.int64), self.videos)

    def _label_batches(self, shard: Shard, workers: int, room: Room | None = None) -> LabelBatches:
        options = self.options
        return LabelBatches(
            self.data,
            options.train_part,
            batch=self._batch,
            seed=self._seed,
            streams=options.chosen_streams() or None,
            most_rows=options.most_rows,
            timed=self.net_options.timed,
            buffer=options.buffer,
            shard=(shard.rank, shard.world),
            workers=workers,
            room=room,
        )

    def _nothing(self) -> Tensors:
        found: Tensors = {}
        for one in self.streams:
            kind = torch.uint8 if one.quantised else torch.float32
            found[STREAM + one.name] = torch.zeros(1, 1, one.dimension, dtype=kind)
        for one in self.streams:
            found[LENGTHS + one.name] = torch.zeros(1, dtype=torch.int64)
        found[LABELS] = torch.full((1, 1), -1, dtype=torch.int64)
        return {**found, "counted": torch.zeros(1)}

    def _left_out(self) -> list[str]:
        """Records that could not be read, told once."""
        both = *self._batches.record.skipped, *self._validation.record.skipped
        new = [one for one in both if one not in self._told]
        self._told |= set(new)
        return [told_skipped(new)] if new else []


def inputs_of(batch: Tensors) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """What a net is called with: the rows and the lengths of each stream, by its name."""
    streams = {n.removeprefix(STREAM): one for n, one in batch.items() if n.startswith(STREAM)}
    lengths = {n.removeprefix(LENGTHS): one for n, one in batch.items() if n.startswith(LENGTHS)}
    return streams, lengths


def _first(batch: LabelBatch, many: int) -> LabelBatch:
    return dataclasses.replace(
        batch,
        video_ids=batch.video_ids[:many],
        streams={name: rows[:many] for name, rows in batch.streams.items()},
        lengths={name: each[:many] for name, each in batch.lengths.items()},
        labels=batch.labels[:many],
    )
