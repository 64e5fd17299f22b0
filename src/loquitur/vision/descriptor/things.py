"""Things: patches that stand out, followed through the frames, each with its own numbers.

Where a patch is, how it moved and grew since it was first seen, which colour it has, and, apart
from that and blind to colour, which figure it makes. A grid of cells mixes those of all things; a
net that has learnt the grid learns what red triangles look like, not what triangles do.

Figures are told by the mask alone: a small picture of it in its own box, how much of the box it
fills, and normalised central moments (Hu 1962, "Visual pattern recognition by moment invariants").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from loquitur.vision.descriptor.colours import NAMES
from loquitur.vision.descriptor.regions import Region, regions_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

VERSION = "1"
"""Raised with every change of a number: features of two versions never mix."""
SLOTS = 2
"""Things of a clip, where no other number is asked for: those that cover most over its frames."""
MOST = 8
_STAMP = 6
_PLACE, _MOVE, _FIGURE = 4, 7, _STAMP * _STAMP + 8
PARTS: dict[str, int] = {
    "place": _PLACE,
    "move": _MOVE,
    "colour": len(NAMES),
    "figure": _FIGURE,
}
"""The numbers of one thing in a frame, in their order; lengths are parts of the picture's side.

`place`: 1 (it is seen), its middle to the right of and below the picture's, the radius of the
circle of its area. `move`: how far to the right and down since it was first seen, and since it was
last seen; half the logarithm of its area over the first one; its area over its largest; how far in
all since it was first seen. `colour`: the share of each name among its pixels, the mean over all
frames. `figure`: its mask in its own box, 6 x 6 cells row by row; how much of the box it fills; the
logarithm of the box's width over its height; central moments xx, yy, xy, xxx, yyy over powers of
its area (those of second order times 5, of third times 20); how far its farthest pixel is.
"""
SLOT_LENGTH = sum(PARTS.values())
_MOST_TRACKS = 4 * MOST
_NEAR = 0.3
"""Further than this part of the side from where a thing was, a patch is another thing."""
_SAME_COLOUR = 30.0
"""Levels, in the channel that differs most: tracks nearer than this may be one thing."""
_TOGETHER = 0.5
_COLOUR_WEIGHT = 0.6 / 255


@dataclass(slots=True, eq=False)
class _Track:
    """One thing: its patch in each frame where it is seen."""

    seen: dict[int, Region] = field(default_factory=dict)
    middle: tuple[float, float] = (0.0, 0.0)
    speed: tuple[float, float] = (0.0, 0.0)

    @property
    def colour(self) -> Floats:
        """The colour of its largest patch."""
        return max(self.seen.values(), key=lambda one: one.area).colour

    @property
    def mass(self) -> int:
        return sum(one.area for one in self.seen.values())

    def add(self, at: int, region: Region, side: int) -> None:
        place = _middle(region, side)
        if self.seen:
            past = at - max(self.seen)
            self.speed = (
                (place[0] - self.middle[0]) / past,
                (place[1] - self.middle[1]) / past,
            )
        self.middle = place
        self.seen[at] = region


def thing_numbers(pictures: NDArray[np.uint8], most: int = SLOTS) -> NDArray[np.float32]:
    """The things of one clip's frames.

    Args:
        pictures: uint8 [n, s, s, 3], RGB, in the order shown.
        most: How many things, 1 to 8.

    Returns:
        float32 [n, most * 66]: of each thing, the one that covers most first, its `PARTS`; zeros
        where it is not seen.
    """
    side = pictures.shape[1]
    tracks = _follow(regions_of(pictures), side)
    numbers = np.zeros((len(pictures), most, SLOT_LENGTH), np.float32)
    for slot, track in enumerate(tracks[:most]):
        _fill(numbers[:, slot], track, side)
    return numbers.reshape(len(pictures), most * SLOT_LENGTH)


def _follow(frames: Sequence[Sequence[Region]], side: int) -> list[_Track]:
    """Join the patches of each frame to the nearest things of the frames before."""
    tracks: list[_Track] = []
    for at, regions in enumerate(frames):
        costs = sorted(
            (cost, number, place)
            for number, track in enumerate(tracks)
            for place, region in enumerate(regions)
            if (cost := _cost(track, region, at, side)) is not None
        )
        taken: set[int] = set()
        continued: set[int] = set()
        for _, number, place in costs:
            if number in continued or place in taken:
                continue
            tracks[number].add(at, regions[place], side)
            continued.add(number)
            taken.add(place)
        for place, region in enumerate(regions):
            if place not in taken and len(tracks) < _MOST_TRACKS:
                track = _Track()
                track.add(at, region, side)
                tracks.append(track)
    return sorted(_joined(tracks), key=lambda one: -one.mass)


def _joined(tracks: list[_Track]) -> list[_Track]:
    """Pieces of one thing made one again: what another thing hides or parts for a while.

    Two tracks of one colour are one thing where they are hardly ever seen together: in less than
    `_TOGETHER` of the frames of the shorter.
    """
    whole: list[_Track] = []
    for track in sorted(tracks, key=lambda one: -one.mass):
        for other in whole:
            both = len(track.seen.keys() & other.seen.keys())
            far = float(np.abs(track.colour - other.colour).max())
            if far < _SAME_COLOUR and both < _TOGETHER * len(track.seen):
                for at, region in track.seen.items():
                    mine = other.seen.get(at)
                    other.seen[at] = region if mine is None else mine.with_(region)
                break
        else:
            whole.append(track)
    return whole


def _cost(track: _Track, region: Region, at: int, side: int) -> float | None:
    """How unlike a thing as it was last seen a patch is; None for another thing."""
    last_at = max(track.seen)
    last = track.seen[last_at]
    here = _middle(region, side)
    due = [track.middle[axis] + track.speed[axis] * min(at - last_at, 3) for axis in (0, 1)]
    far = min(np.hypot(here[0] - x, here[1] - y) for x, y in (due, track.middle))
    unlike = float(np.abs(last.colour - region.colour).max()) * _COLOUR_WEIGHT
    if far > _NEAR or unlike > 0.25:
        return None
    return float(far) + unlike + 0.05 * abs(float(np.log(region.area / last.area)))


def _middle(region: Region, side: int) -> tuple[float, float]:
    return (
        (float(region.columns.mean()) + 0.5) / side,
        (float(region.rows.mean()) + 0.5) / side,
    )


def _fill(numbers: Floats, track: _Track, side: int) -> None:
    """Write a thing's numbers into [n, SLOT_LENGTH]."""
    first = track.seen[min(track.seen)]
    largest = max(one.area for one in track.seen.values())
    start = _middle(first, side)
    before = start
    names = np.mean([one.names for one in track.seen.values()], axis=0)
    for at in sorted(track.seen):
        region = track.seen[at]
        x, y = _middle(region, side)
        size = float(np.sqrt(region.area / np.pi) / side)
        place = (1.0, x - 0.5, y - 0.5, size)
        move = (
            x - start[0],
            y - start[1],
            x - before[0],
            y - before[1],
            0.5 * float(np.log(region.area / first.area)),
            region.area / largest,
            float(np.hypot(x - start[0], y - start[1])),
        )
        numbers[at] = np.concatenate((place, move, names, _figure(region)))
        before = (x, y)


def _figure(region: Region) -> Floats:
    """What figure a patch makes, whatever its size, place and colour."""
    top, left = int(region.rows.min()), int(region.columns.min())
    height = int(region.rows.max()) - top + 1
    width = int(region.columns.max()) - left + 1
    mask = np.zeros((height, width), np.float32)
    mask[region.rows - top, region.columns - left] = 1
    stamp = _shrinker(height) @ mask @ _shrinker(width).T
    root = np.sqrt(region.area)
    dx = (region.columns - region.columns.mean()) / root
    dy = (region.rows - region.rows.mean()) / root
    far = np.hypot(dx, dy)
    moments = (
        region.area / (height * width),
        float(np.log(width / height)),
        float((dx * dx).mean()) * 5,
        float((dy * dy).mean()) * 5,
        float((dx * dy).mean()) * 5,
        float((dx**3).mean()) * 20,
        float((dy**3).mean()) * 20,
        float(far.max()),
    )
    return np.concatenate((stamp.reshape(-1), np.array(moments))).astype(np.float32)


def _shrinker(length: int) -> Floats:
    """Means of `length` numbers over `_STAMP` equal parts of them, [_STAMP, length]."""
    edges = np.linspace(0, length, _STAMP + 1)
    low = np.maximum(edges[:-1, None], np.arange(length)[None])
    high = np.minimum(edges[1:, None], np.arange(length)[None] + 1)
    parts: Floats = (np.clip(high - low, 0, None) * (_STAMP / length)).astype(np.float32)
    return parts
