"""The logistic function: log odds of a label, by a net or a regression, as a probability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def sigmoid(logits: NDArray[Any]) -> NDArray[np.float32]:
    """1 / (1 + exp(-x)), without overflow.

    Small probabilities keep their digits: labels that are all unlikely still have a rank.
    """
    small = np.exp(-np.abs(logits))
    found: NDArray[np.float32] = np.where(logits >= 0, 1 / (1 + small), small / (1 + small))
    return found.astype(np.float32)
