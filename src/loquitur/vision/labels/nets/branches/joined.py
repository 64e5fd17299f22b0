"""A stream through dense layers on its mean and through recurrent ones, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from loquitur.vision.labels.nets.branches.contract import Encoder, Sizes
from loquitur.vision.labels.nets.branches.means import Dense
from loquitur.vision.labels.nets.branches.recurrent import Recurrent

if TYPE_CHECKING:
    from loquitur.vision.labels.nets.rows import Rows


class Joined(Encoder):
    """The requirement's first and third row in one."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.dense = Dense(sizes)
        self.recurrent = Recurrent(sizes)
        self.width = self.dense.width + self.recurrent.width

    def forward(self, rows: Rows) -> Tensor:
        """Vectors [b, hidden + 2 x cell_size x directions]."""
        return torch.cat([self.dense(rows).float(), self.recurrent(rows)], dim=1)
