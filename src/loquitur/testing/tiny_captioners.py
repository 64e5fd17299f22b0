"""Tiny nets that describe, with random weights: what `describe train` leaves, and `export` writes.

They read the embedded descriptor's features, so nothing has to be fetched. What they write means
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.model.vision import Sampling
from loquitur.vision.modelcard import ModelCard
from loquitur.vision.modelfile import save
from loquitur.vision.nets.config import NetConfig
from loquitur.vision.vocabulary import Vocabulary

if TYPE_CHECKING:
    from pathlib import Path

_SENTENCES = ("a red circle moves left", "a blue square grows", "the white cross stays still")


def tiny_trained(folder: Path, *, architecture: str = "s2vt-state", seed: int = 0) -> Path:
    """A run's folder with a best model in it.

    Args:
        folder: Made where it is missing.
        architecture: A name of `vision.nets.NETS`.
        seed: Decides the weights.

    Returns:
        The folder; the model is in `best`.
    """
    import torch

    from loquitur.protocols import Resources
    from loquitur.vision.encoders import open_encoder
    from loquitur.vision.nets.contract import build

    words = Vocabulary.of(_SENTENCES).words
    encoder = open_encoder("descriptor", Resources(models=folder))
    config = NetConfig(
        architecture=architecture,
        dimension=encoder.dimension,
        words=len(words),
        hidden=16,
        embedding=8,
        most_words=6,
    )
    torch.manual_seed(seed)
    net = build(config)
    with torch.no_grad():
        for weights in net.parameters():
            weights.mul_(4.0)  # else all clips look alike to it
    card = ModelCard(
        net=config,
        vocabulary=words,
        encoder=encoder.stamp,
        sampling=Sampling(count=8),
        licence="none: random weights",
    )
    save(folder / "best", net, card)
    return folder


def tiny_exported(folder: Path, *, architecture: str = "s2vt-state", seed: int = 0) -> Path:
    """The same net as graphs; see `tiny_trained`.

    Returns:
        The folder that `describe export` would write.
    """
    from loquitur.vision.exporting import export
    from loquitur.vision.modelfile import load

    run = tiny_trained(folder / "run", architecture=architecture, seed=seed)
    export(load(run), folder / "graphs")
    return folder / "graphs"
