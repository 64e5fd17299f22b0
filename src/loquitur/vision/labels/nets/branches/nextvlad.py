"""NeXtVLAD: NetVLAD over parts of widened rows, each part with a say of its own.

Lin, Xiao, Fan: NeXtVLAD: An Efficient Neural Network to Aggregate Frame-level Features for
Large-scale Video Classification, 2018 (arXiv 1811.05014), equations 4 to 9; linrongc/youtube-8m.
Rows of N numbers become L N, in G parts x_g of L N / G:

    V_k = sum over rows and parts of alpha_g(x) a_gk(x) (x_g - c_k)
    alpha_g = sigmoid(u_g x),    a_gk = softmax_k(norm(w_gk x))

It has L N (N + G + G K) + K L N / G weights, and is G / L times narrower than NetVLAD.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from loquitur.vision.labels.nets.branches.contract import Encoder, Sizes
from loquitur.vision.labels.nets.branches.vlad import gathered
from loquitur.vision.labels.nets.norms import RowNorm

if TYPE_CHECKING:
    from loquitur.vision.labels.nets.rows import Rows


class NextVlad(Encoder):
    """Residuals of parts of rows to `clusters` centres."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        wide = sizes.expansion * sizes.dimension
        part = wide // sizes.groups
        self.groups, self.clusters = sizes.groups, sizes.clusters
        self.width = sizes.clusters * part
        self.widen = nn.Linear(sizes.dimension, wide)
        self.attend = nn.Linear(wide, sizes.groups)
        self.assign = nn.Linear(wide, sizes.groups * sizes.clusters, bias=False)
        self.norm = RowNorm(sizes.groups * sizes.clusters)
        self.centres = nn.Parameter(torch.empty(sizes.clusters, part))
        nn.init.kaiming_normal_(self.centres)
        self.after = nn.LayerNorm(self.width)

    def forward(self, rows: Rows) -> Tensor:
        """Vectors [b, clusters x expansion x d / groups]."""
        wide = self.widen(rows.values)
        # [b, t, groups] -> [b, t x groups]: a part is from here on a row
        there = rows.there[:, :, None].expand(-1, -1, self.groups).flatten(1, 2)
        # a sigmoid; ONNX Runtime's is wrong below -18, where a normed sum still tells the numbers
        attention = (-functional.softplus(-self.attend(wide).float())).exp().flatten(1, 2)
        attention = attention.masked_fill(~there, 0.0)
        scores = self.norm(self.assign(wide), rows.there)
        scores = scores.unflatten(2, (self.groups, self.clusters)).flatten(1, 2)
        shares = scores.softmax(dim=2) * attention[:, :, None]
        parts = wide.unflatten(2, (self.groups, -1)).flatten(1, 2)
        residuals = gathered(shares, parts, self.centres)
        return self.after(functional.normalize(residuals, dim=2).flatten(1))
