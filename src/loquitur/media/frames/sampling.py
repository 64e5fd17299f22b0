"""The frames of a film that a sampling asks for, in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.media.frames.here import Wanted, frames_here
from loquitur.media.frames.sending import frames_isolated
from loquitur.media.isolation import Child, film_limits
from loquitur.model.vision import FrameBatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.media.frames.here import Block
    from loquitur.media.isolation import Limits
    from loquitur.model.vision import Fitting, Geometry, Sampling
    from loquitur.protocols import Progress

MOST_PX = 2048
"""The longest side where no size is wanted: a picture of 8K takes 100 MB, of this 7 MB."""


def sample(  # noqa: PLR0913 - what may be said of it
    path: Path,
    sampling: Sampling,
    *,
    geometry: Geometry | Fitting | None = None,
    batch: int = 16,
    cuts_ms: Sequence[int] = (),
    most_px: int | None = MOST_PX,
    isolated: bool | Child = True,
    limits: Limits | None = None,
    progress: Progress | None = None,
    warn: Callable[[str], None] | None = None,
) -> Iterator[FrameBatch]:
    """The frames of a film that a sampling asks for, in the order shown.

    Only they are converted, and where key frames allow, only what they need is decoded. A file
    that is damaged gives what decodes: the frame before stands in the place of one that is due.
    The child decodes the next batch while the caller works on one (up to 128 MB ahead).

    Args:
        path: A local file: a film, an animated GIF or PNG.
        sampling: Which frames.
        geometry: Their size, or what an encoder takes; None for the size they are shown at.
        batch: Frames a batch; the last may have fewer.
        cuts_ms: Where shots begin, for a sampling by shots (`loquitur.media.shots`).
        most_px: The longest side where no size is wanted; None for no bound.
        isolated: Decode in a bounded child process, or in one that is kept for further films (a
            `loquitur.media.isolation.Child`); False decodes here, for files one trusts.
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
    wanted = Wanted(
        sampling=sampling,
        geometry=geometry,
        cuts_ms=tuple(cuts_ms),
        most_px=most_px,
        threads=isolated.threads if isinstance(isolated, Child) else None,
    )
    tell, heard = progress or _silent, warn or _unheard
    if isolated is not False:
        limits = limits or film_limits(path)
        blocks = frames_isolated(
            path,
            wanted,
            limits=limits,
            batch=batch,
            child=isolated if isinstance(isolated, Child) else None,
            tell=tell,
            warn=heard,
        )
    else:
        frames = frames_here(path, wanted, tell=tell, warn=heard)
        blocks = (((at_ms,), (repeat,), pixels[None]) for at_ms, repeat, pixels in frames)
    yield from _batches(blocks, batch)


def _batches(blocks: Iterator[Block], batch: int) -> Iterator[FrameBatch]:
    times: list[int] = []
    pixels: NDArray[np.uint8] | None = None
    for block_ms, repeats, block in blocks:
        if pixels is None and len(block_ms) == batch and max(repeats) == 1:
            yield FrameBatch(times_ms=block_ms, pixels=block)  # as it came: nothing is copied
            continue
        due = zip(block_ms, repeats, block, strict=True)
        for at_ms, picture in ((one, picture) for one, often, picture in due for _ in range(often)):
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
