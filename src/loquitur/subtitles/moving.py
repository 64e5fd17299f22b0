"""Cues at other times: shifted, scaled, or moved piece by piece; times inside cues go along.

All arithmetic is on integers and fractions: a shift taken back gives the file that was there, and a
scale taken back is within 1 ms of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from loquitur.errors import UsageError
from loquitur.markup.webvtt import timestamp_ms
from loquitur.subtitles.arrangement import arranged

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.model.captions import CaptionTrack, Cue

BeforeZero = Literal["clamp", "drop", "keep"]

_INNER = re.compile(r"<(?:([0-9]+):)?([0-9]{2}):([0-9]{2})\.([0-9]{3})>")
_NTSC = {"23.976": Fraction(24_000, 1001), "23.98": Fraction(24_000, 1001),
         "29.97": Fraction(30_000, 1001), "47.952": Fraction(48_000, 1001),
         "59.94": Fraction(60_000, 1001), "119.88": Fraction(120_000, 1001)}  # fmt: skip
MOST_FPS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A track at other times.

    Args:
        track: Its cues in the order they had.
        moved: How many cues have other times now.
        clamped: Cues that would begin before zero and begin at zero now, by number from 1.
        dropped: Cues that would end before zero and are gone, by number from 1.
        early: Cues that begin before zero and were kept so.
    """

    track: CaptionTrack
    moved: int = 0
    clamped: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()
    early: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A map of time: `ratio * t + offset_ms`, rounded half up."""

    ratio: Fraction = Fraction(1)
    offset_ms: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        if self.ratio <= 0:
            raise ValueError(f"time runs forwards: {self.ratio}")

    def at(self, ms: int) -> int:
        """Where a time goes."""
        twice = 2 * (self.ratio * ms + self.offset_ms)
        return (twice.numerator + twice.denominator) // (2 * twice.denominator)

    def inverse(self) -> Line:
        """The map back."""
        return Line(ratio=1 / self.ratio, offset_ms=-self.offset_ms / self.ratio)


def frame_rate(text: str) -> Fraction:
    """Frames per second as an exact number: `23.976` is 24000/1001.

    Raises:
        UsageError: It is no such rate.

    >>> frame_rate("25"), frame_rate("23.976"), frame_rate("30000/1001")
    (Fraction(25, 1), Fraction(24000, 1001), Fraction(30000, 1001))
    """
    text = text.strip()
    if known := _NTSC.get(text.rstrip("0") if "." in text else text) or _NTSC.get(text):
        return known
    if not re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]{1,6}|/[0-9]{1,6})?", text) or text.endswith("/0"):
        raise UsageError(
            f"not a frame rate: '{text[:40]}'", hint="write it as 25, 23.976 or 24000/1001"
        )
    try:
        rate = Fraction(text)
    except ZeroDivisionError:
        rate = Fraction(0)
    if not 1 <= rate <= MOST_FPS:
        raise UsageError(f"a frame rate is from 1 to {MOST_FPS}, not {text}")
    return rate


def rate_line(source: Fraction, target: Fraction) -> Line:
    """Captions made for a film at one rate, for the same frames at another."""
    return Line(ratio=source / target)


def two_point_line(first: tuple[int, int], second: tuple[int, int]) -> Line:
    """The map that brings two times of a file, in ms, to where they should be.

    Raises:
        UsageError: The two are no two points, or time would run backwards.
    """
    (from_ms, to_ms), (other_from_ms, other_to_ms) = first, second
    if from_ms == other_from_ms or (other_to_ms - to_ms) * (other_from_ms - from_ms) <= 0:
        raise UsageError(
            "two points need two times of the file, and two of the film in the same order",
            hint="give a cue near the beginning and one near the end",
        )
    ratio = Fraction(other_to_ms - to_ms, other_from_ms - from_ms)
    return Line(ratio=ratio, offset_ms=to_ms - ratio * from_ms)


def shifted(
    track: CaptionTrack,
    offset_ms: int,
    *,
    start_ms: int | None = None,
    end_ms: int | None = None,
    before_zero: BeforeZero = "clamp",
) -> Moved:
    """A track later by so much, earlier where it is negative.

    Args:
        track: What to shift.
        offset_ms: By how much.
        start_ms: Only cues that begin at this time or later; None for all.
        end_ms: Only cues that begin before this time; None for all.
        before_zero: What becomes of cues that would begin before zero: see `moved`.
    """
    line = Line(offset_ms=Fraction(offset_ms))

    def chosen(cue: Cue) -> Line | None:
        after = start_ms is None or cue.start_ms >= start_ms
        return line if after and (end_ms is None or cue.start_ms < end_ms) else None

    return moved(track, chosen, before_zero=before_zero)


def scaled(track: CaptionTrack, line: Line, *, before_zero: BeforeZero = "clamp") -> Moved:
    """A track by a map of its whole time."""
    return moved(track, lambda _: line, before_zero=before_zero)


def moved(
    track: CaptionTrack,
    chosen: Callable[[Cue], Line | None],
    *,
    before_zero: BeforeZero = "clamp",
) -> Moved:
    """A track in which each cue goes where its map says.

    Args:
        track: What to move.
        chosen: The map of a cue; None where it stays.
        before_zero: A cue that would begin before zero begins at zero (`clamp`; one that would
            end there too is dropped), is dropped (`drop`), or stays before zero (`keep`), where
            few formats can write it.
    """
    kept: list[tuple[int, Cue]] = []
    clamped, dropped, early = [], [], []
    count = 0
    for index, cue in enumerate(track.cues):
        line = chosen(cue)
        if line is None:
            kept.append((index, cue))
            continue
        there = placed(cue, line)
        if there.start_ms < 0 <= cue.start_ms:
            if before_zero == "keep":
                early.append(index + 1)
            elif before_zero == "drop" or there.end_ms <= 0:
                dropped.append(index + 1)
                continue
            else:
                clamped.append(index + 1)
                there = _from_zero(there)
        count += there != cue
        kept.append((index, there))
    return Moved(
        track=arranged(track, kept),
        moved=count,
        clamped=tuple(clamped),
        dropped=tuple(dropped),
        early=tuple(early),
    )


def placed(cue: Cue, line: Line) -> Cue:
    """A cue and the times inside it, moved; what lasted still lasts 1 ms at least."""
    start_ms, end_ms = line.at(cue.start_ms), line.at(cue.end_ms)
    if cue.end_ms > cue.start_ms:
        end_ms = max(end_ms, start_ms + 1)
    payload = cue.payload
    if cue.notation == "vtt" and "<" in payload:
        payload = _INNER.sub(lambda match: _inner(match, line), payload)
    return replace(cue, start_ms=start_ms, end_ms=end_ms, payload=payload)


def _inner(match: re.Match[str], line: Line) -> str:
    at_ms = timestamp_ms(match)
    if at_ms is None:
        return match[0]
    return f"<{_written(max(0, line.at(at_ms)), len(match[1] or ''))}>"


def _written(ms: int, digits: int) -> str:
    """A time inside a cue, its hours written as they were: not at all, or in so many digits."""
    seconds, millis = divmod(ms, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    head = f"{hours:0{max(digits, 1)}d}:" if digits or hours else ""
    return f"{head}{minute:02d}:{second:02d}.{millis:03d}"


def _from_zero(cue: Cue) -> Cue:
    return replace(cue, start_ms=0)
