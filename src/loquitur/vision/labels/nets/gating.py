"""Context gating: what a vector says of itself decides which of its numbers count.

Miech, Laptev, Sivic: Learnable Pooling with Context Gating for Video Classification, 2017 (arXiv
1706.06905), equation 1: y = sigmoid(W x + b) * x. Through a narrow layer, as squeeze and excitation
(Hu et al., 2018, arXiv 1709.01507), it is NeXtVLAD's: Lin, Xiao, Fan, 2018 (arXiv 1811.05014).
"""

from __future__ import annotations

from torch import Tensor, nn

REDUCTION = 8
"""How much narrower the layer between is, `gating_reduction` of linrongc/youtube-8m."""


class ContextGate(nn.Module):
    """Weighs the numbers of a vector [b, width] by the vector."""

    def __init__(self, width: int) -> None:
        super().__init__()
        narrow = max(1, width // REDUCTION)
        self.squeeze = nn.Linear(width, narrow)
        self.norm = nn.LayerNorm(narrow)
        self.excite = nn.Linear(narrow, width)

    def forward(self, vector: Tensor) -> Tensor:
        """The vector, gated."""
        weights: Tensor = self.excite(self.norm(self.squeeze(vector)).relu()).sigmoid()
        return vector * weights
