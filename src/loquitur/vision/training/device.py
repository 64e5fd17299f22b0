"""Where a net is trained, and with which numbers."""

from __future__ import annotations

import contextlib
import re
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import torch

from loquitur.errors import EngineError, MissingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.vision.training.options import Precision

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")
_HALF = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def choose(wanted: str, *, local_rank: int | None = None) -> torch.device:
    """A device by name: `auto` takes CUDA, then Apple's, then the processor.

    Args:
        wanted: Its name.
        local_rank: Of this process among those of the machine: each takes a card of its own.

    Raises:
        UsageError: No device is called so.
        MissingError: It is not here.
    """
    if _DEVICE.fullmatch(wanted) is None:
        raise UsageError(f"no device is called '{wanted}'", hint="auto, cpu, cuda, cuda:1, mps")
    has_cuda, has_mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if wanted == "auto":
        wanted = "cuda" if has_cuda else "mps" if has_mps and local_rank is None else "cpu"
    if wanted.startswith("cuda"):
        if not has_cuda:
            raise MissingError(
                f"device {wanted}: torch finds no NVIDIA card", hint="--device cpu, or nvidia-smi"
            )
        if wanted == "cuda" and local_rank is not None:
            wanted = f"cuda:{local_rank}"
        if int(wanted.partition(":")[2] or 0) >= torch.cuda.device_count():
            raise MissingError(
                f"device {wanted}: the last card here is cuda:{torch.cuda.device_count() - 1}",
                hint="as many processes as there are cards",
            )
        torch.cuda.set_device(torch.device(wanted).index or 0)
    if wanted == "mps" and not has_mps:
        raise MissingError("device mps: this machine has no Apple GPU", hint="--device cpu")
    return torch.device(wanted)


def precise(precision: Precision, device: torch.device) -> AbstractContextManager[Any]:
    """What a forward pass stands in: mixed precision, or nothing."""
    if precision not in _HALF:
        return nullcontext()
    mixed: AbstractContextManager[Any] = torch.autocast(device.type, dtype=_HALF[precision])
    return mixed


def scaler(precision: Precision, device: torch.device) -> Any:
    """What keeps float16's gradients from vanishing; it does nothing at other precisions."""
    return torch.amp.GradScaler(device.type, enabled=precision == "float16")


@contextlib.contextmanager
def prepared(precision: Precision, device: torch.device, threads: int) -> Iterator[None]:
    """Torch's threads and its form of float32 as they are wanted, and the caller's afterwards."""
    before = torch.get_num_threads()
    matrices = torch.get_float32_matmul_precision()
    layers = torch.backends.cudnn.allow_tf32
    if threads:
        torch.set_num_threads(threads)
    if device.type == "cuda":
        torch.set_float32_matmul_precision("highest" if precision == "float32" else "high")
        torch.backends.cudnn.allow_tf32 = precision != "float32"
    try:
        yield
    finally:
        torch.set_num_threads(before)
        if device.type == "cuda":
            torch.set_float32_matmul_precision(matrices)
            torch.backends.cudnn.allow_tf32 = layers


@contextlib.contextmanager
def crowded(device: torch.device) -> Iterator[None]:
    """Turns a lack of memory into one line.

    Raises:
        EngineError: The batch does not fit.
    """
    try:
        yield
    except torch.OutOfMemoryError as exc:
        raise EngineError(
            f"{device}: the batch does not fit into memory",
            hint="a smaller --batch with --set train.accumulate=2, or --precision bfloat16",
            code="LQ-NO-MEMORY",
        ) from exc
