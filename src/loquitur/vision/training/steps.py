"""One step of the optimizer: forward, backward, over all processes and batches of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import torch

from loquitur.errors import EngineError
from loquitur.vision.training import chance
from loquitur.vision.training import device as devices

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loquitur.vision.training.checkpoint import State
    from loquitur.vision.training.options import TrainingOptions
    from loquitur.vision.training.parallel import Group
    from loquitur.vision.training.task import Tensors, TrainingTask

_LOOK_EVERY = 20
"""Steps on a card between two looks at its sums: each look waits for the card."""


def optimizer_of(parameters: Iterable[Any], options: TrainingOptions) -> torch.optim.Optimizer:
    """The optimizer that the options name."""
    if options.optimizer == "sgd":
        return torch.optim.SGD(
            parameters,
            lr=options.lr,
            momentum=options.momentum,
            weight_decay=options.weight_decay,
        )
    kind = torch.optim.AdamW if options.optimizer == "adamw" else torch.optim.Adam
    return kind(parameters, lr=options.lr, weight_decay=options.weight_decay)


class Stepper:
    """Takes steps, and adds up what they say into the state's sums.

    Args:
        task: What is trained.
        net: It, on its device, as it is called.
        optimizer: Of its weights.
        options: How it is trained.
        group: The processes that share each batch.
    """

    def __init__(
        self,
        task: TrainingTask,
        net: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        options: TrainingOptions,
        group: Group,
    ) -> None:
        self._task = task
        self._net = net
        self._optimizer = optimizer
        self._options = options
        self._group = group
        self._weights = [one for one in net.parameters() if one.requires_grad]
        self._exact = torch.float32 if group.device.type == "mps" else torch.float64
        self.scaler = devices.scaler(options.precision, group.device)
        self._is_shared = options.accumulate > 1 or group.shard.world > 1
        self._sums: torch.Tensor | None = None
        self._since = 0

    def take(self, batches: Sequence[Tensors], state: State, *, lr: float, done: float) -> None:
        """One step of the optimizer; `state.spent.step` counts it.

        Args:
            batches: On the device.
            state: What is added to.
            lr: The learning rate.
            done: The share of the budget that is spent.
        """
        options, group = self._options, self._group
        for one in self._optimizer.param_groups:
            one["lr"] = lr
        chance.seed_step(options.seed, state.spent.step + 1, group.shard.rank)
        said = torch.zeros(4, dtype=self._exact, device=group.device)
        for place, batch in enumerate(batches, 1):
            said += self._backward(batch, done=done, last=place == len(batches))
        group.add(said)
        norm = self._finish(said[2])
        row = torch.cat([said, norm.to(self._exact).reshape(1)])
        self._sums = row if self._sums is None else self._sums + row
        self._since += 1
        state.spent.step += 1
        if group.device.type == "cpu" or self._since >= _LOOK_EVERY:
            self.look(state)

    def look(self, state: State) -> None:
        """Bring the sums from the device into the state.

        Raises:
            EngineError: The loss is no number any more.
        """
        if self._sums is None:
            return
        total, plain, count, clips, norm = self._sums.tolist()
        sums = state.sums
        finite = abs(total) < float("inf")  # not so of NaN either
        if not finite or (self._options.precision != "float16" and not abs(norm) < float("inf")):
            raise EngineError(
                f"epoch {state.epoch}, step {state.spent.step}: the"
                f" {'gradient' if finite else 'loss'} is no number any more",
                hint="a smaller --lr, or --set train.clip=1; the last checkpoint stays",
                code="LQ-DIVERGED",
            )
        sums.total += total
        sums.plain += plain
        sums.count += count
        sums.clips += int(clips)
        sums.norm += norm if abs(norm) < float("inf") else 0.0
        sums.steps += self._since
        self._sums, self._since = None, 0

    def _backward(self, batch: Tensors, *, done: float, last: bool) -> torch.Tensor:
        """Gradients of one batch; its loss, its loss without smoothing, tokens and clips."""
        options, group = self._options, self._group
        with devices.crowded(group.device), group.alone(self._net, last=last):
            with devices.precise(options.precision, group.device):
                loss = self._task.loss(self._net, batch, done=done)
            # over how many tokens a step goes is known only when all of its batches are through
            over = options.batch if self._is_shared else loss.count.clamp(min=1)
            self.scaler.scale(loss.total / over).backward()
        clips = batch["counted"].sum() if "counted" in batch else self._number(batch)
        said = (loss.total, loss.plain, loss.count, clips)
        return torch.stack([one.detach().to(self._exact) for one in said])

    def _number(self, batch: Tensors) -> torch.Tensor:
        """How many clips, written on the device: a number that is sent there waits for it."""
        many = len(next(iter(batch.values())))
        return torch.full((), many, dtype=self._exact, device=self._group.device)

    def _finish(self, count: torch.Tensor) -> torch.Tensor:
        """Bring the gradient to a mean a token, bound its norm, move the weights."""
        options = self._options
        self.scaler.unscale_(self._optimizer)
        gradients = [one.grad for one in self._weights if one.grad is not None]
        if self._is_shared:
            factor = options.batch * self._group.shard.world / count.clamp(min=1)
            torch._foreach_mul_(gradients, factor.to(torch.float32))
        if options.clip:
            norm = torch.nn.utils.clip_grad_norm_(self._weights, options.clip)
        else:
            norm = torch.nn.utils.get_total_norm(gradients)
        if self._group.device.type == "cpu" and options.precision != "float16":
            self._refuse(norm)
        self.scaler.step(self._optimizer)
        self.scaler.update()
        self._optimizer.zero_grad(set_to_none=True)
        return norm

    @staticmethod
    def _refuse(norm: torch.Tensor) -> None:
        """On a processor a look costs nothing, and the weights stay what they were."""
        if not bool(torch.isfinite(norm)):
            raise EngineError(
                "the gradient is no number any more",
                hint="a smaller --lr, or --set train.clip=1; the last checkpoint stays",
                code="LQ-DIVERGED",
            )


class Clock:
    """Times since the last time it was read."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        """Seconds by the clock, and of the processor."""
        wall, cpu = time.perf_counter(), time.process_time()
        passed = wall - self._wall, cpu - self._cpu
        self._wall, self._cpu = wall, cpu
        return passed
