"""Weights of nets as bytes of safetensors, and back with everything checked; never a pickle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from loquitur.errors import InputError, UsageError
from loquitur.vision.nets.contract import build

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from loquitur.vision.nets.config import NetConfig
    from loquitur.vision.nets.contract import Captioner

Tensors = dict[str, torch.Tensor]
Shapes = dict[str, tuple[int, ...]]
_FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
"""Kinds of numbers that weights may be kept in; a net has float32."""


def weights_of(net: torch.nn.Module) -> bytes:
    """A net's weights as a file of safetensors, float32."""
    tensors = {
        name: value.detach().to("cpu", torch.float32).contiguous().clone()
        for name, value in net.state_dict().items()
    }
    data: bytes = save(tensors)
    return data


def with_weights(config: NetConfig, data: bytes, *, shown: str, device: str = "cpu") -> Captioner:
    """The net of a file of weights, ready to be asked.

    Args:
        config: What the net shall be.
        data: The file.
        shown: How the file is called in messages.
        device: Where the net shall be, as torch calls it.

    Raises:
        UsageError: There is no such device.
        InputError: It is damaged, of another net, vocabulary or feature size, or holds NaN.
    """

    def look(wanted: Shapes, found: Tensors) -> None:
        compare_names(wanted, found, config.architecture, shown)
        _compare(found, config, shown)
        compare_shapes(wanted, found, shown)

    ready: Captioner = net_of(lambda: build(config), data, look, shown=shown, device=device)
    return ready


def net_of(
    new: Callable[[], nn.Module],
    data: bytes,
    look: Callable[[Shapes, Tensors], None],
    *,
    shown: str,
    device: str,
) -> nn.Module:
    """Any net with the weights of a file, in evaluation mode.

    Args:
        new: Makes it, with weights of its own.
        data: The file.
        look: Compares what the net has with what the file has, and raises.
        shown: How the file is called in messages.
        device: Where the net shall be, as torch calls it.

    Raises:
        UsageError: There is no such device.
        InputError: What `look` raises; it is damaged, of another kind of numbers, or holds NaN.
    """
    try:
        found: Tensors = load(data)
    except (SafetensorError, ValueError, KeyError, OverflowError) as exc:
        raise InputError(f"{shown}: no whole file of weights ({exc})", code="LQ-NO-MODEL") from exc
    with torch.device("meta"):  # sizes without memory
        wanted = {name: tuple(each.shape) for name, each in new().state_dict().items()}
    look(wanted, found)
    for name, value in found.items():
        if value.dtype not in _FLOATS:
            kind = str(value.dtype).removeprefix("torch.")
            raise InputError(
                f"{shown}: weights of '{name}' are {kind}, not float32",
                hint="write them as float32, float16 or bfloat16",
                code="LQ-NO-MODEL",
            )
        found[name] = value.float()
        if not torch.isfinite(found[name]).all():
            raise InputError(
                f"{shown}: weights of '{name}' are NaN or infinite: the training broke down",
                hint="take an earlier checkpoint, or train with a lower rate or with clipping",
                code="LQ-NO-MODEL",
            )
    with torch.random.fork_rng(devices=[]):  # first weights that are drawn for nothing
        net = new()
    net.load_state_dict(found)
    try:
        return net.eval().to(torch.device(device))
    except (RuntimeError, AssertionError) as exc:  # of a torch built without CUDA
        reason = str(exc).splitlines()[0][:200]
        raise UsageError(f"device '{device}': {reason}", hint="take device=cpu") from exc


def compare_names(wanted: Shapes, found: Tensors, architecture: str, shown: str) -> None:
    """Hold that a file has the weights that a net has."""
    for name in sorted(wanted.keys() ^ found.keys()):
        lacks = "lacks" if name in wanted else "has"
        raise InputError(
            f"{shown}: weights of another net than {architecture}: it {lacks} '{name}'",
            code="LQ-NO-MODEL",
        )


def compare_shapes(wanted: Shapes, found: Tensors, shown: str) -> None:
    """Hold that they have its sizes."""
    for name, shape in sorted(wanted.items()):
        if tuple(found[name].shape) != shape:
            raise InputError(
                f"{shown}: '{name}' has the shape {list(found[name].shape)}, not {list(shape)}",
                code="LQ-NO-MODEL",
            )


def _compare(
    found: Tensors,
    config: NetConfig,
    shown: str,
) -> None:
    """Hold that the file is for the same vocabulary and the same features."""
    said = found["say.weight"].shape
    if len(said) == 2 and said[0] != config.words:
        raise InputError(
            f"{shown}: weights for a vocabulary of {said[0]} words, the model's card has"
            f" {config.words}",
            hint="the two files are of different trainings: copy both from one",
            code="LQ-NO-MODEL",
        )
    seen = found["project.weight"].shape
    if len(seen) == 2 and seen[1] * config.things != config.dimension:
        raise InputError(
            f"{shown}: weights for features of {seen[1] * config.things} numbers a frame, the"
            f" model's card has {config.dimension}",
            hint="the two files are of different trainings: copy both from one",
            code="LQ-NO-MODEL",
        )
