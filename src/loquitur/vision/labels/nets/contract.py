"""What every labeller offers: streams of rows in, a score for every label out.

What lies behind a video's last row never changes a result, nor does who else is in the batch. A
stream of no rows is absent: its part is left out, and what is there decides.
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from loquitur.vision.labels.nets import LABEL_NETS
from loquitur.vision.labels.nets.config import BranchInput, LabelNetConfig
from loquitur.vision.labels.nets.rows import Rows, rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping

LOGITS = "logits"
VERTICALS = "vertical_logits"
BRANCHES = "branch_logits/"
"""What answers are called; behind `BRANCHES` stands the stream's name."""

__all__ = ["BRANCHES", "LOGITS", "VERTICALS", "BranchInput", "LabelNet", "LabelNetConfig", "build"]


class LabelNet(nn.Module, ABC):
    """A net that labels videos.

    Args:
        config: Its sizes.
    """

    def __init__(self, config: LabelNetConfig) -> None:
        super().__init__()
        self.config = config

    def forward(
        self, streams: Mapping[str, Tensor], lengths: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Score every label.

        Args:
            streams: By name [b, t, d]: uint8 where the stream is quantised, or numbers. t may
                differ from stream to stream. A stream may lack: then no video has it.
            lengths: By name, int64 [b]: how many rows each video has, 0 where the stream is
                absent. They may stay on the processor whatever the device: there nothing waits
                for a card. A stream without lengths is whole.

        Returns:
            `logits` [b, labels]: log-odds of each label; `vertical_logits` [b, verticals] where
            the net has that head; with late fusion `branch_logits/<stream>` [b, labels], what each
            stream says alone (of an absent one: its bias). A video of which nothing is there gets
            the biases.

        Raises:
            ValueError: Rows of another width, more rows said than there are, or no stream at all.
        """
        rows = [rows_of(one, streams, lengths) for one in self.config.inputs]
        present = torch.stack([one.lengths > 0 for one in rows], dim=1)
        if self.training and self.config.branch_dropout:
            present = kept(present, self.config.branch_dropout)
        return self.labelled(rows, present)

    @abstractmethod
    def labelled(self, rows: list[Rows], present: Tensor) -> dict[str, Tensor]:
        """Score every label.

        Args:
            rows: Of each stream of the configuration.
            present: bool [b, streams]: which of them count. On the lengths' device.
        """

    @abstractmethod
    def set_prior(self, rates: Tensor, verticals: Tensor | None = None) -> None:
        """Let the net begin with the score that each label has where nothing is known.

        Args:
            rates: [labels]: the share of videos that have each label.
            verticals: [verticals]: the same of the verticals.
        """


def kept(present: Tensor, dropped: float) -> Tensor:
    """Which streams stay: each is left out with that probability, but never a video's last one.

    Args:
        present: bool [b, streams].
        dropped: The probability.
    """
    chance = torch.rand(present.shape, device=present.device)
    stay = present & (chance >= dropped)
    none = ~stay.any(dim=1, keepdim=True)
    last = (chance * present).argmax(dim=1, keepdim=True)
    places = torch.arange(present.shape[1], device=present.device)
    return stay | (none & present & (places == last))


def build(
    config: LabelNetConfig, *, prior: Tensor | None = None, verticals: Tensor | None = None
) -> LabelNet:
    """A labeller with new weights, drawn from torch's generator.

    Args:
        config: Which, and how large.
        prior: See `LabelNet.set_prior`.
        verticals: See `LabelNet.set_prior`.
    """
    module, _, name = LABEL_NETS[config.architecture].partition(":")
    kind: Any = getattr(importlib.import_module(module), name)
    net = cast("LabelNet", kind(config))
    if prior is not None:
        net.set_prior(prior, verticals)
    return net


def weight_count(config: LabelNetConfig) -> int:
    """Weights of a labeller, counted without memory for them."""
    with torch.device("meta"):
        return sum(one.numel() for one in build(config).parameters())
