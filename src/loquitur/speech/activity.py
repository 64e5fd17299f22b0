"""Where somebody speaks: regions out of frame-wise speech probabilities.

Hysteresis as in most voice activity detectors: speech begins where the probability reaches one
threshold and lasts until it falls below a lower one, so that a value wavering around a single
threshold does not chop a sentence.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.timing import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.model.speech import Activity


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionOptions:
    """How probabilities become regions.

    The defaults suit speech recognition; diarization of far-field meetings wants 0.35 and 0.20.

    Args:
        onset: Probability at which speech begins, 0..1.
        offset: Probability below which it ends; at most `onset`.
        min_speech_ms: Shorter regions are dropped.
        min_silence_ms: Shorter gaps are filled.
        pad_ms: Added on both sides of every region; regions that then meet become one.
    """

    onset: float = 0.5
    offset: float = 0.35
    min_speech_ms: int = 100
    min_silence_ms: int = 200
    pad_ms: int = 0

    def __post_init__(self) -> None:
        if not 0.0 < self.offset <= self.onset <= 1.0:
            raise ValueError(
                f"thresholds need 0 < offset <= onset <= 1, got {self.offset} and {self.onset}"
            )
        if min(self.min_speech_ms, self.min_silence_ms, self.pad_ms) < 0:
            raise ValueError("lengths must not be negative")


def regions(activity: Activity, *, options: RegionOptions | None = None) -> tuple[Span, ...]:
    """The stretches of speech of a file.

    Args:
        activity: Speech probabilities per frame.
        options: Thresholds and lengths.

    Returns:
        Spans in media time, sorted, disjoint, at least one frame apart, inside the frames'
        range. Borders lie on frames, but for padding.
    """
    options = options or RegionOptions()
    levels = np.frombuffer(activity.probabilities, dtype=np.uint8)
    starts, ends = _runs(_held(levels, options))
    starts_ms = starts * activity.frame_ms
    ends_ms = ends * activity.frame_ms
    starts_ms, ends_ms = _join(starts_ms, ends_ms, options.min_silence_ms)
    long = ends_ms - starts_ms >= options.min_speech_ms
    total_ms = len(levels) * activity.frame_ms
    starts_ms = np.maximum(starts_ms[long] - options.pad_ms, 0)
    ends_ms = np.minimum(ends_ms[long] + options.pad_ms, total_ms)
    starts_ms, ends_ms = _join(starts_ms, ends_ms, 1)
    shift = activity.offset_ms
    return tuple(
        Span(start_ms=start + shift, end_ms=end + shift)
        for start, end in zip(starts_ms.tolist(), ends_ms.tolist(), strict=True)
    )


def within(spans: Sequence[Span], span: Span) -> Sequence[Span]:
    """Those of sorted, disjoint spans that meet another one; log n for n spans."""
    first = bisect_right(spans, span.start_ms, key=lambda item: item.end_ms)
    last = bisect_left(spans, span.end_ms, key=lambda item: item.start_ms)
    return spans[first:last]


def _held(levels: NDArray[np.uint8], options: RegionOptions) -> NDArray[np.bool_]:
    """Which frames are speech, by hysteresis: the last frame that decided decides.

    A frame at or over `onset` decides for speech, one under `offset` for silence; frames between
    take the decision of the last one before them, silence at the beginning.
    """
    speech = levels >= options.onset * 255.0
    decided = speech | (levels < options.offset * 255.0)
    last = np.maximum.accumulate(np.where(decided, np.arange(len(levels)), -1))
    return (last >= 0) & speech[last] if len(levels) else speech


def _runs(flags: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and one-past-last indices of the runs of True."""
    steps = np.diff(flags.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)


def _join(
    starts_ms: NDArray[np.int64], ends_ms: NDArray[np.int64], gap_ms: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Spans with every gap under `gap_ms` filled."""
    if len(starts_ms) < 2:
        return starts_ms, ends_ms
    apart = starts_ms[1:] - ends_ms[:-1] >= gap_ms
    return (
        starts_ms[np.concatenate([[True], apart])],
        ends_ms[np.concatenate([apart, [True]])],
    )
