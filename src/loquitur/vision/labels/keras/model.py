"""A net that labels, as a model of Keras: it is saved, loaded and fitted as any other."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from loquitur.conversion import convert
from loquitur.vision.labels.keras.encoders import ENCODERS, Recurrent
from loquitur.vision.labels.keras.layers import masked_softmax
from loquitur.vision.labels.keras.tails import Tail
from loquitur.vision.labels.nets.branches.contract import sizes_of
from loquitur.vision.labels.nets.config import LabelNetConfig
from loquitur.vision.labels.nets.contract import BRANCHES, LOGITS, VERTICALS, kept

if TYPE_CHECKING:
    from collections.abc import Mapping

LENGTHS = "_lengths"
"""Behind a stream's name: how many rows each video has."""


@keras.saving.register_keras_serializable(package="loquitur")
class KerasLabeller(keras.Model):
    """The same net as `nets.contract.build` gives of the same configuration.

    It is called with a dictionary: of each stream its rows [b, t, d] under its name (uint8 where
    the stream is quantised), and int64 [b] under its name and `_lengths`; 0: the stream is absent.
    It answers as `LabelNet.forward` does, in training too.

    Args:
        config: Its sizes.
    """

    def __init__(self, config: LabelNetConfig, **named: str) -> None:
        super().__init__(**named)
        self.sizes = config
        if config.is_abreast:
            width = sum(one.dimension for one in config.inputs)
            sizes = sizes_of(config, config.inputs[0])._replace(dimension=width)
            self.encoder = Recurrent(sizes, name="abreast")
            self.tail = Tail([self.encoder.width], config, name="classifier")
        else:
            self.encoders = {
                one.name: ENCODERS[config.encoder_of(one)](sizes_of(config, one), name=one.name)
                for one in config.inputs
            }
            widths = [one.width for one in self.encoders.values()]
            if config.fusion == "late":
                self.tails = [
                    Tail([width], config, name=f"classifier_of_{one.name}")
                    for one, width in zip(config.inputs, widths, strict=True)
                ]
                self.shares = self.add_weight(
                    shape=(len(widths),), initializer="zeros", name="shares"
                )
            else:
                self.tails = [Tail(widths, config, name="classifier")]
        self.built = True

    def call(self, inputs: Mapping[str, Any], training: bool | None = False) -> dict[str, Any]:
        """Scores by name."""
        rows, lengths = [], []
        for one in self.sizes.inputs:
            values, many = inputs[one.name], inputs[one.name + LENGTHS]
            there = ops.arange(values.shape[1])[None, :] < ops.cast(many, "int32")[:, None]
            rows.append((ops.where(there[:, :, None], _numbers(values, one), 0.0), there))
            lengths.append(ops.cast(many, "int32"))
        many = ops.stack(lengths, axis=1)
        present = many > 0
        if training and self.sizes.branch_dropout:
            present = kept(present, self.sizes.branch_dropout)
        if self.sizes.is_abreast:
            many = many * ops.cast(present, "int32")
            values, there = _abreast([each for each, _ in rows], many)
            some = ops.any(present, axis=1, keepdims=True)
            vector = self.encoder(values, there, training=training)
            return _named(self.tail([vector], some, training=training))
        vectors = [
            encoder(values, there, training=training)
            for encoder, (values, there) in zip(self.encoders.values(), rows, strict=True)
        ]
        if self.sizes.fusion != "late":
            return _named(self.tails[0](vectors, present, training=training))
        return self._averaged(vectors, present, training)

    def _averaged(self, vectors: Any, present: Any, training: bool | None) -> dict[str, Any]:
        """See `nets.streams.StreamNet`."""
        said = [
            tail([one], present[:, at : at + 1], training=training)
            for at, (tail, one) in enumerate(zip(self.tails, vectors, strict=True))
        ]
        none = ops.logical_not(ops.any(present, axis=1, keepdims=True))
        heard = ops.logical_or(present, none)
        scores = ops.broadcast_to(self.shares[None, :], heard.shape)
        weights = masked_softmax(scores, heard)[:, :, None]
        found = _named({
            name: ops.sum(weights * ops.stack([each[name] for each in said], axis=1), axis=1)
            for name in said[0]
        })  # fmt: skip
        for one, each in zip(self.sizes.inputs, said, strict=True):
            found[BRANCHES + one.name] = each["labels"]
        return found

    def get_config(self) -> dict[str, Any]:
        """What it is made of, as plain values."""
        plain = dataclasses.asdict(self.sizes)
        return {"name": self.name, "net": {**plain, "inputs": list(plain["inputs"])}}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: object = None) -> KerasLabeller:
        """The model of `get_config`."""
        del custom_objects
        return cls(convert(config["net"], LabelNetConfig), name=config.get("name") or "labeller")


def _numbers(values: Any, one: Any) -> Any:
    """See `nets.rows.numbers`."""
    found = ops.cast(values, "float32")
    if keras.backend.standardize_dtype(values.dtype) != "uint8":
        return found
    span = one.high - one.low
    return found * (span / 255.0) + (span / 512.0 + one.low)


def _abreast(rows: list[Any], many: Any) -> tuple[Any, Any]:
    """See `nets.abreast.abreast`."""
    moments = ops.max(many, axis=1)[:, None]
    places = ops.arange(max(each.shape[1] for each in rows))[None, :]
    there = places < moments
    spread = []
    for at, values in enumerate(rows):
        own = many[:, at : at + 1]
        row = ops.floor_divide((2 * places + 1) * own, 2 * ops.maximum(moments, 1))
        row = ops.minimum(row, values.shape[1] - 1)
        shape = (values.shape[0], row.shape[1], values.shape[2])
        seen = ops.logical_and(there, own > 0)[:, :, None]
        moved = ops.take_along_axis(values, ops.broadcast_to(row[:, :, None], shape), axis=1)
        spread.append(ops.where(seen, moved, 0.0))
    return ops.concatenate(spread, axis=2), there


def _named(said: dict[str, Any]) -> dict[str, Any]:
    found = {LOGITS: said["labels"]}
    if "verticals" in said:
        found[VERTICALS] = said["verticals"]
    return found
