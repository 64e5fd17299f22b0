"""Context gating: what a vector says of itself decides which of its numbers count.

Miech, Laptev, Sivic: Learnable Pooling with Context Gating for Video Classification, 2017 (arXiv
1706.06905), equation 1: y = sigmoid(W x + b) * x. Through a narrow layer, as squeeze and excitation
(Hu et al., 2018, arXiv 1709.01507), it is NeXtVLAD's: Lin, Xiao, Fan, 2018 (arXiv 1811.05014);
with layer normalisation in the place of the authors' batch normalisation.
"""

from __future__ import annotations

from torch import Tensor, nn

_NARROWEST = 16
"""Normalised, one number is always nothing and two are only signs: a gate through them is deaf."""


class ContextGate(nn.Module):
    """Weighs the numbers of a vector [b, width] by the vector.

    Args:
        width: Of the vector.
        reduction: How much narrower the layer between is; 1: none, as in equation 1.
    """

    def __init__(self, width: int, reduction: int) -> None:
        super().__init__()
        self.narrow = narrow_width(width, reduction)
        if self.narrow:
            self.squeeze = nn.Linear(width, self.narrow)
            self.norm = nn.LayerNorm(self.narrow)
        self.excite = nn.Linear(self.narrow or width, width)

    def forward(self, vector: Tensor) -> Tensor:
        """The vector, gated."""
        seen = self.norm(self.squeeze(vector)).relu() if self.narrow else vector
        weights: Tensor = self.excite(seen).sigmoid()
        return vector * weights


def narrow_width(width: int, reduction: int) -> int:
    """Numbers of the layer between, at least 16 of them; 0: there is none."""
    return 0 if reduction == 1 else max(width // reduction, _NARROWEST)
