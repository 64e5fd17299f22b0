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
from loquitur.media.isolation import Stream, stream_isolated
from loquitur.media.running import Piece
from loquitur.model.vision import MOST_SIDE_PX, Fitting, Geometry, Sampling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from loquitur.media.frames.here import Block, Shown
    from loquitur.media.isolation import Child, Limits

_AHEAD_BYTES = 128 << 20
"""What frames that wait may take."""
_PIECE_BYTES = 8 << 20
"""Frames are sent together up to this size: each piece costs the receiver a tenth of a ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What is said of some frames: when each is shown, how often it is due, their size."""

    at_ms: tuple[int, ...]
    repeat: tuple[int, ...]
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
    batch: int,
    child: Child | None,
    tell: Callable[[int, int], None],
    warn: Callable[[str], None],
) -> Iterator[Block]:
    """`frames_here` in a bounded child process.

    About `batch` frames come together where they fit, and as many wait decoded.
    """
    geometry = wanted.geometry
    request = {
        "sampling": asdict(wanted.sampling),
        "fitting" if isinstance(geometry, Fitting) else "geometry": (
            asdict(geometry) if geometry else None
        ),
        "cuts_ms": list(wanted.cuts_ms),
        "most_px": wanted.most_px,
        "threads": wanted.threads,
        "batch": batch,
    }
    side = wanted.most_px or MOST_SIDE_PX
    frame_bytes = 3 * side * side
    if geometry:
        size = geometry.how if isinstance(geometry, Fitting) else geometry
        frame_bytes = 3 * size.width_px * size.height_px
    pieces_due = -(-batch // max(1, min(batch, _PIECE_BYTES // frame_bytes)))
    most_bytes = max(_PIECE_BYTES, frame_bytes)
    pieces = stream_isolated(
        "frames",
        path,
        request,
        into=Sent,
        limits=limits,
        stream=Stream(
            most_bytes=most_bytes,
            ahead=max(1, min(pieces_due, _AHEAD_BYTES // most_bytes)),
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


def _received(piece: Piece, path: Path) -> Block:
    try:
        header = convert(piece.header, Header)
    except msgspec.ValidationError as error:
        raise EngineError(f"{shown(path)}: the media worker sent no frame: {error}") from error
    count = len(header.at_ms)
    shape = (count, header.height_px, header.width_px, 3)
    sane = min(*shape, *header.repeat) >= 1 and len(header.repeat) == count
    if not sane or len(piece.content) != count * shape[1] * shape[2] * 3:
        raise EngineError(f"{shown(path)}: the media worker sent a frame of another size")
    pixels = np.frombuffer(piece.content, np.uint8).reshape(shape)
    return tuple(max(0, at_ms) for at_ms in header.at_ms), header.repeat, pixels


def send_here(path: Path, request: dict[str, Any], say: Callable[..., None]) -> Sent:
    """Decode in this process, the child, and send each frame as a piece."""
    fitting, geometry = request.get("fitting"), request.get("geometry")
    size = convert(geometry, Geometry) if geometry else None
    wanted = Wanted(
        sampling=convert(request["sampling"], Sampling),
        geometry=convert(fitting, Fitting) if fitting else size,
        cuts_ms=tuple(request["cuts_ms"]),
        most_px=request["most_px"],
        threads=request["threads"],
    )
    warnings: list[str] = []
    frames = frames_here(
        path,
        wanted,
        tell=lambda done_ms, total_ms: say("progress", [done_ms, total_ms]),
        warn=warnings.append,
    )
    for at_ms, repeat, pixels in _together(frames, request["batch"]):
        height_px, width_px = pixels.shape[1:3]
        header = Header(at_ms=at_ms, repeat=repeat, height_px=height_px, width_px=width_px)
        say("piece", [asdict(header), pixels.nbytes], pixels)
    return Sent(warnings=tuple(warnings))


def _together(frames: Iterator[Shown], batch: int) -> Iterator[Block]:
    """Frames side by side, as many as a piece takes; they have one size."""
    held: list[Shown] = []
    for frame in frames:
        held.append(frame)
        if len(held) == batch or (len(held) + 1) * frame[2].nbytes > _PIECE_BYTES:
            yield _joined(held)
            held = []
    if held:
        yield _joined(held)


def _joined(held: list[Shown]) -> Block:
    times, repeats, pixels = zip(*held, strict=True)
    return times, repeats, pixels[0][None] if len(pixels) == 1 else np.stack(pixels)
