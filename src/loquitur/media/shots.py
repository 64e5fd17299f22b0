"""Where one shot of a film ends and the next one begins, from the pictures alone.

Each frame is made small and held against the one before it: by its pixels, which a camera that
pans changes too, and by its colours, which it does not. A cut is a change that is large, much
larger than what happens around it, and that lasts: after a flash the picture is as it was before.
Fades and dissolves change little from frame to frame and are no cuts.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from loquitur.media.containers import ANIMATED, damaged, open_container, reading_errors
from loquitur.media.isolation import film_limits, run_isolated
from loquitur.media.packets import Packets
from loquitur.media.probe import shown_pictures
from loquitur.timing import from_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.media.isolation import Limits
    from loquitur.protocols import Progress

    Picture = NDArray[np.float32]

WIDTH_PX, HEIGHT_PX = 64, 36
_BINS = 24
_AROUND = 8
"""Frames on each side that say what is usual here."""
_FLASH = 6
"""A picture that is back after so many frames was never gone: a third of a second or less."""
_LASTS = 0.45
_USUAL_FLOOR = 0.012
_SLIDE_PX = 4
_TELL_EVERY_S = 0.2
_THREADS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotOptions:
    """What counts as a cut.

    Args:
        least: How different two frames of different shots are at least, 0..1.
        ratio: How many times more a cut changes than the frames around it do.
    """

    least: float = 0.1
    ratio: float = 3.5

    def __post_init__(self) -> None:
        if not 0 < self.least < 1 or self.ratio < 1:
            raise ValueError(f"not a measure of cuts: {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was seen of a medium's pictures.

    Args:
        cuts_ms: Media time of the first frame of each shot but the first, rising.
        frame_count: How many frames were looked at; 0 where there are no moving pictures.
        end_ms: When the last one is shown.
        frame_rate_hz: By the container's word; None where it gives none.
        damaged: Packets that could not be decoded.
    """

    cuts_ms: tuple[int, ...] = ()
    frame_count: int = 0
    end_ms: int = 0
    frame_rate_hz: float | None = None
    damaged: int = 0


def find_shots(
    path: Path,
    *,
    options: ShotOptions | None = None,
    progress: Progress | None = None,
    limits: Limits | None = None,
) -> Looked:
    """The cuts of a film, found in a bounded child process.

    Args:
        path: A local file.
        options: What counts as a cut.
        progress: Hears how far it is, in ms.
        limits: The child's bounds; by default four times the processor time of sound.

    Raises:
        InputError: The file cannot be read.
    """
    options = options or ShotOptions()
    limits = limits or film_limits(path)
    return run_isolated(
        "shots", path, {"options": asdict(options)}, into=Looked, limits=limits, tell=progress
    )


def look_here(path: Path, options: dict[str, Any], *, tell: Callable[[int, int], None]) -> Looked:
    """`find_shots` in this process."""
    with open_container(path, also=ANIMATED) as container:
        try:
            return _look(container, ShotOptions(**options), tell)
        except reading_errors() as error:
            raise damaged(path, error) from error


def _look(container: Any, options: ShotOptions, tell: Callable[[int, int], None]) -> Looked:
    stream = shown_pictures(container)
    if stream is None:
        return Looked()
    start_us = container.start_time or 0
    total_ms = (container.duration or 0) // 1000
    eye = Eye(options)
    frames = _Frames(container, stream)
    count, at_ms, told = 0, 0, time.monotonic()
    cuts: list[int] = []
    for frame in frames:
        if frame.pts is None or not frame.time_base:
            continue
        at_ms = from_seconds(float(frame.pts * frame.time_base) - start_us / 1e6)
        count += 1
        cuts += eye.see(small(frame), at_ms)
        if time.monotonic() - told > _TELL_EVERY_S:
            told = time.monotonic()
            tell(min(at_ms, total_ms or at_ms), total_ms)
    cuts += eye.close()
    rate = stream.average_rate
    return Looked(
        cuts_ms=tuple(sorted({cut for cut in cuts if cut > 0})),
        frame_count=count,
        end_ms=max(0, at_ms),
        frame_rate_hz=round(float(rate), 6) if rate else None,
        damaged=frames.damaged,
    )


class _Frames:
    """The frames of a stream that decode; what is damaged is counted."""

    def __init__(self, container: Any, stream: Any) -> None:
        self._packets = Packets(container, stream)
        self._undecoded = 0
        context = stream.codec_context
        context.thread_type = "AUTO"
        context.thread_count = _THREADS
        # blocks seen through a loop filter or not: at 64 pixels it makes no difference
        context.options = {"skip_loop_filter": "all"}

    @property
    def damaged(self) -> int:
        return self._undecoded + self._packets.damaged

    def __iter__(self) -> Iterator[Any]:
        for packet in self._packets:
            try:
                frames = packet.decode()
            except EOFError:
                return
            except reading_errors():
                self._undecoded += 1
                continue
            yield from frames


def small(frame: Any) -> Picture:
    """A frame as three small planes of brightness and colour, 0..1; shape [3, 36, 64]."""
    import numpy as np

    shrunk = frame.reformat(width=WIDTH_PX, height=HEIGHT_PX, format="yuv444p").to_ndarray()
    return np.asarray(shrunk, dtype=np.float32).reshape(3, HEIGHT_PX, WIDTH_PX) / np.float32(255)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A frame, when it is shown, how its colours are spread, and how it differs from the last."""

    picture: Picture
    colours: Picture
    at_ms: int
    change: float


class Eye:
    """Looks at small frames one after the other and says where cuts were, some frames later."""

    def __init__(self, options: ShotOptions | None = None) -> None:
        self._options = options or ShotOptions()
        self._seen: deque[_Seen] = deque(maxlen=2 * _AROUND + 1)

    def see(self, picture: Picture, at_ms: int) -> list[int]:
        """Take a frame of shape [3, h, w]; the times of cuts that are sure now."""
        colours = _colours(picture)
        last = self._seen[-1] if self._seen else None
        change = difference(last.picture, picture, last.colours, colours) if last else 0.0
        self._seen.append(_Seen(picture=picture, colours=colours, at_ms=at_ms, change=change))
        if len(self._seen) <= _AROUND:
            return []
        return self._judged(len(self._seen) - 1 - _AROUND)

    def close(self) -> list[int]:
        """The times of cuts among the last frames."""
        found: list[int] = []
        for at in range(max(1, len(self._seen) - _AROUND), len(self._seen)):
            found += self._judged(at)
        return found

    def _judged(self, at: int) -> list[int]:
        if at < 1 or not self._is_cut(at):
            return []
        return [self._seen[at].at_ms]

    def _is_cut(self, at: int) -> bool:
        seen = self._seen
        change = seen[at].change
        if change < self._options.least:
            return False
        low, high = max(1, at - _AROUND), min(len(seen), at + _AROUND + 1)
        around = sorted(seen[other].change for other in range(low, high) if other != at)
        usual = around[len(around) // 2] if around else 0.0
        if change < self._options.ratio * (usual + _USUAL_FLOOR):
            return False
        near = [seen[other].change for other in range(max(1, at - 2), min(len(seen), at + 3))]
        if change < max(near):
            return False
        return self._lasts(at) and not self._slides(at)

    def _lasts(self, at: int) -> bool:
        """Whether the picture before is not back soon, and the one after was not there before."""
        before, after = self._seen[at - 1], self._seen[at]
        least = _LASTS * after.change
        later = range(at + 1, min(len(self._seen), at + _FLASH + 1))
        earlier = range(max(0, at - 1 - _FLASH), at - 1)
        return all(_apart(before, self._seen[other]) >= least for other in later) and all(
            _apart(self._seen[other], after) >= least for other in earlier
        )

    def _slides(self, at: int) -> bool:
        """Whether the picture only moved, as when the camera is turned fast."""
        import numpy as np

        before, after = self._seen[at - 1].picture[0], self._seen[at].picture[0]
        plain = float(np.abs(before - after).mean())
        height, width = before.shape
        reach = min(_SLIDE_PX, height // 4, width // 4)
        best = plain
        for down in range(-reach, reach + 1):
            for right in range(-reach, reach + 1):
                mine = before[
                    max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)
                ]
                other = after[
                    max(0, -down) : height + min(0, -down), max(0, -right) : width + min(0, -right)
                ]
                best = min(best, float(np.abs(mine - other).mean()))
        return best < 0.35 * plain


def _apart(one: _Seen, other: _Seen) -> float:
    return difference(one.picture, other.picture, one.colours, other.colours)


def _colours(picture: Picture) -> Picture:
    """How the values of each plane are spread: shares in bins, softly; shape [3, bins]."""
    import numpy as np

    places = picture.reshape(3, -1) * (_BINS - 1)
    low = places.astype(np.int64)
    part = places - low
    offsets = np.arange(3)[:, None] * (_BINS + 1)
    size = 3 * (_BINS + 1)
    counts = np.bincount((low + offsets).ravel(), weights=(1 - part).ravel(), minlength=size)
    counts += np.bincount((low + 1 + offsets).ravel(), weights=part.ravel(), minlength=size)
    return np.asarray(counts.reshape(3, -1) / places.shape[1], dtype=np.float32)


def difference(one: Picture, other: Picture, one_colours: Picture, other_colours: Picture) -> float:
    """How different two frames are, 0..1: the geometric mean of pixels and colours."""
    import numpy as np

    moved = np.abs(one - other).mean(axis=(1, 2))
    pixels = float(min(1.0, 2.0 * (moved[0] + 2.0 * (moved[1] + moved[2]))))
    # cumulated, so that a little brighter is a little different
    spread = np.abs(np.cumsum(one_colours - other_colours, axis=1)).mean(axis=1)
    counts = np.abs(one_colours - other_colours).sum(axis=1) / 2
    colours = float(min(1.0, counts.mean() * 0.5 + 4.0 * spread.mean()))
    return float(np.sqrt(pixels * colours))
