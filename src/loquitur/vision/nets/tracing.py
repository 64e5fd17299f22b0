"""A recurrent net over sequences of differing lengths, as a graph knows it.

ONNX's operators LSTM and GRU take the lengths themselves; torch packs sequences for that, which its
exporter follows only with complaints. So while a net is traced, this stands in the place of the
packing.

ONNX operator LSTM: weights W [directions, 4h, width], R [directions, 4h, h], biases B
[directions, 8h], the gates in the order input, output, forget, cell; torch has input, forget, cell,
output. Operator GRU: 3h and 6h, in the order update, reset, hidden; torch has reset, update, new,
and its reset gate stands behind the product (`linear_before_reset`).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

_INT32 = 6
"""The type's number in ONNX."""
_ORDERS = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2)}
"""Which of torch's gates stands where in ONNX's weights."""
_WAYS = ("", "_reverse")


class _Layer(torch.autograd.Function):
    """One layer of a recurrent net, sequences first; `symbolic` tells the exporter what it is."""

    @staticmethod
    def forward(
        _: Any, inputs: Tensor, lengths: Tensor, net: nn.LSTM | nn.GRU, layer: int
    ) -> tuple[Tensor, ...]:
        """Outputs [t, b, hidden x ways] and the last h and c [ways, b, hidden], by shapes alone.

        A trace goes by shapes; what it computes is thrown away.
        """
        del lengths, layer
        frames, clips = inputs.shape[:2]
        ways = 1 + net.bidirectional
        outputs = inputs.new_zeros(frames, clips, ways * net.hidden_size)
        last = inputs.new_zeros(ways, clips, net.hidden_size)
        return (outputs, last, last.clone()) if net.mode == "LSTM" else (outputs, last)

    @staticmethod
    def symbolic(
        g: Any, inputs: Any, lengths: Any, net: nn.LSTM | nn.GRU, layer: int
    ) -> tuple[Any, ...]:
        """The operator that a graph has for it."""
        ways = _WAYS[: 1 + net.bidirectional]
        weights = [
            torch.stack([_ordered(net, f"{name}_l{layer}{way}") for way in ways])
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        ]
        weights = [weights[0], weights[1], torch.cat(weights[2:], dim=1)]
        kind: dict[str, Any] = {"hidden_size_i": net.hidden_size}
        if net.bidirectional:
            kind["direction_s"] = "bidirectional"
        if net.mode == "GRU":
            kind["linear_before_reset_i"] = 1
        outputs, *states = g.op(
            net.mode,
            inputs,
            *(g.op("Constant", value_t=each) for each in weights),
            g.op("Cast", lengths, to_i=_INT32),
            **kind,
            outputs=3 if net.mode == "LSTM" else 2,
        )
        # [t, ways, b, hidden] -> [t, b, ways x hidden]; 0 is "as it is"
        beside = g.op("Transpose", outputs, perm_i=[0, 2, 1, 3])
        shape = g.op("Constant", value_t=torch.tensor([0, 0, -1]))
        return g.op("Reshape", beside, shape), *states


def traced(
    net: nn.LSTM | nn.GRU, inputs: Tensor, lengths: Tensor
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """As `contract.read`, for the exporter."""
    places = inputs.transpose(0, 1)
    kept = []
    for layer in range(net.num_layers):
        places, *last = _Layer.apply(places, lengths, net, layer)
        kept.append(last)
    states = tuple(torch.cat(each) for each in zip(*kept, strict=True))
    return places.transpose(0, 1), states


def _ordered(net: nn.LSTM | nn.GRU, name: str) -> Tensor:
    """The gates of a weight or bias in ONNX's order."""
    order = _ORDERS[net.mode]
    gates = getattr(net, name).detach().chunk(len(order))
    return torch.cat([gates[at] for at in order])
