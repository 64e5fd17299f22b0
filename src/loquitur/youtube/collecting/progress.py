"""How far a job is, told to whoever listens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job is.

    Args:
        done: Rows that are there.
        calls: Calls of this run in this process.
        total: Rows to expect, None where nobody knows.
        note: What is being done.
    """

    done: int
    calls: int
    total: int | None = None
    note: str = ""


Listener: TypeAlias = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """Listen to nothing."""
    del progress
