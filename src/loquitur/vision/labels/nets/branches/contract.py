"""What every encoder of a stream offers: rows in, one vector out."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from torch import Tensor, nn

from loquitur.vision.labels.nets import ENCODERS

if TYPE_CHECKING:
    from loquitur.vision.labels.nets.config import BranchInput, LabelNetConfig
    from loquitur.vision.labels.nets.rows import Rows


class Sizes(NamedTuple):
    """What an encoder is made of; see `LabelNetConfig`, of whose fields these are one stream's."""

    dimension: int
    hidden: int
    cell_size: int
    layers: int
    clusters: int
    expansion: int
    groups: int
    cell: str
    bidirectional: bool
    dropout: float


class Encoder(nn.Module, ABC):
    """Makes a vector of a stream's rows.

    `width` is how many numbers it has. Of a video without rows it is finite, and nobody reads it.
    """

    width: int

    @abstractmethod
    def forward(self, rows: Rows) -> Tensor:
        """Vectors [b, width]."""


def sizes_of(config: LabelNetConfig, one: BranchInput) -> Sizes:
    """The sizes of a stream's encoder."""
    encoder = config.encoder_of(one)
    return Sizes(
        dimension=one.dimension,
        hidden=config.hidden,
        cell_size=config.cell_size,
        layers=config.layers,
        clusters=config.clusters_of(one),
        expansion=config.expansion,
        groups=config.groups_of(one),
        cell=encoder if encoder in ("lstm", "gru") else config.cell,
        bidirectional=config.bidirectional,
        dropout=config.dropout,
    )


def new_encoder(name: str, sizes: Sizes) -> Encoder:
    """An encoder with new weights.

    Args:
        name: Of `ENCODERS`.
        sizes: Of it.
    """
    module, _, kind = ENCODERS[name].partition(":")
    made: Any = getattr(importlib.import_module(module), kind)
    return cast("Encoder", made(sizes))
