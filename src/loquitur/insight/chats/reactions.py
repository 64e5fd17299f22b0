"""How long after what is said the chat stirs, and after which words it does.

The rate of the chat is held against events of the transcript at lags of 0 to 60 s. The band of what
chance gives comes from the same chat with its blocks in another order: that keeps how messages
cluster and what was said when, and breaks only that one follows the other. A lag is told where the
highest point of the curve is outside the band; that the one caused the other is not told at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LONGEST_S = 60
LEVEL = 0.99
LEAST_EVENTS = 5
_LEAST_S = 600
_MOST_S = 172_800
"""No stream is longer than two days; a single message with a wrong time makes a chat of years."""
_BLOCK_S = 120
_TREND_S = 301
_KERNEL = np.array([1, 2, 3, 2, 1]) / 9
_ORDERS = 999
_DRAWS = 500
_AT_ONCE = 64
_NEAR_S = 3
_BEFORE_S, _AFTER_S = 2, 6
"""What belongs to a reaction around its time, seconds."""
_APART_MS = 15_000
_STIRRED_Z = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Times in the video at which something of one kind is said.

    Args:
        name: Of the kind: `utterances`, `'goal'`, `laughter`.
        at_ms: Ascending.
    """

    name: str
    at_ms: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How the chat follows events of one kind.

    Args:
        events: The kind.
        count: How many of them lie in the time of the chat.
        lag_s: Of the highest point; None where it is not outside the band.
        low_s: With `high_s`, the interval of the lag at 95 % (bootstrap over the events).
        high_s: See there.
        p: Share of shuffled chats with as high a point; None where nothing was tried.
        curve: For each lag of 0 to 60 s, how far the rate is from its usual, in its spreads.
        band: What the highest point of shuffled chats stays below, in 99 % of them (in more of
            them where several kinds of events are tried).
        why_not: What is missing for an answer; empty where it was tried.
    """

    events: str
    count: int
    lag_s: float | None = None
    low_s: float | None = None
    high_s: float | None = None
    p: float | None = None
    curve: tuple[float, ...] = ()
    band: float | None = None
    why_not: str = ""

    @property
    def is_clear(self) -> bool:
        """Whether the highest point is outside the band."""
        return self.lag_s is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """Something said after which the chat stirred.

    Args:
        place: The number of the fragment.
        at_ms: When it was said.
        messages: What came in the time of the reaction.
        usual: What usually comes in so long a time around there.
        z: How far that is from the usual, in spreads of this chat.
    """

    place: int
    at_ms: int
    messages: int
    usual: float
    z: float


def find_lag(
    times: NDArray[np.int64], events: Events, *, tried: int = 1, seed: int = 0
) -> Lag:  # fmt: skip
    """How the chat follows one kind of events.

    Args:
        times: Of the messages, ascending, ms, on the clock of the video.
        events: What is said.
        tried: How many kinds are tried together; the band is widened accordingly (Bonferroni).
        seed: The same seed gives the same band.
    """
    span_s = (times[-1] - times[0]) // 1_000 if len(times) else 0
    if span_s < _LEAST_S:
        return Lag(events=events.name, count=0, why_not="the chat is shorter than 10 minutes")
    if span_s > _MOST_S:
        return Lag(events=events.name, count=0, why_not="the chat is longer than two days")
    first = int(times[0] // 1_000)
    counts = np.bincount((times // 1_000 - first).astype(np.int64))
    stirring = _stirring(counts)
    at = np.unique(np.array(events.at_ms, dtype=np.int64) // 1_000 - first)
    at = at[(at >= 0) & (at < len(counts) - LONGEST_S)]
    if len(at) < LEAST_EVENTS:
        why = f"too few to say: {len(at)} in the time of the chat, {LEAST_EVENTS} are needed"
        return Lag(events=events.name, count=len(at), why_not=why)
    windows = stirring[at[:, None] + np.arange(LONGEST_S + 1)[None, :]]
    curve = windows.mean(axis=0)
    rng = np.random.default_rng(seed)
    highest = _by_chance(stirring, at, rng)
    level = 1 - (1 - LEVEL) / max(1, tried)
    p = float((1 + (highest >= curve.max()).sum()) / (1 + len(highest)))
    found = Lag(
        events=events.name, count=len(at), p=p,
        curve=tuple(float(value) for value in curve), band=float(np.quantile(highest, level)),
    )  # fmt: skip
    if p > 1 - level:
        return found
    weights = rng.multinomial(len(at), np.full(len(at), 1 / len(at)), size=_DRAWS)
    drawn = [_peak(one) for one in weights @ windows / len(at)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return replace(found, lag_s=_peak(curve), low_s=float(low), high_s=float(high))


def _stirring(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Counts of seconds as how far the rate is from what is usual around there.

    The root makes the spread of counts independent of their size (Anscombe 1948); the mean of five
    minutes is the usual.
    """
    rooted = 2 * np.sqrt(counts + 0.375)
    smooth = np.convolve(rooted - _running(rooted), _KERNEL, mode="same")
    spread = float(smooth.std())
    return smooth / spread if spread else smooth


def _running(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of the values around each, of fewer at the ends."""
    half = _TREND_S // 2
    sums = np.concatenate([[0.0], np.cumsum(values)])
    at = np.arange(len(values))
    low, high = np.maximum(0, at - half), np.minimum(len(values), at + half + 1)
    mean: NDArray[np.float64] = (sums[high] - sums[low]) / (high - low)
    return mean


def _by_chance(
    stirring: NDArray[np.float64], at: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.float64]:  # fmt: skip
    """The highest points of curves of the same chat with its blocks in random orders."""
    size = _fast_size(len(stirring))  # no event is so late that the end would be met
    train = np.zeros(size)
    train[at] = 1.0 / len(at)
    spectrum = np.conj(np.fft.rfft(train))
    found = np.empty(_ORDERS)
    for begin in range(0, _ORDERS, _AT_ONCE):
        some = np.stack(
            [_reordered(stirring, rng) for _ in range(min(_AT_ONCE, _ORDERS - begin))]
        )  # fmt: skip
        curves = np.fft.irfft(np.fft.rfft(some, n=size, axis=1) * spectrum, n=size, axis=1)
        found[begin : begin + len(some)] = curves[:, : LONGEST_S + 1].max(axis=1)
    return found


def _fast_size(least: int) -> int:
    """The smallest number from here on whose factors are 2, 3 and 5: transforms of it are fast."""
    sizes = [1]
    for factor, most in ((2, 24), (3, 12), (5, 8)):
        sizes = [size * int(factor**power) for size in sizes for power in range(most)]
    return min(size for size in sizes if size >= least)


def _reordered(values: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """The same values, blocks of two minutes in another order, cut at another place each time."""
    turned = np.roll(values, int(rng.integers(len(values))))
    whole = len(turned) // _BLOCK_S * _BLOCK_S
    blocks = turned[:whole].reshape(-1, _BLOCK_S)
    shuffled = blocks[rng.permutation(len(blocks))].ravel()
    return np.concatenate([shuffled, turned[whole:]])


def _peak(curve: NDArray[np.float64]) -> float:
    """The lag of the highest point, between the seconds by the weight of its neighbours."""
    top = int(curve.argmax())
    low, high = max(0, top - _NEAR_S), min(len(curve), top + _NEAR_S + 1)
    if low == 0 or high == len(curve):
        return float(top)
    near = curve[low:high] - curve[low:high].min()
    total = float(near.sum())
    return float((near * np.arange(low, high)).sum() / total) if total else float(top)


def find_sparks(
    times: NDArray[np.int64], starts_ms: Sequence[int], lag_s: float, *, most: int = 10
) -> tuple[Spark, ...]:
    """What was said before the chat stirred most, the lag taken off.

    Args:
        times: Of the messages, ascending, ms.
        starts_ms: Of all that was said, fragment by fragment.
        lag_s: Of the chat behind it.
        most: So many at most; they are 15 s apart.
    """
    if not len(times):
        return ()
    first = int(times[0] // 1_000)
    counts = np.bincount((times // 1_000 - first).astype(np.int64)).astype(np.float64)
    width = _BEFORE_S + _AFTER_S
    heaped = np.concatenate([[0.0], np.cumsum(counts)])
    begins = np.clip(np.arange(len(counts)) - _BEFORE_S, 0, len(counts) - 1)
    ends = np.minimum(begins + width, len(counts))
    found = heaped[ends] - heaped[begins]
    usual = _running(counts) * (ends - begins)
    away = 2 * np.sqrt(found + 0.375) - 2 * np.sqrt(usual + 0.375)
    spread = max(1.0, float(np.median(np.abs(away - np.median(away)))) * 1.4826)
    sparks = []
    for place, start_ms in enumerate(starts_ms):
        at = round(start_ms / 1_000 + lag_s) - first
        if 0 <= at < len(counts) and away[at] / spread >= _STIRRED_Z:
            sparks.append(
                Spark(place=place, at_ms=start_ms, messages=int(found[at]),
                      usual=float(usual[at]), z=float(away[at] / spread))
            )  # fmt: skip
    kept: list[Spark] = []
    for spark in sorted(sparks, key=lambda one: (-one.z, one.at_ms)):
        if all(abs(spark.at_ms - other.at_ms) >= _APART_MS for other in kept):
            kept.append(spark)
        if len(kept) == most:
            break
    return tuple(kept)
