"""The shape of a column: histogram (on a log axis where values span it), and CCDF with fits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.insight.tabular.outliers import logarithmic

if TYPE_CHECKING:
    from loquitur.insight.tabular.heavy_tails import TailFit
    from loquitur.insight.tabular.sheet import Array

_FEWEST, _MOST = 5, 40
_MOST_POINTS = 300
_LARGEST = 60
DRAWN = ("power_law", "lognormal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Counts in bins.

    Args:
        edges: One more than counts; ascending.
        counts: Of each bin; the last bin holds its right border too.
        log: The bins are even on a log axis.
        left_out: Zeros, which have no place there.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    log: bool
    left_out: int = 0


def histogram(finite: Array) -> Histogram | None:
    """The histogram of a column; None where all values are equal or there are fewer than 2.

    The width of a bin is that of Freedman and Diaconis (1981), of logarithms where they are
    judged; 5 to 40 bins.
    """
    log = logarithmic(finite)
    kept = finite[finite > 0] if log else finite
    if len(kept) < 2 or kept.min() == kept.max():
        return None
    edges = _bin_edges(kept, log=log)
    counts, _ = np.histogram(kept, edges)
    return Histogram(
        edges=tuple(edges.tolist()),
        counts=tuple(counts.tolist()),
        log=log,
        left_out=len(finite) - len(kept),
    )


def _bin_edges(values: Array, *, log: bool) -> Array:
    """The borders of bins for values."""
    with np.errstate(over="ignore"):
        scaled = np.log10(values) if log else values
        low, high = float(scaled.min()), float(scaled.max())
        quarter, three = np.quantile(scaled, [0.25, 0.75])
        width = 2 * float(three - quarter) * len(values) ** (-1 / 3)
        span = high - low
        wanted = span / width if width > 0 else math.sqrt(len(values))
    bins = int(min(max(math.ceil(wanted) if math.isfinite(wanted) else _MOST, _FEWEST), _MOST))
    edges = np.linspace(low, high, bins + 1)
    found = 10.0**edges if log else edges
    found[0], found[-1] = float(values.min()), float(values.max())
    return np.asarray(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Points of a curve on log-log axes."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]


def ccdf(finite: Array) -> Curve | None:
    """The share of positive values at or above each value; None where they are all equal.

    Long columns are thinned to 300 points, evenly in the logarithm of the rank, the largest 60 all
    kept: what the eye sees of the curve stays.
    """
    ordered = np.sort(finite[finite > 0])
    values, firsts = np.unique(ordered, return_index=True)
    if len(values) < 2:
        return None
    shares = (len(ordered) - firsts) / len(ordered)
    if len(values) > _MOST_POINTS:
        spread = np.geomspace(_LARGEST, len(values), _MOST_POINTS - _LARGEST)
        backs = np.unique(np.r_[np.arange(1, _LARGEST + 1), np.rint(spread).astype(np.int64)])
        kept = len(values) - backs[::-1]
        values, shares = values[kept], shares[kept]
    return Curve(name="data", x=tuple(values.tolist()), y=tuple(shares.tolist()))


def fitted_curves(fit: TailFit, largest: float) -> tuple[Curve, ...]:
    """The fitted laws as CCDF, from xmin on, at the height that the data have there."""
    if fit.xmin is None or largest <= fit.xmin:
        return ()
    grid = np.geomspace(fit.xmin, largest, 60)
    if fit.discrete:
        grid = np.unique(np.rint(grid))
    share = fit.n_tail / fit.n
    curves = []
    for law in fit.laws:
        if law.name in DRAWN:
            heights = law.survival(grid) * share
            shown = heights > share * 1e-4 / max(fit.n_tail, 1)
            curves.append(
                Curve(
                    name=law.name.replace("_", " ") + " from xmin",
                    x=tuple(grid[shown].tolist()),
                    y=tuple(np.asarray(heights)[shown].tolist()),
                )
            )
    return tuple(curves)
