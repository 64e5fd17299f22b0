"""How unevenly sizes are shared: of views, messages, speaking times."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_ROUNDING = 1e-9


def gini(sizes: Sequence[float] | NDArray[np.number]) -> float | None:
    """Gini's coefficient: 0 all alike, (n - 1) / n one has all; None of nothing.

    The sum of (2i - n - 1) x_i over n sum of x_i, the x_i ascending (Gini 1912, in the form of Sen
    1973).

    Args:
        sizes: In any order, none negative, whose total a float holds (None else); shape [n].

    >>> gini([1, 1]), gini([0, 4]), gini([])
    (0.0, 0.5, None)
    """
    ascending = np.sort(np.asarray(sizes, dtype=np.float64), kind="stable")
    with np.errstate(over="ignore"):
        count, total = len(ascending), float(ascending.sum())
    if total <= 0 or not math.isfinite(total):
        return None
    if ascending[0] == ascending[-1]:
        return 0.0  # and not what rounding leaves
    places = 2 * np.arange(1, count + 1) - count - 1
    return max(0.0, float((places * (ascending / total)).sum()) / count)


def top_share(ascending: NDArray[np.float64], part: float) -> float:
    """What the largest have of the total: of a tenth of 11, the 2 largest.

    Args:
        ascending: Sizes, the largest last, not all 0; shape [n].
        part: Of their number, 0 (exclusive) to 1; what is no whole number is rounded up.

    >>> top_share(np.array([1.0, 2.0, 3.0, 4.0]), 0.25)
    0.4
    """
    most = most_of(len(ascending), part)
    return float(ascending[-most:].sum() / ascending.sum())


def most_of(count: int, part: float) -> int:
    """How many the largest are: a part of all, rounded up, at least one.

    >>> most_of(11, 0.1), most_of(10, 0.1), most_of(3, 0.01)
    (2, 1, 1)
    """
    return max(1, math.ceil(part * count - _ROUNDING))
