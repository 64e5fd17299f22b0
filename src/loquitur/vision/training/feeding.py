"""Batches on their way to a card: fetched, pinned and sent while it works on those before."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from loquitur.vision.training.task import is_at_home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from loquitur.vision.training.task import Tensors

_DEPTH = 3
"""Batches that are on their way at once."""
_LEAD = 3
"""Steps that a card may be behind what it is told to do: enough that it never idles, and little
memory."""
_KINDS = {"float16": torch.float16, "uint8": torch.uint8}
"""Of numbers that are not float32."""


class Feed:
    """A task's batches on a device, one after another. Close it.

    For a card a thread brings them there ahead of their use. `lengths` stay on the processor: what
    is asked of them there makes nobody wait for the card.

    Args:
        batches: On the processor; more of them than are taken.
        device: Where they are wanted.
    """

    def __init__(self, batches: Iterator[Tensors], device: torch.device) -> None:
        self._batches, self._device = batches, device
        self._card = _Card(device) if device.type == "cuda" else None
        self._sent = ahead(batches, device) if self._card else None
        self._waited_s = 0.0

    def take(self, many: int) -> list[Tensors]:
        """The next batches.

        Raises:
            RuntimeError: There are no more.
        """
        return [self._next() for _ in range(many)]

    def waited(self) -> float:
        """Seconds since the last call in which a step could not begin because its data were absent.

        On a processor that is how long the next batch was waited for. A card has steps before it
        when the next is asked for: there it is how long it stood still between two.
        """
        if self._card is not None:
            self._waited_s += self._card.stood()
        waited, self._waited_s = self._waited_s, 0.0
        return waited

    def close(self) -> None:
        """End its threads, and let go of the batches."""
        if self._sent is not None:
            self._sent.close()
        if isinstance(self._batches, Generator):
            self._batches.close()

    def _next(self) -> Tensors:
        try:
            if self._card is None or self._sent is None:
                before = time.perf_counter()
                batch = _moved(next(self._batches), self._device)
                self._waited_s += time.perf_counter() - before
                return batch
            asked = self._card.asked()
            batch, there = next(self._sent)
            self._card.served(asked, batch, there)
        except StopIteration:
            raise RuntimeError("a task's batches ended before its steps") from None
        return batch


class _Card:
    """How far a card is, told by events among what it is to do.

    One is put where a batch is asked for, one behind the point at which it is there. Between the
    two is nothing to do: the time from one to the other is that in which the card stood still.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pairs: deque[tuple[Any, Any]] = deque()
        self._stood_s = 0.0

    def asked(self) -> Any:
        """All steps so far are told to the card; waits where it is too far behind."""
        event = self._event()
        while len(self._pairs) >= _LEAD:
            self._settle()
        return event

    def served(self, asked: Any, batch: Tensors, there: Any) -> None:
        """The batch was handed over; what the card does next waits until it is there."""
        stream = torch.cuda.current_stream(self._device)
        if there is not None:
            stream.wait_event(there)
        for value in batch.values():
            if value.is_cuda:
                value.record_stream(stream)
        self._pairs.append((asked, self._event()))

    def stood(self) -> float:
        """Seconds in which it stood still since the last call; waits for the last batch taken."""
        while self._pairs:
            self._settle()
        stood, self._stood_s = self._stood_s, 0.0
        return stood

    def _settle(self) -> None:
        asked, begun = self._pairs.popleft()
        begun.synchronize()
        self._stood_s += asked.elapsed_time(begun) / 1000.0

    def _event(self) -> Any:
        event = torch.cuda.Event(enable_timing=True)
        event.record(torch.cuda.current_stream(self._device))
        return event


def pinned(shape: tuple[int, ...], kind: np.dtype[Any]) -> NDArray[Any]:
    """Memory from which a card fetches by itself; torch gives it out again when it is free."""
    made = torch.empty(shape, dtype=_KINDS.get(np.dtype(kind).name, torch.float32), pin_memory=True)
    array: NDArray[Any] = made.numpy()
    return array


def ahead(
    batches: Iterator[Tensors], device: torch.device
) -> Generator[tuple[Tensors, Any], None, None]:
    """The batches on a device, and the event after which each is there (None where it is at once).

    A thread fetches them; what fails there is raised here.
    """
    stream = torch.cuda.Stream(device) if device.type == "cuda" else None
    sending: deque[tuple[Tensors, Any]] = deque()

    def following() -> tuple[Tensors, Any] | None:
        batch = next(batches, None)
        if batch is None:
            return None
        if stream is None:
            return _moved(batch, device), None
        with torch.cuda.stream(stream):  # also names the card, which a new thread does not know
            batch = {
                name: one if is_at_home(name) or one.is_pinned() else one.pin_memory()
                for name, one in batch.items()
            }
            moved = _moved(batch, device)
            event = stream.record_event()
        sending.append((batch, event))  # nothing else may be written there until it has arrived
        while sending and sending[0][1].query():
            sending.popleft()
        return moved, event

    with ThreadPoolExecutor(1, thread_name_prefix="batches-to-card") as pool:
        coming = deque(pool.submit(following) for _ in range(_DEPTH))
        try:
            while (found := coming.popleft().result()) is not None:
                coming.append(pool.submit(following))
                yield found
        finally:
            for one in coming:
                one.cancel()
            pool.shutdown()
            if stream is not None:
                stream.synchronize()


def _moved(batch: Tensors, device: torch.device) -> Tensors:
    if device.type == "cpu":  # each `to` would let a thread that reads take its turn: up to 5 ms
        return batch
    ahead_of_time = device.type == "cuda"  # other devices may read what is no more there
    return {
        name: one if is_at_home(name) else one.to(device, non_blocking=ahead_of_time)
        for name, one in batch.items()
    }
