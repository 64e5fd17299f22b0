"""Random numbers of a training: each step's follow from the seed, the step and the process.

So a run that goes on draws what it would have drawn, wherever it was stopped; an evaluation
changes nothing of what comes after it; and processes that share a batch drop other units each.
"""

from __future__ import annotations

import contextlib
import random
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

_START, _STEP, _EVALUATION = 0, 1, 2


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """The caller's generators are as they were when the block ends."""
    state, old = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=_cards()):
            yield
    finally:
        random.setstate(state)
        np.random.set_state(old)


def _cards() -> list[int]:
    return [torch.cuda.current_device()] if torch.cuda.is_initialized() else []


def seed_start(seed: int) -> None:
    """Before the net's weights are drawn: the same in every process."""
    _seed(seed, _START, 0, 0)


def seed_step(seed: int, step: int, rank: int) -> None:
    """Before a step of the optimizer."""
    _seed(seed, _STEP, step, rank)


def seed_evaluation(seed: int) -> None:
    """Before an evaluation: the same for each, so that two are compared fairly."""
    _seed(seed, _EVALUATION, 0, 0)


def _seed(*numbers: int) -> None:
    own, numpys, pythons = np.random.SeedSequence(numbers).generate_state(3, np.uint64)
    torch.manual_seed(int(own))
    np.random.seed(int(numpys) & 0xFFFF_FFFF)
    random.seed(int(pythons))
