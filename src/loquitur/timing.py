"""Time as integer milliseconds, half-open intervals, and the only conversions to and from it.

WebVTT itself is half-open ("active while start <= now < end"), so no +1 or -1 appears anywhere.
Seconds are rounded half up: `int(s * 1000)` is wrong by 1 ms for many values, and Python's
`round` takes halves to the even neighbour.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """A half-open interval `[start_ms, end_ms)` of media time, in milliseconds.

    Raises:
        ValueError: Unless `0 <= start_ms < end_ms`.
    """

    start_ms: int
    end_ms: int

    def __post_init__(self) -> None:
        check_span(self.start_ms, self.end_ms)

    @property
    def duration_ms(self) -> int:
        """The length in milliseconds."""
        return self.end_ms - self.start_ms


def check_span(start_ms: int, end_ms: int) -> None:
    """Hold the invariant every timed artifact promises.

    Raises:
        ValueError: Unless `0 <= start_ms < end_ms`.
    """
    if not 0 <= start_ms < end_ms:
        raise ValueError(f"not a span: [{start_ms}, {end_ms}) ms")


def from_seconds(seconds: float) -> int:
    """Milliseconds of a number of seconds, rounded half up.

    The product is first brought to 1e-6 ms so that binary noise does not decide (1.0005 s is
    1000.4999... ms in binary and means 1001 ms).

    >>> from_seconds(1.0005), from_seconds(0.0004)
    (1001, 0)
    """
    return math.floor(round(seconds * 1000.0, 6) + 0.5)


def to_seconds(ms: int) -> float:
    """Seconds of a number of milliseconds."""
    return ms / 1000.0


def from_samples(samples: int, rate_hz: int) -> int:
    """Milliseconds of a count of samples at a rate, rounded half up.

    >>> from_samples(8, 16000)
    1
    """
    return (2 * samples * 1000 + rate_hz) // (2 * rate_hz)


def to_samples(ms: int, rate_hz: int) -> int:
    """The first sample at or after a time.

    >>> to_samples(1, 16000)
    16
    """
    return -((-ms * rate_hz) // 1000)


def overlap_ms(start_ms: int, end_ms: int, other_start_ms: int, other_end_ms: int) -> int:
    """The length that two half-open intervals share, in milliseconds; 0 where they do not meet."""
    return max(0, min(end_ms, other_end_ms) - max(start_ms, other_start_ms))


def gap_ms(start_ms: int, end_ms: int, other_start_ms: int, other_end_ms: int) -> int:
    """The distance between two half-open intervals in milliseconds; 0 where they meet."""
    return max(0, other_start_ms - end_ms, start_ms - other_end_ms)


def clock(ms: int, *, decimal: str = ".") -> str:
    """A time as `HH:MM:SS.mmm`, hours with two digits or more.

    >>> clock(3_723_004), clock(5, decimal=",")
    ('01:02:03.004', '00:00:00,005')
    """
    seconds, millis = divmod(ms, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02d}:{minute:02d}:{second:02d}{decimal}{millis:03d}"


def short_clock(ms: int) -> str:
    """A time for people, whole seconds: `1:02:03` or `2:03`; before the start with a minus.

    >>> short_clock(123_900), short_clock(-95_000)
    ('2:03', '-1:35')
    """
    minutes, second = divmod(abs(ms) // 1000, 60)
    hours, minute = divmod(minutes, 60)
    shown = f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
    return "-" + shown if ms < 0 else shown


def parse_clock(text: str) -> int:
    """Milliseconds of `SS`, `MM:SS` or `HH:MM:SS`, each with an optional decimal fraction.

    Raises:
        ValueError: Where the text is no such time.

    >>> parse_clock("01:02:03.5"), parse_clock("90"), parse_clock("1:30")
    (3723500, 90000, 90000)
    """
    text = text.strip()
    if re.fullmatch(r"\d{1,7}(?:\.\d{1,6})?", text, re.ASCII):
        return from_seconds(float(text))
    match = _CLOCK.fullmatch(text)
    if not match or not text.isascii():
        raise ValueError(f"not a time: {text[:40]!r} (expected HH:MM:SS)")
    hours, minutes, seconds, fraction = match.groups()
    if int(minutes) > 59 or int(seconds) > 59:
        raise ValueError(f"not a time: {text[:40]!r} (minutes and seconds go to 59)")
    millis = int((fraction or "0").ljust(3, "0"))
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + millis
