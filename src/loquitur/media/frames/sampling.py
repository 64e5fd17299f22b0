"""The frames of a film that a sampling asks for, in batches."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from loquitur.media.frames.film import opened, timetable, undecodable
from loquitur.media.frames.picture import Developer
from loquitur.media.frames.positions import due
from loquitur.media.frames.timetable import TELL_EVERY_S
from loquitur.media.frames.walking import Walker
from loquitur.model.vision import FrameBatch
from loquitur.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.media.isolation import Limits
    from loquitur.model.vision import Geometry, Sampling
    from loquitur.protocols import Progress

    Shown = tuple[int, int, NDArray[np.uint8]]

MOST_PX = 2048
"""The longest side where no size is wanted: a picture of 8K takes 100 MB, of this 7 MB."""


def sample(
    path: Path,
    sampling: Sampling,
    *,
    geometry: Geometry | None = None,
    batch: int = 16,
    cuts_ms: Sequence[int] = (),
    most_px: int | None = MOST_PX,
    isolated: bool = True,
    limits: Limits | None = None,
    progress: Progress | None = None,
    warn: Callable[[str], None] | None = None,
) -> Iterator[FrameBatch]:
    """The frames of a film that a sampling asks for, in the order shown.

    Only they are converted, and where key frames allow, only what they need is decoded. A file
    that is damaged gives what decodes: the frame before stands in the place of one that is due.
    Decoding goes on while the caller works on a batch.

    Args:
        path: A local file: a film, an animated GIF or PNG.
        sampling: Which frames.
        geometry: Their size; None for the one they are shown at.
        batch: Frames a batch; the last may have fewer.
        cuts_ms: Where shots begin, for a sampling by shots (`loquitur.media.shots`).
        most_px: The longest side where no size is wanted; None for no bound.
        isolated: Decode in a bounded child process; False decodes here, for files one trusts.
        limits: The child's bounds.
        progress: Hears how far it is, in ms of media.
        warn: Hears, in one line each, what was lost on the way.

    Yields:
        Batches: pixels uint8 [n, height, width, 3], RGB, and when each frame is shown, in ms.

    Raises:
        InputError: The file cannot be read, has no moving pictures, or none in the span; it
            crashed or hung the decoder, or took more than the bounds.
        ValueError: `batch` or `most_px` below 1.
    """
    if batch < 1 or (most_px is not None and most_px < 1):
        raise ValueError("a batch has at least one frame, and a frame at least one pixel")
    del isolated, limits
    frames = frames_here(
        path,
        sampling,
        geometry=geometry,
        cuts_ms=cuts_ms,
        most_px=most_px,
        tell=progress or _silent,
        warn=warn or _unheard,
    )
    yield from _batches(frames, batch)


def frames_here(
    path: Path,
    sampling: Sampling,
    *,
    geometry: Geometry | None,
    cuts_ms: Sequence[int],
    most_px: int | None,
    tell: Callable[[int, int], None],
    warn: Callable[[str], None],
) -> Iterator[Shown]:
    """The frames of `sample`, decoded in this process: when it is shown, how often it is due, and
    its pixels, of each that is another one."""
    table = timetable(path, tell)
    ticks, repeats = np.unique(due(table, sampling, cuts_ms), return_counts=True)
    end_ms = int(table.ms(ticks[-1:])[0])
    told = time.monotonic()

    def heard(tick: int) -> None:
        tell(min(int(table.ms(np.asarray([tick]))[0]), end_ms), end_ms)

    got = 0
    with opened(path) as (container, stream):
        developer = Developer(stream, geometry, most_px)
        walker = Walker(container, stream, table, heard)
        for repeat, (tick, frame) in zip(repeats, walker.walk(ticks.tolist()), strict=False):
            got += 1
            yield int(table.ms(np.asarray([tick]))[0]), int(repeat), developer.develop(frame)
            if time.monotonic() - told > TELL_EVERY_S:
                told = time.monotonic()
                heard(tick)
        if not got:
            raise undecodable(path)
        for warning in _losses(walker, len(ticks)):
            warn(warning)


def _losses(walker: Walker, wanted: int) -> Iterator[str]:
    if walker.damaged:
        yield f"{counted(walker.damaged, 'damaged packet')} skipped"
    if walker.missing:
        yield (
            f"{walker.missing} of {wanted} frames could not be decoded:"
            " the nearest ones stand in their place"
        )
    if walker.corrupt:
        yield f"{walker.corrupt} of {wanted} frames are damaged pictures"
    if walker.stuck:
        yield "the file cannot be read to its end"


def _batches(frames: Iterator[Shown], batch: int) -> Iterator[FrameBatch]:
    times: list[int] = []
    pixels: NDArray[np.uint8] | None = None
    for at_ms, repeat, picture in frames:
        for _ in range(repeat):
            if pixels is None:
                pixels = np.empty((batch, *picture.shape), np.uint8)
            pixels[len(times)] = picture
            times.append(at_ms)
            if len(times) == batch:
                yield FrameBatch(times_ms=tuple(times), pixels=pixels)
                times, pixels = [], None
    if pixels is not None:
        yield FrameBatch(times_ms=tuple(times), pixels=pixels[: len(times)])


def _silent(done_ms: int, total_ms: int) -> None:
    del done_ms, total_ms


def _unheard(warning: str) -> None:
    del warning
