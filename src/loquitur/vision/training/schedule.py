"""How fast a net learns as a run goes on, and what of the run is spent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loquitur.vision.training.options import TrainingOptions


@dataclass(slots=True)
class Spent:
    """What a run has used so far; times are those of training steps alone."""

    step: int = 0
    cpu_s: float = 0.0
    wall_s: float = 0.0


def shares(options: TrainingOptions, spent: Spent, steps_an_epoch: int) -> dict[str, float]:
    """How much of each budget is spent, by its name, in the order of `BUDGETS`; at its end 1."""
    parts: dict[str, float] = {}
    if options.epochs is not None:
        parts["epochs"] = spent.step / max(1, options.epochs * steps_an_epoch)
    if options.steps is not None:
        parts["steps"] = spent.step / options.steps
    if options.cpu_s is not None:
        parts["cpu_s"] = spent.cpu_s / options.cpu_s
    if options.wall_s is not None:
        parts["wall_s"] = spent.wall_s / options.wall_s
    return parts


def share(options: TrainingOptions, spent: Spent, steps_an_epoch: int) -> float:
    """How much of the budget that ends first is spent: 0 at the start, 1 or more at the end."""
    return max(shares(options, spent, steps_an_epoch).values())


def ended_by(options: TrainingOptions, spent: Spent, steps_an_epoch: int) -> str:
    """Which budget is spent; empty while none is."""
    parts = shares(options, spent, steps_an_epoch)
    return next((name for name, part in parts.items() if part >= 1), "")


def learning_rate(options: TrainingOptions, spent: Spent, steps_an_epoch: int) -> float:
    """The learning rate of the next step.

    It rises over the warm-up, then falls from `lr` to `lr_floor * lr` as the budget is spent:
    along a line, or along half a cosine (SGDR, arXiv 1608.03983, without restarts).
    """
    done = min(1.0, share(options, spent, steps_an_epoch))
    if options.schedule == "linear":
        factor = options.lr_floor + (1 - options.lr_floor) * (1 - done)
    elif options.schedule == "cosine":
        factor = options.lr_floor + (1 - options.lr_floor) * 0.5 * (1 + math.cos(math.pi * done))
    else:
        factor = 1.0
    if spent.step < options.warmup_steps:
        factor *= (spent.step + 1) / options.warmup_steps
    return options.lr * factor
