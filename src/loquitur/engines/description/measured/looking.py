"""What can be measured of a few frames without a model: light, colours, camera, what moves.

Nothing here knows an object. What is held to be moving is what differs from the median of the
frames; where the camera goes is the shift that brings one frame onto the next (phase correlation,
Kuglin and Hines 1975), taken of the four quarters of the picture, so that a zoom, in which they go
apart, is told from a pan, in which they go together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Counts = NDArray[np.int64]

COLOURS = (
    *("black", "grey", "white", "red", "orange", "yellow", "green", "blue", "purple", "pink"),
    "brown",
)
"""The basic colour terms that English has (Berlin and Kay 1969)."""
Camera = Literal["", "left", "right", "up", "down", "in", "out"]
Way = Literal["", "left", "right", "up", "down", "grows", "shrinks"]
Light = Literal["", "dark", "bright"]
Place = Literal["", "top", "bottom", "left", "right", "middle"]

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
_NEAR = 0.6
"""The share of the pairs of frames that must agree on where the camera goes."""
_PEAK = 6.0
"""How far the peak of a shift stands out, in standard deviations: noise alone reaches 4."""
_BACKGROUND = 0.2
"""Something moves before a background where less than this share of it is not as it mostly is."""
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
class Colour:
    """A colour of the picture: its share 0..1, and where it lies where it lies in one place."""

    name: str
    share: float
    place: Place = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """Something that moves before a background that does not: its colour, and which way it goes."""

    colour: str
    way: Way = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """What was measured of the frames of one span.

    Args:
        plain: The one colour that all of it has; empty where there is more to see.
        luma: Mean brightness, 0..255.
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
    luma: float = 0.0
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
    names = _names(small)
    light = luma.mean(axis=(1, 2))
    mean = float(light.mean())
    if mean < _BLACK_LUMA and not fades and float(np.percentile(luma, 99.8)) < 2.5 * _BLACK_LUMA:
        return Looks(plain="black", luma=mean, still=True if len(small) > 1 else None)
    spread = float(small.astype(np.float32).std(axis=(1, 2)).max())
    counts = _counts(names)
    marked = float(np.percentile(np.abs(luma - light[:, None, None]), 99.8)) > _MARK
    if spread < _PLAIN_SPREAD and not marked and len(set(counts.argmax(axis=1).tolist())) == 1:
        largest = COLOURS[int(counts.sum(axis=0).argmax())]
        return Looks(plain=largest, luma=mean, still=True if len(small) > 1 else None)
    shares = counts / counts.sum(axis=1, keepdims=True)
    full = ~_dimmed(light) if fades else np.ones(len(light), dtype=bool)
    scenes = 1 + int((_apart(shares[full]) > _APART).sum())
    steps = np.abs(np.diff(luma, axis=0)).mean(axis=(1, 2))
    differs = _differing(small)
    quiet = float(differs.mean(axis=(1, 2)).max()) < _SPECK
    stands = _stands(luma)
    still = bool(steps.max() < _STILL) and quiet and stands is not False if len(steps) else None
    camera: Camera | None = None
    mover = None
    alike = scenes == 1 and float(_apart(shares[full][[0, -1]])[0]) <= _APART  # no slow change
    if alike and not still and len(small) > 1:
        before = float(np.median(differs.mean(axis=(1, 2)))) < _BACKGROUND
        mover = _mover(differs, names) if stands is not False and before else None
        camera = "" if stands else _camera(luma) if mover is None else None
    return Looks(
        luma=mean,
        light=_light(small, light),
        colourless=bool(_chroma(small).mean() < 6.0)
        and float(np.percentile(_chroma(small), 99)) < 30.0,
        colours=_colours(names, shares.mean(axis=0)),
        scenes=scenes,
        fades=fades,
        camera=camera,
        still=still,
        mover=mover,
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


def _stands(luma: Floats) -> bool | None:
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


def _chroma(small: NDArray[np.uint8]) -> NDArray[np.int16]:
    values = small.astype(np.int16)
    return np.asarray(values.max(axis=3) - values.min(axis=3), dtype=np.int16)


def _names(small: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The name of each pixel's colour, as its place in `COLOURS`, by hue, value and chroma."""
    red, green, blue = (small[..., at].astype(np.float32) for at in range(3))
    value = np.maximum(np.maximum(red, green), blue)
    chroma = value - np.minimum(np.minimum(red, green), blue)
    safe = np.maximum(chroma, 1.0)
    hue = np.where(
        value == red,
        (green - blue) / safe % 6,
        np.where(value == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    hue = hue * 60
    dull = chroma / np.maximum(value, 1.0)
    rules: list[tuple[str, Any]] = [
        ("black", value < 48),
        ("white", (dull < 0.15) & (value > 205)),
        ("grey", (dull < 0.18) | (chroma < 18)),
        ("brown", (hue >= 12) & (hue < 50) & (value < 165)),
        ("pink", ((hue < 12) | (hue >= 318)) & (dull < 0.55) & (value > 165)),
        ("red", (hue < 14) | (hue >= 345)),
        ("orange", hue < 42),
        ("yellow", hue < 70),
        ("green", hue < 165),
        ("blue", hue < 258),
        ("purple", hue < 300),
        ("pink", hue < 345),
    ]
    found = np.select([rule for _, rule in rules], [COLOURS.index(name) for name, _ in rules])
    return np.asarray(found, dtype=np.int64)


def _counts(names: NDArray[np.int64]) -> Counts:
    """How many pixels of each frame have each colour; shape [n, colours]."""
    size = len(COLOURS)
    flat = names.reshape(len(names), -1) + size * np.arange(len(names))[:, None]
    return np.bincount(flat.ravel(), minlength=size * len(names)).reshape(len(names), size)


def _apart(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much of its colours each frame does not share with the next, 0..1."""
    return np.asarray(np.abs(np.diff(shares, axis=0)).sum(axis=1) / 2)


def _colours(names: NDArray[np.int64], shares: NDArray[np.float64]) -> tuple[Colour, ...]:
    """The colours that a tenth of the picture or more has, at most three."""
    order = [int(at) for at in np.argsort(-shares, kind="stable")[:3] if shares[at] >= 0.1]
    return tuple(
        Colour(name=COLOURS[at], share=float(shares[at]), place=_place(names == at)) for at in order
    )


def _place(mask: NDArray[np.bool_]) -> Place:
    """Where in the picture a colour lies: the half or the middle that has nearly all of it."""
    where = mask.mean(axis=0)
    total = float(where.sum())
    height, width = where.shape
    if total == 0.0 or total > 0.6 * where.size:
        return ""
    up, left = max(1, height // 2), max(1, width // 2)
    parts: dict[Place, float] = {
        "top": float(where[:up].sum()),
        "bottom": float(where[-up:].sum()),
        "left": float(where[:, :left].sum()),
        "right": float(where[:, -left:].sum()),
    }
    best = max(parts, key=lambda name: parts[name])
    if parts[best] > 0.85 * total:
        return best
    inner = where[height // 5 : height - height // 5, width // 5 : width - width // 5]
    return "middle" if float(inner.sum()) > 0.9 * total else ""


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


def _camera(luma: Floats) -> Camera | None:
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


def _differing(small: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which pixels are not as they mostly are, by the median of all frames; shape [n, h, w]."""
    background = np.median(small, axis=0).astype(np.float32)
    return np.asarray(np.abs(small.astype(np.float32) - background).max(axis=3) > 36)


def _mover(differs: NDArray[np.bool_], names: NDArray[np.int64]) -> Mover | None:
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
