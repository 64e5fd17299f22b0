"""Layers that Keras lacks: what `nets/branches`, `nets/tails`, `nets/heads` are, in Keras.

Attributes are called as there, so that `weights.named_pairs` can walk through both. Of a batch a
stream is `(values [b, t, d] float32, there [b, t] bool)`; masks are bool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from loquitur.vision.labels.nets.gating import narrow_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.vision.labels.nets.branches.contract import Sizes
    from loquitur.vision.labels.nets.config import LabelNetConfig

_EPS = 1e-5
"""torch's, of layer normalisation; Keras has 1e-3."""
_LOW = -1e30


class Dropout(keras.layers.Dropout):
    """Drops by torch's generator where torch runs, which a training seeds for each step."""

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        """Inputs, some of them dropped."""
        if not training or not self.rate:
            return inputs
        if keras.backend.backend() != "torch":
            return super().call(inputs, training=training)
        from torch.nn import functional

        return functional.dropout(inputs, self.rate, training=True)


class Part(keras.layers.Layer):
    """A layer whose own parts have their weights when it is made, and which says what is there.

    It is built from then on: Keras would build it in its first call, by calling it one time more,
    and what that draws by chance would be lacking in a training that goes on.
    """

    def __init__(self, **named: str) -> None:
        super().__init__(**named)
        self.supports_masking = True
        self.built = True


class Mean(Part):
    """See `nets.branches.means.Mean`."""

    def __init__(self, sizes: Sizes, **named: str) -> None:
        super().__init__(**named)
        self.width = sizes.dimension

    def call(self, values: Any, there: Any, training: bool | None = False) -> Any:
        """Means [b, d]."""
        del training
        return mean_of(values, there)


class Dense(Part):
    """See `nets.branches.means.Dense`."""

    def __init__(self, sizes: Sizes, **named: str) -> None:
        super().__init__(**named)
        self.width = sizes.hidden
        widths = [sizes.dimension] + [sizes.hidden] * sizes.layers
        self.layers = [linear(before, sizes.hidden) for before in widths[:-1]]
        self.norms = [norm(sizes.hidden) for _ in range(sizes.layers)]
        self.dropout = Dropout(sizes.dropout)

    def call(self, values: Any, there: Any, training: bool | None = False) -> Any:
        """Vectors [b, hidden]."""
        vector = mean_of(values, there)
        for layer, each in zip(self.layers, self.norms, strict=True):
            vector = self.dropout(ops.relu(each(layer(vector))), training=training)
        return vector


class OneWay(Part):
    """A recurrent layer from the first row to the last."""

    def __init__(self, width: int, sizes: Sizes) -> None:
        super().__init__()
        self.forward_layer = _one_way(width, sizes)

    def call(self, places: Any, there: Any, training: bool | None = False) -> Any:
        """Outputs [b, t, cell_size]."""
        return self.forward_layer(places, mask=there, training=training)


class BothWays(Part):
    """A recurrent layer from the first row to the last, and one from the last to the first.

    `keras.layers.Bidirectional` copies its layer through its configuration; where a model is being
    loaded, such a copy may be another layer that had the same address (Keras 3.15).
    """

    def __init__(self, width: int, sizes: Sizes) -> None:
        super().__init__()
        self.forward_layer = _one_way(width, sizes)
        self.backward_layer = _one_way(width, sizes, backwards=True)

    def call(self, places: Any, there: Any, training: bool | None = False) -> Any:
        """Outputs [b, t, 2 x cell_size]."""
        onward = self.forward_layer(places, mask=there, training=training)
        back = self.backward_layer(places, mask=there, training=training)
        return ops.concatenate([onward, ops.flip(back, axis=1)], axis=2)


class Recurrent(Part):
    """See `nets.branches.recurrent.Recurrent`."""

    def __init__(self, sizes: Sizes, **named: str) -> None:
        super().__init__(**named)
        outputs = sizes.cell_size * (1 + sizes.bidirectional)
        self.width = 2 * outputs
        self.cell_size, self.bidirectional = sizes.cell_size, sizes.bidirectional
        widths = [sizes.dimension] + [outputs] * (sizes.layers - 1)
        self.layers = [_new_layer(width, sizes) for width in widths]
        self.dropout = Dropout(sizes.dropout)

    def call(self, values: Any, there: Any, training: bool | None = False) -> Any:
        """Vectors [b, 2 x cell_size x directions]."""
        places = values
        for at, layer in enumerate(self.layers):
            below = self.dropout(places, training=training) if at else places
            outputs = layer(below, there, training=training)
            places = outputs + places if places.shape[2] == outputs.shape[2] else outputs
        many = ops.maximum(ops.sum(ops.cast(there, "int32"), axis=1), 1)
        last = ops.broadcast_to((many - 1)[:, None, None], (places.shape[0], 1, places.shape[2]))
        after = ops.take_along_axis(places, last, axis=1)[:, 0]
        if self.bidirectional:
            after = ops.concatenate(
                [after[:, : self.cell_size], places[:, 0, self.cell_size :]], axis=1
            )
        mean = ops.sum(places, axis=1) / ops.cast(many, "float32")[:, None]
        return self.dropout(ops.concatenate([after, mean], axis=1), training=training)


class Joined(Part):
    """See `nets.branches.joined.Joined`."""

    def __init__(self, sizes: Sizes, **named: str) -> None:
        super().__init__(**named)
        self.dense, self.recurrent = Dense(sizes), Recurrent(sizes)
        self.width = self.dense.width + self.recurrent.width

    def call(self, values: Any, there: Any, training: bool | None = False) -> Any:
        """Vectors [b, width]."""
        both = [each(values, there, training=training) for each in (self.dense, self.recurrent)]
        return ops.concatenate(both, axis=1)


class Flat(Part):
    """See `nets.tails.Flat`."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.width = sum(widths)

    def call(self, vectors: Any, present: Any) -> Any:
        """Joined vectors [b, width]."""
        return _side_by_side(vectors, present)


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
        joined = self.join(_side_by_side(vectors, present))
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
        beside = _side_by_side(brought, present)
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


ENCODERS: dict[str, Any] = {
    "mean": Mean,
    "mlp": Dense,
    "lstm": Recurrent,
    "gru": Recurrent,
    "joined": Joined,
}


def linear(before: int, after: int, *, bias: bool = True) -> Any:
    """A linear layer that has its weights."""
    made = keras.layers.Dense(after, use_bias=bias)
    made.build((None, before))
    return made


def norm(width: int) -> Any:
    """Layer normalisation as torch's."""
    made = keras.layers.LayerNormalization(epsilon=_EPS)
    made.build((None, width))
    return made


def mean_of(values: Any, there: Any) -> Any:
    """The mean of each video's rows [b, d]; zeros where it has none."""
    many = ops.maximum(ops.sum(ops.cast(there, "float32"), axis=1, keepdims=True), 1.0)
    return ops.sum(values, axis=1) / many


def masked_softmax(scores: Any, present: Any) -> Any:
    """Weights over axis 1 of what is present; zeros where nothing is."""
    if scores.shape[1] == 1:  # Keras warns of that
        return ops.cast(ops.broadcast_to(present, scores.shape), "float32")
    weights = ops.softmax(ops.where(present, scores, _LOW), axis=1)
    return ops.where(present, weights, 0.0)


def _side_by_side(vectors: Any, present: Any) -> Any:
    shown = [ops.where(present[:, at, None], one, 0.0) for at, one in enumerate(vectors)]
    return ops.concatenate(shown, axis=1)


def _new_layer(width: int, sizes: Sizes) -> Any:
    """One layer, which says zeros behind each end."""
    return BothWays(width, sizes) if sizes.bidirectional else OneWay(width, sizes)


def _one_way(width: int, sizes: Sizes, *, backwards: bool = False) -> Any:
    kind = keras.layers.LSTM if sizes.cell == "lstm" else keras.layers.GRU
    made = kind(
        sizes.cell_size,
        return_sequences=True,
        zero_output_for_mask=True,
        go_backwards=backwards,
    )
    made.build((None, None, width))
    return made
