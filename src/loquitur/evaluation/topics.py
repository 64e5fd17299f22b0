"""How well borders of topics agree: Pk and WindowDiff, both errors, 0 where all is right.

A segmentation of `length` units (seconds, turns, sentences) is given by the units at which its
segments begin, the first (0) left out. Both measures slide a window of half the mean length of the
reference's segments over the units.

Pk (Beeferman, Berger and Lafferty 1999, "Statistical Models for Text Segmentation") asks whether
the two ends of the window are in one segment; WindowDiff (Pevzner and Hearst 2002, "A Critique and
Improvement of an Evaluation Metric for Text Segmentation") how many borders lie between them. The
figures are those of segeval 2.0.11, which are tested against.

Few borders in the reference make doing nothing cheap: no figure says anything without those of the
trivial segmentations (`trivial`) of the same reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_DRAWS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Two figures of one segmentation against a reference; None where there is nothing to probe."""

    pk: float | None
    window_diff: float | None
    borders: float


def window_of(reference: Sequence[int], length: int) -> int:
    """Half the mean length of the reference's segments, halves to the even number, at least 2."""
    return max(2, round(Fraction(length, 2 * (len(reference) + 1))))


def pk(
    reference: Sequence[int], hypothesis: Sequence[int], *, length: int, window: int | None = None
) -> float | None:
    """The share of windows whose ends one side has in one segment and the other has not.

    Args:
        reference: Where its segments begin, ascending, each in 1..length - 1.
        hypothesis: The same of what is judged.
        length: How many units there are.
        window: In units; half the mean segment of the reference by default.

    Returns:
        The error, 0..1; None where the window is no shorter than the whole.

    Raises:
        ValueError: A border is out of place.

    >>> pk([5], [5], length=10), pk([5], [], length=10)
    (0.0, 0.25)
    """
    return _error(reference, hypothesis, length, window, lambda count: count > 0)


def window_diff(
    reference: Sequence[int], hypothesis: Sequence[int], *, length: int, window: int | None = None
) -> float | None:
    """The share of windows in which the two sides have not equally many borders; see `pk`.

    >>> window_diff([5], [5], length=10), round(window_diff([5], [4, 5], length=10), 3)
    (0.0, 0.25)
    """
    return _error(reference, hypothesis, length, window, lambda count: count)


def agreement(reference: Sequence[int], hypothesis: Sequence[int], *, length: int) -> Agreement:
    """Both measures of one segmentation; arguments as of `pk`."""
    return Agreement(
        pk=pk(reference, hypothesis, length=length),
        window_diff=window_diff(reference, hypothesis, length=length),
        borders=len(hypothesis),
    )


def trivial(
    reference: Sequence[int], *, length: int, borders: int | None = None, seed: int = 0
) -> dict[str, Agreement]:
    """What is got without looking: no border, even ones, and random ones (the mean of 100 draws).

    Args:
        reference: As of `pk`.
        length: How many units there are.
        borders: How many even and random ones; as many as the reference has by default.
        seed: Of the draws.
    """
    count = min(len(reference) if borders is None else borders, length - 1)
    even = sorted({length * at // (count + 1) for at in range(1, count + 1)} - {0})
    rng = np.random.default_rng(seed)
    drawn = [
        agreement(
            reference,
            sorted(int(at) + 1 for at in rng.choice(length - 1, size=count, replace=False)),
            length=length,
        )
        for _ in range(_DRAWS)
    ]
    return {
        "none": agreement(reference, (), length=length),
        "even": agreement(reference, even, length=length),
        "random": mean_of(drawn),
    }


def mean_of(several: Sequence[Agreement]) -> Agreement:
    """The mean of several, each counting alike; what has no figure is left out."""
    pks = [one.pk for one in several if one.pk is not None]
    diffs = [one.window_diff for one in several if one.window_diff is not None]
    return Agreement(
        pk=sum(pks) / len(pks) if pks else None,
        window_diff=sum(diffs) / len(diffs) if diffs else None,
        borders=sum(one.borders for one in several) / len(several) if several else 0.0,
    )


def near_borders(
    reference: Sequence[int], hypothesis: Sequence[int], *, within: int
) -> tuple[int, int, int]:
    """Borders found within a distance, missed, and too many; each is found once at most.

    >>> near_borders([10, 50], [12, 13, 90], within=5)
    (1, 1, 2)
    """
    right, at = 0, 0
    for border in reference:
        while at < len(hypothesis) and hypothesis[at] < border - within:
            at += 1
        if at < len(hypothesis) and hypothesis[at] <= border + within:
            right += 1
            at += 1
    return right, len(reference) - right, len(hypothesis) - right


def _error(
    reference: Sequence[int],
    hypothesis: Sequence[int],
    length: int,
    window: int | None,
    seen: Callable[[NDArray[np.int64]], NDArray[np.int64] | NDArray[np.bool_]],
) -> float | None:
    for side in (reference, hypothesis):
        if any(after <= before for before, after in pairwise([0, *side, length])):
            raise ValueError(f"borders are ascending and within 1..{length - 1}")
    size = window_of(reference, length) if window is None else window
    if size < 1:
        raise ValueError(f"a window has one unit at least, not {size}")
    if length <= size:
        return None
    true, made = (_counts(side, length, size) for side in (reference, hypothesis))
    return float(np.mean(seen(true) != seen(made)))


def _counts(borders: Sequence[int], length: int, window: int) -> NDArray[np.int64]:
    """How many borders lie between the two ends of each window."""
    begins = np.zeros(length, np.int64)
    begins[list(borders)] = 1
    segment = np.cumsum(begins)
    return np.asarray(segment[window:] - segment[:-window])
