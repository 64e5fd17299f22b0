"""Where the names of marks stand above a plot, so that none covers another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from loquitur.insight.page.canvas import width_of
from loquitur.insight.page.markup import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.account import Mark

_MOST_LANES = 2
_GAP = 10.0
_MOST_LETTERS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A mark's name: `x` on the axis, `at` in pixels from the plot's left edge."""

    x: float
    at: float
    lane: int
    text: str
    side: Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """The names that have room, in so many lines; `hidden` are those without."""

    labels: tuple[Label, ...] = ()
    count: int = 0
    hidden: int = 0
    numbered: bool = False


def lanes(
    marks: Sequence[Mark], span: tuple[float, float], room: float, *, log: bool, size: float
) -> Lanes:
    """Names in at most two lines, or their numbers in the list below where names have no room."""
    inside = [
        (number, mark)
        for number, mark in enumerate(marks, 1)
        if math.isfinite(mark.x) and span[0] <= mark.x <= span[1] and (mark.x > 0 or not log)
    ]
    if not inside:
        return Lanes(hidden=len(marks))
    inside.sort(key=lambda pair: pair[1].x)
    named = [(mark.x, shown(mark.label, _MOST_LETTERS)) for _, mark in inside]
    found = _placed(named, span, room, log=log, size=size)
    if len(found) < len(inside):
        found = _placed(
            [(mark.x, str(number)) for number, mark in inside], span, room, log=log, size=size
        )
        numbered = True
    else:
        numbered = False
    count = max((label.lane for label in found), default=-1) + 1
    return Lanes(
        labels=tuple(found), count=count, hidden=len(marks) - len(found), numbered=numbered
    )


def _placed(
    named: Sequence[tuple[float, str]],
    span: tuple[float, float],
    room: float,
    *,
    log: bool,
    size: float,
) -> list[Label]:
    """Each name in the lowest line that has room for it; those without room are left out."""
    place = math.log if log else float
    low, high = place(span[0]), place(span[1])
    ends = [-math.inf] * _MOST_LANES
    found: list[Label] = []
    for x, text in named:
        at = (place(x) - low) / (high - low or 1.0) * room
        width = width_of(text) * size
        side: Literal["left", "center", "right"] = "center"
        start = at - width / 2
        if start < 0:
            side, start = "left", at
        elif start + width > room:
            side, start = "right", at - width
        lane = next((lane for lane, end in enumerate(ends) if start >= end + _GAP), None)
        if lane is not None and start >= -size:
            ends[lane] = start + width
            found.append(Label(x=x, at=at, lane=lane, text=text, side=side))
    return found
