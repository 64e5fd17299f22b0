"""Weights of labellers as bytes of safetensors, and back with everything checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.errors import InputError
from loquitur.vision.labels.nets.contract import build
from loquitur.vision.nets.weights import (
    Shapes,
    Tensors,
    compare_names,
    compare_shapes,
    net_of,
    weights_of,
)

if TYPE_CHECKING:
    from loquitur.vision.labels.nets.config import LabelNetConfig
    from loquitur.vision.labels.nets.contract import LabelNet

__all__ = ["weights_of", "with_weights"]

_HEADS = ("head.bias", "head.experts.bias")


def with_weights(
    config: LabelNetConfig, data: bytes, *, shown: str, device: str = "cpu"
) -> LabelNet:
    """The net of a file of weights, ready to be asked.

    Args:
        config: What the net shall be.
        data: The file.
        shown: How the file is called in messages.
        device: Where the net shall be, as torch calls it.

    Raises:
        UsageError: There is no such device.
        InputError: It is damaged, of another net, vocabulary or other streams, or holds NaN.
    """

    def look(wanted: Shapes, found: Tensors) -> None:
        compare_names(wanted, found, config.architecture, shown)
        _compare_labels(wanted, found, config, shown)
        compare_shapes(wanted, found, shown)

    ready: LabelNet = net_of(lambda: build(config), data, look, shown=shown, device=device)
    return ready


def _compare_labels(wanted: Shapes, found: Tensors, config: LabelNetConfig, shown: str) -> None:
    """Hold that the file is for a vocabulary of the same size."""
    per_label = max(1, config.mixtures)
    for name in (each for each in wanted if each.endswith(_HEADS)):
        size = found[name].numel()
        if size != config.labels * per_label and size % per_label == 0:
            raise InputError(
                f"{shown}: weights for a vocabulary of {size // per_label} labels, the model's"
                f" card has {config.labels}",
                hint="the two files are of different trainings: copy both from one",
                code="LQ-NO-MODEL",
            )
