"""What Keras's own `fit` takes: batches as it wants them, and the loss of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from loquitur.vision.labels.keras.model import LENGTHS
from loquitur.vision.labels.nets.contract import LOGITS, VERTICALS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from loquitur.vision.labels.feeding.batch import LabelBatch
    from loquitur.vision.labels.keras.model import KerasLabeller
    from loquitur.vision.labels.nets.config import LabelNetConfig

Arrays = dict[str, "NDArray[Any]"]


def compiled(
    model: KerasLabeller,
    *,
    lr: float = 1e-3,
    weight_decay: float = 0.0,
    vertical_weight: float = 0.0,
) -> KerasLabeller:
    """The model, ready for `fit`: AdamW (Loshchilov, Hutter, 2019), and `entropy` of its labels.

    Args:
        model: Which.
        lr: Learning rate.
        weight_decay: Of AdamW.
        vertical_weight: Of the entropy of the verticals beside that of the labels; above 0 `fed` is
            given `genres`.
    """
    losses = {LOGITS: entropy}
    weights = {LOGITS: 1.0}
    if vertical_weight:
        losses[VERTICALS], weights[VERTICALS] = entropy, vertical_weight
    optimizer = keras.optimizers.AdamW(learning_rate=lr, weight_decay=weight_decay)
    model.compile(optimizer=optimizer, loss=losses, loss_weights=weights, jit_compile=False)
    return model


@keras.saving.register_keras_serializable(package="loquitur")
def entropy(targets: Any, logits: Any) -> Any:
    """Binary cross-entropy, added up over labels: nats a video, as `label train` tells it.

    Args:
        targets: [b, labels]: 1 where the label is there, 0 where it is not.
        logits: [b, labels]: log-odds.
    """
    targets = ops.cast(targets, logits.dtype)
    return ops.sum(ops.softplus(logits) - targets * logits, axis=-1)


def fed(
    batches: Iterable[LabelBatch],
    config: LabelNetConfig,
    genres: NDArray[np.bool_] | None = None,
) -> Iterator[tuple[Arrays, Arrays]]:
    """Batches as inputs and targets.

    Args:
        batches: Of `feeding.LabelBatches`, which has no end where `epochs` gave them.
        config: Of the net.
        genres: [labels, verticals]: which label is of which vertical, where they are learnt too.
    """
    for batch in batches:
        inputs: Arrays = {}
        for one in config.inputs:
            rows = batch.streams.get(one.name)
            if rows is None:
                rows = np.zeros((len(batch), 1, one.dimension), np.float32)
            none = np.zeros(len(batch), np.int64)
            inputs[one.name] = rows
            inputs[one.name + LENGTHS] = batch.lengths.get(one.name, none)
        targets: Arrays = {LOGITS: many_hot(batch.labels, config.labels)}
        if genres is not None:
            targets[VERTICALS] = (targets[LOGITS] @ genres.astype(np.float32) > 0).astype("f4")
        yield inputs, targets


def many_hot(labels: NDArray[np.int64], many: int) -> NDArray[np.float32]:
    """Lists of labels [b, k], padded with -1, as rows of ones and zeros [b, many]."""
    found = np.zeros((len(labels), many), np.float32)
    videos, places = np.nonzero(labels >= 0)
    found[videos, labels[videos, places]] = 1
    return found
