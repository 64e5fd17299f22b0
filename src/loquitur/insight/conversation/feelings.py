"""Moods over time: how long a speaker was in which, and how aroused and pleased, where known."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.model.speech import UNKNOWN_MOOD
from loquitur.speech.moods import MOODS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.insight.spoken.fragments import Fragment

WINDOWS_MS = (10_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000)
_MOST_WINDOWS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class MoodTime:
    """How one speaker felt.

    Args:
        shares: Of the time whose mood is known, by label, the largest first.
        known_ms: That time.
        unknown_ms: Speech whose mood nobody knows: none said, or too short to tell.
        arousal: Mean weighted by time, 0..1; None where it is never known.
        valence: As `arousal`.
        sources: The methods that told it.
    """

    shares: tuple[tuple[str, float], ...]
    known_ms: int
    unknown_ms: int
    arousal: float | None = None
    valence: float | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MoodCurve:
    """Arousal and valence in even windows from `start_ms`; None where nothing is known."""

    start_ms: int
    window_ms: int
    arousal: tuple[float | None, ...]
    valence: tuple[float | None, ...]


def mood_time(fragments: Sequence[Fragment]) -> MoodTime:
    """The moods of one speaker's fragments, weighted by their length."""
    times: defaultdict[str, int] = defaultdict(int)
    sources: dict[str, None] = {}
    for fragment in fragments:
        feeling = fragment.feeling
        label = feeling.label if feeling is not None else ""
        times[label or UNKNOWN_MOOD] += fragment.end_ms - fragment.start_ms
        if feeling is not None and feeling.source:
            sources[feeling.source] = None
    unknown_ms = times.pop(UNKNOWN_MOOD, 0)
    known_ms = sum(times.values())
    ranked = sorted(times.items(), key=lambda pair: (-pair[1], pair[0]))
    return MoodTime(
        shares=tuple((label, time / known_ms) for label, time in ranked),
        known_ms=known_ms,
        unknown_ms=unknown_ms,
        arousal=_mean(list(_sizes(fragments, "arousal"))),
        valence=_mean(list(_sizes(fragments, "valence"))),
        sources=tuple(sources),
    )


def strange_labels(fragments: Sequence[Fragment]) -> tuple[str, ...]:
    """Labels of moods that are not of the set this package knows; they are counted as they are."""
    labels = {one.feeling.label for one in fragments if one.feeling is not None}
    return tuple(sorted(labels - set(MOODS) - {""}))


def window_for(length_ms: int) -> int:
    """The least even window of which at most 60 make up a length."""
    fitting = (one for one in WINDOWS_MS if one * _MOST_WINDOWS >= length_ms)
    return next(fitting, -(-length_ms // _MOST_WINDOWS))


def mood_curve(
    fragments: Sequence[Fragment], *, start_ms: int, end_ms: int, window_ms: int
) -> MoodCurve:
    """Means in windows, weighted by how long a fragment lies in each.

    Args:
        fragments: Of one speaker.
        start_ms: Of the first window.
        end_ms: Where the last one must reach.
        window_ms: The length of each.
    """
    count = max(1, -(-(end_ms - start_ms) // window_ms))
    return MoodCurve(
        start_ms=start_ms,
        window_ms=window_ms,
        arousal=_curve(_sizes(fragments, "arousal"), start_ms, window_ms, count),
        valence=_curve(_sizes(fragments, "valence"), start_ms, window_ms, count),
    )


_Size = tuple[float, int, int]
"""A value, and from when to when it holds."""


def _sizes(fragments: Sequence[Fragment], name: str) -> Iterator[_Size]:
    for fragment in fragments:
        feeling = fragment.feeling
        if feeling is None or feeling.label == UNKNOWN_MOOD:
            continue
        value = feeling.arousal if name == "arousal" else feeling.valence
        if value is not None:
            yield value, fragment.start_ms, fragment.end_ms


def _mean(sizes: Sequence[_Size]) -> float | None:
    weight = sum(end - start for _, start, end in sizes)
    return sum(value * (end - start) for value, start, end in sizes) / weight if weight else None


def _curve(
    sizes: Iterator[_Size], start_ms: int, window_ms: int, count: int
) -> tuple[float | None, ...]:
    sums, weights = [0.0] * count, [0] * count
    for value, start, end in sizes:
        first = max(0, (start - start_ms) // window_ms)
        last = min(count - 1, (end - 1 - start_ms) // window_ms)
        for at in range(first, last + 1):
            begin = start_ms + at * window_ms
            inside = min(end, begin + window_ms) - max(start, begin)
            if inside > 0:
                sums[at] += value * inside
                weights[at] += inside
    return tuple(
        total / weight if weight else None for total, weight in zip(sums, weights, strict=True)
    )
