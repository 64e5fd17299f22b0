"""A net as one ONNX graph, batch and rows open; what it reads and gives: `labels.graph`."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from loquitur.vision.labels.graph import LENGTHS, answers_of
from loquitur.vision.labels.nets.contract import LabelNet
from loquitur.vision.nets.graphs import traced_graph

if TYPE_CHECKING:
    from loquitur.vision.labels.nets.config import LabelNetConfig

_ROWS = (5, 7, 4, 6)
"""Rows of the example's streams: different ones, lest the trace takes two sizes for one."""
_VIDEOS = 3


class _Flat(nn.Module):
    """`forward` with its streams and lengths in a row, answers in a row."""

    def __init__(self, net: LabelNet, answers: list[str]) -> None:
        super().__init__()
        self.net = net
        self.answers = answers

    def forward(self, *given: Tensor) -> tuple[Tensor, ...]:
        """Rows and lengths of every stream in turn."""
        names = [one.name for one in self.net.config.inputs]
        found = self.net(
            dict(zip(names, given[::2], strict=True)), dict(zip(names, given[1::2], strict=True))
        )
        return tuple(found[name] for name in self.answers)


def graph_of(net: LabelNet) -> bytes:
    """Trace a net, which stays as it is and where it is."""
    net = copy.deepcopy(net).to("cpu", torch.float32).eval()
    answers = list(answers_of(net.config))
    names = [name for one in net.config.inputs for name in (one.name, one.name + LENGTHS)]
    with torch.no_grad():
        return traced_graph(
            _Flat(net, answers).eval(),
            _example(net.config),
            inputs={name: [0] if name.endswith(LENGTHS) else [0, 1] for name in names},
            outputs={name: [0] for name in answers},
        )


def _example(config: LabelNetConfig) -> tuple[Tensor, ...]:
    """Rows and lengths of every stream: some videos, one of them of one row."""
    generator = torch.Generator().manual_seed(0)
    found: list[Tensor] = []
    for at, one in enumerate(config.inputs):
        rows = _ROWS[at % len(_ROWS)]
        shape = (_VIDEOS, rows, one.dimension)
        if one.quantised:
            found.append(torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8))
        else:
            found.append(torch.randn(shape, generator=generator))
        found.append(torch.tensor([rows, rows - 2, 1])[:_VIDEOS])
    return tuple(found)
