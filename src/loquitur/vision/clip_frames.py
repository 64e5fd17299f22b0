"""The frames of a clip, wherever its pictures are: a file of the user's, or a generated scene."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.errors import InputError
from loquitur.model.vision import Fitting, FrameBatch, Sampling
from loquitur.text import display
from loquitur.vision.clips import DRAWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from loquitur.media.isolation import Child
    from loquitur.model.vision import Geometry
    from loquitur.vision.clips import Clip

_PIECE_BYTES = 1 << 20


def frames_of(
    clip: Clip,
    sampling: Sampling,
    *,
    geometry: Geometry | Fitting | None = None,
    folder: Path | None = None,
    batch: int = 16,
    child: Child | None = None,
    warn: Callable[[str], None] | None = None,
) -> Iterator[FrameBatch]:
    """The frames of a clip, in the order shown; times are those of the whole video.

    Args:
        clip: Its span goes before that of the sampling.
        sampling: Which frames.
        geometry: How large, or what an encoder takes; None for as they are.
        folder: To which a source that is a relative path is relative; the working one where None.
        batch: Frames of a batch.
        child: Decodes, and is kept; one of this call's own where None.
        warn: Hears, in one line each, what was lost on the way.

    Raises:
        InputError: Its pictures are not here, or cannot be read.
    """
    if clip.source.startswith(DRAWN):
        yield from _generated(clip, sampling, geometry, batch)
        return
    from loquitur.media.frames import sample

    path = path_of(clip, folder)
    if clip.start_ms is not None or clip.end_ms is not None:
        sampling = dataclasses.replace(sampling, start_ms=clip.start_ms, end_ms=clip.end_ms)
    cuts_ms = _cuts(path) if sampling.by == "shots" else ()
    yield from sample(
        path,
        sampling,
        geometry=geometry,
        batch=batch,
        cuts_ms=cuts_ms,
        isolated=child or True,
        warn=warn,
    )


def path_of(clip: Clip, folder: Path | None = None) -> Path:
    """The file of a clip's pictures.

    Raises:
        InputError: It has none, or it is not there.
    """
    if not clip.source:
        raise InputError(f"{display(clip.clip_id)}: no pictures are named", code="LQ-NO-PICTURES")
    path = Path(clip.source).expanduser()
    path = path if path.is_absolute() or folder is None else folder / path
    try:
        there = path.is_file()
    except (OSError, ValueError):  # too long for a name, or a null byte in it
        there = False
    if not there:
        raise InputError(
            f"{display(clip.clip_id)}: its pictures are not here: {display(clip.source[:200])}",
            hint="`loquitur describe data ... --fetch DIR` fetches videos by id or address",
            code="LQ-NO-PICTURES",
        )
    return path


def digest_of(clip: Clip, folder: Path | None = None) -> str:
    """What tells one source's pictures from another's, and one span of them from another.

    Of a file its size and a MiB each of its beginning, middle and end count: enough to see that it
    was exchanged or grew, and quick for a film of gigabytes.

    Raises:
        InputError: Its pictures are not here.
    """
    span = f"{clip.start_ms}-{clip.end_ms}"
    if clip.source.startswith(DRAWN):
        return hashlib.sha256(f"{clip.source}\n{span}".encode()).hexdigest()
    path = path_of(clip, folder)
    found = hashlib.sha256(span.encode())
    try:
        size = path.stat().st_size
        found.update(f"\n{size}\n".encode())
        with path.open("rb") as file:
            for at in sorted({0, max(0, size // 2), max(0, size - _PIECE_BYTES)}):
                file.seek(at)
                found.update(file.read(_PIECE_BYTES))
    except OSError as exc:
        raise InputError(
            f"{display(clip.clip_id)}: {display(str(path))} cannot be read: {exc.strerror}",
            code="LQ-NO-PICTURES",
        ) from exc
    return found.hexdigest()


def shown_in(clips: Sequence[Clip]) -> int | None:
    """How many frames each of these clips has, where all are generated alike; None elsewhere."""
    from loquitur.vision.shapes.scene import source_of

    if not clips or not all(clip.source.startswith(DRAWN) for clip in clips):
        return None
    counts = {source_of(clip.source).frames for clip in clips}
    return counts.pop() if len(counts) == 1 else None


def _cuts(path: Path) -> tuple[int, ...]:
    from loquitur.media.shots import find_shots

    return find_shots(path).cuts_ms


def _generated(
    clip: Clip, sampling: Sampling, geometry: Geometry | Fitting | None, batch: int
) -> Iterator[FrameBatch]:
    """Of a scene that is painted anew; its frames stand for any size and span asked for."""
    from loquitur.model.vision import Preprocessing
    from loquitur.vision import preprocessing
    from loquitur.vision.shapes.rendering import render

    whole = render(clip.source)
    chosen = _chosen(whole.times_ms, sampling, clip)
    pixels, times_ms = whole.pixels[chosen], [whole.times_ms[at] for at in chosen]
    if isinstance(geometry, Fitting):
        pixels = preprocessing.fit(pixels, geometry.how)
    elif geometry is not None:
        how = Preprocessing(
            width_px=geometry.width_px,
            height_px=geometry.height_px,
            fit=geometry.fit,
            interpolation=geometry.interpolation,
        )
        pixels = preprocessing.fit(pixels, how)
    for at in range(0, len(chosen), batch):
        yield FrameBatch(times_ms=tuple(times_ms[at : at + batch]), pixels=pixels[at : at + batch])


def _chosen(times_ms: tuple[int, ...], sampling: Sampling, clip: Clip) -> list[int]:
    """Which frames of a scene are looked at. It has one shot, and each frame stands alone."""
    from loquitur.media.frames.positions import uniform_indices

    start_ms = clip.start_ms if clip.start_ms is not None else sampling.start_ms or 0
    end_ms = clip.end_ms if clip.end_ms is not None else sampling.end_ms
    inside = [
        at
        for at, time in enumerate(times_ms)
        if start_ms <= time and (end_ms is None or time < end_ms)
    ]
    if not inside:
        raise InputError(
            f"{display(clip.clip_id)}: no frame lies in its span", code="LQ-NO-PICTURES"
        )
    if sampling.by in ("uniform", "shots"):
        count = sampling.count if sampling.by == "uniform" else sampling.per_shot
        found = [inside[at] for at in uniform_indices(len(inside), count)]
    elif sampling.by == "rate":
        step_ms, found, due_ms = 1000 / sampling.rate_hz, [], float(times_ms[inside[0]])
        for at in inside:
            if times_ms[at] >= due_ms - 0.5:
                found.append(at)
                due_ms = max(due_ms + step_ms, times_ms[at] - 0.5 + min(step_ms, 1))
    else:
        found = inside
    return found[: sampling.most] if sampling.most else found
