"""NetVLAD: how far a video's rows lie from the centres of the clusters they belong to.

Arandjelovic et al., 2016 (arXiv 1511.07247), equation 4; for video Miech, Laptev, Sivic, 2017
(arXiv 1706.06905; antoine77340/Youtube-8M-WILLOW):

    a_k(x) = softmax_k(norm(w_k x)),    V_k = sum over rows of a_k(x) (x - c_k)

each V_k of length 1, then all of them together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from loquitur.vision.labels.nets.branches.contract import Encoder, Sizes
from loquitur.vision.labels.nets.norms import RowNorm

if TYPE_CHECKING:
    from loquitur.vision.labels.nets.rows import Rows


class NetVlad(Encoder):
    """Residuals to `clusters` centres."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.width = sizes.clusters * sizes.dimension
        self.assign = nn.Linear(sizes.dimension, sizes.clusters, bias=False)
        self.norm = RowNorm(sizes.clusters)
        self.centres = nn.Parameter(torch.empty(sizes.clusters, sizes.dimension))
        for weights in (self.assign.weight, self.centres):
            nn.init.normal_(weights, std=sizes.dimension**-0.5)  # as the authors begin

    def forward(self, rows: Rows) -> Tensor:
        """Vectors [b, clusters x d] of length 1."""
        shares = self.norm(self.assign(rows.values), rows.there).softmax(dim=2)
        shares = shares.masked_fill(~rows.there[:, :, None], 0.0)
        residuals = gathered(shares, rows.values, self.centres)
        return functional.normalize(functional.normalize(residuals, dim=2).flatten(1), dim=1)


def gathered(shares: Tensor, values: Tensor, centres: Tensor) -> Tensor:
    """Sums of residuals [b, k, d], float32.

    Args:
        shares: [b, t, k]: how much of each row belongs to each cluster; zeros where none is.
        values: [b, t, d].
        centres: [k, d].
    """
    sums = (shares.transpose(1, 2) @ values).float()
    return sums - shares.float().sum(dim=1)[:, :, None] * centres
