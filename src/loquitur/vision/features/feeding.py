"""Frames of many clips, decoded by threads while the encoder looks at earlier ones.

Each thread decodes one clip at a time (foreign files in a bounded child process of their own) and
hands its frames on in parts through a short queue, so memory is bounded whatever a clip's length.
The consumer gets clips in their order, so that the same clips give the same shards.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from numpy.typing import NDArray

    from loquitur.model.vision import FrameBatch
    from loquitur.vision.clips import Clip

    Frames = Callable[[Clip], Iterator[FrameBatch]]

_PARTS = 4
_PART_BYTES = 64 << 20
"""Large frames, which the encoder itself scales, come in smaller parts."""
_WAIT_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Some frames of a clip: times in ms, uint8 [n, h, w, 3]."""

    times_ms: tuple[int, ...]
    pictures: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Feed:
    """A clip whose frames are on their way; `parts` yields them, and raises what stopped them."""

    clip: Clip
    _parts: queue.Queue[Part | None]
    _future: Future[None] = field(repr=False)

    def parts(self) -> Iterator[Part]:
        """Its frames in parts.

        Raises:
            LoquiturError: They could not be decoded.
        """
        while (part := self._parts.get()) is not None:
            yield part
        self._future.result()


class Feeder:
    """Decodes clips ahead of whoever iterates over it; a context that ends its threads.

    Args:
        clips: In the order wanted.
        frames: Gives the frames of a clip.
        jobs: Clips decoded side by side.
        part: Frames of a part.
    """

    def __init__(self, clips: Iterable[Clip], frames: Frames, *, jobs: int, part: int) -> None:
        self._clips = iter(clips)
        self._frames = frames
        self._jobs, self._part = max(1, jobs), part
        self._stopped = threading.Event()
        self._threads = ThreadPoolExecutor(self._jobs, thread_name_prefix="frames")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def __iter__(self) -> Iterator[Feed]:
        ahead: deque[Feed] = deque()
        while True:
            while len(ahead) <= self._jobs and (feed := self._begin()) is not None:
                ahead.append(feed)
            if not ahead:
                return
            yield ahead.popleft()

    def _begin(self) -> Feed | None:
        clip = next(self._clips, None)
        if clip is None:
            return None
        parts: queue.Queue[Part | None] = queue.Queue(_PARTS)
        future = self._threads.submit(self._work, clip, parts)
        return Feed(clip=clip, _parts=parts, _future=future)

    def _work(self, clip: Clip, parts: queue.Queue[Part | None]) -> None:
        try:
            for part in self._parts_of(clip):
                if not self._put(parts, part):
                    return
        finally:
            self._put(parts, None)

    def _put(self, parts: queue.Queue[Part | None], part: Part | None) -> bool:
        while not self._stopped.is_set():
            with suppress(queue.Full):
                parts.put(part, timeout=_WAIT_S)
                return True
        return False

    def _parts_of(self, clip: Clip) -> Iterator[Part]:
        times: list[int] = []
        held: list[NDArray[np.uint8]] = []
        for batch in self._frames(clip):
            if held and held[0].shape[1:] != batch.pixels.shape[1:]:
                yield Part(times_ms=tuple(times), pictures=np.concatenate(held))
                times, held = [], []
            times.extend(batch.times_ms)
            held.append(batch.pixels)
            if len(times) >= self._part or sum(one.nbytes for one in held) >= _PART_BYTES:
                yield Part(times_ms=tuple(times), pictures=np.concatenate(held))
                times, held = [], []
        if held:
            yield Part(times_ms=tuple(times), pictures=np.concatenate(held))
