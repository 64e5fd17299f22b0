"""What a run tells its listener, as it happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["start", "progress", "cached", "done", "failed", "waiting", "retry"]
Unit = Literal["ms", "bytes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One piece of news: `input` is what the user gave, `done` and `total` are in `unit`."""

    kind: Kind
    input: str
    stage: str
    done: int = 0
    total: int = 0
    unit: Unit = "ms"
    seconds: float = 0.0
    note: str = ""


Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The listener of a caller who does not listen."""
