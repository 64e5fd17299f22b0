"""The least of a smooth function: L-BFGS with a backtracking line search.

Source: Nocedal, Wright: Numerical Optimization, second edition 2006, algorithms 7.4 and 3.1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Point = NDArray[Any]
    Slope = Callable[[Point], tuple[float, Point]]

_KEPT = 8
_ENOUGH = 1e-4
"""Armijo's condition: what share of the promised descent a step must bring."""


def minimise(loss: Slope, start: Point, *, steps: int = 200, tolerance: float = 1e-6) -> Point:
    """Where a function is least, as far as so many steps lead.

    Args:
        loss: A point to the value there and the slope (of the point's shape).
        start: Where to begin.
        steps: At most so many.
        tolerance: Enough where a step brings less than this share of the value.
    """
    point = start
    value, slope = loss(point)
    moves: list[tuple[Point, Point, float]] = []
    for _ in range(steps):
        direction = _direction(slope, moves)
        descent = float(np.vdot(slope, direction))
        if descent >= 0:  # rounding made it useless
            direction, descent, moves = np.negative(slope), -float(np.vdot(slope, slope)), []
        length = 1.0 if moves else min(1.0, 1 / (float(np.abs(slope).sum()) or 1.0))
        for _ in range(30):
            beyond: Point = point + np.asarray(length, dtype=point.dtype) * direction
            new_value, new_slope = loss(beyond)
            if new_value <= value + _ENOUGH * length * descent:
                break
            length /= 2
        else:
            return point
        step, change = beyond - point, new_slope - slope
        curvature = float(np.vdot(step, change))
        if curvature > 1e-12:
            moves = [*moves[1 - _KEPT :], (step, change, 1 / curvature)]
        gained = value - new_value
        point, value, slope = beyond, new_value, new_slope
        if gained <= tolerance * max(1.0, abs(value)):
            return point
    return point


def _direction(slope: Point, moves: list[tuple[Point, Point, float]]) -> Point:
    """The two-loop recursion."""
    found: Point = slope.copy()
    shares = []
    for step, change, inverse in reversed(moves):
        share = inverse * float(np.vdot(step, found))
        shares.append(share)
        found -= np.asarray(share, dtype=found.dtype) * change
    if moves:
        step, change, inverse = moves[-1]
        found *= np.asarray(1 / (inverse * float(np.vdot(change, change))), dtype=found.dtype)
    for (step, change, inverse), share in zip(moves, reversed(shares), strict=True):
        again = inverse * float(np.vdot(change, found))
        found += np.asarray(share - again, dtype=found.dtype) * step
    turned: Point = -found
    return turned
