"""Averaged weights: what a net's weights have been of late, which is often better than they are."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator


class Average:
    """An exponential moving average of a net's weights (Polyak and Juditsky 1992, as in Adam).

    The share that stays is small at first, min(decay, (1 + step) / (10 + step)), so that the
    weights of the beginning are soon forgotten.

    Args:
        net: Whose weights.
        decay: What stays at a step, below 1.
    """

    def __init__(self, net: torch.nn.Module, decay: float) -> None:
        self._net = net
        self._decay = decay
        self.weights = {name: value.detach().clone() for name, value in net.state_dict().items()}

    def update(self, step: int) -> None:
        """Take in the weights after a step (from 1)."""
        decay = min(self._decay, (1 + step) / (10 + step))
        with torch.no_grad():
            for name, value in self._net.state_dict().items():
                kept = self.weights[name]
                if kept.is_floating_point():
                    kept.lerp_(value, 1 - decay)
                else:
                    kept.copy_(value)

    @contextlib.contextmanager
    def swapped(self) -> Iterator[None]:
        """The net has the averaged weights while the block runs."""
        own = {name: value.detach().clone() for name, value in self._net.state_dict().items()}
        self._net.load_state_dict(self.weights)
        try:
            yield
        finally:
            self._net.load_state_dict(own)
