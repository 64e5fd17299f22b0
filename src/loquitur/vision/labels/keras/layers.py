"""Layers that Keras lacks, and those that it has as torch has them.

Attributes are called as in `nets/`, so that `weights.pairs` can walk through both. Of a batch a
stream is `(values [b, t, d] float32, there [b, t] bool)`; masks are bool.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from loquitur.vision.labels.nets.norms import FEW_ROWS, MOMENTUM

_EPS = 1e-5
"""torch's, of layer normalisation; Keras has 1e-3."""
_LOW = -1e30
_SHORTEST = 1e-12


class Dropout(keras.layers.Dropout):
    """Drops by torch's generator where torch runs, which a training seeds for each step."""

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        """Inputs, some of them dropped."""
        if not training or not self.rate:
            return inputs
        if keras.backend.backend() != "torch":
            return super().call(inputs, training=training)
        from torch.nn import functional

        # what is drawn goes by the order in memory, which Keras's recurrent layers turn
        return functional.dropout(inputs.contiguous(), self.rate, training=True)


class Part(keras.layers.Layer):
    """A layer whose own parts have their weights when it is made, and which says what is there.

    It is built from then on: Keras would build it in its first call, by calling it one time more,
    and what that draws by chance would be lacking in a training that goes on.
    """

    def __init__(self, **named: str) -> None:
        super().__init__(**named)
        self.supports_masking = True
        self.built = True


class RowNorm(Part):
    """See `nets.norms.RowNorm`."""

    def __init__(self, width: int) -> None:
        super().__init__()
        first = {"weight": "ones", "bias": "zeros"}
        self.weight, self.bias = (
            self.add_weight(shape=(width,), initializer=how, name=name)
            for name, how in first.items()
        )
        self.mean = self._figure("mean", (width,), "zeros")
        self.variance = self._figure("variance", (width,), "ones")
        self.batches = self._figure("batches", (), "zeros")

    def call(self, values: Any, there: Any, training: bool | None = False) -> Any:
        """Normalised values [b, t, width], float32."""
        values = ops.cast(values, "float32")
        mean, variance = self._seen(values, there) if training else (self.mean, self.variance)
        scale = self.weight * ops.rsqrt(variance + _EPS)
        return values * scale + (self.bias - mean * scale)

    def _seen(self, values: Any, there: Any) -> tuple[Any, Any]:
        """Mean and variance of a batch's rows; of too few of them those of before."""
        counts = ops.cast(there, "float32")[:, :, None]
        many = ops.sum(counts)
        most = ops.maximum(many, 1.0)
        mean = ops.sum(values * counts, axis=(0, 1)) / most
        variance = ops.sum(ops.square(values - mean) * counts, axis=(0, 1)) / most
        enough = many >= FEW_ROWS
        found = ops.where(enough, mean, self.mean), ops.where(enough, variance, self.variance)
        sure = ops.cast(enough, "float32")
        self.batches.assign_add(sure)
        share = sure * ops.maximum(1.0 / ops.maximum(self.batches, 1.0), MOMENTUM)
        of_all = variance * many / ops.maximum(many - 1.0, 1.0)
        for figure, new in ((self.mean, mean), (self.variance, of_all)):
            figure.assign(figure + share * (ops.stop_gradient(new) - figure))
        return found

    def _figure(self, name: str, shape: tuple[int, ...], first: str) -> Any:
        return self.add_weight(shape=shape, initializer=first, name=name, trainable=False)


def linear(before: int, after: int, *, bias: bool = True, std: float = 0.0) -> Any:
    """A linear layer that has its weights.

    Args:
        before: Width of what comes in.
        after: Of what comes out.
        bias: Whether it has one.
        std: Of normal first weights; Keras's own where 0.
    """
    first = normal(std) if std else "glorot_uniform"
    made = keras.layers.Dense(after, use_bias=bias, kernel_initializer=first)
    made.build((None, before))
    return made


def normal(std: float) -> Any:
    """First weights of this standard deviation."""
    return keras.initializers.RandomNormal(stddev=std)


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


def unit(values: Any, axis: int) -> Any:
    """Values of length 1 along an axis, as torch's `normalize`.

    Keras's own has an infinite gradient where all are zeros.
    """
    squares = ops.sum(ops.square(values), axis=axis, keepdims=True)
    return values / ops.sqrt(ops.maximum(squares, _SHORTEST**2))


def side_by_side(vectors: Any, present: Any) -> Any:
    """Vectors in a row [b, sum of widths], zeros for the absent ones."""
    shown = [ops.where(present[:, at, None], one, 0.0) for at, one in enumerate(vectors)]
    return ops.concatenate(shown, axis=1)
