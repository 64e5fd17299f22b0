"""From evidence to borders: the best set of them, so many as wanted or as are worth it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import MissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SHORTEST_MS = 60_000
_MOST_PLACES = 1500
_LEAST_APART_MS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """What is held of the lengths of chapters.

    Args:
        shortest_ms: No chapter is shorter.
        usual_ms: What they are like: a length that is e times longer or shorter costs `strength`.
        strength: In standard deviations of evidence.
    """

    shortest_ms: int = SHORTEST_MS
    usual_ms: int = 270_000
    strength: float = 0.3


def places(scores: Floats, starts_ms: Sequence[int], *, allowed: NDArray[np.bool_]) -> list[int]:
    """Where borders are looked for: the best place of each few seconds, 1,500 at most.

    Args:
        scores: The evidence for a border before each piece.
        starts_ms: Where each piece begins.
        allowed: Which pieces may begin a chapter; the first never does.
    """
    span = max(1, starts_ms[-1] - starts_ms[0])
    step = max(_LEAST_APART_MS, span // _MOST_PLACES)
    best: dict[int, int] = {}
    for at in range(1, len(starts_ms)):
        slot = (starts_ms[at] - starts_ms[0]) // step
        if allowed[at] and (slot not in best or scores[at] > scores[best[slot]]):
            best[slot] = at
    return sorted(best.values())


def best_borders(
    scores: Floats,
    starts_ms: Sequence[int],
    end_ms: int,
    *,
    lengths: Lengths,
    threshold: float = 0.0,
    count: int | None = None,
) -> list[int]:
    """The borders whose evidence, less what their lengths cost, is highest together.

    Exact, by dynamic programming over the places.

    Args:
        scores: The evidence at each place a border may be at, in standard deviations.
        starts_ms: The time of each place, ascending.
        end_ms: Of the video; it begins at 0.
        lengths: What is held of lengths.
        threshold: What a border must bring to be worth it, where the count is open.
        count: How many borders; None for as many as are worth it. Fewer where so many do not fit.

    Returns:
        Indexes into `starts_ms`, ascending.
    """
    if count is not None:
        fitting = max(0, end_ms // max(1, lengths.shortest_ms) - 1)
        for wanted in range(min(count, fitting, len(starts_ms)), 0, -1):
            found = _exactly(scores, starts_ms, end_ms, lengths, wanted)
            if found is not None:
                return found
        return []
    times = np.array([0, *starts_ms, end_ms])
    gains = np.concatenate([[0.0], scores - threshold, [0.0]])
    best = np.full(len(times), -np.inf)
    before = np.zeros(len(times), np.int64)
    best[0] = 0.0
    for at in range(1, len(times)):
        reach = int(np.searchsorted(times[:at], times[at] - lengths.shortest_ms, side="right"))
        if reach == 0:
            continue
        values = best[:reach] - _cost(times[at] - times[:reach], lengths)
        before[at] = int(np.argmax(values))
        best[at] = values[before[at]] + gains[at]
    return _walked(lambda at, _: int(before[at]), len(times) - 1) if np.isfinite(best[-1]) else []


def _exactly(
    scores: Floats, starts_ms: Sequence[int], end_ms: int, lengths: Lengths, count: int
) -> list[int] | None:
    times = np.array([0, *starts_ms, end_ms])
    gains = np.concatenate([[0.0], scores, [0.0]])
    spans = times[None, :] - times[:, None]  # [from, to]; at most 1,502 squared
    allowed = spans >= lengths.shortest_ms
    costs = np.where(allowed, _cost(np.where(allowed, spans, 1), lengths), np.inf)
    best = np.full(len(times), -np.inf)
    best[0] = 0.0
    steps = []
    for _ in range(count + 1):
        values = best[:, None] - costs
        before = np.argmax(values, axis=0)
        best = values[before, np.arange(len(times))] + gains
        steps.append(before)
    if not np.isfinite(best[-1]):
        return None
    return _walked(lambda at, back: int(steps[-1 - back][at]), len(times) - 1)


def _walked(step: Callable[[int, int], int], last: int) -> list[int]:
    found: list[int] = []
    at, back = last, 0
    while True:
        at = step(at, back)
        back += 1
        if at == 0:
            return sorted(found)
        found.append(at - 1)


def _cost(spans_ms: NDArray[np.int64], lengths: Lengths) -> Floats:
    """A normal penalty on the log of the length: lengths vary by factors, not by differences."""
    if lengths.strength == 0:
        return np.zeros(np.shape(spans_ms))
    return np.asarray(lengths.strength * np.log(np.maximum(spans_ms, 1) / lengths.usual_ms) ** 2)


def change_points(
    vectors: Floats, *, count: int | None = None, penalty: float | None = None, least: int = 2
) -> list[int]:
    """Where the mean of rows changes, by the kernel method of `ruptures`.

    Args:
        vectors: A row for each piece, in order; shape (pieces, dimensions).
        count: How many changes; exactly one of this and `penalty`.
        penalty: What a change costs.
        least: Rows between two changes.

    Raises:
        MissingError: `ruptures` is not installed.
        ValueError: Neither or both of count and penalty.
    """
    if (count is None) == (penalty is None):
        raise ValueError("change points want a count or a penalty, one of them")
    try:
        import ruptures
        from ruptures.exceptions import BadSegmentationParameters
    except ImportError as exc:
        raise MissingError(
            "change points need the package ruptures", hint='pip install "loquitur[insight]"'
        ) from exc
    if len(vectors) < 2 * least:
        return []
    fitted = ruptures.KernelCPD(kernel="linear", min_size=least).fit(vectors)
    try:
        ends = fitted.predict(n_bkps=count, pen=penalty)
    except BadSegmentationParameters:
        return []
    return [int(at) for at in ends[:-1]]
