"""Which of some labels fit the frames of a medium, by what an image-text model says of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.model.labels import LabelScore, Moment
from loquitur.vision.labels.examples import PICTURES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray


def fitting(
    labels: Sequence[str],
    scores: NDArray[np.float32],
    times_ms: NDArray[np.int64],
    *,
    duration_ms: int | None,
    top: int,
    moments: int,
) -> tuple[LabelScore, ...]:
    """The labels that fit best: the mean of each one's probability over the frames.

    Args:
        labels: Their names.
        scores: Probability of each label for each frame [frames, labels].
        times_ms: When each frame is shown, int64 [frames].
        duration_ms: Of the medium; None where nobody knows.
        top: How many labels.
        moments: How many frames of each that fit it best.
    """
    means = np.clip(scores.mean(axis=0, dtype=np.float64), 0.0, 1.0)
    ends_ms = _ends(times_ms, duration_ms)
    return tuple(
        LabelScore(
            label=labels[at],
            score=float(means[at]),
            branches=((PICTURES, float(means[at])),),
            moments=tuple(_best(scores[:, at], times_ms, ends_ms, moments)),
        )
        for at in np.argsort(-means, kind="stable")[:top]
    )


def _ends(times_ms: NDArray[np.int64], duration_ms: int | None) -> NDArray[np.int64]:
    """Until when each frame stands: the next one, at last the end."""
    last = max(duration_ms or 0, int(times_ms[-1]) + 1)
    ends: NDArray[np.int64] = np.maximum(np.append(times_ms[1:], last), times_ms + 1)
    return ends


def _best(
    scores: NDArray[np.float32],
    times_ms: NDArray[np.int64],
    ends_ms: NDArray[np.int64],
    count: int,
) -> Iterator[Moment]:
    """The frames that fit best; their weight is the log odds above those of the mean."""
    odds = _log_odds(scores)
    usual = float(_log_odds(scores.mean(axis=0, keepdims=True))[0])
    for at in np.argsort(-scores, kind="stable")[:count]:
        weight = float(odds[at]) - usual
        if weight <= 0:
            return
        yield Moment(
            start_ms=int(times_ms[at]), end_ms=int(ends_ms[at]), weight=weight, stream=PICTURES
        )


def _log_odds(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    plain = np.clip(scores.astype(np.float64), 1e-7, 1 - 1e-7)
    found: NDArray[np.float64] = np.log(plain) - np.log1p(-plain)
    return found
