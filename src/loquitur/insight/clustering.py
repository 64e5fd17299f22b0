"""Values by what they belong to: sums of clusters, their pull on a mean, draws of clusters."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loquitur.errors import UsageError

Clusters = Sequence[Hashable] | None
Values = Sequence[float | None] | NDArray[Any]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DRAWN_AT_ONCE = 1 << 20
"""So many draws of clusters are held in memory together."""
_ALIKE = 1e-9
"""A variance that is such a small part of the usual one is an error of rounding."""


def kept(values: Values, clusters: Clusters) -> tuple[Floats, Sequence[Hashable]]:
    """The values that are there, and what each belongs to."""
    array = np.asarray(values, dtype=float)
    there = np.isfinite(array)
    if clusters is None:
        return array[there], range(int(there.sum()))
    if len(clusters) != len(array):
        raise UsageError(f"{len(array)} values, but {len(clusters)} clusters")
    return array[there], [label for label, one in zip(clusters, there, strict=True) if one]


def apart(labels: Sequence[Hashable], side: int) -> Sequence[Hashable]:
    """Labels that no other side has."""
    return [(side, label) for label in labels]


def cluster_sums(sides: list[tuple[Floats, Sequence[Hashable]]]) -> tuple[Floats, list[Ints]]:
    """For each cluster how many values and their sum, side after side; and what is drawn apart.

    A side that only one cluster has tells nothing of how clusters differ: it alone is given back,
    and there is no error to be had.
    """
    labels = [label for _, some in sides for label in some]
    codes, count = coded(labels)
    table = np.zeros((count, 2 * len(sides)))
    start = 0
    for side, (values, some) in enumerate(sides):
        own = codes[start : start + len(some)]
        table[:, 2 * side] = np.bincount(own, minlength=count)
        table[:, 2 * side + 1] = np.bincount(own, weights=values, minlength=count)
        start += len(some)
    held = [np.flatnonzero(table[:, 2 * side]) for side in range(len(sides))]
    alone = [members for members in held if len(members) < 2]
    if alone:
        return table, alone[:1]
    if len(sides) == 1 or len(np.intersect1d(held[0], held[1])):
        return table, [np.arange(count)]
    return table, held


def pulls(table: Floats) -> Floats:
    """How far each cluster pulls the figure: by how much it would differ without the cluster.

    These are the jackknife's differences (Efron and Tibshirani 1993, chapter 11): where one author
    wrote a third of all messages, the influences themselves would tell too small an error.
    """
    totals = table.sum(axis=0)
    found = np.zeros(len(table))
    for side in range(table.shape[1] // 2):
        counts, sums = table[:, 2 * side], table[:, 2 * side + 1]
        left = totals[2 * side] - counts
        mean = totals[2 * side + 1] / totals[2 * side]
        away = np.divide(sums - mean * counts, left, out=np.zeros(len(table)), where=left > 0)
        found += away if side == 0 else -away
    return found


def spread(pull: Floats, strata: list[Ints]) -> tuple[float, float]:
    """The jackknife's standard error out of pulls, and its degrees of freedom (Satterthwaite's).

    Args:
        pull: Of each cluster.
        strata: Clusters that are drawn apart; with fewer than two in one there is no error.
    """
    variance, weights = 0.0, 0.0
    for members in strata:
        count = len(members)
        if count < 2:
            return 0.0, 0.0
        own = float((pull[members] ** 2).sum()) * (count - 1) / count
        variance += own
        weights += own * own / (count - 1)
    return math.sqrt(variance), variance * variance / weights if weights else 0.0


def effective(table: Floats) -> float:
    """How many clusters of even size the values of a side are worth, on the side with fewer.

    A term that one video uses a hundred times and nine use once is worth little more than one
    video (Carter, Schnepel and Steigerwald 2017, "Asymptotic behavior of a t-test robust to cluster
    heterogeneity").
    """
    counts = table[:, 0::2]
    return float(min(counts.sum(axis=0) ** 2 / (counts**2).sum(axis=0)))


def draws(table: Floats, strata: list[Ints], resamples: int, seed: int) -> Floats:
    """The draws' distances from the figure, each in its own standard errors.

    A draw without values on a side, or of values that are all alike, tells no distance and is left
    out.
    """
    rng = np.random.default_rng(seed)
    count = len(table)
    at_once = max(1, DRAWN_AT_ONCE // count)
    totals = table.sum(axis=0)
    means = totals[1::2] / totals[0::2]
    whole = means[0] - (means[1] if len(means) == 2 else 0.0)
    usual = spread(pulls(table), strata)[0] ** 2
    found = []
    for start in range(0, resamples, at_once):
        many = min(at_once, resamples - start)
        variance = np.zeros(many)
        weights = [_weights(rng, len(members), many) for members in strata]
        sums = np.zeros((many, table.shape[1]))
        for w, members in zip(weights, strata, strict=True):
            sums += w @ table[members]
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn = sums[:, 1::2] / sums[:, 0::2]
            for w, members in zip(weights, strata, strict=True):
                own = np.zeros((many, len(members)))
                for side in range(drawn.shape[1]):
                    counts, values = table[members, 2 * side], table[members, 2 * side + 1]
                    sign = 1 if side == 0 else -1
                    own += sign * (values - np.outer(drawn[:, side], counts)) / sums[:, [2 * side]]
                size = len(members)
                variance += (w * own * own).sum(axis=1) * size / (size - 1)
            figures = drawn[:, 0] - (drawn[:, 1] if drawn.shape[1] == 2 else 0.0)
            far = (figures - whole) / np.sqrt(variance)
        alike = variance <= _ALIKE * usual
        found.append(far[np.isfinite(far) & ~alike])
    return np.concatenate(found)


def coded(labels: Sequence[Hashable]) -> tuple[Ints, int]:
    """Labels as 0, 1, 2 ... in the order they appear, and how many there are."""
    known: dict[Hashable, int] = {}
    codes = np.fromiter(
        (known.setdefault(label, len(known)) for label in labels), dtype=np.int64, count=len(labels)
    )
    return codes, len(known)


def _weights(rng: np.random.Generator, size: int, many: int) -> Floats:
    """How often each of `size` clusters is in each of `many` draws."""
    drawn = rng.integers(size, size=(many, size)) + np.arange(many)[:, None] * size
    return np.bincount(drawn.ravel(), minlength=many * size).reshape(many, size).astype(float)
