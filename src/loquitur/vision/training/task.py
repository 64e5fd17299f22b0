"""What the loop asks of whatever is trained: nets that describe clips, nets that label them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Tensors = dict[str, torch.Tensor]
"""A batch: its tensors by name, each with a row a clip (batch first)."""
_AT_HOME = "lengths"


def is_at_home(name: str) -> bool:
    """Whether a tensor of a batch stays on the processor whatever the device.

    `lengths`, and those of several streams (`lengths/rgb`): how long each row is decides what is
    told to a card, and to ask a card for it is to wait until it has done all before.
    """
    return name.partition("/")[0] == _AT_HOME


class Shard(NamedTuple):
    """Which rows of each batch are this process's: `rank`, `rank + world` and so on."""

    rank: int = 0
    world: int = 1


ALONE = Shard()
"""All rows."""


class Loss(NamedTuple):
    """The loss of a batch, added up over what counts in it (tokens, labels).

    Args:
        total: What is made small, with a gradient; a scalar.
        count: Over how many it is added up; a scalar tensor on the same device.
        plain: The same without smoothing and penalties, for the records: what validation measures.
    """

    total: torch.Tensor
    count: torch.Tensor
    plain: torch.Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a net made of one clip, and what was expected of it; all of it is untrusted text."""

    clip_id: str
    output: str
    references: tuple[str, ...] = ()
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """How good a net is on clips that it does not learn from.

    Args:
        metrics: By name; None where there is no such figure. `loss` is per token (nats).
        samples: Some outputs.
        notices: What a person should know, a line each: that all outputs are the same, say.
    """

    metrics: Mapping[str, float | None]
    samples: tuple[Sample, ...] = ()
    notices: tuple[str, ...] = ()


class TrainingTask(Protocol):
    """A net, its data, its loss and its figures.

    The loop seeds torch, numpy and `random` for each step by seed, step and process, so whatever
    a task draws while it works out a loss is the same when a run goes on. What `batches` yields
    of an epoch depends on its number alone.
    """

    def net(self) -> torch.nn.Module:
        """A fresh net, its weights drawn from torch's generator; called once."""
        ...

    def steps(self) -> int:
        """Batches of an epoch, the last and smaller one too."""
        ...

    def readers(self) -> int:
        """Threads that make batches ahead on a processor, where the options name no number.

        A thread is worth it where batches are read and unpacked, and is none where they lie ready.
        """
        ...

    def batches(
        self, epoch: int, *, done: int, shard: Shard, workers: int, pinned: bool = False
    ) -> Iterator[Tensors]:
        """The batches of an epoch behind the first `done`, then those of all later ones.

        There is no end to them, so that those of the next epoch can be made ahead. They are on the
        processor; with `pinned` what is large of them in memory of `feeding.pinned`. Each has at
        least one row, in every process: where a shard gets none of a last small batch, the task
        puts in a row of which nothing counts.
        """
        ...

    def loss(self, net: torch.nn.Module, batch: Tensors, *, done: float) -> Loss:
        """The loss of a batch; `done` is the share of the budget that is spent, 0 to 1.

        `net` may be wrapped (several processes): it is called, and none of its other methods.
        """
        ...

    def validate(self, net: torch.nn.Module, *, samples: int) -> Validation:
        """Figures on the validation split; the net is in evaluation mode, without gradients."""
        ...

    def merit(self, metrics: Mapping[str, float | None]) -> float:
        """By which of two validations is the better: the higher one."""
        ...

    def save_model(self, folder: Path, net: torch.nn.Module, figures: Mapping[str, object]) -> None:
        """Write the net into a folder that is there and empty, so that it can be used from it."""
        ...

    def config(self) -> Mapping[str, object]:
        """What made this task: options and digests of the data, as plain values for JSON.

        A run goes on only with an equal one.
        """
        ...
