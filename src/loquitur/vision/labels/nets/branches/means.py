"""The mean of the rows, as it is or through dense layers: what is there, whenever it is."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from torch import Tensor, nn

from loquitur.vision.labels.nets.branches.contract import Encoder, Sizes
from loquitur.vision.labels.nets.rows import mean_of

if TYPE_CHECKING:
    from loquitur.vision.labels.nets.rows import Rows


class Mean(Encoder):
    """The mean itself: of frames what YouTube-8M's video-level files hold."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.width = sizes.dimension

    def forward(self, rows: Rows) -> Tensor:
        """Means [b, d]."""
        return mean_of(rows)


class Dense(Encoder):
    """Dense layers on the mean, each with normalisation (Ba et al., 2016, arXiv 1607.06450)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.width = sizes.hidden
        widths = [sizes.dimension] + [sizes.hidden] * sizes.layers
        self.layers = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(widths))
        self.norms = nn.ModuleList(nn.LayerNorm(each) for each in widths[1:])
        self.dropout = nn.Dropout(sizes.dropout)

    def forward(self, rows: Rows) -> Tensor:
        """Vectors [b, hidden]."""
        vector = mean_of(rows)
        for layer, norm in zip(self.layers, self.norms, strict=True):
            vector = self.dropout(norm(layer(vector)).relu())
        return vector
