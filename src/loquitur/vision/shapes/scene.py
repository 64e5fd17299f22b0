"""What a generated clip shows: things of a colour and a shape, each doing something.

A clip's name is all it is: `shapes:train/17?seed=3` is drawn, rendered and described anew from the
string alone, on any machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Literal, get_args
from urllib.parse import parse_qsl, urlencode

from loquitur.errors import InputError
from loquitur.vision.clips import DRAWN

Kind = Literal["one", "two", "passing", "following", "meeting"]
Variety = Literal["plain", "rich"]

SHAPES = ("circle", "square", "triangle", "cross")
COLOURS = ("red", "green", "blue", "yellow", "white", "purple")
DIRECTIONS = ("left", "right", "up", "down")
ACTIONS = (*DIRECTIONS, "stay", "grow", "shrink", "bounce-x", "bounce-y")
SPLITS = ("train", "validation", "test", "unseen")
"""`test` has the combinations that `train` has, `unseen` those that it never has."""

SCHEME = DRAWN
FOLDS = 4
MOST_PIXELS = 256 << 20
"""Of a clip: three quarters of a gigabyte. A corpus of somebody else's may name any clip."""
_HELD_PAIRS = (("triangle", "red"), ("cross", "blue"), ("circle", "yellow"), ("square", "purple"))
_HELD_MOVES = (("cross", "up"), ("circle", "down"))
_PATH = re.compile(r"([a-z]+)/([0-9]{1,9})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One object, in fractions of the picture's side, from the top left corner.

    Args:
        shape: One of `SHAPES`.
        colour: One of `COLOURS`.
        action: One of `ACTIONS`; `behind`, `front`, `follow`, `meet` of what acts on the other
            thing, `still` of what is passed, `led` of what is followed.
        track: Where its middle is at each frame, (x, y).
        radii: How large it is at each frame: the radius of the circle of the same area.
        shade: What its colour is multiplied by.
    """

    shape: str
    colour: str
    action: str
    track: tuple[tuple[float, float], ...]
    radii: tuple[float, ...]
    shade: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One clip: its things, those that are drawn last (nearest) at the end.

    `things` stand in the order of telling where that matters (who passes whom comes first);
    `order` names them from the back to the front. `specks` are grey distractors, (x, y, radius,
    grey), which no sentence tells.
    """

    kind: Kind
    things: tuple[Thing, ...]
    order: tuple[int, ...]
    specks: tuple[tuple[float, float, float, float], ...] = ()
    background: tuple[float, float, float] = (90.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the name of a generated clip says.

    Args:
        split: One of `SPLITS`.
        number: Which clip of the split.
        seed: Which drawing of the whole set.
        fold: Which combinations are kept out of training: 0 for the published ones, 1 to 3 for
            others, disjoint from them: choose by those and report on 0.
        variety: `plain`: one thing, two things, one passing behind or in front of another. `rich`:
            also one that follows another, two that meet, and distractors.
        size: Pixels of a side.
        frames: Pictures a clip.
        rate: Pictures a second.
        noise: Standard deviation of the noise of each pixel and channel, in levels.
    """

    split: str
    number: int
    seed: int = 0
    fold: int = 0
    variety: Variety = "plain"
    size: int = 64
    frames: int = 16
    rate: int = 8
    noise: int = 4

    def __post_init__(self) -> None:
        bounds = {
            "seed": (0, 2**31 - 1),
            "fold": (0, FOLDS - 1),
            "size": (16, 4096),
            "frames": (2, 4096),
            "rate": (1, 240),
            "noise": (0, 64),
            "number": (0, 999_999_999),
        }
        if self.split not in SPLITS or self.variety not in get_args(Variety):
            raise InputError(
                f"no generated clip: split '{self.split}', variety '{self.variety}'",
                hint=f"splits: {', '.join(SPLITS)}; varieties: {', '.join(get_args(Variety))}",
            )
        for name, (least, most) in bounds.items():
            if not least <= getattr(self, name) <= most:
                raise InputError(f"a generated clip's {name} lies between {least} and {most}")
        if self.frames * self.size**2 > MOST_PIXELS:
            raise InputError(
                f"{self.frames} pictures of {self.size} x {self.size} are too many pixels",
                hint=f"a generated clip has at most {MOST_PIXELS >> 20} million",
            )

    def __str__(self) -> str:
        given = {
            one.name: getattr(self, one.name)
            for one in fields(self)[2:]
            if getattr(self, one.name) != one.default
        }
        query = "?" + urlencode(given) if given else ""
        return f"{SCHEME}{self.split}/{self.number}{query}"

    @property
    def duration_ms(self) -> int:
        """How long it lasts."""
        return round(self.frames * 1000 / self.rate)

    @property
    def times_ms(self) -> tuple[int, ...]:
        """When each picture is shown."""
        return tuple(round(at * 1000 / self.rate) for at in range(self.frames))


def source_of(text: str) -> Source:
    """Read a clip's name.

    Raises:
        InputError: The text is none.
    """
    path, _, query = text.removeprefix(SCHEME).partition("?")
    match = _PATH.fullmatch(path)
    known = {one.name for one in fields(Source)[2:]}
    pairs = parse_qsl(query, keep_blank_values=True)
    names = [name for name, _ in pairs]
    strange = set(names) - known or len(set(names)) < len(names)
    if not text.startswith(SCHEME) or match is None or strange:
        raise InputError(
            f"no name of a generated clip: {text[:80]!r}",
            hint="expected shapes:SPLIT/NUMBER[?seed=N&fold=N&size=PX&frames=N]",
        )
    given: dict[str, int] = {}
    variety: Variety = "plain"
    for name, value in pairs:
        if name == "variety" and value in get_args(Variety):
            variety = "rich" if value == "rich" else "plain"
        elif name != "variety" and value.isascii() and value.isdecimal() and len(value) < 11:
            given[name] = int(value)
        else:
            raise InputError(f"no {name} of a generated clip: {value[:40]!r}")
    return Source(split=match[1], number=int(match[2]), variety=variety, **given)


def held_pairs(fold: int = 0) -> frozenset[tuple[str, str]]:
    """The (shape, colour) pairs that training never shows: red triangle, blue cross ... of fold 0.

    Of a further fold each colour is shifted by `fold` places, so no two folds share a pair.
    """
    return frozenset(
        (shape, COLOURS[(COLOURS.index(colour) + fold) % len(COLOURS)])
        for shape, colour in _HELD_PAIRS
    )


def held_moves(fold: int = 0) -> frozenset[tuple[str, str]]:
    """The (shape, direction) pairs that training never shows: cross up, circle down of fold 0."""
    return frozenset(
        (shape, DIRECTIONS[(DIRECTIONS.index(direction) + fold) % len(DIRECTIONS)])
        for shape, direction in _HELD_MOVES
    )


def is_unseen(thing: Thing, fold: int = 0) -> bool:
    """Whether it is a combination that training never shows."""
    pair = (thing.shape, thing.colour) in held_pairs(fold)
    return pair or (thing.shape, thing.action) in held_moves(fold)
