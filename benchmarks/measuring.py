"""What the scripts here measure alike: seconds of the clock and of the processor, and memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Found = TypeVar("Found")

_STARTER = """
import json, os, subprocess, sys, time
began = time.perf_counter()
process = subprocess.Popen(sys.argv[2:])
_, status, used = os.wait4(process.pid, 0)
told = [time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss]
with open(sys.argv[1], "w") as file:
    json.dump([*told, os.waitstatus_to_exitcode(status)], file)
"""
"""Starts the command in our place: the kernel counts the memory of whoever starts one as its."""


@dataclass(slots=True)
class Took:
    """Seconds of the clock, and of the processor: this process's, or that of a child."""

    wall_s: float = 0.0
    cpu_s: float = 0.0

    def __add__(self, other: Took) -> Took:
        return Took(self.wall_s + other.wall_s, self.cpu_s + other.cpu_s)


@dataclass(frozen=True, slots=True)
class Child:
    """What became of a command: what it said, its exit code, what it took, the most it held."""

    out: str
    err: str
    code: int
    took: Took
    peak_mb: float


@contextmanager
def stopwatch() -> Iterator[Took]:
    """What the block took, known at its end."""
    took = Took()
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        yield took
    finally:
        took.wall_s, took.cpu_s = time.perf_counter() - wall, time.process_time() - cpu


def timed(call: Callable[[], Found]) -> tuple[Found, Took]:
    """What a call gives, and what it took."""
    with stopwatch() as took:
        found = call()
    return found, took


def seconds(call: Callable[[], object]) -> float:
    """The seconds of the clock that a call takes."""
    return timed(call)[1].wall_s


def best_of(rounds: int, call: Callable[[], object]) -> Took:
    """The least that a call took, by the clock and of the processor; what it gives is let go."""
    each = [timed(call)[1] for _ in range(rounds)]
    return Took(min(one.wall_s for one in each), min(one.cpu_s for one in each))


def in_child(arguments: Sequence[str], *, python: str = sys.executable) -> Child:
    """Run Python with some arguments to its end.

    Args:
        arguments: `["-c", code]`, `["-m", "loquitur", ...]`, or a script and what it is given.
        python: The interpreter.
    """
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "usage.json"
        command = [sys.executable, "-c", _STARTER, str(told), python, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        wall_s, cpu_s, peak_kb, code = json.loads(told.read_text())
    return Child(done.stdout, done.stderr, code, Took(wall_s, cpu_s), peak_kb / 1024)


def peak_mb(pid: int | str = "self") -> float:
    """The most memory a process held until now.

    `ru_maxrss` also counts whoever started it, from before `exec`; this does not.
    """
    return _status_mb(pid, "VmHWM")


def resident_mb(pid: int | str = "self") -> float:
    """The memory that a process holds."""
    return _status_mb(pid, "VmRSS")


def _status_mb(pid: int | str, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines()
    return next((int(one.split()[1]) / 1024 for one in lines if one.startswith(name)), 0.0)
