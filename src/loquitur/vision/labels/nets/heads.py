"""Scores of labels out of one vector: linear, or a mixture of experts."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_RARE = 1e-6


class Linear(nn.Linear):
    """One linear score a label."""

    def set_prior(self, rates: Tensor) -> None:
        """Begin with these rates; see `contract.LabelNet.set_prior`."""
        with torch.no_grad():
            self.bias.copy_(_odds(rates))


class Experts(nn.Module):
    """A mixture of experts for each label (Jordan, Jacobs, 1994; YouTube-8M's `MoeModel`).

        p(label | x) = sum_k g_k(x) sigmoid(w_k x + b_k),   g = softmax over k experts and one more
                                                            that always says no

    It gives log-odds, through logarithms alone, so that no expert who is sure makes them infinite.
    """

    def __init__(self, width: int, labels: int, mixtures: int) -> None:
        super().__init__()
        self.mixtures = mixtures
        self.experts = nn.Linear(width, labels * mixtures)
        self.gates = nn.Linear(width, labels * (mixtures + 1), bias=False)

    def forward(self, vector: Tensor) -> Tensor:
        """Log-odds [b, labels], float32."""
        said = self.experts(vector).float().unflatten(1, (-1, self.mixtures))
        gates = self.gates(vector).float().unflatten(1, (-1, self.mixtures + 1)).log_softmax(dim=2)
        chosen = gates[:, :, : self.mixtures]
        yes = (chosen - functional.softplus(-said)).logsumexp(dim=2)
        against = torch.cat([chosen - functional.softplus(said), gates[:, :, -1:]], dim=2)
        return yes - against.logsumexp(dim=2)

    def set_prior(self, rates: Tensor) -> None:
        """Begin with these rates where all gates are alike."""
        share = self.mixtures / (self.mixtures + 1)
        odds = _odds(rates / share)
        with torch.no_grad():
            self.experts.bias.copy_(odds.repeat_interleave(self.mixtures))


def new_head(width: int, labels: int, mixtures: int) -> Linear | Experts:
    """A head with new weights; `mixtures` of 0 is the linear one."""
    return Experts(width, labels, mixtures) if mixtures else Linear(width, labels)


def _odds(rates: Tensor) -> Tensor:
    sure = rates.float().clamp(_RARE, 1 - _RARE)
    return sure.log() - (-sure).log1p()
