"""Draws scenes: from a clip's name to what it shows, the same on every machine.

The plain mixture is one thing 45 %, two things 35 %, one passing another 20 %. Draws use only
`random.Random(text).random()`, whose sequence Python promises to keep.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, TypeVar

from loquitur.vision.shapes.scene import (
    ACTIONS,
    COLOURS,
    DIRECTIONS,
    SHAPES,
    Kind,
    Scene,
    Source,
    Thing,
    is_unseen,
    source_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_T = TypeVar("_T")
_PLAIN: tuple[tuple[Kind, float], ...] = (("one", 0.45), ("two", 0.35), ("passing", 0.20))
_RICH: tuple[tuple[Kind, float], ...] = (
    ("one", 0.35),
    ("two", 0.25),
    ("passing", 0.16),
    ("following", 0.12),
    ("meeting", 0.12),
)
_STEPS = {"left": (-1.0, 0.0), "right": (1.0, 0.0), "up": (0.0, -1.0), "down": (0.0, 1.0)}
_TRIES = 200

Track = tuple[tuple[float, float], ...]


def scene(source: str | Source) -> Scene:
    """What a clip shows.

    Training, validation and test hold none of the fold's combinations, each unseen clip holds at
    least one: scenes are drawn until one is of its split.
    """
    named = source_of(source) if isinstance(source, str) else source
    key = f"1|{named.seed}|{named.fold}|{named.variety}|{named.split}|{named.number}"
    dice = _Dice(key)
    wanted = named.split == "unseen"
    while True:
        drawn = _draw(dice, named.frames, named.variety == "rich")
        if any(is_unseen(thing, named.fold) for thing in drawn.things) is wanted:
            return drawn


class _Dice:
    """Draws of one clip."""

    __slots__ = ("_random",)

    def __init__(self, key: str) -> None:
        self._random = random.Random(key)  # noqa: S311 - a drawing, not a secret

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self._random.random()

    def one_of(self, values: Sequence[_T]) -> _T:
        return values[int(self._random.random() * len(values))]

    def happens(self, probability: float) -> bool:
        return self._random.random() < probability


def _draw(dice: _Dice, frames: int, rich: bool) -> Scene:
    kind = _kind(dice, _RICH if rich else _PLAIN)
    background = (dice.between(60, 120), dice.between(-35, 35), dice.between(-35, 35))
    specks = tuple(_speck(dice) for _ in range(int(dice.between(0, 5)))) if rich else ()
    if kind == "one":
        things: tuple[Thing, ...] = (_acting(dice, frames, _look(dice)),)
        order: tuple[int, ...] = (0,)
    elif kind == "two":
        things, order = _two(dice, frames)
    elif kind == "passing":
        things, order = _passing(dice, frames)
    else:
        things, order = _together(dice, frames, kind)
    return Scene(kind=kind, things=things, order=order, specks=specks, background=background)


def _kind(dice: _Dice, mixture: tuple[tuple[Kind, float], ...]) -> Kind:
    drawn = dice.between(0, sum(share for _, share in mixture))
    for kind, share in mixture:
        drawn -= share
        if drawn < 0:
            return kind
    return mixture[-1][0]


def _speck(dice: _Dice) -> tuple[float, float, float, float]:
    place = dice.between(0.05, 0.95), dice.between(0.05, 0.95)
    return (*place, dice.between(0.015, 0.035), dice.between(20, 200))


def _look(dice: _Dice, other: tuple[str, str] | None = None) -> tuple[str, str]:
    """A shape and a colour; not those of the other thing, or words could not tell them apart."""
    while True:
        look = dice.one_of(SHAPES), dice.one_of(COLOURS)
        if look != other:
            return look


def _two(dice: _Dice, frames: int) -> tuple[tuple[Thing, ...], tuple[int, ...]]:
    """Two things that keep clear of each other for most of the time."""
    first_look = _look(dice)
    second_look = _look(dice, first_look)
    for _ in range(_TRIES):
        first, second = _acting(dice, frames, first_look), _acting(dice, frames, second_look)
        if _clear(first, second) >= 0.75:
            break
    return (first, second), ((0, 1) if dice.happens(0.5) else (1, 0))


def _clear(first: Thing, second: Thing) -> float:
    """In which share of the frames the two do not touch."""
    apart = [
        math.dist(*places) > sum(radii)
        for places, radii in zip(
            zip(first.track, second.track, strict=True),
            zip(first.radii, second.radii, strict=True),
            strict=True,
        )
    ]
    return sum(apart) / len(apart)


def _thing(
    dice: _Dice, look: tuple[str, str], action: str, track: Track, radii: Sequence[float]
) -> Thing:
    shade = dice.between(0.9, 1.06)
    return Thing(
        shape=look[0],
        colour=look[1],
        action=action,
        track=track,
        radii=tuple(radii),
        shade=shade,
    )


def _acting(dice: _Dice, frames: int, look: tuple[str, str]) -> Thing:
    """One thing and what it does, all of it inside the picture."""
    action = dice.one_of(ACTIONS)
    radius = dice.between(0.085, 0.15)
    along = [at / (frames - 1) for at in range(frames)]
    if action in DIRECTIONS:
        step = _STEPS[action]
        reach = dice.between(0.3, 0.55)
        start = _start(dice, radius, (step[0] * reach, step[1] * reach))
        track = tuple(
            (start[0] + step[0] * reach * t, start[1] + step[1] * reach * t) for t in along
        )
        return _thing(dice, look, action, track, [radius] * frames)
    if action in ("grow", "shrink"):
        small, large = dice.between(0.06, 0.09), dice.between(0.15, 0.2)
        place = dice.between(large, 1 - large), dice.between(large, 1 - large)
        ends = (small, large) if action == "grow" else (large, small)
        radii = [ends[0] + (ends[1] - ends[0]) * t for t in along]
        return _thing(dice, look, action, (place,) * frames, radii)
    if action == "stay":
        place = dice.between(radius, 1 - radius), dice.between(radius, 1 - radius)
        return _thing(dice, look, action, (place,) * frames, [radius] * frames)
    swing, turns, phase = dice.between(0.1, 0.2), dice.between(1.25, 2.5), dice.between(0, 1)
    waves = [swing * _zigzag(phase + turns * t) for t in along]
    low, high = radius + swing, 1 - radius - swing
    if action == "bounce-x":
        middle = dice.between(low, high), dice.between(radius, 1 - radius)
        track = tuple((middle[0] + wave, middle[1]) for wave in waves)
    else:
        middle = dice.between(radius, 1 - radius), dice.between(low, high)
        track = tuple((middle[0], middle[1] + wave) for wave in waves)
    return _thing(dice, look, action, track, [radius] * frames)


def _zigzag(turn: float) -> float:
    """A triangle wave between -1 and 1, one period a turn."""
    part = turn % 1.0
    return 4 * part - 1 if part < 0.5 else 3 - 4 * part


def _start(dice: _Dice, radius: float, way: tuple[float, float]) -> tuple[float, float]:
    """Where a way begins that lies inside the picture to its end."""
    low = [radius - min(step, 0.0) for step in way]
    high = [1 - radius - max(step, 0.0) for step in way]
    return dice.between(low[0], high[0]), dice.between(low[1], high[1])


def _passing(dice: _Dice, frames: int) -> tuple[tuple[Thing, ...], tuple[int, ...]]:
    """The first passes behind or in front of the second, which stands."""
    mover_look = _look(dice)
    other_look = _look(dice, mover_look)
    behind = dice.happens(0.5)
    radius, other = dice.between(0.085, 0.14), dice.between(0.1, 0.16)
    direction = dice.one_of(DIRECTIONS)
    across = dice.between(-0.06, 0.06)
    half = dice.between(0.28, 0.38)
    place = dice.between(0.46, 0.54), dice.between(0.46, 0.54)
    step = _STEPS[direction]
    track = []
    for at in range(frames):
        along = (2 * at / (frames - 1) - 1) * half
        x = place[0] + step[0] * along + abs(step[1]) * across
        y = place[1] + step[1] * along + abs(step[0]) * across
        track.append((_inside(x, radius), _inside(y, radius)))
    mover = _thing(
        dice, mover_look, "behind" if behind else "front", tuple(track), [radius] * frames
    )
    stander = _thing(dice, other_look, "still", (place,) * frames, [other] * frames)
    return (mover, stander), ((0, 1) if behind else (1, 0))


def _inside(value: float, radius: float) -> float:
    return min(max(value, radius), 1 - radius)


def _together(dice: _Dice, frames: int, kind: Kind) -> tuple[tuple[Thing, ...], tuple[int, ...]]:
    """The first follows the second, or the two come towards each other and meet."""
    looks = [_look(dice)]
    looks.append(_look(dice, looks[0]))
    radius = dice.between(0.085, 0.12)
    side = dice.between(radius + 0.05, 0.95 - radius)
    upright, forward = dice.happens(0.5), dice.happens(0.5)
    reach = dice.between(0.25, 0.32)
    along = [at / (frames - 1) for at in range(frames)]
    gap = 2 * radius + dice.between(0.04, 0.1)
    if kind == "following":
        start = dice.between(radius, 1 - radius - gap - reach)
        ways = [[start + reach * t for t in along], [start + gap + reach * t for t in along]]
    else:
        middle = dice.between(0.45, 0.55)
        nearest = radius + 0.01
        ways = [
            [middle - nearest - reach * (1 - t) for t in along],
            [middle + nearest + reach * (1 - t) for t in along],
        ]
        ways = [[_inside(place, radius) for place in way] for way in ways]
    if not forward:
        ways = [[1 - place for place in way] for way in ways]
    action = "follow" if kind == "following" else "meet"
    things = []
    for look, way, does in zip(
        looks, ways, (action, "led" if action == "follow" else action), strict=True
    ):
        track = tuple((side, place) if upright else (place, side) for place in way)
        things.append(_thing(dice, look, does, track, [radius] * frames))
    return tuple(things), (0, 1)
