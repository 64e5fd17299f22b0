"""A net as two ONNX graphs: one reads the frames, the other writes a word.

encoder.onnx: features [b, t, d] float32, lengths [b] int64 -> every entry of the state.
step.onnx:    words [b] int64 and entries of a state -> log-probabilities [b, v] float32, and the
              entries that changed.

Traced by torch's exporter for TorchScript, which needs no further package and keeps the sizes of
batch and time open (its successor writes a file beside the graph and takes twenty times as long).
"""

from __future__ import annotations

import copy
import io
import warnings
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from loquitur.vision.nets.contract import Captioner, State
from loquitur.vision.vocabulary import BOS

OPSET = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Graphs:
    """Both graphs as bytes, and which entries of the state the second one reads."""

    encoder: bytes
    step: bytes
    step_inputs: tuple[str, ...]


class _Reader(nn.Module):
    """`encode`, its state as a row of tensors."""

    def __init__(self, net: Captioner, names: list[str]) -> None:
        super().__init__()
        self.net = net
        self.names = names

    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, ...]:
        """The entries in the order of the names."""
        state = self.net.encode(features, lengths)
        return tuple(state[name] for name in self.names)


class _Writer(nn.Module):
    """`step`, a state's entries as a row of tensors, log-probabilities out."""

    def __init__(self, net: Captioner, names: list[str], changed: list[str]) -> None:
        super().__init__()
        self.net = net
        self.names = names
        self.changed = changed

    def forward(self, words: Tensor, *entries: Tensor) -> tuple[Tensor, ...]:
        """Log-probabilities, then what changed."""
        state = dict(zip(self.names, entries, strict=True))
        logits, state = self.net.step(words, state)
        return logits.log_softmax(dim=1), *(state[name] for name in self.changed)


def graphs_of(net: Captioner) -> Graphs:
    """Trace a net, which stays as it is and where it is."""
    net = copy.deepcopy(net).to("cpu", torch.float32).eval()
    with torch.no_grad():
        small, grown = _states(net, clips=2, frames=5)
        large, _ = _states(net, clips=3, frames=7)
        names = list(small)
        changed = [name for name in names if grown[name] is not small[name]]
        open_sizes = {
            name: [
                at
                for at, sizes in enumerate(
                    zip(small[name].shape, large[name].shape, grown[name].shape, strict=True)
                )
                if len(set(sizes)) > 1
            ]
            for name in names
        }
        # the exporter brings a module back into the mode it found it in, with all that is inside
        reader = traced_graph(
            _Reader(net, names).eval(),
            _clips(net, 2, 5),
            inputs={"features": [0, 1], "lengths": [0]},
            outputs=open_sizes,
        )
        words = torch.full((2,), BOS)
        # a written word's state: torch would take an empty size for a constant
        entries = tuple(grown[name] for name in names)
        read = _used(net, words, grown)
        writer = traced_graph(
            _Writer(net, read, changed).eval(),
            (words, *(entries[names.index(name)] for name in read)),
            inputs={"words": [0], **{name: open_sizes[name] for name in read}},
            outputs={"scores": [0], **{f"{name}_after": open_sizes[name] for name in changed}},
        )
    return Graphs(encoder=reader, step=writer, step_inputs=tuple(read))


def _clips(net: Captioner, clips: int, frames: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(clips, frames, net.config.dimension, generator=generator)
    return features, torch.arange(frames, frames - clips, -1)


def _states(net: Captioner, *, clips: int, frames: int) -> tuple[State, State]:
    """A state before a word and after it."""
    before = net.encode(*_clips(net, clips, frames))
    _, after = net.step(torch.full((clips,), BOS), before)
    return before, after


class _Watched(dict[str, Tensor]):
    """A state that tells which of its entries were read."""

    def __init__(self, state: State, seen: set[str]) -> None:
        super().__init__(state)
        self.seen = seen

    def __getitem__(self, name: str) -> Tensor:
        self.seen.add(name)
        return super().__getitem__(name)


def _used(net: Captioner, words: Tensor, state: State) -> list[str]:
    """The entries that a step reads: a graph has no inputs that nothing reads."""
    seen: set[str] = set()
    net.step(words, _Watched(state, seen))
    return [name for name in state if name in seen]


def traced_graph(
    module: nn.Module,
    example: tuple[Tensor, ...],
    *,
    inputs: dict[str, list[int]],
    outputs: dict[str, list[int]],
) -> bytes:
    """A graph whose inputs and outputs have these names and these open sizes."""
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            example,
            file,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes={
                name: {at: f"{name}_{at}" for at in sizes}
                for name, sizes in (inputs | outputs).items()
                if sizes
            },
            opset_version=OPSET,
            dynamo=False,
        )
    return file.getvalue()
