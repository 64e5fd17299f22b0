"""What a model that labels says of itself: its net, its labels, what its streams are made of.

`model.json` of the model's folder. All that is needed to label a new video stands there: whose
features each stream has, how they were prepared and projected, what every number of the output is
called. A model refuses streams of other encoders and labels of another vocabulary.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from loquitur.errors import UsageError
from loquitur.vision import modelfolder
from loquitur.vision.encoders import said
from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
from loquitur.vision.labels.nets.config import LabelNetConfig
from loquitur.vision.labels.published import are_close, is_near, notices
from loquitur.vision.labels.vocabulary import Label, LabelVocabulary
from loquitur.vision.modelfolder import CARD

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loquitur.model.speech import EngineStamp

__all__ = [
    "CARD",
    "SCHEMA",
    "TRAIN",
    "LabelModelCard",
    "digest_of",
    "encoder_of",
    "read_card",
    "to_bytes",
]

SCHEMA = "loquitur/labeller/1"
TRAIN = "a model that labels is written by `loquitur label train` or `export`"
_MOST_LETTERS = 1000
"""Of a label's name; the longest of YouTube-8M has 63."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelModelCard:
    """All that is known of a model but its weights.

    Args:
        net: Its architecture and sizes.
        labels: What the numbers of its output are called, in their order.
        genres: The verticals of the labels (`LabelVocabulary.verticals`), in the order of the net's
            second head where it has one; filled in where empty.
        data: What it was trained on: level, streams, their encoders and projections, and the
            digest of the vocabulary.
        projections: Stream -> the file beside this one that brings its features to their size; the
            file's sha256 is the stream's `projection`.
        temperature: Logits are divided by it (Guo 2017, https://arxiv.org/abs/1706.04599), so that
            a score is the share of right ones; 1 where nobody fitted it.
        thresholds: From which score on each label counts as there; empty where nobody fitted them.
        training: Figures of the training: data, epochs, seconds, measures.
        licence: Of the weights.
        notes: What a user should know.
        producer: What wrote the file.
        form: `torch`: one file of weights; `onnx`: a graph, `labeller.onnx`.
        files: The files beside this one and their sha256.

    Raises:
        ValueError: The parts do not fit one another.
    """

    net: LabelNetConfig
    labels: tuple[Label, ...]
    genres: tuple[str, ...] = ()
    data: DatasetInfo
    projections: dict[str, str] = field(default_factory=dict)
    temperature: float = 1.0
    thresholds: tuple[float, ...] = ()
    training: dict[str, float | int | str | None] = field(default_factory=dict)
    licence: str = ""
    notes: tuple[str, ...] = ()
    producer: str = ""
    form: Literal["torch", "onnx"] = "torch"
    files: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_labels()
        self._check_streams()
        modelfolder.check_files(self.files)

    def _check_labels(self) -> None:
        if not self.labels or not len(self.labels) == self.net.labels == self.data.labels:
            raise ValueError(
                f"{len(self.labels)} labels, but a net of {self.net.labels} and data of"
                f" {self.data.labels}"
            )
        for label in self.labels:
            if not 0 < len(label.name) <= _MOST_LETTERS:
                raise ValueError(f"no name of a label: {label.name[:40]!r}")
        verticals = self.vocabulary().verticals
        if self.genres not in ((), verticals):
            raise ValueError("the genres are not those of the labels")
        object.__setattr__(self, "genres", verticals)
        if self.net.verticals not in (0, len(self.genres)):
            raise ValueError(
                f"{len(self.genres)} genres, but a net with a head of {self.net.verticals}"
            )
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise ValueError(f"no temperature: {self.temperature}")
        thresholds = tuple(map(float, self.thresholds))  # of numpy's too
        object.__setattr__(self, "thresholds", thresholds)
        if len(thresholds) not in (0, len(self.labels)):
            raise ValueError(f"{len(thresholds)} thresholds for {len(self.labels)} labels")
        if not all(0 <= each <= 1 for each in thresholds):  # nor NaN
            raise ValueError("a threshold is a probability")

    def _check_streams(self) -> None:
        known = {stream.name: stream for stream in self.data.streams}
        for one in self.net.inputs:
            stream = known.get(one.name)
            if stream is None:
                raise ValueError(f"the net reads a stream that the data has not: {one.name!r}")
            if (one.dimension, one.quantised) != (stream.dimension, stream.quantised):
                raise ValueError(f"the stream {one.name!r} is another than the net reads")
        if not set(self.projections) <= known.keys():
            raise ValueError("a projection of a stream that the data has not")

    @property
    def streams(self) -> tuple[StreamInfo, ...]:
        """What the net reads, in its order."""
        known = {stream.name: stream for stream in self.data.streams}
        return tuple(known[one.name] for one in self.net.inputs)

    def vocabulary(self) -> LabelVocabulary:
        """Its labels as a vocabulary."""
        return LabelVocabulary(labels=self.labels)

    def check_streams(self, found: Sequence[StreamInfo], *, what: str) -> tuple[str, ...]:
        """Hold that streams are what this model was trained on; one that is not there is no fault.

        Args:
            found: Of the data that shall be labelled.
            what: Which data, for the message.

        Returns:
            What a user must know: that features are in the likeness of YouTube-8M's own.

        Raises:
            UsageError: A stream is of another size, encoder, preprocessing or projection, or there
                is none that the model reads.
        """
        given = {stream.name: stream for stream in found}
        due = [stream for stream in self.streams if stream.name in given]
        if not due:
            names = ", ".join(stream.name for stream in self.streams)
            raise UsageError(
                f"{what}: has none of the streams that the model reads ({names})",
                code="LQ-OTHER-STREAMS",
            )
        for stream in due:
            _check_stream(stream, given[stream.name], what=what)
        return notices(due, found)

    def check_vocabulary(self, digest: str, *, what: str) -> None:
        """Hold that labels are numbered as this model numbers them.

        Raises:
            UsageError: They are of another vocabulary, or of another version of it.
        """
        known = self.data.vocabulary or self.vocabulary().digest
        if digest and digest != known:
            raise UsageError(
                f"{what}: its labels are of another vocabulary ({digest[:8]}) than the model's"
                f" ({known[:8]}): the same number would mean another label",
                hint="take the model of that vocabulary, or data of the model's",
                code="LQ-OTHER-VOCABULARY",
            )


def _check_stream(due: StreamInfo, found: StreamInfo, *, what: str) -> None:
    """Hold that one stream is as it was in training."""
    name = due.name
    if found.dimension != due.dimension:
        raise UsageError(
            f"{what}: rows of '{name}' have {found.dimension} numbers, the model reads"
            f" {due.dimension}",
            code="LQ-OTHER-STREAMS",
        )
    if found.quantised != due.quantised or (
        due.quantised and (found.low, found.high) != (due.low, due.high)
    ):
        raise UsageError(
            f"{what}: rows of '{name}' are kept in another way than the model's were"
            f" ({_kept(found)}, not {_kept(due)})",
            hint="loquitur label data convert changes how rows are kept",
            code="LQ-OTHER-STREAMS",
        )
    if not are_close(due.encoder, found.encoder):
        theirs, ours = (
            said(each) if each else "nobody knows whom" for each in (found.encoder, due.encoder)
        )
        raise UsageError(
            f"{what}: '{name}' is of the encoder {theirs}, the model was trained on {ours}",
            hint="features of two encoders never mix: make them again with the one that is due",
            code="LQ-OTHER-ENCODER",
        )
    # how pictures of the published shards were prepared stands nowhere but in the engine `yt8m`
    near = is_near(due.encoder, found.encoder)
    for field_name in ("projection", "cut") if near else ("projection", "preprocessing", "cut"):
        if getattr(found, field_name) != getattr(due, field_name):
            raise UsageError(
                f"{what}: '{name}' went through another {field_name} than in the model's training",
                hint="loquitur label features --like MODEL makes them as the model's were",
                code="LQ-OTHER-ENCODER",
            )


def _kept(stream: StreamInfo) -> str:
    return f"8 bits of {stream.low:g} to {stream.high:g}" if stream.quantised else "float32"


def encoder_of(stream: StreamInfo, where: str) -> EngineStamp:
    """Which engine makes a stream of a video of one's own.

    Args:
        stream: As a model reads it.
        where: Which model, for the message.

    Raises:
        UsageError: Nobody knows: it was trained on features that came as they were.
    """
    if stream.encoder is None:
        raise UsageError(
            f"{where}: nobody knows how '{stream.name}' was made that this model was trained on, so"
            " it can label no video of yours",
            hint="train on what `loquitur label features` makes of videos",
            code="LQ-OTHER-ENCODER",
        )
    return stream.encoder


def to_bytes(card: LabelModelCard) -> bytes:
    """The card as indented JSON.

    Raises:
        UsageError: A figure of the training is no number JSON can hold.
    """
    return modelfolder.card_bytes(card, SCHEMA)


def read_card(folder: Path) -> LabelModelCard:
    """The card of a model's folder.

    Raises:
        InputError: There is none, it is not ours, of another version, or contradicts itself.
    """
    return modelfolder.read_card(folder, LabelModelCard, schema=SCHEMA, what="labeller", hint=TRAIN)


def digest_of(folder: Path) -> str:
    """The sha256 of a model's card, which names its weights: two of one are the same model."""
    return hashlib.sha256((folder / CARD).read_bytes()).hexdigest()
