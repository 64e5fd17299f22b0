"""Who a process is, so that another one can tell whether it still lives.

Pids are used again, so a process is its pid and its start time (field 22 of `/proc/<pid>/stat`,
clock ticks since boot), and both mean something only within one boot and one pid namespace.
"""

from __future__ import annotations

import functools
import os
import socket
import zlib
from dataclasses import dataclass
from pathlib import Path

from loquitur.store import writing

_UNKNOWN = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A process: `place` stands for machine, boot and pid namespace; `start` 0 is unknown."""

    place: str
    pid: int
    start: int

    @property
    def dead(self) -> bool:
        """Whether it surely lives no more; False where that cannot be known from here."""
        return self._start_now() not in (self.start, _UNKNOWN)

    @property
    def alive(self) -> bool:
        """Whether it surely lives; False where that cannot be known from here."""
        return self._start_now() == self.start

    def _start_now(self) -> int | None:
        try:
            return start_of(self.pid) if self.place == _place() else _UNKNOWN
        except OSError:  # too many open files, for one
            return _UNKNOWN


def myself() -> Owner:
    """The calling process.

    Raises:
        StoreError: The system does not tell.
    """
    with writing.translated(Path("/proc")):
        return _process(os.getpid())


@functools.lru_cache(maxsize=2)
def _process(pid: int) -> Owner:
    return Owner(place=_place(), pid=pid, start=start_of(pid) or 0)


def start_of(pid: int) -> int | None:
    """A process's start time in clock ticks since boot, None where there is no such process.

    Where there is no `/proc`, 0 stands for any living process. A zombie is dead.

    Raises:
        OSError: The system does not tell.
    """
    try:
        # the command's name is in parentheses and may itself hold blanks and parentheses
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return None if fields[0] in (b"Z", b"X") else int(fields[19])
    except (FileNotFoundError, ProcessLookupError):
        return 0 if not Path("/proc/self/stat").exists() and _answers(pid) else None


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@functools.cache
def _place() -> str:
    parts = [socket.gethostname()]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        parts.append(os.readlink("/proc/self/ns/pid"))  # noqa: PTH115 - not a path
    except FileNotFoundError:  # not Linux: the host's name alone
        parts.append("")
    return f"{zlib.crc32('/'.join(parts).encode()):08x}"
