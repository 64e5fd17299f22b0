"""Batches on their way to a card: fetched, pinned and sent while it works on the one before."""

from __future__ import annotations

import queue
import threading
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from loquitur.vision.training.task import Tensors

_DEPTH = 2
"""Batches on the card that wait for their turn."""
_POLL_S = 0.1


def fed(batches: Iterator[Tensors], device: torch.device) -> Generator[Tensors, None, None]:
    """The batches on a device; for a card they are brought there by a thread, ahead of their use.

    Close the generator where not all of it is taken.
    """
    if device.type == "cuda":
        yield from _ahead(batches, device)
        return
    for batch in batches:
        yield {name: value.to(device) for name, value in batch.items()}


def _ahead(batches: Iterator[Tensors], device: torch.device) -> Iterator[Tensors]:
    """As `fed`, through a thread; what fails there is raised here."""
    line = _Line()
    sender = threading.Thread(
        target=_send, args=(batches, device, line), name="batches-to-card", daemon=True
    )
    sender.start()
    try:
        while True:
            kind, what, event = line.take()
            if kind == "error":
                raise what
            if kind == "end":
                return
            if event is not None:
                current = torch.cuda.current_stream(device)
                current.wait_event(event)
                for value in what.values():
                    value.record_stream(current)
            yield what
    finally:
        line.over.set()
        sender.join()


class _Line:
    """Few things that wait between two threads, until the one who takes them goes away."""

    def __init__(self) -> None:
        self._ready: queue.Queue[tuple[str, Any, Any]] = queue.Queue(_DEPTH)
        self.over = threading.Event()

    def put(self, kind: str, what: Any = None, event: Any = None) -> bool:
        """Whether it stands in line now."""
        while not self.over.is_set():
            with suppress(queue.Full):
                self._ready.put((kind, what, event), timeout=_POLL_S)
                return True
        return False

    def take(self) -> tuple[str, Any, Any]:
        """The first in line, waited for."""
        return self._ready.get()


def _send(batches: Iterator[Tensors], device: torch.device, line: _Line) -> None:
    """Bring batches to a device, one after the other."""
    try:
        stream = torch.cuda.Stream(device) if device.type == "cuda" else None
        for batch in batches:
            if not line.put("batch", *_sent(batch, device, stream)):
                return
        line.put("end")
    except BaseException as exc:  # noqa: BLE001 - it is raised where batches are taken
        line.put("error", exc)


def _sent(batch: Tensors, device: torch.device, stream: Any) -> tuple[Tensors, Any]:
    """A batch that is being copied, and the event after which it is there."""
    pinned = batch if stream is None else {name: one.pin_memory() for name, one in batch.items()}
    with torch.cuda.stream(stream) if stream is not None else nullcontext():
        moved = {name: one.to(device, non_blocking=True) for name, one in pinned.items()}
        event = None if stream is None else stream.record_event()
    return moved, event
