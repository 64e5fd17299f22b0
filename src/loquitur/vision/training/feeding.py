"""Batches on their way to a card: fetched, pinned and sent while it works on the one before."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from loquitur.vision.training.task import Tensors

_DEPTH = 3
"""Batches that are on their way at once."""


def fed(batches: Iterator[Tensors], device: torch.device) -> Generator[Tensors, None, None]:
    """The batches on a device; for a card they are brought there by a thread, ahead of their use.

    Close the generator where not all of it is taken.
    """
    if device.type == "cuda":
        yield from _ahead(batches, device)
        return
    for batch in batches:
        yield {name: value.to(device) for name, value in batch.items()}


def _ahead(batches: Iterator[Tensors], device: torch.device) -> Generator[Tensors, None, None]:
    """As `fed`, through a thread; what fails there is raised here."""
    stream = torch.cuda.Stream(device) if device.type == "cuda" else None

    def following() -> tuple[Tensors, Any] | None:
        batch = next(batches, None)
        return None if batch is None else _sent(batch, device, stream)

    with ThreadPoolExecutor(1, thread_name_prefix="batches-to-card") as pool:
        coming = deque(pool.submit(following) for _ in range(_DEPTH))
        try:
            while (found := coming.popleft().result()) is not None:
                coming.append(pool.submit(following))
                batch, event = found
                if event is not None:
                    current = torch.cuda.current_stream(device)
                    current.wait_event(event)
                    for value in batch.values():
                        value.record_stream(current)
                yield batch
        finally:
            for one in coming:
                one.cancel()


def _sent(batch: Tensors, device: torch.device, stream: Any) -> tuple[Tensors, Any]:
    """A batch that is being copied, and the event after which it is there."""
    if stream is None:
        return {name: one.to(device) for name, one in batch.items()}, None
    with torch.cuda.stream(stream):  # also names the card, which a new thread does not know
        moved = {
            name: one.pin_memory().to(device, non_blocking=True) for name, one in batch.items()
        }
        return moved, stream.record_event()
