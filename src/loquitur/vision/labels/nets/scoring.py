"""A net on torch, asked with arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from loquitur.vision.labels.nets.contract import LabelNet


class TorchScorer:
    """Asks a net where it is, in its evaluation mode.

    Args:
        net: With its weights.
    """

    def __init__(self, net: LabelNet) -> None:
        self.net = net.eval()

    def run(
        self, streams: Mapping[str, NDArray[Any]], lengths: Mapping[str, NDArray[np.int64]]
    ) -> dict[str, NDArray[np.float32]]:
        """As `modelfile.Scorer`."""
        device = next(self.net.parameters()).device
        with torch.inference_mode():
            found = self.net(
                {name: torch.from_numpy(rows).to(device) for name, rows in streams.items()},
                {name: torch.from_numpy(each).to(device) for name, each in lengths.items()},
            )
        return {name: each.float().cpu().numpy() for name, each in found.items()}
