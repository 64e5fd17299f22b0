"""Frames of a film, decoded in this process."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.media.frames.film import damage, opened, timetable, undecodable
from loquitur.media.frames.picture import Developer
from loquitur.media.frames.positions import due
from loquitur.media.frames.timetable import TELL_EVERY_S
from loquitur.media.frames.walking import Walker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.model.vision import Fitting, Geometry, Sampling

    Shown = tuple[int, int, NDArray[np.uint8]]
    Block = tuple[tuple[int, ...], tuple[int, ...], NDArray[np.uint8]]
    """Several `Shown`: when they are shown, how often each is due, pixels [n, height, width, 3]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which frames of a film, and at which size; see `loquitur.media.frames.sample`."""

    sampling: Sampling
    geometry: Geometry | Fitting | None = None
    cuts_ms: tuple[int, ...] = ()
    most_px: int | None = None
    threads: int | None = None


def frames_here(
    path: Path,
    wanted: Wanted,
    *,
    tell: Callable[[int, int], None],
    warn: Callable[[str], None],
) -> Iterator[Shown]:
    """The frames of `sample`, decoded in this process.

    Yields:
        Of each frame that is another one: when it is shown in ms, how often it is due, its pixels.
    """
    table = timetable(path, tell)
    ticks, repeats = np.unique(due(table, wanted.sampling, wanted.cuts_ms), return_counts=True)
    end_ms = int(table.ms(ticks[-1:])[0])
    told = time.monotonic()

    def heard(tick: int) -> None:
        tell(min(int(table.ms(np.asarray([tick]))[0]), end_ms), end_ms)

    done = 0
    with opened(path, threads=wanted.threads) as (container, stream):
        developer = Developer(stream, wanted.geometry, wanted.most_px)
        walker = Walker(container, stream, table, heard)
        for wanted_tick, tick, frame in walker.walk(ticks.tolist()):
            before, done = done, int(np.searchsorted(ticks, wanted_tick)) + 1
            repeat = int(repeats[before:done].sum())  # what was left out before stands here too
            yield int(table.ms(np.asarray([tick]))[0]), repeat, developer.develop(frame)
            if time.monotonic() - told > TELL_EVERY_S:
                told = time.monotonic()
                heard(tick)
        if not done:
            raise undecodable(path)
        for warning in _losses(walker, len(ticks)):
            warn(warning)


def _losses(walker: Walker, wanted: int) -> Iterator[str]:
    yield from damage(walker.damaged)
    if walker.missing:
        yield (
            f"{walker.missing} of {wanted} frames could not be decoded:"
            " the nearest ones stand in their place"
        )
    if walker.corrupt:
        yield f"{walker.corrupt} of {wanted} frames are damaged pictures"
    if walker.stuck:
        yield "the file cannot be read to its end"
