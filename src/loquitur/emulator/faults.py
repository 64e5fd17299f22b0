"""What goes wrong on purpose: at random at a rate, or exactly at the n-th call of a method."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.emulator.errors import FIRST_PROJECT, NAMES, answer_of, wrong

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loquitur.emulator.wire import Answer
    from loquitur.emulator.world import World

SPECIAL = ("reset", "lost_answer", "slow", "cut", "partial", "expired_upload")
"""Kinds beside the error bodies: no answer before or after the effect, a late answer, an answer
cut short, half a chunk of an upload kept, an upload address that is no more."""
KINDS = (*NAMES, *SPECIAL)
_LONGEST_S = 86_400
_AT_RANDOM = ("per_minute", "backend", "unavailable", "reset")
_AT_RANDOM_IN_COMMENTS = (*_AT_RANDOM, "processing_failure")
_MAY_BE_AFTER = ("backend", "unavailable", "reset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    Args:
        kind: Of `KINDS`.
        after: Whether the call took effect nevertheless.
        retry_after: Seconds of a `Retry-After` header, None for no such header.
        seconds: How late a `slow` answer is.
    """

    kind: str
    after: bool = False
    retry_after: float | None = None
    seconds: float = 0.05

    def answer(self, project: int = FIRST_PROJECT) -> Answer:
        """The error body that comes; not for the kinds in `SPECIAL`."""
        error = answer_of(wrong(self.kind, project=project))
        if self.retry_after is not None:
            error.headers["Retry-After"] = f"{self.retry_after:g}"
        return error


@dataclass(slots=True, kw_only=True)
class Scheduled:
    """A fault with its place: the `at`-th call of a method from now on, and the next `times` - 1.

    Args:
        method: A method's id; `captions.insert#chunk` is a piece of a resumable upload, `token` a
            request for tokens, `*` anything.
        at: Which call, counted from 1.
        times: How many calls one after the other.
        fault: What happens.
        seen: How many calls there were since.
    """

    method: str
    at: int
    times: int
    fault: Fault
    seen: int = 0


class Faults:
    """All faults of one emulator.

    `plan["faults"]` may give `rate` (0 to 1), `kinds`, and `schedule`, a list as
    `POST /emulator/faults` takes it.

    Raises:
        ValueError: The plan's table does not fit.
    """

    def __init__(self, world: World) -> None:
        table = world.plan.get("faults", {})
        extra = [name for name in table if name not in ("rate", "kinds", "schedule")]
        if extra:
            raise ValueError(f"faults has no '{extra[0][:40]}'; it has rate, kinds, schedule")
        self.rate = 0.0
        self.kinds: tuple[str, ...] = tuple(table.get("kinds", ()))
        for kind in self.kinds:
            _check_kind(kind)
        self._dice = world.dice("faults")
        self._lock = threading.Lock()
        self._schedule: list[Scheduled] = []
        self.plan(table.get("schedule", ()), rate=float(table.get("rate", 0.0)))

    def plan(self, entries: Iterable[Any], *, rate: float | None = None) -> None:
        """Schedule more, and change the rate where one is given.

        Raises:
            ValueError: The rate or an entry does not fit; then nothing is changed.
        """
        if rate is not None and not 0.0 <= rate <= 1.0:
            raise ValueError(f"faults.rate must be from 0 to 1, not {rate}")
        found = [read(entry) for entry in entries]
        with self._lock:
            self._schedule.extend(found)
            self.rate = self.rate if rate is None else rate

    def forget(self) -> None:
        """Nothing goes wrong from now on."""
        with self._lock:
            self._schedule.clear()
            self.rate = 0.0

    def pending(self) -> list[dict[str, Any]]:
        """What is still to come."""
        with self._lock:
            return [
                {"method": one.method, "at": one.at, "times": one.times, "seen": one.seen,
                 "kind": one.fault.kind}
                for one in self._schedule
            ]  # fmt: skip

    def draw(self, method_id: str) -> Fault | None:
        """What goes wrong with this call; None for nothing."""
        if not self._schedule and not self.rate:
            return None
        with self._lock:
            found = None
            for one in list(self._schedule):
                if one.method not in (method_id, "*"):
                    continue
                one.seen += 1
                if one.at <= one.seen < one.at + one.times:
                    found = found or one.fault
                if one.seen >= one.at + one.times - 1:
                    self._schedule.remove(one)
            return found or self._random(method_id)

    def _random(self, method_id: str) -> Fault | None:
        if not self.rate or self._dice.random() >= self.rate:
            return None
        comments = method_id in ("commentThreads.list", "comments.list")
        usual = _AT_RANDOM_IN_COMMENTS if comments else _AT_RANDOM
        kind = self._dice.choice(self.kinds or usual)
        after = kind in _MAY_BE_AFTER and self._dice.random() < 0.5
        return Fault(kind=kind, after=after)


def read(entry: Any) -> Scheduled:
    """An entry of a schedule: `method`, `kind`, and where wanted `at`, `times`, `after`,
    `retry_after`, `seconds`.

    Raises:
        ValueError: It does not fit.
    """  # noqa: D205
    if not isinstance(entry, Mapping):
        raise ValueError(f"a fault is a table with method and kind, not {str(entry)[:60]!r}")  # noqa: TRY004
    known = ("method", "kind", "at", "times", "after", "retry_after", "seconds")
    extra = [name for name in entry if name not in known]
    if extra:
        raise ValueError(f"a fault has no '{extra[0]}'; it has {', '.join(known)}")
    kind = str(entry.get("kind", ""))
    _check_kind(kind)
    late = entry.get("retry_after")
    seconds = float(entry.get("seconds", 0.05))
    if not 0 <= seconds <= _LONGEST_S or not 0 <= float(late or 0) <= _LONGEST_S:
        raise ValueError(f"a fault's seconds and retry_after go from 0 to {_LONGEST_S}")
    fault = Fault(
        kind=kind,
        after=bool(entry.get("after", False)) or kind == "lost_answer",
        retry_after=None if late is None else float(late),
        seconds=seconds,
    )
    at, times = int(entry.get("at", 1)), int(entry.get("times", 1))
    if at < 1 or times < 1:
        raise ValueError("a fault's at and times count from 1")
    return Scheduled(method=str(entry.get("method", "*")), at=at, times=times, fault=fault)


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise ValueError(f"no fault is called '{kind[:40]}'; there are {', '.join(KINDS)}")
