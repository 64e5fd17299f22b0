"""Tiny nets that label, with random weights: what `label train` leaves, and `label export` writes.

They read what the embedded encoders make of pictures, sound and words, so nothing has to be
fetched. What they say means nothing. `linear_labeller` is made without torch: a graph of the net
`logistic`, put together by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
from loquitur.vision.labels.graph import LENGTHS
from loquitur.vision.labels.modelcard import LabelModelCard
from loquitur.vision.labels.modelfile import GRAPH, save, write_files
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
        inputs=tuple(_input(one) for one in known),
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


def linear_labeller(
    folder: Path, *, streams: Sequence[str] = ("rgb", "audio", "words"), seed: int = 0
) -> Path:
    """A graph of the net `logistic`: a sum of the streams' means, each times a matrix.

    Args:
        folder: Made where it is missing.
        streams: What it reads.
        seed: Decides the weights.

    Returns:
        The folder.
    """
    from loquitur.protocols import Resources

    known = tuple(_stream(name, Resources(models=folder)) for name in streams)
    return linear_model(folder, known, seed=seed)


def linear_model(
    folder: Path, known: Sequence[StreamInfo], *, seed: int = 0, strongest: bool = False
) -> Path:
    """As `linear_labeller`, of any streams; needs no engine.

    Args:
        folder: Made where it is missing.
        known: Its streams.
        seed: Decides the weights.
        strongest: For each label the row that says most counts, not the mean of all: what is shown
            twice counts once, as for nets that look for a thing.
    """
    vocabulary = LabelVocabulary(labels=_LABELS)
    config = LabelNetConfig(
        architecture="logistic",
        inputs=tuple(_input(one) for one in known),
        labels=len(_LABELS),
        branch_dropout=0.25,
        most_rows=60,
    )
    card = LabelModelCard(
        net=config,
        labels=_LABELS,
        data=DatasetInfo(
            name="tiny", level="frame", streams=tuple(known), labels=len(_LABELS),
            vocabulary=vocabulary.digest,
        ),
        licence="none: random weights",
        form="onnx",
    )  # fmt: skip
    chance = np.random.default_rng(seed)
    weights = {
        one.name: (chance.normal(size=(one.dimension, len(_LABELS))) * 0.5).astype(np.float32)
        for one in known
    }
    write_files(folder, card, {GRAPH: _linear_graph(known, weights, strongest=strongest)})
    return folder


def _input(one: StreamInfo) -> BranchInput:
    return BranchInput(
        name=one.name, dimension=one.dimension, quantised=one.quantised, low=one.low, high=one.high
    )


def _linear_graph(
    known: Sequence[StreamInfo], weights: dict[str, np.ndarray[Any, Any]], *, strongest: bool
) -> bytes:
    """The graph of a sum of means, or of what the strongest rows say, as `labels.graph` says."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, inputs, parts = [], [], []
    constants = {
        "zero": np.array(0, np.int64), "one": np.array(1, np.int64),
        "along": np.array([1], np.int64), "last": np.array([-1], np.int64),
        "second": np.array(1, np.int64),
    }  # fmt: skip

    def node(kind: str, given: list[str], out: str, *, to: int = 0, flat: bool = False) -> str:
        more = ({"to": to} if to else {}) | ({"keepdims": 0} if flat else {})
        nodes.append(helper.make_node(kind, given, [out], **more))
        return out

    for one in known:
        name = one.name
        kind = TensorProto.UINT8 if one.quantised else TensorProto.FLOAT
        inputs += [
            helper.make_tensor_value_info(name, kind, ["b", f"t_{name}", one.dimension]),
            helper.make_tensor_value_info(name + LENGTHS, TensorProto.INT64, ["b"]),
        ]
        span = one.high - one.low
        constants |= {
            f"{name}_scale": np.array(span / 255 if one.quantised else 1, np.float32),
            f"{name}_shift": np.array(span / 512 + one.low if one.quantised else 0, np.float32),
            f"{name}_weights": weights[name],
        }
        plain = node("Cast", [name], f"{name}_plain", to=TensorProto.FLOAT)
        plain = node("Mul", [plain, f"{name}_scale"], f"{name}_scaled")
        plain = node("Add", [plain, f"{name}_shift"], f"{name}_numbers")
        shape = node("Shape", [name], f"{name}_shape")
        rows = node("Gather", [shape, "second"], f"{name}_rows")
        places = node("Range", ["zero", rows, "one"], f"{name}_places")
        ends = node("Unsqueeze", [name + LENGTHS, "along"], f"{name}_ends")
        there = node("Less", [places, ends], f"{name}_there")
        there = node("Cast", [there], f"{name}_counted", to=TensorProto.FLOAT)
        there = node("Unsqueeze", [there, "last"], f"{name}_mask")
        kept = node("Mul", [plain, there], f"{name}_kept")
        if strongest:
            said = node("MatMul", [kept, f"{name}_weights"], f"{name}_each")
            nodes.append(
                helper.make_node("ReduceMax", [said], [f"{name}_most"], axes=[1], keepdims=0)
            )
            parts.append(f"{name}_most")
            continue
        total = node("ReduceSum", [kept, "along"], f"{name}_total", flat=True)
        many = node("Max", [ends, "one"], f"{name}_many")
        many = node("Cast", [many], f"{name}_count", to=TensorProto.FLOAT)
        mean = node("Div", [total, many], f"{name}_mean")
        parts.append(node("MatMul", [mean, f"{name}_weights"], f"{name}_says"))
    node("Sum", parts, "logits")
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", len(_LABELS)])
    graph = helper.make_graph(
        nodes, "labeller", inputs, [logits],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    data: bytes = model.SerializeToString()
    return data


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
