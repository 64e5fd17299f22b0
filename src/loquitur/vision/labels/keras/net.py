"""A net of Keras where the training expects one of torch: called alike, its weights by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import torch
from torch import Tensor, nn

from loquitur.vision.labels.keras.model import LENGTHS, KerasLabeller
from loquitur.vision.labels.keras.weights import pairs, to_keras
from loquitur.vision.labels.nets.contract import LabelNet, build
from loquitur.vision.nets.contract import brought

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class KerasNet(nn.Module):
    """A labeller in Keras, on torch.

    Its parameters and buffers are Keras's own variables, under the names that they have in the net
    of torch: an optimizer of either moves the same numbers.

    Args:
        model: In Keras.
    """

    def __init__(self, model: KerasLabeller) -> None:
        super().__init__()
        self.config = model.sizes
        # not as a part: Keras's own lists of parameters name some of them twice
        self._held = (model,)
        with torch.device("meta"):  # only how it is made matters
            twin = build(model.sizes)
        for one in pairs(twin, model):
            if one.variable.trainable:
                self.register_parameter(one.name, one.variable.value)
            else:
                self.register_buffer(one.name, one.variable.value)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> KerasNet:
        """Move: torch makes new buffers of that, but Keras goes on with those that it has."""
        held = dict(self._buffers)
        super()._apply(fn, recurse)
        for name, one in held.items():
            moved = self._buffers[name]
            if one is not None and moved is not None:
                one.data, self._buffers[name] = moved.data, one
        return self

    @property
    def model(self) -> KerasLabeller:
        """The model itself."""
        return self._held[0]

    def forward(
        self, streams: Mapping[str, Tensor], lengths: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """See `LabelNet.forward`."""
        device = next(self.parameters()).device
        given = inputs_of(self.model, streams, lengths, device)
        given = {name: brought(each, device) for name, each in given.items()}
        with keras.device(str(device)):
            found: dict[str, Tensor] = self.model(given, training=self.training)
        return found


def inputs_of(
    model: KerasLabeller,
    streams: Mapping[str, Tensor],
    lengths: Mapping[str, Tensor],
    device: torch.device | None = None,
) -> dict[str, Tensor]:
    """What a model is called with; a stream that lacks is one of no rows.

    Args:
        model: Which.
        streams: By name [b, t, d].
        lengths: By name, int64 [b].
        device: Where rows that lack are made.
    """
    videos = len(next(iter([*streams.values(), *lengths.values()])))
    found: dict[str, Tensor] = {}
    for one in model.sizes.inputs:
        rows = streams.get(one.name)
        if rows is None or not rows.shape[1]:
            found[one.name] = torch.zeros(videos, 1, one.dimension, device=device)
            found[one.name + LENGTHS] = torch.zeros(videos, dtype=torch.int64)
            continue
        many = lengths.get(one.name)
        found[one.name] = rows
        found[one.name + LENGTHS] = (
            torch.full((videos,), rows.shape[1], dtype=torch.int64) if many is None else many
        )
    return found


def new_net(net: LabelNet) -> KerasNet:
    """The twin of a net of torch, on the processor, with the same weights."""
    with keras.device("cpu"):
        return KerasNet(to_keras(net))
