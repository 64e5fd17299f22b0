"""What a run takes of its machine: memory, the card's work, what waits for a disk.

Figures of the process where the system tells them, of the whole machine where it does not; None
where nobody knows. A card is asked through NVML, NVIDIA's own library, which comes with its driver.
"""

from __future__ import annotations

import contextlib
import ctypes
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

_EVERY_S = 1.0
"""NVML's own figure is that of the last second or less."""
_STAT = Path("/proc/stat")
_IOWAIT = 4
"""Place of `iowait` among the ticks of the line `cpu` (proc_stat(5))."""


class Resources:
    """Looks now and then, and says at the end of an epoch what it saw.

    Args:
        device: On which a run computes.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._ask = _asker(device)
        self._busy: list[float] = []
        self._asked = time.monotonic()
        self._ticks = _ticks()

    def look(self) -> None:
        """Ask the card how busy it is, not more often than it has something new to say."""
        now = time.monotonic()
        if self._ask is None or now - self._asked < _EVERY_S:
            return
        self._asked = now
        found = self._ask()
        if found is not None:
            self._busy.append(found)

    def figures(self) -> dict[str, float | None]:
        """What a row says of the machine, since the last call.

        `memory_mb` is the most that this process has used so far, `gpu_memory_mb` the most that
        its tensors took on the card; `gpu_use` the share of time in which the card worked;
        `io_wait` the share of the machine's processor time that stood idle for a disk.
        """
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        is_card = self._device.type == "cuda"
        held = torch.cuda.max_memory_allocated(self._device) if is_card else None
        before, after = self._ticks, _ticks()
        waited = None
        if before and after and sum(after) > sum(before):
            waited = (after[_IOWAIT] - before[_IOWAIT]) / (sum(after) - sum(before))
        found = {
            "memory_mb": round(peak / (1e6 if sys.platform == "darwin" else 1e3), 1),
            "gpu_memory_mb": None if held is None else round(held / 1e6, 1),
            "gpu_use": round(sum(self._busy) / len(self._busy), 4) if self._busy else None,
            "io_wait": None if waited is None else round(min(1.0, max(0.0, waited)), 4),
        }
        self._busy, self._ticks = [], after
        return found


def _ticks() -> tuple[int, ...]:
    """Ticks of all processors since the start, by kind; empty where there is no such file."""
    try:
        line = _STAT.read_text(encoding="ascii").split("\n", 1)[0].split()
        found = tuple(int(one) for one in line[1:9])
    except (OSError, ValueError):
        return ()
    return found if len(found) > _IOWAIT else ()


class _Utilization(ctypes.Structure):
    """nvmlUtilization_t: percent of time in which kernels ran, and memory was read or written."""

    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


def _asker(device: torch.device) -> Callable[[], float | None] | None:
    """What says how busy a card is, 0 to 1; None where there is no card or no NVML."""
    if device.type != "cuda":
        return None
    uuid = str(getattr(torch.cuda.get_device_properties(device), "uuid", ""))
    handle = ctypes.c_void_p()
    with contextlib.suppress(OSError, AttributeError):
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
        name = f"GPU-{uuid}".encode()
        if nvml.nvmlInit_v2() or nvml.nvmlDeviceGetHandleByUUID(name, ctypes.byref(handle)):
            return None

        def ask() -> float | None:
            rates = _Utilization()
            if nvml.nvmlDeviceGetUtilizationRates(handle, ctypes.byref(rates)):
                return None
            return float(rates.gpu) / 100

        return ask
    return None
