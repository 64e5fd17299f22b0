"""One recurrent encoder over the rows of all streams, side by side moment by moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from loquitur.vision.labels.nets.branches.contract import new_encoder, sizes_of
from loquitur.vision.labels.nets.contract import LabelNet
from loquitur.vision.labels.nets.rows import Rows
from loquitur.vision.labels.nets.streams import named
from loquitur.vision.labels.nets.tails import Tail
from loquitur.vision.nets.contract import brought

if TYPE_CHECKING:
    from loquitur.vision.labels.nets.config import LabelNetConfig


class AbreastNet(LabelNet):
    """The requirement's second row: layers of LSTM or GRU over pictures, sound and words at once.

    A video has as many moments as its longest stream has rows; the others are spread over them.
    """

    def __init__(self, config: LabelNetConfig) -> None:
        super().__init__(config)
        width = sum(one.dimension for one in config.inputs)
        sizes = sizes_of(config, config.inputs[0])._replace(dimension=width)
        self.encoder = new_encoder(config.architecture, sizes)
        self.tail = Tail([self.encoder.width], config)

    def labelled(self, rows: list[Rows], present: Tensor) -> dict[str, Tensor]:
        """See `LabelNet.labelled`."""
        vector = self.encoder(abreast(rows, present))
        some = brought(present.any(dim=1, keepdim=True), vector.device)
        return named(*self.tail([vector], some))

    def set_prior(self, rates: Tensor, verticals: Tensor | None = None) -> None:
        """See `LabelNet.set_prior`."""
        self.tail.set_prior(rates, verticals)


def abreast(rows: list[Rows], present: Tensor) -> Rows:
    """Streams side by side in time, those of fewer rows stretched, the absent ones zeros.

    Of n rows stretched to m moments, moment i has row floor((2 i + 1) n / 2 m), the one whose
    middle is nearest.
    """
    device = rows[0].values.device
    counts = torch.stack([one.lengths for one in rows], dim=1) * present
    moments = counts.amax(dim=1)
    # one at least, of no video too; on the processor where lengths are: nobody waits
    most = torch.cat([moments.new_ones(1), moments]).amax()
    places = torch.arange(most, device=device)[None, :]
    here, many = brought(counts, device), brought(moments, device)
    there = places < many[:, None]
    spread = []
    for at, one in enumerate(rows):
        own = here[:, at : at + 1]
        row = ((2 * places + 1) * own).div(2 * many[:, None].clamp(min=1), rounding_mode="floor")
        row = row.clamp(max=one.values.shape[1] - 1)
        index = row[:, :, None].expand(-1, -1, one.values.shape[2])
        seen = (there & (own > 0))[:, :, None]
        spread.append(one.values.gather(1, index).masked_fill(~seen, 0.0))
    return Rows(torch.cat(spread, dim=2), there, moments)
