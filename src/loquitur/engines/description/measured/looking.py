"""What can be measured of a few frames without a model: light, colours, scenes, what moves.

Nothing here knows an object.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from loquitur.engines.description.measured.colours import (
    COLOURS,
    apart,
    counts_of,
    largest,
    names_of,
)
from loquitur.engines.description.measured.moving import camera, differing, mover, stands

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.engines.description.measured.colours import Colour
    from loquitur.engines.description.measured.moving import Camera, Floats, Mover

Light = Literal["", "dark", "bright"]

_WIDEST = 128
_BLACK_LUMA, _PLAIN_SPREAD = 12.0, 6.0
_MARK = 40.0
"""How far, in levels of 255, what stands on a plain picture is from it: a line of text, say."""
_DARK, _BRIGHT = 60.0, 185.0
_STILL = 1.2
"""Mean difference of two frames, in levels of 255, below which the noise of a codec lies."""
_SPECK = 0.001
"""The share of a picture that a thing has at least: less is a speck of a codec's."""
_APART = 0.45
"""How much of the colours two frames of different scenes do not share, 0..1."""
_BACKGROUND = 0.2
"""Something moves before a background where less than this share of it is not as it mostly is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """What was measured of the frames of one span.

    Args:
        plain: The one colour that all of it has; empty where there is more to see.
        light: Whether the picture is `dark` or `bright` all the while; empty for neither.
        colourless: Whether it is a picture in greys.
        colours: The larger ones, the largest first.
        scenes: How many scenes its frames show.
        fades: Whether it comes out of black (`in`), and goes into it (`out`).
        camera: Which way the camera goes; None where nothing tells.
        still: Whether nothing at all changes; None of a single frame.
        mover: What moves while the camera stands; None for nothing or too much.
    """

    plain: str = ""
    light: Light = ""
    colourless: bool = False
    colours: tuple[Colour, ...] = ()
    scenes: int = 1
    fades: tuple[Literal["in", "out"], ...] = ()
    camera: Camera | None = None
    still: bool | None = None
    mover: Mover | None = None


def look(pictures: NDArray[np.uint8]) -> Looks:
    """What can be measured of frames [n, h, w, 3] of one span, in the order shown.

    Deterministic, linear in the number of pixels.
    """
    whole = _shrunk(pictures)
    luma = _luma(whole)
    lit, fades = _lit(luma)
    small, luma = whole[lit], luma[lit]
    names = names_of(small)
    light = luma.mean(axis=(1, 2))
    dark = float(light.mean()) < _BLACK_LUMA
    if dark and not fades and float(np.percentile(luma, 99.8)) < 2.5 * _BLACK_LUMA:
        return Looks(plain="black", still=True if len(small) > 1 else None)
    spread = float(small.astype(np.float32).std(axis=(1, 2)).max())
    counts = counts_of(names)
    marked = float(np.percentile(np.abs(luma - light[:, None, None]), 99.8)) > _MARK
    if spread < _PLAIN_SPREAD and not marked and len(set(counts.argmax(axis=1).tolist())) == 1:
        plain = COLOURS[int(counts.sum(axis=0).argmax())]
        return Looks(plain=plain, still=True if len(small) > 1 else None)
    shares = counts / counts.sum(axis=1, keepdims=True)
    full = ~_dimmed(light) if fades else np.ones(len(light), dtype=bool)
    scenes = 1 + int((apart(shares[full]) > _APART).sum())
    steps = np.abs(np.diff(luma, axis=0)).mean(axis=(1, 2))
    differs = differing(small)
    quiet = float(differs.mean(axis=(1, 2)).max()) < _SPECK
    standing = stands(luma)
    still = bool(steps.max() < _STILL) and quiet and standing is not False if len(steps) else None
    gone: Camera | None = None
    moved: Mover | None = None
    alike = scenes == 1 and float(apart(shares[full][[0, -1]])[0]) <= _APART  # no slow change
    if alike and not still and len(small) > 1:
        before = float(np.median(differs.mean(axis=(1, 2)))) < _BACKGROUND
        moved = mover(differs, names) if standing is not False and before else None
        gone = "" if standing else camera(luma) if moved is None else None
    return Looks(
        light=_light(small, light),
        colourless=bool(_chroma(small).mean() < 6.0)
        and float(np.percentile(_chroma(small), 99)) < 30.0,
        colours=largest(names, shares.mean(axis=0)),
        scenes=scenes,
        fades=fades,
        camera=gone,
        still=still,
        mover=moved,
    )


def _shrunk(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The frames at most `_WIDEST` pixels wide and high, by means of whole blocks."""
    block = -(-max(pictures.shape[1:3]) // _WIDEST)
    if block <= 1:
        return pictures
    count, height, width = pictures.shape[:3]
    rows, columns = max(1, height // block), max(1, width // block)
    down, across = min(block, height), min(block, width)
    cut = pictures[:, : rows * down, : columns * across]
    blocks = cut.reshape(count, rows, down, columns, across, 3)
    return np.asarray(np.rint(blocks.mean(axis=(2, 4))), dtype=np.uint8)


def _luma(small: NDArray[np.uint8]) -> Floats:
    """Brightness by the weights of ITU-R BT.601, 0..255; shape [n, h, w]."""
    weights = np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return np.asarray(small.astype(np.float32) @ weights, dtype=np.float32)


def _dimmed(light: Floats) -> NDArray[np.bool_]:
    """Which frames are still on their way out of black or into it: not scenes of their own."""
    dim = light < 0.6 * np.median(light)
    first, last = int((~dim).argmax()), len(dim) - int((~dim)[::-1].argmax())
    dim[first:last] = False
    return np.asarray(dim, dtype=np.bool_)


def _light(small: NDArray[np.uint8], light: Floats) -> Light:
    """Whether all frames are dark, or bright; pure blue is neither, though its luma is low."""
    value = float(small.max(axis=3).mean())
    if light.mean() < _DARK and value < 1.5 * _DARK and np.percentile(light, 90) < 1.5 * _DARK:
        return "dark"
    return "bright" if light.mean() > _BRIGHT and np.percentile(light, 10) > 150 else ""


def _chroma(small: NDArray[np.uint8]) -> NDArray[np.int16]:
    values = small.astype(np.int16)
    return np.asarray(values.max(axis=3) - values.min(axis=3), dtype=np.int16)


def _lit(luma: Floats) -> tuple[slice, tuple[Literal["in", "out"], ...]]:
    """The frames between a black beginning and a black end, and which of the two there are."""
    black = (luma.mean(axis=(1, 2)) < _BLACK_LUMA) & (
        np.percentile(luma, 99, axis=(1, 2)) < 2.5 * _BLACK_LUMA
    )
    seen = np.flatnonzero(~black)
    if not len(seen):
        return slice(None), ()
    first, last = int(seen[0]), int(seen[-1]) + 1
    fades: list[Literal["in", "out"]] = ["in"] if first else []
    return slice(first, last), (*fades, *(("out",) if last < len(luma) else ()))
