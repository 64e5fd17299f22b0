"""Small labellers of every kind, and batches for them; what tests of torch and Keras share."""

from __future__ import annotations

import itertools

import torch

from loquitur.vision.labels.nets import LABEL_NETS
from loquitur.vision.labels.nets.contract import BranchInput, LabelNetConfig, build

INPUTS = (
    BranchInput(name="rgb", dimension=8),
    BranchInput(name="audio", dimension=4, low=-1.0, high=3.0),
    BranchInput(name="words", dimension=6, quantised=False),
)
LABELS, GENRES = 5, 3
FUSIONS = ("joint", "gated", "late")
EVERY = [
    (name, fusion)
    for name, fusion in itertools.product(LABEL_NETS, FUSIONS)
    if fusion == "joint" or name not in ("lstm", "gru")
]
SUBSETS = [
    subset
    for many in range(1, 4)
    for subset in itertools.combinations(("rgb", "audio", "words"), many)
]


def config(architecture, fusion="joint", **changes):
    """Two layers, both ways, gates and experts: all that a net can have."""
    plain = architecture == "logistic"
    given = {
        "architecture": architecture,
        "inputs": INPUTS,
        "labels": LABELS,
        "verticals": GENRES,
        "hidden": 16,
        "cell_size": 7,
        "layers": 2,
        "clusters": 6,
        "groups": 4,
        "mixtures": 0 if plain else 2,
        "gating": not plain,
        "fusion": fusion,
        "cell": "gru" if fusion == "gated" else "lstm",
        "bidirectional": fusion != "late",
        **changes,
    }
    return LabelNetConfig(**given)


def made(architecture, fusion="joint", **changes):
    """A net with weights that all matter: where some begin as zeros, a test would not see them."""
    torch.manual_seed(3)
    net = build(config(architecture, fusion, **changes)).eval()
    for weight in net.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    for name, buffer in net.named_buffers():
        if name.endswith("variance"):
            torch.nn.init.uniform_(buffer, 0.5, 2.0)
    return net


def batch(seed=0, lengths=((9, 4, 0, 1, 3), (5, 0, 2, 1, 7), (3, 6, 4, 0, 0))):
    """Rows and lengths of five videos; some streams are absent."""
    chance = torch.Generator().manual_seed(seed)
    streams, many = {}, {}
    for one, each in zip(INPUTS, lengths, strict=True):
        shape = (len(each), max(*each, 1), one.dimension)
        rows = torch.randint(0, 256, shape, generator=chance, dtype=torch.uint8)
        streams[one.name] = rows if one.quantised else torch.randn(shape, generator=chance)
        many[one.name] = torch.tensor(each)
    return streams, many
