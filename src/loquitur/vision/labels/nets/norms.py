"""Batch normalisation over rows, of which those behind a video's end do not count."""

from __future__ import annotations

import torch
from torch import Tensor, nn

MOMENTUM = 0.1
_EPS = 1e-5
FEW_ROWS = 2.0
"""Fewer have no variance."""


class RowNorm(nn.Module):
    """Normalises each number of rows [b, t, width] over all rows of a batch.

    Ioffe, Szegedy, 2015 (arXiv 1502.03167). In training over the rows that are there; afterwards
    by the mean and variance that were seen, so nothing depends on who else is in a batch. The
    first batches weigh as much as they are, so that a short training has figures too.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("variance", torch.ones(width))
        self.register_buffer("batches", torch.zeros(()))

    def forward(self, values: Tensor, there: Tensor) -> Tensor:
        """Normalised values [b, t, width], float32.

        Args:
            values: [b, t, width].
            there: bool [b, t]: which places are rows.
        """
        values = values.float()
        mean, variance = self.mean, self.variance
        if self.training:
            mean, variance = self._seen(values, there)
        scale = self.weight * (variance + _EPS).rsqrt()
        return values * scale + (self.bias - mean * scale)

    def _seen(self, values: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of a batch's rows; of too few of them those of before."""
        counts = there[:, :, None].to(values.dtype)
        many = counts.sum()
        mean = (values * counts).sum(dim=(0, 1)) / many.clamp(min=1)
        variance = ((values - mean).square() * counts).sum(dim=(0, 1)) / many.clamp(min=1)
        enough = many >= FEW_ROWS
        with torch.no_grad():
            self.batches += enough
            share = (1 / self.batches.clamp(min=1)).clamp(min=MOMENTUM) * enough
            self.mean.lerp_(mean, share)
            self.variance.lerp_(variance * many / (many - 1).clamp(min=1), share)
        # copies: the figures go on changing while the gradient still needs these
        return (
            torch.where(enough, mean, self.mean.clone()),
            torch.where(enough, variance, self.variance.clone()),
        )
