"""Vectors of streams joined in one, and what is said of it: all that stands behind the encoders.

Joint: one layer over all vectors side by side. Gated: gated multimodal units for any number of
streams (Arevalo et al., 2017, arXiv 1702.01992): h_i = tanh(W_i x_i), z = sum_i g_i * h_i, where g
is the softmax over the streams that are there. An absent stream's vector is zeros; the joint layer
has a learnt one in its place. Where all are absent the joined vector is zeros: the biases answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from loquitur.vision.labels.nets.gating import ContextGate
from loquitur.vision.labels.nets.heads import Linear, new_head

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.vision.labels.nets.config import LabelNetConfig


class Flat(nn.Module):
    """The vectors side by side, as they are."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.width = sum(widths)

    def forward(self, vectors: Sequence[Tensor], present: Tensor) -> Tensor:
        """Joined vectors [b, width]; see `Tail.forward`."""
        return _side_by_side(vectors, present)


class Joint(nn.Module):
    """One layer over the vectors side by side."""

    def __init__(self, widths: Sequence[int], hidden: int) -> None:
        super().__init__()
        self.width = hidden
        self.join = nn.Linear(sum(widths), hidden)
        # a stream that is alone is never absent beside another
        self.absent = nn.Parameter(torch.zeros(len(widths), hidden)) if len(widths) > 1 else None
        self.norm = nn.LayerNorm(hidden)

    def forward(self, vectors: Sequence[Tensor], present: Tensor) -> Tensor:
        """Joined vectors [b, width]; see `Tail.forward`."""
        joined = self.join(_side_by_side(vectors, present))
        if self.absent is not None:
            joined = joined + (~present).to(joined.dtype) @ self.absent.to(joined.dtype)
        return self.norm(joined).relu()


class Gated(nn.Module):
    """A sum of the vectors, whose weights depend on all of them."""

    def __init__(self, widths: Sequence[int], hidden: int) -> None:
        super().__init__()
        self.width = hidden
        self.bring = nn.ModuleList(nn.Linear(width, hidden) for width in widths)
        self.weigh = nn.Linear(hidden * len(widths), hidden * len(widths))

    def forward(self, vectors: Sequence[Tensor], present: Tensor) -> Tensor:
        """Joined vectors [b, width]; see `Tail.forward`."""
        brought = [bring(one).tanh() for bring, one in zip(self.bring, vectors, strict=True)]
        beside = _side_by_side(brought, present)
        scores = self.weigh(beside).float().unflatten(1, (len(vectors), -1))
        weights = masked_softmax(scores, present[:, :, None])
        return (weights * beside.float().unflatten(1, (len(vectors), -1))).sum(dim=1)


class Tail(nn.Module):
    """Joins vectors, and scores labels and verticals.

    Args:
        widths: Of the vectors.
        config: Of the net.
    """

    def __init__(self, widths: Sequence[int], config: LabelNetConfig) -> None:
        super().__init__()
        if config.is_flat and config.fusion != "gated":
            self.joiner: Flat | Joint | Gated = Flat(widths)
        elif config.fusion == "gated":
            self.joiner = Gated(widths, config.hidden)
        else:
            self.joiner = Joint(widths, config.hidden)
        width = self.joiner.width
        self.dropout = nn.Dropout(config.dropout)
        self.gate = ContextGate(width, config.gate_reduction) if config.gating else None
        self.head = new_head(width, config.labels, config.mixtures)
        self.verticals = Linear(width, config.verticals) if config.verticals else None

    def forward(self, vectors: Sequence[Tensor], present: Tensor) -> tuple[Tensor, Tensor | None]:
        """Scores of labels, and of verticals where the net has that head.

        Args:
            vectors: One a stream, [b, width].
            present: bool [b, streams], on the vectors' device.
        """
        joined = self.dropout(self.joiner(vectors, present))
        if self.gate is not None:
            joined = self.gate(joined)
        joined = joined.masked_fill(~present.any(dim=1, keepdim=True), 0.0)
        verticals = None if self.verticals is None else self.verticals(joined)
        return self.head(joined), verticals

    def set_prior(self, rates: Tensor, verticals: Tensor | None) -> None:
        """See `contract.LabelNet.set_prior`."""
        self.head.set_prior(rates)
        if self.verticals is not None and verticals is not None:
            self.verticals.set_prior(verticals)


def masked_softmax(scores: Tensor, present: Tensor) -> Tensor:
    """Weights over dimension 1 of what is present; zeros where nothing is."""
    low = scores.masked_fill(~present, torch.finfo(scores.dtype).min)
    return low.softmax(dim=1).masked_fill(~present, 0.0)


def _side_by_side(vectors: Sequence[Tensor], present: Tensor) -> Tensor:
    there = present.unbind(dim=1)
    shown = [one.masked_fill(~each[:, None], 0.0) for one, each in zip(vectors, there, strict=True)]
    return torch.cat(shown, dim=1)
