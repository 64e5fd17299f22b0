"""What is true on the emulated service: a seed, a plan, a clock, and rooms that fill on demand."""

from __future__ import annotations

import random
import string
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

from loquitur.emulator.world_plan import LAST_S, clock_s

if TYPE_CHECKING:
    from collections.abc import Callable

_Room = TypeVar("_Room")
LETTERS = string.ascii_letters + string.digits + "-_"
"""What ids, keys and codes are made of."""


class World:
    """One world: the same seed and plan give the same content.

    Args:
        seed: Of everything that is drawn.
        plan: What `--world FILE` says, as plain values; each room reads its own table.

    Raises:
        InputError: The plan's `clock` is no time.
    """

    def __init__(self, *, seed: int = 1, plan: dict[str, Any] | None = None) -> None:
        self.seed = seed
        self.plan = plan or {}
        self.lock = threading.RLock()
        """Held by whoever changes the world."""
        self.closing = threading.Event()
        """Set when the server stops: whoever waits, waits with it and not with `time.sleep`."""
        begins_s = clock_s(self.plan)
        self._ahead_s = 0.0 if begins_s is None else begins_s - time.time()
        self._rooms: dict[object, object] = {}
        self.began = self.now() if begins_s is None else float(begins_s)
        """When it began, by its own clock: growth and streams are counted from here."""

    def now(self) -> float:
        """The world's time, Unix seconds in UTC: the machine's, as far ahead as it was moved."""
        return time.time() + self._ahead_s

    def move(self, seconds: float) -> None:
        """Move the clock; it runs on from there.

        Raises:
            ValueError: To where no calendar goes: before 1970, or beyond the year 9000.
        """
        if not 0 <= self.now() + seconds <= LAST_S:
            raise ValueError(f"the clock goes from 1970 to the year 9000, not {seconds} s further")
        self._ahead_s += seconds

    def dice(self, name: str) -> random.Random:
        """Dice of their own for a purpose, the same in every world of this seed."""
        return random.Random(f"{self.seed}:{name}")  # noqa: S311 - content, no secrets

    def owners(self) -> tuple[str, ...]:
        """The channels that have tokens, most used first: the default token speaks for the first.

        The plan's `owners`, where it names any; else three that the seed gives.
        """
        named = self.plan.get("owners")
        if named:
            return tuple(str(one) for one in named)
        dice = self.dice("owners")
        return tuple("UC" + "".join(dice.choices(LETTERS, k=22)) for _ in range(3))

    def room(self, furnish: Callable[[World], _Room]) -> _Room:
        """What a kind of resource keeps (its class is the key), made when first asked for."""
        with self.lock:
            if furnish not in self._rooms:
                self._rooms[furnish] = furnish(self)
            return self._rooms[furnish]  # type: ignore[return-value]
