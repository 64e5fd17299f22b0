"""What a film's pictures are like: how many, how large, how fast."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError
from loquitur.media.containers import ANIMATED, damaged, open_container, reading_errors, shown
from loquitur.media.frames.picture import attitude, pixel_aspect, shown_size
from loquitur.media.frames.timetable import Timetable, read_timetable
from loquitur.media.frames.walking import Walker
from loquitur.media.isolation import film_limits, run_isolated
from loquitur.media.probe import is_picture, shown_pictures
from loquitur.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from loquitur.media.isolation import Limits
    from loquitur.protocols import Progress

MOST_THREADS = 4
_LAST: dict[tuple[str, int, int, int], Timetable] = {}
"""The last film's table: a child that is kept is asked of one film span by span, and reading all
packets of an hour takes a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmInfo:
    """What a film's pictures are like.

    Args:
        frame_count: How many frames are shown, counted.
        width_px: As shown: turned as the file says, and with square pixels.
        height_px: As shown.
        first_ms: Media time of the first frame.
        duration_ms: Media time after the last frame.
        codec: The decoder's name.
        frame_rate_hz: Frames a second on average; None of fewer than two.
        variable: Whether the rate varies.
        pixel_aspect: How much wider than high a stored pixel is shown.
        turned: Degrees the stored picture is turned to the left.
        interlaced: Whether the first frame holds two fields.
        key_count: Frames that decode without another one.
        key_times_ms: When they are shown; None where it was not asked for.
        warnings: What is wrong with the file.
    """

    frame_count: int
    width_px: int
    height_px: int
    first_ms: int
    duration_ms: int
    codec: str
    frame_rate_hz: float | None = None
    variable: bool = False
    pixel_aspect: float = 1.0
    turned: int = 0
    interlaced: bool = False
    key_count: int = 0
    key_times_ms: tuple[int, ...] | None = None
    warnings: tuple[str, ...] = ()


def look(
    path: Path,
    *,
    keys: bool = False,
    isolated: bool = True,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> FilmInfo:
    """What a film's pictures are like, by its packets and its first frame.

    Args:
        path: A local file.
        keys: Also tells when key frames are shown.
        isolated: Look in a bounded child process; False looks here, for files one trusts.
        limits: The child's bounds.
        progress: Hears how far it is, in ms.

    Raises:
        InputError: The file cannot be read, or has no moving pictures.
    """
    if not isolated:
        return look_here(path, keys=keys, tell=progress or _silent)
    limits = limits or film_limits(path)
    return run_isolated("film", path, {"keys": keys}, into=FilmInfo, limits=limits, tell=progress)


def look_here(path: Path, *, keys: bool, tell: Callable[[int, int], None]) -> FilmInfo:
    """`look` in this process."""
    table = timetable(path, tell)
    with opened(path) as (container, stream):
        walker = Walker(container, stream, table, lambda _: None)
        frame = next((frame for _, _, frame in walker.walk([int(table.ticks[0])])), None)
        if frame is None:
            raise undecodable(path)
        held = attitude(frame)
        aspect = pixel_aspect(stream)
        width_px, height_px = shown_size(frame, aspect, held)
        count = len(table.ticks)
        shown_s = float((table.end - int(table.ticks[0])) * table.base)
        return FilmInfo(
            frame_count=count,
            width_px=width_px,
            height_px=height_px,
            first_ms=int(table.ms(table.ticks[:1])[0]),
            duration_ms=table.end_ms,
            codec=stream.codec_context.name,
            frame_rate_hz=round(count / shown_s, 3) if count > 1 else None,
            variable=table.varies,
            pixel_aspect=round(float(aspect), 6),
            turned=90 * held.quarters,
            interlaced=bool(frame.interlaced_frame),
            key_count=len(table.keys),
            key_times_ms=tuple(table.ms(table.keys).tolist()) if keys else None,
            warnings=tuple(damage(table.damaged)),
        )


@contextmanager
def opened(path: Path, *, threads: int | None = None) -> Iterator[tuple[Any, Any]]:
    """A film's container and the stream of its moving pictures, ready to decode.

    Args:
        path: The film.
        threads: That decode; None for as many as there are processors, four at most.

    Raises:
        InputError: It cannot be read, or has no moving pictures.
    """
    with open_container(path, also=ANIMATED) as container:
        try:
            stream = _stream(container, path)
            context = stream.codec_context
            context.thread_type = "AUTO"
            context.thread_count = threads or min(MOST_THREADS, os.cpu_count() or 1)
            yield container, stream
        except reading_errors() as error:
            raise damaged(path, error) from error


def timetable(path: Path, tell: Callable[[int, int], None]) -> Timetable:
    """When a film's frames are shown; of the film that was asked for last it is known already.

    Raises:
        InputError: It cannot be read, or has no moving pictures, or not one frame.
    """
    try:
        state = path.stat()
        mark = (str(path), state.st_ino, state.st_size, state.st_mtime_ns)
    except (OSError, ValueError):  # `opened` says what is wrong with it
        mark = (str(path), -1, -1, -1)
    table = _LAST.get(mark)  # held here: another thread may put its own film in the place of it
    if table is None:
        with opened(path) as (container, stream):
            table = read_timetable(container, stream, mark[2], tell)
        if not len(table.ticks):
            raise undecodable(path)
        _LAST.clear()
        _LAST[mark] = table
    return table


def undecodable(path: Path) -> InputError:
    """The error for a film of which not one frame can be had."""
    return InputError(
        f"{shown(path)}: not one frame of its pictures can be decoded",
        hint="damaged or cut off: fetch or export the file again",
        code="LQ-MEDIA-DAMAGED",
    )


def _stream(container: Any, path: Path) -> Any:
    """The moving pictures that are shown."""
    stream = shown_pictures(container)
    if stream is not None:
        return stream
    if all(is_picture(stream) for stream in container.streams.video):
        what = "only a cover picture" if container.streams.video else "only sound"
        raise InputError(
            f"{shown(path)} has no moving pictures, {what}",
            hint="give a file with video",
            code="LQ-MEDIA-BLIND",
        )
    raise InputError(
        f"{shown(path)}: no decoder for its pictures",
        hint="convert it to a common codec",
        code="LQ-MEDIA-FORMAT",
    )


def damage(packets: int) -> Iterator[str]:
    """What is said of packets that cannot be read or decoded; nothing of none."""
    if packets:
        yield f"{counted(packets, 'damaged packet')} skipped"


def _silent(done_ms: int, total_ms: int) -> None:
    del done_ms, total_ms
