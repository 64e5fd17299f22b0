"""Regions that stand out from a smooth background: one colour each, hanging together.

The background is a plane of brightness in each channel, fitted to the frame with what stands out
left aside (least squares, thrice). That suits drawings, slides, sky, a table from above; of a busy
picture it gives large patches of one colour, which are not objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.vision.descriptor.colours import NAMES, names_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Floats = NDArray[np.float32]

_ROUNDS = 3
_STANDS_OUT = 30.0
"""Levels off the background, at least; and six times the frame's own spread."""
_SPREADS = 6.0
_MOST_SPREAD = 12.0
_STRIDE = 2
"""The plane is fitted to every second pixel of every second row."""
_SAME_COLOUR = 60.0
"""Colours nearer than this (root of the summed squares) are one paint."""
_LEAST_PAINT = 5
_LEAST_SHARE = 0.04
_LEAST_AREA = 10
_MOST = 12
"""Regions a frame at most, the largest: to follow those of a busy picture costs little more."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Region:
    """One patch of a frame.

    Args:
        rows: Of each of its pixels.
        columns: Of each of its pixels.
        colour: Its mean, in levels.
        names: The share of each of the eleven colour names among its pixels.
    """

    rows: Numbers
    columns: Numbers
    colour: Floats
    names: Floats

    @property
    def area(self) -> int:
        """Pixels."""
        return len(self.rows)

    def with_(self, other: Region) -> Region:
        """Both patches as one."""
        share = self.area / (self.area + other.area)
        return Region(
            rows=np.concatenate((self.rows, other.rows)),
            columns=np.concatenate((self.columns, other.columns)),
            colour=share * self.colour + (1 - share) * other.colour,
            names=share * self.names + (1 - share) * other.names,
        )


def regions_of(pictures: NDArray[np.uint8]) -> list[list[Region]]:
    """The regions of each frame, the largest first.

    Args:
        pictures: uint8 [n, h, w, 3], RGB.
    """
    outside = standing_out(pictures)
    names = names_of(pictures)
    return [
        _regions(picture, mask, named)
        for picture, mask, named in zip(pictures, outside, names, strict=True)
    ]


def standing_out(pictures: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which pixels differ from a plane of brightness through the background, bool [n, h, w]."""
    count, height, width = pictures.shape[:3]
    every = _basis(height, width)
    basis = every[:, ::_STRIDE, ::_STRIDE].reshape(3, -1)
    products = (basis[:, None] * basis[None]).reshape(9, -1)
    levels = pictures[:, ::_STRIDE, ::_STRIDE].reshape(count, -1, 3).astype(np.float32)
    off = _furthest(levels - np.median(levels, axis=1, keepdims=True))
    inside = off < 2 * _STANDS_OUT
    for _ in range(_ROUNDS):
        weights = inside.astype(np.float32)
        normal = (weights @ products.T).reshape(count, 3, 3) + np.eye(3, dtype=np.float32) * 1e-3
        moments = np.matmul(basis[None] * weights[:, None], levels)
        planes = np.linalg.solve(normal, moments)
        off = _furthest(levels - np.matmul(basis.T[None], planes))
        spread = 1.4826 * np.median(off, axis=1)
        least = np.maximum(_STANDS_OUT, _SPREADS * np.minimum(spread, _MOST_SPREAD))
        inside = off < least[:, None]
    ground = np.matmul(every.reshape(3, -1).T[None], planes)
    off = _furthest(pictures.reshape(count, -1, 3) - ground)
    return np.asarray(off >= least[:, None]).reshape(count, height, width)


def _basis(height: int, width: int) -> Floats:
    """The planes that brightness is made of: even, from top to bottom, from left to right."""
    down, across = np.meshgrid(
        np.linspace(-1, 1, height, dtype=np.float32),
        np.linspace(-1, 1, width, dtype=np.float32),
        indexing="ij",
    )
    return np.stack((np.ones_like(down), down, across))


def _furthest(off: Floats) -> Floats:
    """The largest difference of the three channels."""
    off = np.abs(off)
    return np.maximum(np.maximum(off[..., 0], off[..., 1]), off[..., 2])


def _regions(
    picture: NDArray[np.uint8], mask: NDArray[np.bool_], names: NDArray[np.uint8]
) -> list[Region]:
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return []
    levels = picture[rows, columns].astype(np.float32)
    paints = _paints(mask, names, picture)
    if not len(paints):
        return []
    far = ((levels[:, None] - paints[None]) ** 2).sum(axis=2)
    labels = np.zeros(mask.shape, np.int64)
    labels[rows, columns] = far.argmin(axis=1) + 1
    places = _components(labels)
    numbers = places[rows, columns]
    sizes = np.bincount(numbers)
    kept = [at for at in np.argsort(-sizes, kind="stable")[:_MOST] if sizes[at] >= _LEAST_AREA]
    found = []
    for number in kept:
        chosen = numbers == number
        y, x = rows[chosen], columns[chosen]
        shares = np.bincount(names[y, x], minlength=len(NAMES)) / len(y)
        found.append(
            Region(
                rows=y,
                columns=x,
                colour=levels[chosen].mean(axis=0),
                names=shares.astype(np.float32),
            )
        )
    return found


def _paints(
    mask: NDArray[np.bool_], names: NDArray[np.uint8], picture: NDArray[np.uint8]
) -> Floats:
    """The colours that patches of a frame have: of pixels whose neighbours stand out too."""
    inner = mask.copy()
    inner[1:] &= mask[:-1]
    inner[:-1] &= mask[1:]
    inner[:, 1:] &= mask[:, :-1]
    inner[:, :-1] &= mask[:, 1:]
    if inner.sum() < _LEAST_PAINT:
        inner = mask
    named, levels = names[inner], picture[inner].astype(np.float32)
    counts = np.bincount(named, minlength=len(NAMES))
    paints: list[Floats] = []
    for name in np.argsort(-counts, kind="stable"):
        if counts[name] < max(_LEAST_PAINT, _LEAST_SHARE * len(named)):
            break
        paint = np.median(levels[named == name], axis=0).astype(np.float32)
        if all(((paint - other) ** 2).sum() > _SAME_COLOUR**2 for other in paints):
            paints.append(paint)
    return np.array(paints, np.float32).reshape(-1, 3)


def _components(labels: Numbers) -> Numbers:
    """Numbers for what hangs together (four neighbours) of one label; 0 stays 0.

    Runs of a row are joined with the runs of the row above by union and find.
    """
    height, width = labels.shape
    edge = np.ones((height, width + 1), bool)
    edge[:, 1:-1] = labels[:, 1:] != labels[:, :-1]
    tops, starts = np.nonzero(edge[:, :-1])
    ends = np.nonzero(edge[:, 1:])[1] + 1
    kinds = labels[tops, starts]
    wanted = kinds > 0
    tops, starts, ends, kinds = (one[wanted] for one in (tops, starts, ends, kinds))
    parents = list(range(len(tops)))

    def root(at: int) -> int:
        while parents[at] != at:
            parents[at] = parents[parents[at]]
            at = parents[at]
        return at

    runs = list(zip(tops.tolist(), starts.tolist(), ends.tolist(), kinds.tolist(), strict=True))
    above = 0
    for at, (top, start, end, kind) in enumerate(runs):
        while above < at and (runs[above][0], runs[above][2]) <= (top - 1, start):
            above += 1
        other = above
        while other < at and runs[other][0] == top - 1 and runs[other][1] < end:
            if runs[other][3] == kind:
                parents[root(at)] = root(other)
            other += 1
    numbers = np.zeros(labels.shape, np.int64)
    for at, (top, start, end, _) in enumerate(runs):
        numbers[top, start:end] = root(at) + 1
    return numbers
