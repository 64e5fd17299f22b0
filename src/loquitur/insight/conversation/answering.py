"""Who answers whom, and how evenly a conversation is shared."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

_ROUNDS = 500
_CLOSE = 1e-9
LEAST_EXPECTED = 5.0
"""A chi-square test wants cells of this size (Cochran 1954); else there is no verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How often the floor went from whom (rows) to whom (columns).

    Args:
        speakers: The order of rows and columns.
        counts: Observed; the diagonal is 0, since nobody answers himself.
        expected: If everybody answered everybody alike (quasi-independence: rows and columns keep
            their sums, the diagonal is impossible; Goodman 1968, fitted by iterative scaling).
        chi2: Pearson's statistic of the one against the other; None where it says nothing.
        degrees: Of freedom, (k - 1)^2 - k for k speakers.
        p: Of the statistic; None with fewer than three speakers or cells under 5.
    """

    speakers: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    expected: tuple[tuple[float, ...], ...]
    chi2: float | None = None
    degrees: int = 0
    p: float | None = None


def answers_of(pairs: Iterable[tuple[str, str]], speakers: Sequence[str]) -> Answers:
    """The matrix of transitions, what would be expected of it, and whether it differs.

    Args:
        pairs: From whom, to whom; no pair of one and the same.
        speakers: All of them.
    """
    seen = Counter(pairs)
    counts = tuple(tuple(seen[one, other] for other in speakers) for one in speakers)
    expected = _quasi_independent(counts)
    cells = [
        (counts[row][column], expected[row][column])
        for row in range(len(speakers))
        for column in range(len(speakers))
        if row != column
    ]
    degrees = (len(speakers) - 1) ** 2 - len(speakers)
    if degrees <= 0 or any(cell[1] < LEAST_EXPECTED for cell in cells):
        return Answers(speakers=tuple(speakers), counts=counts, expected=expected)
    chi2 = sum((count - due) ** 2 / due for count, due in cells)
    return Answers(
        speakers=tuple(speakers),
        counts=counts,
        expected=expected,
        chi2=chi2,
        degrees=degrees,
        p=chi2_above(chi2, degrees),
    )


def _quasi_independent(counts: Sequence[Sequence[int]]) -> tuple[tuple[float, ...], ...]:
    """Cells in proportion to a weight of their row and one of their column, the diagonal empty."""
    size = len(counts)
    if not size:
        return ()
    seen = np.array(counts, np.float64)
    rows, columns = seen.sum(axis=1), seen.sum(axis=0)
    cells = 1.0 - np.eye(size)
    for _ in range(_ROUNDS):
        before = cells
        cells = cells * _factor(rows, cells.sum(axis=1))[:, None]
        cells = cells * _factor(columns, cells.sum(axis=0))
        if float(np.abs(cells - before).max()) < _CLOSE:
            break
    return tuple(tuple(map(float, line)) for line in cells)


def _factor(wanted: NDArray[np.float64], found: NDArray[np.float64]) -> NDArray[np.float64]:
    """What brings sums to those that are wanted."""
    factor: NDArray[np.float64] = np.divide(
        wanted, found, out=np.zeros_like(found), where=found > 0
    )
    return factor


def chi2_above(value: float, degrees: int) -> float:
    """The probability that chi-square with so many degrees of freedom exceeds a value.

    Abramowitz and Stegun 1964, 26.4.4 and 26.4.5: finite sums for whole degrees.

    >>> round(chi2_above(3.841459, 1), 6), round(chi2_above(5.991465, 2), 6)
    (0.05, 0.05)
    """
    half = value / 2
    odd = degrees % 2
    total = math.erfc(math.sqrt(half)) if odd else 0.0
    power = 0.5 if odd else 0.0
    for _ in range((degrees - odd) // 2):
        log_term = power * math.log(half) - half - math.lgamma(power + 1) if half > 0 else None
        total += math.exp(log_term) if log_term is not None else float(power == 0)
        power += 1
    return min(1.0, total)


def evenness(sizes: Sequence[float]) -> float | None:
    """Shannon entropy of the shares over its most (Pielou 1966): 1 all alike; None under two.

    >>> evenness([3, 3]), evenness([5])
    (1.0, None)
    """
    whole = sum(sizes)
    if len(sizes) < 2 or whole <= 0:
        return None
    shares = [size / whole for size in sizes if size > 0]
    return -math.fsum(share * math.log2(share) for share in shares) / math.log2(len(sizes)) or 0.0
