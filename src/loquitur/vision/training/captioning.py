"""The task of describing: clips, their features and their sentences."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from contextlib import closing
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
import torch
from torch.nn import functional

from loquitur.evaluation.sentences import score
from loquitur.model.vision import Sampling
from loquitur.vision.batches import ClipBatches
from loquitur.vision.decoding.greedy import greedy_from
from loquitur.vision.decoding.options import Decoding
from loquitur.vision.encoders import things_of
from loquitur.vision.modelcard import STD_FLOOR, ModelCard
from loquitur.vision.modelfile import save
from loquitur.vision.nets.contract import NetConfig, build
from loquitur.vision.nets.stepping import TorchStepper
from loquitur.vision.training import feeding
from loquitur.vision.training.presets import CaptionOptions, NetOptions
from loquitur.vision.training.rows import flat
from loquitur.vision.training.task import Loss, Sample, Shard, Validation
from loquitur.vision.vocabulary import BOS, PAD, Vocabulary, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.vision.batches import Augmentation, Batch, Room
    from loquitur.vision.clips import Clip, Corpus
    from loquitur.vision.features import SetInfo
    from loquitur.vision.training.task import Tensors

MEASURES = ("cider_d", "bleu4", "meteor", "rouge_l")
_MEASURED_BATCH = 64
_WORST = -1e9
_TIE = 1e-9
_LOOKED_AT = 32


class Features(Protocol):
    """Features of a corpus, by clip: a `vision.features.FeatureSet`, or one in memory."""

    @property
    def info(self) -> SetInfo:
        """Whose features they are, and how many numbers a frame has."""
        ...

    def get(self, clip_id: str, /) -> tuple[Any, NDArray[Any]]:
        """Times int64 [t] in ms (None where nobody knows them), and vectors float [t, d].

        Raises:
            InputError: It has none for this clip, or broken ones.
        """
        ...

    def statistics(self, clip_ids: Sequence[str], /) -> tuple[NDArray[Any], NDArray[Any]]:
        """Mean and standard deviation [d] over the frames of some clips."""
        ...


class Captioning:
    """Trains a captioner on a corpus.

    Args:
        corpus: Clips with sentences, already checked (`soundness.require_sound`).
        features: Of all clips of its training and validation split.
        net: Which net.
        options: How sentences are learnt.
        batch: Clips a step.
        seed: Of order and choice.
        augment: Changes features and sentence of a training row alike; see `ClipBatches`.
        augment_name: What it is called in the run's configuration.

    Raises:
        InputError: No clips, or features that do not fit.
    """

    def __init__(
        self,
        corpus: Corpus,
        features: Features,
        *,
        net: NetOptions | None = None,
        options: CaptionOptions | None = None,
        batch: int = 64,
        seed: int = 0,
        augment: Augmentation | None = None,
        augment_name: str = "",
    ) -> None:
        self.options = options or CaptionOptions()
        self.features = features
        self.net_options = net or NetOptions()
        if self.net_options.things is None:
            self.net_options = dataclasses.replace(self.net_options, things=_things(features.info))
        self.name = corpus.name
        self._batch, self._seed = batch, seed
        self._augment, self._augment_name = augment, augment_name
        self._scale: tuple[torch.Tensor, torch.Tensor] | None = None
        language = self.options.language
        self.training = _spoken(corpus.of(self.options.train_split), language)
        self.validation = _spoken(corpus.of(self.options.validation_split), language)
        self.vocabulary = Vocabulary.of(
            (text for clip in self.training for text in clip.texts(language)),
            threshold=self.options.threshold,
        )
        self.statistics = self._statistics()
        self._batches = self._clip_batches(Shard(), 0)
        self.config_of_net = self._net_config()
        self._references = {clip.clip_id: self._numbered(clip) for clip in self.validation}

    def net(self) -> torch.nn.Module:
        """A fresh captioner."""
        return build(self.config_of_net)

    def steps(self) -> int:
        """Batches of an epoch."""
        return self._batches.steps()

    def readers(self) -> int:
        """None: features lie ready."""
        return 0

    def batches(
        self, epoch: int, *, done: int, shard: Shard, workers: int, pinned: bool = False
    ) -> Iterator[Tensors]:
        """The batches as tensors, from there on without an end."""
        made = self._clip_batches(shard, workers, feeding.pinned if pinned else None)
        with closing(made.epochs(epoch, first=done)) as onward:
            for batch in onward:
                yield self._tensors(batch)

    def loss(self, net: torch.nn.Module, batch: Tensors, *, done: float) -> Loss:
        """Cross-entropy over the words of the sentences, in nats, added up."""
        words = batch["words"]
        sampling = self.options.sampling * done
        features = batch["features"]
        if features.dtype == torch.float16:
            features = self._normalised(features)
        logits = net(features, batch["lengths"], words[:, :-1], sampling=sampling)
        return _cross_entropy(logits, words[:, 1:], self.options.label_smoothing)

    def validate(self, net: torch.nn.Module, *, samples: int) -> Validation:
        """Loss a token over the references, and measures of the likeliest sentences."""
        captioner = cast("Any", net)
        device = next(net.parameters()).device
        stepper = TorchStepper(captioner)
        decoding = Decoding(most=self.options.most_words)
        total, count = 0.0, 0
        said: dict[str, tuple[str, float]] = {}
        for batch in self._validation_batches():
            features = torch.from_numpy(batch.features).to(device)
            lengths = torch.from_numpy(batch.lengths)
            with torch.no_grad():
                state = captioner.encode(features, lengths)
                plain, many = self._reference_loss(captioner, state, batch.clip_ids)
            total, count = total + plain, count + many
            for clip_id, one in zip(
                batch.clip_ids, greedy_from(stepper, state, len(batch), decoding), strict=True
            ):
                said[clip_id] = (self.vocabulary.decode(one.words), one.score)
        return self._judged(said, total / count if count else math.nan, samples)

    def merit(self, metrics: Mapping[str, float | None]) -> float:
        """CIDEr-D, of two equal ones the lower loss; the loss where there is none (of one clip).

        So a net that says nothing right yet, whose CIDEr-D stays 0, is followed by its loss.
        """
        value, loss = metrics.get("cider_d"), metrics.get("loss")
        if loss is None:
            return _WORST if value is None else value
        return -loss if value is None else value - _TIE * min(loss, 1e3)

    def save_model(self, folder: Path, net: torch.nn.Module, figures: Mapping[str, object]) -> None:
        """Write the net with all that it takes to use it: `vision.modelfile` reads it."""
        mean, std = self.statistics or ((), ())
        info = self.features.info
        card = ModelCard(
            net=self.config_of_net,
            vocabulary=self.vocabulary.words,
            threshold=self.vocabulary.threshold,
            encoder=info.encoder,
            preprocessing=info.preprocessing,
            sampling=info.sampling or Sampling(count=self.options.most_frames),
            mean=tuple(float(one) for one in mean),
            std=tuple(float(one) for one in std),
            language=self.options.language or "en",
            decoding=Decoding(most=self.options.most_words),
            training={"corpus": self.name, "clips": len(self.training), **flat(figures)},
        )
        save(folder, cast("Any", net), card)

    def config(self) -> dict[str, object]:
        """Options, sizes and digests of the data."""
        found: dict[str, object] = {
            "kind": "caption",
            "corpus": self.name,
            "clips": {"train": len(self.training), "validation": len(self.validation)},
            "words": len(self.vocabulary),
            "net": dataclasses.asdict(self.net_options),
            "caption": dataclasses.asdict(self.options),
            "dimension": self.config_of_net.dimension,
            "data": {
                "sentences": _digest(self.training + self.validation, self.options.language),
                "features": _digest_of(self.statistics or self._some()),
                "encoder": dataclasses.asdict(self.features.info.encoder),
            },
        }
        if self._augment is not None:
            found["augment"] = self._augment_name or "yes"
        return found

    def _statistics(self) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
        """Mean and deviation of the training features; None where nothing is taken off them."""
        if not self.options.normalise:
            return None
        mean, std = self.features.statistics([clip.clip_id for clip in self.training])
        return np.asarray(mean, np.float32), np.asarray(std, np.float32)

    def _some(self) -> tuple[NDArray[np.float32], ...]:
        """Features of some training clips, which tell a set from another of the same encoder."""
        step = max(1, len(self.training) // _LOOKED_AT)
        chosen = self.training[::step][:_LOOKED_AT]
        return tuple(self.features.get(clip.clip_id)[1].astype(np.float32) for clip in chosen)

    def _net_config(self) -> NetConfig:
        chosen = self.net_options
        return NetConfig(
            architecture=chosen.architecture,
            dimension=self.features.info.dimension,
            words=len(self.vocabulary),
            hidden=chosen.hidden,
            embedding=chosen.embedding,
            projection=chosen.projection,
            things=chosen.things or 1,
            layers=chosen.layers,
            heads=chosen.heads,
            dropout=chosen.dropout,
            most_frames=self.options.most_frames,
            most_words=self.options.most_words,
        )

    def _clip_batches(self, shard: Shard, workers: int, room: Room | None = None) -> ClipBatches:
        options = self.options
        return ClipBatches(
            self.features,
            self.training,
            self.vocabulary,
            batch=self._batch,
            seed=self._seed,
            most_frames=options.most_frames,
            most_words=options.most_words,
            language=options.language,
            all_captions=options.all_captions,
            workers=workers,
            statistics=self.statistics,
            augment=self._augment,
            half=workers > 0 and self._augment is None,
            shard=(shard.rank, shard.world),
            room=room,
        )

    def _validation_batches(self) -> Iterable[Batch]:
        options = self.options
        return ClipBatches(
            self.features,
            self.validation,
            self.vocabulary,
            batch=_MEASURED_BATCH,
            most_frames=options.most_frames,
            most_words=options.most_words,
            language=options.language,
            shuffle=False,
            statistics=self.statistics,
        ).epoch(0)

    def _normalised(self, features: torch.Tensor) -> torch.Tensor:
        """On a card, what `ClipBatches` does on a processor; padding is no number of a frame."""
        if self.statistics is None:
            return features.float()
        if self._scale is None:
            mean, std = (torch.from_numpy(one).to(features.device) for one in self.statistics)
            self._scale = mean, 1 / (std + STD_FLOOR)
        return (features.float() - self._scale[0]) * self._scale[1]

    def _tensors(self, batch: Batch) -> Tensors:
        """A batch as tensors; an empty one becomes a row of which nothing counts."""
        if not len(batch):
            return {
                "features": torch.zeros(1, 1, self.config_of_net.dimension),
                "lengths": torch.ones(1, dtype=torch.int64),
                "words": torch.tensor([[BOS, PAD]]),
                "counted": torch.zeros(1, dtype=torch.int64),
            }
        return {
            "features": torch.from_numpy(batch.features),
            "lengths": torch.from_numpy(batch.lengths),
            "words": torch.from_numpy(batch.words),
        }

    def _reference_loss(
        self, net: Any, state: Mapping[str, torch.Tensor], clip_ids: Sequence[str]
    ) -> tuple[float, int]:
        """The loss of several references of each clip, whose frames were read once."""
        total, count = 0.0, 0
        for at in range(self.options.validation_sentences):
            rows = [row for row, clip in enumerate(clip_ids) if at < len(self._references[clip])]
            if not rows:
                break
            some = [self._references[clip_ids[row]][at] for row in rows]
            words = torch.tensor(_padded(some)).to(next(net.parameters()).device)
            chosen = torch.tensor(rows, device=words.device)
            held = {name: value.index_select(0, chosen) for name, value in state.items()}
            loss = _cross_entropy(net.teach(held, words[:, :-1]), words[:, 1:], 0.0)
            total, count = total + float(loss.plain), count + int(loss.count)
        return total, count

    def _numbered(self, clip: Clip) -> list[list[int]]:
        """A clip's sentences as numbers."""
        most, language = self.options.most_words, self.options.language
        return [
            [BOS, *self.vocabulary.encode(text)][: most + 1]
            for text in clip.texts(language)
            if words_of(text)
        ]

    def _judged(
        self, said: Mapping[str, tuple[str, float]], loss: float, samples: int
    ) -> Validation:
        """Figures of what was said of the validation clips."""
        language = self.options.language
        references = {clip.clip_id: clip.texts(language) for clip in self.validation}
        outputs = {clip_id: text for clip_id, (text, _) in said.items()}
        scores = score(references, outputs, measures=MEASURES, language=language or "en")
        metrics: dict[str, float | None] = {"loss": loss, **scores.values}
        spread = scores.diversity
        metrics["distinct"] = spread.distinct / max(1, spread.sentences)
        metrics["commonest"] = spread.commonest_share
        notices = []
        if spread.collapsed:
            notices.append(
                f"{spread.commonest_share or 0:.0%} of the sentences are one and the same:"
                f" '{spread.commonest}' (early on that is usual; later: too high a learning rate,"
                " or features of the wrong scale)"
            )
        step = max(1, len(self.validation) // max(1, samples))
        chosen = self.validation[::step][:samples]
        return Validation(
            metrics=metrics,
            samples=tuple(
                Sample(
                    clip_id=clip.clip_id,
                    output=said[clip.clip_id][0],
                    references=tuple(clip.texts(language)[:3]),
                    score=said[clip.clip_id][1],
                )
                for clip in chosen
            ),
            notices=tuple(notices),
        )


def _things(info: SetInfo) -> int:
    """Of how many things the features are, as their encoder says."""
    things = things_of(info.encoder)
    return 1 if info.dimension % things else things


def _spoken(clips: Sequence[Clip], language: str) -> tuple[Clip, ...]:
    """Clips that have a sentence with words."""
    return tuple(clip for clip in clips if any(words_of(text) for text in clip.texts(language)))


def _cross_entropy(logits: torch.Tensor, targets: torch.Tensor, smoothing: float) -> Loss:
    """Summed over all words but the padding."""
    flat, wanted = logits.float().flatten(0, 1), targets.flatten()
    plain = functional.cross_entropy(flat, wanted, ignore_index=PAD, reduction="sum")
    total = plain
    if smoothing:
        total = functional.cross_entropy(
            flat, wanted, ignore_index=PAD, reduction="sum", label_smoothing=smoothing
        )
    return Loss(total=total, count=(wanted != PAD).sum(), plain=plain.detach())


def _padded(sentences: Sequence[Sequence[int]]) -> list[list[int]]:
    longest = max(map(len, sentences))
    return [[*one, *([PAD] * (longest - len(one)))] for one in sentences]


def _digest(clips: Sequence[Clip], language: str) -> str:
    """Of the clips' names and sentences, in their order."""
    total = hashlib.sha256()
    for clip in clips:
        for text in (clip.clip_id, clip.split, *clip.texts(language)):
            total.update(text.encode("utf-8", "surrogatepass") + b"\0")
        total.update(b"\n")
    return total.hexdigest()


def _digest_of(arrays: Sequence[NDArray[np.float32]]) -> str:
    """Of the training features, through their mean and deviation, or some of them."""
    return hashlib.sha256(
        b"".join(np.ascontiguousarray(one).tobytes() for one in arrays)
    ).hexdigest()
