"""Where decoded sound belongs in media time: gaps filled, overlaps trimmed, wild times tamed.

Counting samples alone drifts as soon as a packet is lost; trusting every timestamp lets a damaged
or hostile file ask for years of silence. All positions are *ticks*: samples at 16 kHz since media
time 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from loquitur.errors import InputError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.timing import from_samples, short_clock

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TICKS_PER_MS = SAMPLE_RATE_HZ // 1000
TOLERANCE_TICKS = 20 * TICKS_PER_MS
"""Timestamps that differ less from the count of samples (20 ms) are rounding: sound is joined."""

JUMP_TICKS = 10 * SAMPLE_RATE_HZ
"""A longer step back (10 s) is a clock that was reset, not sound that comes twice."""

RESET_TICKS = SAMPLE_RATE_HZ
"""The same (1 s) in a container whose clock may be reset: pieces of it are put together by copying
one behind the other, and a piece may well be shorter than ten seconds."""

DAY_TICKS = 24 * 3600 * SAMPLE_RATE_HZ


class Sink(Protocol):
    """What takes the samples, in order."""

    def write(self, samples: NDArray[np.int16]) -> None:
        """Take samples; shape [n]."""

    def skip(self, count: int) -> None:
        """Take `count` zeros."""


class Timeline:
    """Lays runs of gapless sound onto the 16 kHz grid of media time.

    Args:
        sink: Takes the samples of `[floor, ceiling)`.
        floor: Sound before this tick is not taken.
        ceiling: Sound from this tick on is not taken; None for no end.
        declared: How long the medium is by its own word, in ticks, or None: a long gap is believed
            only inside it (inside a day, where nothing is declared).
        most: More ticks than this are refused.
        back: A longer step back is a clock that was reset; a shorter one is sound that comes twice.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        floor: int,
        ceiling: int | None,
        declared: int | None,
        most: int,
        back: int = JUMP_TICKS,
    ) -> None:
        self._sink = sink
        self._floor = floor
        self._ceiling = ceiling
        self._reach = DAY_TICKS if declared is None else declared + SAMPLE_RATE_HZ
        self._most = most
        self._back = back
        self._cursor: int | None = None
        self._shift = 0
        self._shift_before: int | None = None
        self._drop = 0
        self._doubt = 0
        self._held: list[NDArray[np.int16]] = []
        self._filled = 0
        self._trimmed = 0
        self._counting = False
        self._notes: dict[str, str] = {}
        self.first: int | None = None
        self.sounded = 0
        self.taken = 0

    @property
    def cursor(self) -> int:
        """The tick at which the next sample sounds."""
        return self._cursor or 0

    @property
    def started(self) -> bool:
        """Whether the first run has begun."""
        return self._cursor is not None

    @property
    def full(self) -> bool:
        """Whether the ceiling is reached, without a gap that is not believed yet."""
        return self._ceiling is not None and self.cursor - self._doubt >= self._ceiling

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of the times, one line each."""
        if self._filled < SAMPLE_RATE_HZ:
            return tuple(self._notes.values())
        filled = short_clock(from_samples(self._filled, SAMPLE_RATE_HZ))
        return (f"gaps of {filled} in all are filled with silence", *self._notes.values())

    def begin(self, tick: int | None) -> None:
        """Start a run of gapless sound at a tick, or where the last run ended (None)."""
        if self._cursor is None:
            self._begin_first(tick or 0)
            return
        self._drop = 0
        if tick is None or self._counting:
            return
        gap = self._gap(tick)
        if gap > 0:
            self._leap(gap)
        elif gap < -self._back:
            self._rebase(-gap)
        else:
            self._overlap(-gap)

    def append(self, samples: NDArray[np.int16]) -> None:
        """Add sound to the run; shape [n].

        Raises:
            InputError: There is more of it than allowed.
        """
        if self._drop:
            dropped = min(self._drop, len(samples))
            self._drop -= dropped
            samples = samples[dropped:]
        start = self.cursor
        self._cursor = start + len(samples)
        if not self._doubt:
            self._lay(start, samples)
            return
        self._held.append(samples.copy())
        if sum(map(len, self._held)) >= RESET_TICKS:
            self.settle()

    def settle(self) -> None:
        """Believe the last long gap, and write it and what was said after it.

        Raises:
            InputError: There is more sound than allowed.
        """
        gap, self._doubt = self._doubt, 0
        held, self._held = self._held, []
        start = self.cursor - sum(map(len, held))
        if gap:
            self._fill(start - gap, gap)
        for samples in held:
            self._lay(start, samples)
            start += len(samples)

    def _lay(self, start: int, samples: NDArray[np.int16]) -> None:
        low, high = self._inside(start, len(samples))
        if high > low:
            self._reserve(start + low, high - low)
            self._sink.write(samples[low:high])
            self.sounded += high - low

    def _fill(self, start: int, count: int) -> None:
        low, high = self._inside(start, count)
        self._filled += count
        if high > low:
            self._reserve(start + low, high - low)
            self._sink.skip(high - low)

    def _begin_first(self, tick: int) -> None:
        # Media time 0 is the container's start: only encoder priming lies before it, and nothing
        # can begin after its end.
        if not -JUMP_TICKS <= tick <= self._reach:
            self._shift = -tick
            self._note("first", "the first timestamp is not credible: sound begins at 0:00")
            tick = 0
        self._cursor = tick

    def _gap(self, tick: int) -> int:
        """The silence before a tick, less than nothing where sound comes twice.

        Where the clock from before the last jump or long gap fits and the present one does not, a
        few times were wrong (a bit error), and that clock goes on.
        """
        gap = tick + self._shift - self.cursor
        if abs(gap) <= RESET_TICKS:
            return gap
        if self._doubt and abs(gap + self._doubt) <= RESET_TICKS:
            self._cursor = self.cursor - self._doubt
            gap, self._doubt = gap + self._doubt, 0
            self._note("wrong", "wrong times of some sound are not believed")
            self.settle()
        elif self._shift_before is not None:
            old_gap = tick + self._shift_before - self.cursor
            if abs(old_gap) <= RESET_TICKS:
                self._shift, self._shift_before = self._shift_before, None
                return old_gap
        return gap

    def _leap(self, gap: int) -> None:
        self.settle()
        end = self.cursor + gap
        long = gap > JUMP_TICKS and end > self._reach
        if long or self._filled + gap > DAY_TICKS:
            self._rebase(-gap)
            return
        if gap > RESET_TICKS:
            self._doubt = gap  # until a second of sound says that it was no bit error
        else:
            self._fill(self.cursor, gap)
        self._cursor = end

    def _overlap(self, overlap: int) -> None:
        self._drop = overlap
        self._trimmed += overlap
        # Timestamps that stand still would trim everything: count samples from here on.
        if self._trimmed > JUMP_TICKS and self._trimmed * 5 > self.taken:
            self._counting = True
            self._note("counting", "timestamps contradict the sound: times are counted instead")

    def _rebase(self, shift: int) -> None:
        self._shift_before = self._shift
        self._shift += shift
        self._note(
            "rebase",
            "the clock of the file jumps at "
            f"{short_clock(from_samples(self.cursor, SAMPLE_RATE_HZ))}: sound is joined there",
        )

    def _inside(self, start: int, count: int) -> tuple[int, int]:
        low = max(0, self._floor - start)
        high = count if self._ceiling is None else min(count, self._ceiling - start)
        return low, high

    def _reserve(self, start: int, count: int) -> None:
        if self.first is None:
            # The first sample lies on a whole millisecond, so that the offset is exact.
            self.first = start - start % TICKS_PER_MS
            self.taken = start - self.first
            self._sink.skip(self.taken)
        self.taken += count
        if self.taken > self._most:
            hours = self._most // (3600 * SAMPLE_RATE_HZ)
            raise InputError(
                f"the sound is longer than the limit of {hours} h",
                hint="cut it into parts, or raise the limit",
                code="LQ-MEDIA-LIMIT",
            )

    def _note(self, name: str, text: str) -> None:
        self._notes.setdefault(name, text)
