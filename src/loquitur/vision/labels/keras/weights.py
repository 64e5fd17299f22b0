"""Weights of a net in torch brought into its twin in Keras, and back.

Kernels stand the other way round. Figures of rows that were seen (`nets.norms.RowNorm`) are weights
that no gradient moves. Keras has one bias of an LSTM where torch adds two, and orders a
GRU's gates update, reset, new, where torch has reset, update, new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn

from loquitur.vision.labels.nets.contract import LabelNet, build

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.vision.labels.keras.model import KerasLabeller

_UPDATE_FIRST = (1, 0, 2)


class Pair(NamedTuple):
    """A weight of Keras, and what it is in torch.

    Args:
        name: Its path, as in the net of torch; `/` between the parts.
        variable: Of Keras.
        kind: `as it is`, `turned`, `lstm bias`, `gru kernel`, `gru bias`.
        weights: Of torch: one, of a recurrent layer's bias two.
    """

    name: str
    variable: Any
    kind: str
    weights: tuple[Tensor, ...]


def to_keras(net: LabelNet) -> KerasLabeller:
    """The same net in Keras; `backend.load` was called."""
    from loquitur.vision.labels.keras.model import KerasLabeller

    model = KerasLabeller(net.config)
    with torch.no_grad():
        for one in pairs(net, model):
            one.variable.assign(_to_keras(one))
    return model


def from_keras(model: KerasLabeller) -> LabelNet:
    """The same net in torch, on the processor and in evaluation mode."""
    with torch.random.fork_rng(devices=[]):  # first weights that are drawn for nothing
        net = build(model.sizes)
    with torch.no_grad():
        for one in pairs(net, model):
            for weight, value in zip(one.weights, _to_torch(one), strict=True):
                weight.copy_(value)
    ready: LabelNet = net.eval()
    return ready


def pairs(net: nn.Module, model: Any, path: str = "") -> Iterator[Pair]:
    """All weights and figures of two twins, by the attributes that they have alike."""
    if isinstance(net, nn.Linear):
        yield Pair(path + "kernel", model.kernel, "turned", (net.weight,))
        if net.bias is not None:
            yield Pair(path + "bias", model.bias, "as it is", (net.bias,))
    elif isinstance(net, nn.LayerNorm):
        yield Pair(path + "gamma", model.gamma, "as it is", (net.weight,))
        yield Pair(path + "beta", model.beta, "as it is", (net.bias,))
    elif isinstance(net, nn.LSTM | nn.GRU):
        yield from _recurrent(net, model, path)
    else:
        own = *net.named_parameters(recurse=False), *net.named_buffers(recurse=False)
        for name, weight in own:
            yield Pair(path + name, getattr(model, name), "as it is", (weight,))
        for name, child in net.named_children():
            yield from pairs(child, _part(net, model, name), f"{path}{name}/")


def _part(net: nn.Module, model: Any, name: str) -> Any:
    if isinstance(net, nn.ModuleList):
        return model[int(name)]
    return model[name] if isinstance(net, nn.ModuleDict) else getattr(model, name)


def _recurrent(net: nn.LSTM | nn.GRU, model: Any, path: str) -> Iterator[Pair]:
    """Of one layer, one way or both."""
    both = [("", model.forward_layer)]
    if net.bidirectional:
        both += [("_reverse", model.backward_layer)]
    kind = "turned" if net.mode == "LSTM" else "gru kernel"
    for way, layer in both:
        cell = layer.cell
        for name, variable in (("ih", cell.kernel), ("hh", cell.recurrent_kernel)):
            weight = getattr(net, f"weight_{name}_l0{way}")
            yield Pair(f"{path}{name}{way}", variable, kind, (weight,))
        biases = tuple(getattr(net, f"bias_{name}_l0{way}") for name in ("ih", "hh"))
        yield Pair(f"{path}bias{way}", cell.bias, f"{net.mode.lower()} bias", biases)


def _to_keras(one: Pair) -> Tensor:
    first = one.weights[0].detach()
    if one.kind == "turned":
        return first.T
    if one.kind == "lstm bias":
        return first + one.weights[1].detach()
    if one.kind == "gru kernel":
        return _swapped(first, 0).T
    if one.kind == "gru bias":
        return torch.stack([_swapped(each.detach(), 0) for each in one.weights])
    return first


def _to_torch(one: Pair) -> tuple[Tensor, ...]:
    value = one.variable.value.detach()
    if one.kind == "turned":
        return (value.T,)
    if one.kind == "lstm bias":
        return value, torch.zeros_like(value)
    if one.kind == "gru kernel":
        return (_swapped(value.T, 0),)
    if one.kind == "gru bias":
        return tuple(_swapped(each, 0) for each in value)
    return (value,)


def _swapped(gates: Tensor, axis: int) -> Tensor:
    """A GRU's gates in the other's order; twice is as it was."""
    parts = gates.chunk(3, dim=axis)
    return torch.cat([parts[at] for at in _UPDATE_FIRST], dim=axis)
