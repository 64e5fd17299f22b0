"""Tiny nets that label, with random weights: what `label train` leaves, and `label export` writes.

They read what the embedded encoders make of pictures, sound and words, so nothing has to be
fetched. What they say means nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
from loquitur.vision.labels.modelcard import LabelModelCard
from loquitur.vision.labels.modelfile import save
from loquitur.vision.labels.nets.config import BranchInput, LabelNetConfig
from loquitur.vision.labels.vocabulary import Label, LabelVocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loquitur.protocols import Resources

_LABELS = (
    Label(name="Animation", verticals=("Arts & Entertainment",)),
    Label(name="Guitar", verticals=("Arts & Entertainment",)),
    Label(name="Lecture", verticals=("Jobs & Education",)),
    Label(name="Weather", verticals=("News", "Science")),
    Label(name="Dog", verticals=("Pets & Animals",)),
    Label(name="/m/0deleted"),
)
_ENGINES = {
    "rgb": ("vision", "descriptor"),
    "audio": ("audio", "logmel"),
    "words": ("embedding", "hashing:256"),
}


def tiny_labeller(
    folder: Path,
    *,
    architecture: str = "mlp",
    streams: Sequence[str] = ("rgb", "audio", "words"),
    verticals: bool = False,
    branch_dropout: float = 0.25,
    seed: int = 0,
) -> Path:
    """A run's folder with a best model in it.

    Args:
        folder: Made where it is missing.
        architecture: A name of `vision.labels.nets.LABEL_NETS`.
        streams: What it reads.
        verticals: Whether genres have a head of their own.
        branch_dropout: As of its training, of which there was none.
        seed: Decides the weights.

    Returns:
        The folder; the model is in `best`.
    """
    import torch

    from loquitur.protocols import Resources
    from loquitur.vision.labels.nets.contract import build

    vocabulary = LabelVocabulary(labels=_LABELS)
    known = tuple(_stream(name, Resources(models=folder)) for name in streams)
    config = LabelNetConfig(
        architecture=architecture,
        inputs=tuple(
            BranchInput(
                name=one.name, dimension=one.dimension, quantised=one.quantised, low=one.low,
                high=one.high,
            )
            for one in known
        ),
        labels=len(_LABELS),
        verticals=len(vocabulary.verticals) if verticals else 0,
        hidden=16,
        cell_size=8,
        clusters=4,
        groups=1,
        mixtures=2 if architecture == "moe" else 0,
        branch_dropout=branch_dropout,
        most_rows=60,
    )  # fmt: skip
    torch.manual_seed(seed)
    net = build(config)
    with torch.no_grad():
        for weights in net.parameters():
            weights.add_(torch.randn_like(weights) * 0.3)  # else all videos look alike to it
    card = LabelModelCard(
        net=config,
        labels=_LABELS,
        data=DatasetInfo(
            name="tiny", level="frame", streams=known, labels=len(_LABELS),
            vocabulary=vocabulary.digest,
        ),
        licence="none: random weights",
    )  # fmt: skip
    save(folder / "best", net, card)
    return folder


def tiny_exported_labeller(folder: Path, *, architecture: str = "mlp", seed: int = 0) -> Path:
    """The same net as a graph; see `tiny_labeller`.

    Returns:
        The folder that `label export` would write.
    """
    from loquitur.vision.labels.exporting import export
    from loquitur.vision.labels.modelfile import load

    run = tiny_labeller(folder / "run", architecture=architecture, seed=seed)
    export(load(run), folder / "graph")
    return folder / "graph"


def _stream(name: str, resources: Resources) -> StreamInfo:
    """A stream as the embedded engine of its kind makes it."""
    from loquitur.vision.encoders import resolve

    kind, wanted = _ENGINES[name]
    opened, stamp = resolve(kind, wanted, resources)
    engine = opened()
    return StreamInfo(
        name=name,
        dimension=int(engine.dimension),
        rate_hz=0.0 if name == "words" else 1.0,
        encoder=stamp,
        preprocessing=getattr(engine, "preprocessing", None),
    )
