"""The largest values, and those that lie far from the rest, with the reason.

Far is a modified z score beyond 3.5 (Iglewicz and Hoaglin, "How to Detect and Handle Outliers",
1993): 0.6745 times the distance from the median, over the median of those distances. Values
that span a power of ten and are less skew as logarithms are judged as those.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from loquitur.insight.tabular.sheet import Array, Numbers, Sheet

LIMIT = 3.5
_LEAST = 10
_SPAN = 10.0
_TO_NORMAL = 0.6744898
_MEAN_TO_NORMAL = 0.7978846


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A value and where it stands.

    Args:
        row: From 1.
        label: What the row is called.
        value: Its figure.
        z: Its modified z score; None in a list of the largest.
        why: A sentence.
    """

    row: int
    label: str
    value: float
    z: float | None = None
    why: str = ""

    def plain(self) -> dict[str, Any]:
        """Plain values."""
        found: dict[str, Any] = {"row": self.row, "label": self.label, "value": self.value}
        return found if self.z is None else found | {"modified_z": self.z, "why": self.why}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extremes:
    """The largest values of a column and its outliers.

    Args:
        column: Its name.
        top: The largest, in order.
        scale: `log` or `linear`: how distance was judged.
        left_out: Values that have no logarithm.
        count: How many outliers there are.
        outliers: The farthest of them.
        remark: Why none could be told, if so.
    """

    column: str
    top: tuple[Place, ...] = ()
    scale: str = "linear"
    left_out: int = 0
    count: int = 0
    outliers: tuple[Place, ...] = ()
    remark: str = ""

    def plain(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "top": [place.plain() for place in self.top],
            "outliers": {
                "count": self.count, "scale": self.scale, "left_out": self.left_out,
                "limit": LIMIT, "method": "modified z score (median, MAD)",
                "remark": self.remark or None, "rows": [place.plain() for place in self.outliers],
            },
        }  # fmt: skip


def logarithmic(values: Array) -> bool:
    """Judge these on logarithms: none is negative, they span a power of ten, and are less skew so.

    >>> logarithmic(np.array([1.0, 2, 4, 8, 16, 32])), logarithmic(np.array([101.0, 900, 1077]))
    (True, False)
    """
    positive = values[values > 0]
    if not len(positive) or bool((values < 0).any()):
        return False
    if float(positive.max()) < _SPAN * float(positive.min()):
        return False
    return abs(_skew(np.log(positive))) < abs(_skew(positive))


def _skew(values: Array) -> float:
    away = values / float(np.abs(values).max() or 1.0)
    away = away - away.mean()
    squares = away * away
    spread = float(squares.mean())
    return float((squares * away).mean()) / spread**1.5 if spread > 0 else 0.0


def extremes(sheet: Sheet, column: Numbers, *, limit: int) -> Extremes:
    """The largest values and the outliers of a column, at most `limit` of each."""
    there = np.flatnonzero(np.isfinite(column.values))
    values = column.values[there]
    order = np.argsort(-values, kind="stable")[:limit]
    top = tuple(
        Place(row=int(row) + 1, label=sheet.label(int(row)), value=float(column.values[row]))
        for row in there[order]
    )
    if len(values) < _LEAST:
        return Extremes(
            column=column.name, top=top, remark=f"under {_LEAST} values: too few to say"
        )
    log = logarithmic(values)
    usable = values > 0 if log else np.ones(len(values), dtype=bool)
    judged = np.log10(values[usable]) if log else values
    scores = modified_z(judged)
    base: dict[str, Any] = {"column": column.name, "top": top, "scale": "log" if log else "linear"}
    base["left_out"] = int((~usable).sum())
    if scores is None:
        return Extremes(**base, remark="all values are equal")
    far = np.flatnonzero(np.abs(scores) > LIMIT)
    ranked = far[np.argsort(-np.abs(scores[far]), kind="stable")]
    middle = float(np.median(values[usable]))
    rows = there[usable]
    return Extremes(
        **base,
        count=len(far),
        outliers=tuple(
            Place(
                row=int(rows[at]) + 1,
                label=sheet.label(int(rows[at])),
                value=float(values[usable][at]),
                z=float(scores[at]),
                why=_why(float(values[usable][at]), middle, float(scores[at]), log=log),
            )
            for at in ranked[:limit]
        ),
    )


def modified_z(values: Array) -> Array | None:
    """The scores; None where all values are equal.

    Where more than half are equal, the mean distance stands for the median one (as SPSS does).
    """
    away = values - np.median(values)
    spread = float(np.median(np.abs(away))) / _TO_NORMAL
    if spread == 0:
        spread = float(np.abs(away).mean()) / _MEAN_TO_NORMAL
    return None if spread == 0 or not math.isfinite(spread) else np.asarray(away / spread)


def _why(value: float, middle: float, score: float, *, log: bool) -> str:
    tail = f"modified z {score:.1f}{' on logarithms' if log else ''}, limit {LIMIT}"
    if middle > 0 and value > 0:
        times = value / middle
        told = (
            f"{times:,.1f} times the median" if times >= 1 else f"1/{1 / times:,.1f} of the median"
        )
        return f"{told}; {tail}"
    return f"{value - middle:+,.4g} from the median; {tail}"
