"""An LSTM over sequences of differing lengths, as a graph knows it.

ONNX's operator LSTM takes the lengths itself; torch packs sequences for that, which its exporter
follows only with complaints. So while a net is traced, this stands in the place of the packing.

ONNX operator LSTM: weights W [1, 4h, width], R [1, 4h, h], biases B [1, 8h], the gates in the order
input, output, forget, cell; torch has input, forget, cell, output.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

_INT32 = 6
"""The type's number in ONNX."""


class _Layer(torch.autograd.Function):
    """One layer of an LSTM, sequences first; `symbolic` tells the exporter what it is."""

    @staticmethod
    def forward(
        _: Any, inputs: Tensor, lengths: Tensor, lstm: nn.LSTM, layer: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Outputs [t, b, hidden] and the last h and c [1, b, hidden], by their shapes alone.

        A trace goes by shapes; what it computes is thrown away.
        """
        del lengths, layer
        frames, clips = inputs.shape[:2]
        outputs = inputs.new_zeros(frames, clips, lstm.hidden_size)
        last = inputs.new_zeros(1, clips, lstm.hidden_size)
        return outputs, last, last.clone()

    @staticmethod
    def symbolic(g: Any, inputs: Any, lengths: Any, lstm: nn.LSTM, layer: int) -> Any:
        """The operator that a graph has for it."""
        parts = [
            _ordered(getattr(lstm, f"{name}_l{layer}"))
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        ]
        weights = (parts[0][None], parts[1][None], torch.cat(parts[2:])[None])
        outputs, h, c = g.op(
            "LSTM",
            inputs,
            *(g.op("Constant", value_t=each) for each in weights),
            g.op("Cast", lengths, to_i=_INT32),
            hidden_size_i=lstm.hidden_size,
            outputs=3,
        )
        directions = g.op("Constant", value_t=torch.tensor([1]))
        return g.op("Squeeze", outputs, directions), h, c


def traced(lstm: nn.LSTM, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """As `contract.read`, for the exporter."""
    places = inputs.transpose(0, 1)
    h, c = [], []
    for layer in range(lstm.num_layers):
        places, last_h, last_c = _Layer.apply(places, lengths, lstm, layer)
        h.append(last_h)
        c.append(last_c)
    return places.transpose(0, 1), (torch.cat(h), torch.cat(c))


def _ordered(gates: Tensor) -> Tensor:
    """The four gates of a weight or bias in ONNX's order."""
    first, forget, cell, output = gates.detach().chunk(4)
    return torch.cat([first, output, forget, cell])
