"""A deep bag of frames: each row votes for many learnt things, and each thing's best vote counts.

YouTube-8M's `DbofModel` (Abu-El-Haija et al., 2016, arXiv 1609.08675, section 3.3.2): rows brought
to thousands of numbers, normalised, rectified, their maximum over time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from loquitur.vision.labels.nets.branches.contract import Encoder, Sizes
from loquitur.vision.labels.nets.norms import RowNorm

if TYPE_CHECKING:
    from loquitur.vision.labels.nets.rows import Rows


class Bag(Encoder):
    """A maximum over rows of `clusters` votes."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.width = sizes.clusters
        self.votes = nn.Linear(sizes.dimension, sizes.clusters, bias=False)
        self.norm = RowNorm(sizes.clusters)

    def forward(self, rows: Rows) -> Tensor:
        """Vectors [b, clusters], none of them below zero."""
        votes = self.norm(self.votes(rows.values), rows.there).relu()
        return votes.masked_fill(~rows.there[:, :, None], 0.0).amax(dim=1)
