"""Frames out of the bounded child: its side, and the checks on the parent's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from loquitur.conversion import convert
from loquitur.errors import EngineError
from loquitur.media.containers import shown
from loquitur.media.frames.here import Wanted, frames_here
from loquitur.media.isolation import Piece, Stream, stream_isolated
from loquitur.model.vision import Geometry, Sampling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from loquitur.media.frames.here import Shown
    from loquitur.media.isolation import Child, Limits

MOST_SIDE_PX = 16384
"""As large as a `Geometry` may be; FFmpeg's own bound on a picture lies about there."""


_AHEAD_BYTES = 128 << 20
"""What frames that wait may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What is said of one frame: when it is shown, how often it is due, its size."""

    at_ms: int
    repeat: int
    height_px: int
    width_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The child's last word."""

    warnings: tuple[str, ...]


def frames_isolated(
    path: Path,
    wanted: Wanted,
    *,
    limits: Limits,
    ahead: int,
    child: Child | None,
    tell: Callable[[int, int], None],
    warn: Callable[[str], None],
) -> Iterator[Shown]:
    """`frames_here` in a bounded child process; `ahead` frames wait decoded where they fit."""
    request = {
        "sampling": asdict(wanted.sampling),
        "geometry": asdict(wanted.geometry) if wanted.geometry else None,
        "cuts_ms": list(wanted.cuts_ms),
        "most_px": wanted.most_px,
    }
    side = wanted.most_px or MOST_SIDE_PX
    most_bytes = 3 * side * side
    if wanted.geometry:
        most_bytes = 3 * wanted.geometry.width_px * wanted.geometry.height_px
    pieces = stream_isolated(
        "frames",
        path,
        request,
        into=Sent,
        limits=limits,
        stream=Stream(
            most_bytes=most_bytes,
            ahead=max(1, min(ahead, _AHEAD_BYTES // most_bytes)),
            child=child,
        ),
        tell=tell,
    )
    for piece in pieces:
        if isinstance(piece, Piece):
            yield _received(piece, path)
            continue
        for warning in piece.warnings:
            warn(warning)


def _received(piece: Piece, path: Path) -> Shown:
    try:
        header = convert(piece.header, Header)
    except msgspec.ValidationError as error:
        raise EngineError(f"{shown(path)}: the media worker sent no frame: {error}") from error
    shape = (header.height_px, header.width_px, 3)
    if min(*shape, header.repeat) < 1 or len(piece.content) != shape[0] * shape[1] * shape[2]:
        raise EngineError(f"{shown(path)}: the media worker sent a frame of another size")
    pixels = np.frombuffer(piece.content, np.uint8).reshape(shape)
    return max(0, header.at_ms), header.repeat, pixels


def send_here(path: Path, request: dict[str, Any], say: Callable[..., None]) -> Sent:
    """Decode in this process, the child, and send each frame as a piece."""
    geometry = request["geometry"]
    wanted = Wanted(
        sampling=convert(request["sampling"], Sampling),
        geometry=convert(geometry, Geometry) if geometry else None,
        cuts_ms=tuple(request["cuts_ms"]),
        most_px=request["most_px"],
    )
    warnings: list[str] = []
    frames = frames_here(
        path,
        wanted,
        tell=lambda done_ms, total_ms: say("progress", [done_ms, total_ms]),
        warn=warnings.append,
    )
    for at_ms, repeat, pixels in frames:
        height_px, width_px = pixels.shape[:2]
        header = Header(at_ms=at_ms, repeat=repeat, height_px=height_px, width_px=width_px)
        say("piece", [asdict(header), pixels.nbytes], pixels)
    return Sent(warnings=tuple(warnings))
