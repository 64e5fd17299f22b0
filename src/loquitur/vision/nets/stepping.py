"""A torch net as a search sees it: numpy in, log-probabilities out."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.vision.nets.contract import Captioner, State


class TorchStepper:
    """Steps a net without gradients; it is put into evaluation and left there.

    Args:
        net: On whatever device it is.
    """

    def __init__(self, net: Captioner) -> None:
        self.net = net.eval()
        self._device = next(net.parameters()).device

    def begin(self, features: NDArray[np.float32], lengths: NDArray[np.int64]) -> State:
        """Read clips [rows, t, d]."""
        with torch.inference_mode():
            seen = torch.from_numpy(np.ascontiguousarray(features, dtype=np.float32))
            counts = torch.from_numpy(np.ascontiguousarray(lengths, dtype=np.int64))
            state: State = self.net.encode(seen.to(self._device), counts)
        return state

    def step(self, words: NDArray[np.int64], state: State) -> tuple[NDArray[np.float32], State]:
        """Log-probabilities [rows, v] of the next words."""
        with torch.inference_mode():
            heard = torch.from_numpy(np.ascontiguousarray(words, dtype=np.int64))
            logits, state = self.net.step(heard.to(self._device), state)
            scores = logits.float().log_softmax(dim=-1).cpu().numpy()
        return cast("NDArray[np.float32]", scores), state

    def select(self, state: State, rows: NDArray[np.int64]) -> State:
        """Rows of every tensor."""
        with torch.inference_mode():
            chosen = torch.from_numpy(np.ascontiguousarray(rows, dtype=np.int64)).to(self._device)
            return {name: each.index_select(0, chosen) for name, each in state.items()}
