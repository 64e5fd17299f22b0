"""What makes one vector of a stream's rows: `nets/branches`, in Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from loquitur.vision.labels.keras.layers import (
    Dropout,
    Part,
    RowNorm,
    linear,
    mean_of,
    norm,
    normal,
    unit,
)

if TYPE_CHECKING:
    from loquitur.vision.labels.nets.branches.contract import Sizes


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


class Bag(Part):
    """See `nets.branches.bags.Bag`."""

    def __init__(self, sizes: Sizes, **named: str) -> None:
        super().__init__(**named)
        self.width = sizes.clusters
        self.votes = linear(sizes.dimension, sizes.clusters, bias=False)
        self.norm = RowNorm(sizes.clusters)

    def call(self, values: Any, there: Any, training: bool | None = False) -> Any:
        """Vectors [b, clusters], none of them below zero."""
        votes = ops.relu(self.norm(self.votes(values), there, training=training))
        return ops.max(ops.where(there[:, :, None], votes, 0.0), axis=1)


class NetVlad(Part):
    """See `nets.branches.vlad.NetVlad`."""

    def __init__(self, sizes: Sizes, **named: str) -> None:
        super().__init__(**named)
        self.width = sizes.clusters * sizes.dimension
        std = sizes.dimension**-0.5
        self.assign = linear(sizes.dimension, sizes.clusters, bias=False, std=std)
        self.norm = RowNorm(sizes.clusters)
        self.centres = self.add_weight(
            shape=(sizes.clusters, sizes.dimension), initializer=normal(std), name="centres"
        )

    def call(self, values: Any, there: Any, training: bool | None = False) -> Any:
        """Vectors [b, clusters x d] of length 1."""
        scores = self.norm(self.assign(values), there, training=training)
        shares = ops.where(there[:, :, None], ops.softmax(scores, axis=2), 0.0)
        residuals = unit(_gathered(shares, values, self.centres), axis=2)
        return unit(ops.reshape(residuals, (values.shape[0], self.width)), axis=1)


class NextVlad(Part):
    """See `nets.branches.nextvlad.NextVlad`."""

    def __init__(self, sizes: Sizes, **named: str) -> None:
        super().__init__(**named)
        wide = sizes.expansion * sizes.dimension
        part = wide // sizes.groups
        self.groups, self.clusters = sizes.groups, sizes.clusters
        self.width = sizes.clusters * part
        self.widen = linear(sizes.dimension, wide)
        self.attend = linear(wide, sizes.groups)
        self.assign = linear(wide, sizes.groups * sizes.clusters, bias=False)
        self.norm = RowNorm(sizes.groups * sizes.clusters)
        self.centres = self.add_weight(
            shape=(sizes.clusters, part), initializer=normal((2 / part) ** 0.5), name="centres"
        )
        self.after = norm(self.width)

    def call(self, values: Any, there: Any, training: bool | None = False) -> Any:
        """Vectors [b, clusters x expansion x d / groups]."""
        videos, rows = values.shape[:2]
        parts = rows * self.groups
        wide = self.widen(values)
        # not a sigmoid, as there: an exported graph says the same
        attention = ops.exp(-ops.softplus(-ops.cast(self.attend(wide), "float32")))
        attention = ops.where(there[:, :, None], attention, 0.0)
        scores = self.norm(self.assign(wide), there, training=training)
        scores = ops.reshape(scores, (videos, parts, self.clusters))
        shares = ops.softmax(scores, axis=2) * ops.reshape(attention, (videos, parts, 1))
        wide = ops.reshape(wide, (videos, parts, wide.shape[2] // self.groups))
        residuals = unit(_gathered(shares, wide, self.centres), axis=2)
        return self.after(ops.reshape(residuals, (videos, self.width)))


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


ENCODERS: dict[str, Any] = {
    "mean": Mean,
    "mlp": Dense,
    "dbof": Bag,
    "netvlad": NetVlad,
    "nextvlad": NextVlad,
    "lstm": Recurrent,
    "gru": Recurrent,
    "joined": Joined,
}
"""Those of `nets.ENCODERS`."""


def _gathered(shares: Any, values: Any, centres: Any) -> Any:
    """See `nets.branches.vlad.gathered`."""
    sums = ops.cast(ops.matmul(ops.transpose(shares, (0, 2, 1)), values), "float32")
    return sums - ops.sum(shares, axis=1)[:, :, None] * centres


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
