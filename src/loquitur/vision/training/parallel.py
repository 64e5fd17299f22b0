"""One training in several processes, a card each, started by `torchrun`.

Every process has the whole net and a part of each batch; gradients are averaged over processes
(DistributedDataParallel). The folder of the run must be the same for all of them.
"""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import torch

from loquitur.vision.training import device as devices
from loquitur.vision.training.task import ALONE, Shard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.settings import Launch

_PATIENCE = timedelta(hours=6)
"""How long processes wait for the first one, which evaluates alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The processes of a training, and which of them this one is."""

    device: torch.device
    shard: Shard = ALONE

    @property
    def is_first(self) -> bool:
        """Whether this process evaluates and writes."""
        return self.shard.rank == 0

    def wrap(self, net: torch.nn.Module) -> torch.nn.Module:
        """The net as it is called: its gradients are averaged over the processes."""
        if self.shard.world == 1:
            return net
        # no device is named: batches are where they belong, and lengths stay on the processor
        return torch.nn.parallel.DistributedDataParallel(net)

    def alone(self, net: torch.nn.Module, *, last: bool) -> AbstractContextManager[None]:
        """What the backward passes before the last of a step stand in: nothing is sent yet."""
        if self.shard.world == 1 or last:
            return nullcontext()
        quiet: AbstractContextManager[None] = net.no_sync()
        return quiet

    def add(self, values: torch.Tensor) -> torch.Tensor:
        """The sum over all processes, in place."""
        if self.shard.world > 1:
            torch.distributed.all_reduce(values)
        return values

    def told(self, value: float) -> float:
        """What the first process says; the others wait for it."""
        if self.shard.world == 1:
            return value
        held = torch.tensor([value], dtype=torch.float32, device=self.device)
        torch.distributed.broadcast(held, 0)
        return float(held.item())


@contextlib.contextmanager
def grouped(wanted: str, launch: Launch | None) -> Iterator[Group]:
    """The group of this training: one process, or those that `torchrun` started.

    Args:
        wanted: The device.
        launch: What the launcher told this process; None where there is none.
    """
    if launch is None or launch.world == 1:
        yield Group(device=devices.choose(wanted))
        return
    device = devices.choose(wanted, local_rank=launch.local_rank)
    backend = "nccl" if device.type == "cuda" else "gloo"
    torch.distributed.init_process_group(
        backend, rank=launch.rank, world_size=launch.world, timeout=_PATIENCE
    )
    try:
        yield Group(device=device, shard=Shard(rank=launch.rank, world=launch.world))
        torch.distributed.barrier()  # nobody hangs up while another still speaks
    finally:
        torch.distributed.destroy_process_group()
