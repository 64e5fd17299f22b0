"""Vectors of streams joined in one, and what is said of it: `nets/tails`, `heads`, in Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras import ops

from loquitur.vision.labels.keras.layers import (
    Dropout,
    Part,
    linear,
    masked_softmax,
    norm,
    side_by_side,
)
from loquitur.vision.labels.nets.gating import narrow_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.vision.labels.nets.config import LabelNetConfig


class Flat(Part):
    """See `nets.tails.Flat`."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.width = sum(widths)

    def call(self, vectors: Any, present: Any) -> Any:
        """Joined vectors [b, width]."""
        return side_by_side(vectors, present)


class Joint(Part):
    """See `nets.tails.Joint`."""

    def __init__(self, widths: Sequence[int], hidden: int) -> None:
        super().__init__()
        self.width = hidden
        self.join = linear(sum(widths), hidden)
        self.absent = None
        if len(widths) > 1:
            self.absent = self.add_weight(
                shape=(len(widths), hidden), initializer="zeros", name="absent"
            )
        self.norm = norm(hidden)

    def call(self, vectors: Any, present: Any) -> Any:
        """Joined vectors [b, width]."""
        joined = self.join(side_by_side(vectors, present))
        if self.absent is not None:
            absent = ops.cast(ops.logical_not(present), "float32")
            joined = joined + ops.matmul(absent, self.absent)
        return ops.relu(self.norm(joined))


class Gated(Part):
    """See `nets.tails.Gated`."""

    def __init__(self, widths: Sequence[int], hidden: int) -> None:
        super().__init__()
        self.width = hidden
        self.bring = [linear(width, hidden) for width in widths]
        self.weigh = linear(hidden * len(widths), hidden * len(widths))

    def call(self, vectors: Any, present: Any) -> Any:
        """Joined vectors [b, width]."""
        brought = [ops.tanh(bring(one)) for bring, one in zip(self.bring, vectors, strict=True)]
        beside = side_by_side(brought, present)
        shape = (-1, len(vectors), self.width)
        weights = masked_softmax(ops.reshape(self.weigh(beside), shape), present[:, :, None])
        return ops.sum(weights * ops.reshape(beside, shape), axis=1)


class ContextGate(Part):
    """See `nets.gating.ContextGate`."""

    def __init__(self, width: int, reduction: int) -> None:
        super().__init__()
        self.narrow = narrow_width(width, reduction)
        if self.narrow:
            self.squeeze = linear(width, self.narrow)
            self.norm = norm(self.narrow)
        self.excite = linear(self.narrow or width, width)

    def call(self, vector: Any) -> Any:
        """The vector, gated."""
        seen = ops.relu(self.norm(self.squeeze(vector))) if self.narrow else vector
        return vector * ops.sigmoid(self.excite(seen))


class Experts(Part):
    """See `nets.heads.Experts`."""

    def __init__(self, width: int, labels: int, mixtures: int) -> None:
        super().__init__()
        self.mixtures = mixtures
        self.experts = linear(width, labels * mixtures)
        self.gates = linear(width, labels * (mixtures + 1), bias=False)

    def call(self, vector: Any) -> Any:
        """Log-odds [b, labels]."""
        many = self.mixtures
        said = ops.reshape(self.experts(vector), (vector.shape[0], -1, many))
        gates = ops.reshape(self.gates(vector), (vector.shape[0], -1, many + 1))
        gates = ops.log_softmax(gates, axis=2)
        chosen = gates[:, :, :many]
        yes = ops.logsumexp(chosen - ops.softplus(-said), axis=2)
        against = ops.concatenate([chosen - ops.softplus(said), gates[:, :, many:]], axis=2)
        return yes - ops.logsumexp(against, axis=2)


class Tail(Part):
    """See `nets.tails.Tail`."""

    def __init__(self, widths: Sequence[int], config: LabelNetConfig, **named: str) -> None:
        super().__init__(**named)
        if config.is_flat and config.fusion != "gated":
            self.joiner: Any = Flat(widths)
        elif config.fusion == "gated":
            self.joiner = Gated(widths, config.hidden)
        else:
            self.joiner = Joint(widths, config.hidden)
        width = self.joiner.width
        self.dropout = Dropout(config.dropout)
        self.gate = ContextGate(width, config.gate_reduction) if config.gating else None
        self.head = (
            Experts(width, config.labels, config.mixtures)
            if config.mixtures
            else linear(width, config.labels)
        )
        self.verticals = linear(width, config.verticals) if config.verticals else None

    def call(self, vectors: Any, present: Any, training: bool | None = False) -> Any:
        """Scores of labels, and of verticals where the net has that head."""
        joined = self.dropout(self.joiner(vectors, present), training=training)
        if self.gate is not None:
            joined = self.gate(joined)
        joined = ops.where(ops.any(present, axis=1, keepdims=True), joined, 0.0)
        found = {"labels": self.head(joined)}
        if self.verticals is not None:
            found["verticals"] = self.verticals(joined)
        return found
