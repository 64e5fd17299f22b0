"""An encoder for each stream, then a classifier over all of them, or one for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from loquitur.vision.labels.nets.branches.contract import new_encoder, sizes_of
from loquitur.vision.labels.nets.contract import BRANCHES, LOGITS, VERTICALS, LabelNet
from loquitur.vision.labels.nets.tails import Tail, masked_softmax
from loquitur.vision.nets.contract import brought

if TYPE_CHECKING:
    from loquitur.vision.labels.nets.config import LabelNetConfig
    from loquitur.vision.labels.nets.rows import Rows


class StreamNet(LabelNet):
    """A branch a stream.

    With late fusion each stream has a classifier of its own, and log-odds are averaged over the
    streams that are there, with learnt weights.
    """

    def __init__(self, config: LabelNetConfig) -> None:
        super().__init__(config)
        encoders = {
            one.name: new_encoder(config.encoder_of(one), sizes_of(config, one))
            for one in config.inputs
        }
        self.encoders = nn.ModuleDict(encoders)
        widths = [one.width for one in encoders.values()]
        if config.fusion == "late":
            self.tails = nn.ModuleList(Tail([width], config) for width in widths)
            self.shares = nn.Parameter(torch.zeros(len(widths)))
        else:
            self.tails = nn.ModuleList([Tail(widths, config)])

    def labelled(self, rows: list[Rows], present: Tensor) -> dict[str, Tensor]:
        """See `LabelNet.labelled`."""
        vectors = [encoder(one) for encoder, one in zip(self.encoders.values(), rows, strict=True)]
        present = brought(present, vectors[0].device)
        if self.config.fusion == "late":
            return self._averaged(vectors, present)
        logits, verticals = self.tails[0](vectors, present)
        return named(logits, verticals)

    def _averaged(self, vectors: list[Tensor], present: Tensor) -> dict[str, Tensor]:
        said = [
            tail([one], present[:, at : at + 1])
            for at, (tail, one) in enumerate(zip(self.tails, vectors, strict=True))
        ]
        # of a video without anything all biases are heard
        heard = present | ~present.any(dim=1, keepdim=True)
        scores = self.shares.float().expand(heard.shape)
        weights = masked_softmax(scores, heard)[:, :, None]
        logits = torch.stack([each.float() for each, _ in said], dim=1)
        verticals = [each.float() for _, each in said if each is not None]
        answers = named(
            (weights * logits).sum(dim=1),
            (weights * torch.stack(verticals, dim=1)).sum(dim=1) if verticals else None,
        )
        for one, (each, _) in zip(self.config.inputs, said, strict=True):
            answers[BRANCHES + one.name] = each
        return answers

    def set_prior(self, rates: Tensor, verticals: Tensor | None = None) -> None:
        """See `LabelNet.set_prior`."""
        for tail in self.tails:
            tail.set_prior(rates, verticals)


def named(logits: Tensor, verticals: Tensor | None) -> dict[str, Tensor]:
    """Answers by name."""
    found = {LOGITS: logits}
    if verticals is not None:
        found[VERTICALS] = verticals
    return found
