"""What moves of a few frames: the camera, or something before a background that does not.

What is held to be moving is what differs from the median of the frames; where the camera goes is
the shift that brings one frame onto the next (phase correlation, Kuglin and Hines 1975), taken of
the four quarters of the picture, so that a zoom, in which they go apart, is told from a pan, in
which they go together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from loquitur.engines.description.measured.colours import COLOURS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.engines.description.measured.colours import Counts

    Floats = NDArray[np.float32]

Camera = Literal["", "left", "right", "up", "down", "in", "out"]
Way = Literal["", "left", "right", "up", "down", "grows", "shrinks"]

_NEAR = 0.6
"""The share of the pairs of frames that must agree on where the camera goes."""
_PEAK = 6.0
"""How far the peak of a shift stands out, in standard deviations: noise alone reaches 4."""
_EDGE, _EDGES = 10.0, 0.005
"""The slope of an edge, in levels a pixel, and the share of edges that a picture must have to tell
whether its camera stands: a plain wall looks the same however it goes."""
_EDGES_LEFT = 0.3
"""A camera goes where a larger share of the edges are not where they mostly are, or half as many
again not where they were at first."""
_SLOWER = (1, 3)
"""How many frames apart the camera is looked for: from one to the next, and where it is slow."""
_ONE_WAY = 0.8
"""The share of all its going that brings a camera on: less is a hand that trembles."""
_STRAIGHT = 0.6
"""How much of where a thing is, a line through its places must explain (R squared)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """Something that moves before a background that does not: its colour, and which way it goes."""

    colour: str
    way: Way = ""


def stands(luma: Floats) -> bool | None:
    """Whether the edges of the picture stay where they mostly are; None where it has too few.

    An edge that goes by a pixel changes the brightness there by as much as its slope.
    """
    mostly = np.median(luma, axis=0)
    if min(mostly.shape) < 3:
        return None
    left: list[float] = []
    for axis in (0, 1):  # stripes tell nothing of a camera that goes along them
        slope = np.abs(np.gradient(mostly, axis=axis))
        edges = slope > _EDGE
        if float(edges.mean()) < _EDGES:
            continue
        for usual, most in ((mostly, _EDGES_LEFT), (luma[0], 1.5 * _EDGES_LEFT)):
            gone = np.abs(luma - usual)[:, edges] > 0.6 * slope[edges] + 8.0
            left.append(float(np.percentile(gone.mean(axis=1), 80)) / most)
    if any(one >= 1 for one in left):
        return False
    return True if len(left) == 4 else None


def camera(luma: Floats) -> Camera | None:
    """Which way a camera goes that does not stand; None where nothing tells."""
    for step in _SLOWER:
        found = _gone(luma[::step]) if len(luma) > 2 * step else None
        if found:
            return found
    return None


def _gone(luma: Floats) -> Camera | None:
    """Which way the camera goes, from the shifts of the quarters of each pair of frames.

    Empty where it goes nowhere; None where too few pairs can be laid over one another to tell.
    """
    height, width = luma.shape[1] // 2, luma.shape[2] // 2
    if min(height, width) < 8:
        return None
    shifts = np.full((len(luma) - 1, 4, 2), np.nan)
    for pair in range(len(luma) - 1):
        for quarter in range(4):
            down, across = divmod(quarter, 2)
            rows = slice(down * height, (down + 1) * height)
            columns = slice(across * width, (across + 1) * width)
            shifts[pair, quarter] = _shift(luma[pair, rows, columns], luma[pair + 1, rows, columns])
    known = ~np.isnan(shifts[..., 0])
    if known.mean() < _NEAR:
        return None
    signs = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], dtype=np.float64)
    outward = np.nan_to_num(shifts * signs).sum(axis=(1, 2))
    along = np.abs(np.nanmedian(shifts[known.any(axis=1)], axis=(0, 1))).max()
    apart = np.abs(np.median(outward)) / 8  # two ways of four quarters
    if apart > along and abs(outward.sum()) >= _ONE_WAY * np.abs(outward).sum():
        if float((outward >= 2).mean()) >= _NEAR:
            return "in"
        if float((outward <= -2).mean()) >= _NEAR:
            return "out"
    return _panned(shifts[known.any(axis=1)])


def _panned(shifts: NDArray[np.float64]) -> Camera | None:
    """The one way that all goes, by shifts (down, across) of quarters [pairs, 4, 2].

    The quarters of most pairs must agree, and the pairs must not go to and fro, as they do where a
    hand trembles. Empty where most go nowhere, None where they go no one way.
    """
    each = np.nanmedian(shifts, axis=1)
    near = (
        np.abs(shifts - each[:, None]).max(axis=2)
        <= np.maximum(1.5, 0.35 * np.abs(each).max(axis=1))[:, None]
    )  # not a number is near nothing
    whole = near.sum(axis=1) >= np.maximum(2, 0.75 * (~np.isnan(shifts[..., 0])).sum(axis=1))
    if float(whole.mean()) < _NEAR:
        return None
    if float((np.abs(each).max(axis=1) < 1).mean()) >= _NEAR:
        return ""
    one_way = np.abs(each.sum(axis=0)) >= _ONE_WAY * np.abs(each).sum(axis=0).max()
    down, across = np.median(each, axis=0)
    if max(abs(down), abs(across)) < 1:
        return None
    if abs(across) >= abs(down):
        if not one_way[1]:
            return None
        return "left" if across > 0 else "right"  # what is seen goes the other way
    if not one_way[0]:
        return None
    return "up" if down > 0 else "down"


def _shift(one: Floats, other: Floats) -> tuple[float, float]:
    """By how many pixels (down, across) what is seen has gone; NaN where nothing tells."""
    window = np.hanning(one.shape[0] + 2)[1:-1, None] * np.hanning(one.shape[1] + 2)[None, 1:-1]
    before = np.fft.rfft2((one - one.mean()) * window)
    after = np.fft.rfft2((other - other.mean()) * window)
    if float(one.std()) < 2.0 or float(other.std()) < 2.0:
        return float("nan"), float("nan")
    product = after * np.conj(before)
    surface = np.fft.irfft2(product / np.maximum(np.abs(product), 1e-6), s=one.shape)
    peak = int(surface.argmax())
    if float(surface.flat[peak]) < _PEAK * float(surface.std()):
        return float("nan"), float("nan")
    down, across = divmod(peak, one.shape[1])
    half_down, half_across = one.shape[0] // 2, one.shape[1] // 2
    return (
        float(down - one.shape[0] if down > half_down else down),
        float(across - one.shape[1] if across > half_across else across),
    )


def differing(small: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which pixels are not as they mostly are, by the median of all frames; shape [n, h, w]."""
    background = np.median(small, axis=0).astype(np.float32)
    return np.asarray(np.abs(small.astype(np.float32) - background).max(axis=3) > 36)


def mover(differs: NDArray[np.bool_], names: NDArray[np.int64]) -> Mover | None:
    """What differs, where it is there most of the time and is not half of all."""
    area = differs.mean(axis=(1, 2))
    seen = (area > 0.002) & (area < 0.4)
    if seen.sum() < max(4, 0.5 * len(differs)):
        return None
    size = len(COLOURS)
    counts = np.bincount(names[seen][differs[seen]], minlength=size)
    usual = np.bincount(names[:, ~differs.any(axis=0)].ravel(), minlength=size)
    colour = _own_colour(counts, usual)
    if colour:  # what covers a place most of the time is background there: its colour tells better
        where = (names == COLOURS.index(colour)) & np.asarray(differs.any(axis=0))[None]
        own = where.mean(axis=(1, 2))
        if (own > 0.001).sum() >= max(4, 0.5 * len(differs)):
            differs, area, seen = where, own, own > 0.001
    return Mover(colour=colour, way=_way(differs, area, seen))


def _own_colour(counts: Counts, usual: Counts) -> str:
    """The colour of most of what differs, where that is not merely the background laid bare."""
    shares = counts / max(1, counts.sum())
    rest = usual / max(1, usual.sum())
    own = np.where(rest < 0.5, shares, 0.0)
    best = int(own.argmax())
    return COLOURS[best] if own[best] >= 0.4 else ""


def _way(differs: NDArray[np.bool_], area: NDArray[np.float64], seen: NDArray[np.bool_]) -> Way:
    """Which way its middle goes, by a line through the places where it was; else how it grows.

    Empty where it is scattered over the picture, so that it may be many things, or where it goes
    to and fro.
    """
    at = np.flatnonzero(seen)
    _, height, width = differs.shape
    places = [np.nonzero(differs[one]) for one in at]
    scattered = [12 * float(rows.std() * columns.std()) / (height * width)
                 for rows, columns in places]  # fmt: skip
    if np.median(scattered) > 3 * np.median(area[at]) + 0.03:
        return ""
    steps = (at - at.mean()) / max(1, len(differs) - 1)
    down, down_fits = _line(steps, np.array([rows.mean() for rows, _ in places]) / height)
    across, across_fits = _line(steps, np.array([columns.mean() for _, columns in places]) / width)
    if max(abs(down), abs(across)) >= 0.15:
        if abs(across) >= abs(down):
            return "" if across_fits < _STRAIGHT else "right" if across > 0 else "left"
        return "" if down_fits < _STRAIGHT else "down" if down > 0 else "up"
    third = len(at) // 3
    first, last = float(area[at[: third + 1]].mean()), float(area[at[-max(1, third) :]].mean())
    _, grows = _line(steps, area[at])
    if grows < _STRAIGHT or max(first, last) <= 2.5 * min(first, last):
        return ""
    return "grows" if last > first else "shrinks"


def _line(steps: NDArray[np.float64], values: NDArray[np.float64]) -> tuple[float, float]:
    """The slope of the line through values, and how much of them it explains, 0..1."""
    apart = values - values.mean()
    weight = float((steps**2).sum()) or 1.0
    slope = float((steps * apart).sum()) / weight
    whole = float((apart**2).sum())
    return slope, slope**2 * weight / whole if whole else 0.0
