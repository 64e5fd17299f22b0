"""Recurrent layers over the rows: what follows what.

LSTM (Hochreiter, Schmidhuber, 1997) or GRU (Cho et al., 2014, arXiv 1406.1078), one way or both;
from the second layer on with a residual sum where widths agree (He et al., 2016). The vector is the
state after the last row, in each direction, beside the mean of the outputs: over hundreds of rows a
last state alone is slow to learn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from loquitur.vision.labels.nets.branches.contract import Encoder, Sizes
from loquitur.vision.nets.contract import brought, new_lstm, read

if TYPE_CHECKING:
    from loquitur.vision.labels.nets.rows import Rows


class Recurrent(Encoder):
    """Layers of LSTM or GRU."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        outputs = sizes.cell_size * (1 + sizes.bidirectional)
        self.width = 2 * outputs
        self.cell_size = sizes.cell_size
        widths = [sizes.dimension] + [outputs] * (sizes.layers - 1)
        self.layers = nn.ModuleList(_new_layer(width, sizes) for width in widths)
        self.dropout = nn.Dropout(sizes.dropout)

    def forward(self, rows: Rows) -> Tensor:
        """Vectors [b, 2 x cell_size x directions]."""
        lengths = rows.lengths.clamp(min=1)  # an absent stream is one row of zeros
        places = rows.values
        for at, layer in enumerate(self.layers):
            outputs, _ = read(layer, self.dropout(places) if at else places, lengths)
            places = outputs + places if places.shape[2] == outputs.shape[2] else outputs
        lengths = brought(lengths, places.device)
        last = (lengths - 1)[:, None, None].expand(-1, 1, places.shape[2])
        after = places.gather(1, last)[:, 0]
        if self.layers[0].bidirectional:
            # backwards the last row that is read is the first one
            after = torch.cat([after[:, : self.cell_size], places[:, 0, self.cell_size :]], dim=1)
        mean = places.float().sum(dim=1) / lengths[:, None]
        return self.dropout(torch.cat([after.float(), mean], dim=1))


def _new_layer(width: int, sizes: Sizes) -> nn.LSTM | nn.GRU:
    """One layer; an LSTM's forget gates begin open."""
    if sizes.cell == "lstm":
        return new_lstm(width, sizes.cell_size, 1, bidirectional=sizes.bidirectional)
    return nn.GRU(width, sizes.cell_size, batch_first=True, bidirectional=sizes.bidirectional)
