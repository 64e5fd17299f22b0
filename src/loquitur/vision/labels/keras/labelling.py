"""The task of labelling with a net of Keras: the same data, loss, figures and loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from loquitur.vision.labels.keras import MODEL, backend
from loquitur.vision.labels.training.labelling import Labelling

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch

    from loquitur.vision.labels.keras.net import KerasNet
    from loquitur.vision.labels.nets.contract import LabelNet


class KerasLabelling(Labelling):
    """Trains a net of Keras; its first weights are those that the net of torch would begin with.

    Its folder is that of any labeller, so whatever labels, judges or exports takes it, without
    Keras; beside the weights lies `model.keras`.
    """

    def net(self) -> torch.nn.Module:
        """A fresh net.

        Raises:
            MissingError: Keras is not installed.
            UsageError: This process, or its environment, has Keras on something else.
        """
        backend.load()
        from loquitur.vision.labels.keras.net import new_net

        return new_net(cast("LabelNet", super().net()))

    def save_model(self, folder: Path, net: torch.nn.Module, figures: Mapping[str, object]) -> None:
        """Write the net in both forms."""
        from loquitur.vision.labels.keras.files import model_bytes
        from loquitur.vision.labels.keras.weights import from_keras

        model = cast("KerasNet", net).model
        super().save_model(folder, from_keras(model), figures)
        (folder / MODEL).write_bytes(model_bytes(model))

    def config(self) -> dict[str, object]:
        """As that of a net of torch, but for the framework."""
        return {**super().config(), "framework": "keras"}
