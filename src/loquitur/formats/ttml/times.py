"""Time expressions of TTML (TTML2, section 12.3.1): clock times and offsets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from loquitur.formats.ttml.names import TTP

if TYPE_CHECKING:
    from loquitur.formats.safe_xml import Element

_CLOCK = re.compile(
    r"(\d{2,9}):(\d\d):(\d\d)(?:(?:\.(\d{1,18}))|(?::(\d{2,6})(?:\.(\d{1,6}))?))?", re.ASCII
)
_OFFSET = re.compile(r"(\d{1,15})(?:\.(\d{1,18}))?(h|m|s|ms|f|t)", re.ASCII)
_METRIC = {
    "h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What frames, parts of frames and ticks are worth, in counts per second."""

    frame: Fraction = Fraction(30)
    sub_frame: int = 1
    tick: Fraction = Fraction(1)

    def seconds(self, text: str) -> Fraction | None:
        """A time expression in seconds; None where it is none."""
        text = text.strip()
        if clock := _CLOCK.fullmatch(text):
            hours, minutes, seconds, fraction, frames, parts = clock.groups()
            found = Fraction(int(hours) * 3600 + int(minutes) * 60 + int(seconds))
            if fraction:
                found += Fraction(int(fraction), 10 ** len(fraction))
            if frames:
                found += (int(frames) + Fraction(int(parts or 0), self.sub_frame)) / self.frame
            return found
        if offset := _OFFSET.fullmatch(text):
            whole, fraction, metric = offset.groups()
            count = Fraction(int(whole))
            if fraction:
                count += Fraction(int(fraction), 10 ** len(fraction))
            if metric in _METRIC:
                return count * _METRIC[metric]
            return count / (self.frame if metric == "f" else self.tick)
        return None


def rates_of(root: Element, fps: float | None = None) -> Rates:
    """The rates of a document, from the parameters of its root.

    Args:
        root: The `tt` element.
        fps: Frames per second, where the user knows better.
    """
    said = _whole(root.get("frameRate", TTP))
    frame = Fraction(said or 30)
    parts = re.split(r"[ :]+", root.get("frameRateMultiplier", TTP).strip())
    over, under = (_whole(parts[0]), _whole(parts[1])) if len(parts) == 2 else (0, 0)
    if over and under:
        frame *= Fraction(over, under)
    if fps is not None and fps > 0:
        frame = Fraction(fps).limit_denominator(1001)
    sub_frame = _whole(root.get("subFrameRate", TTP)) or 1
    tick = _whole(root.get("tickRate", TTP))
    default = frame * sub_frame if said else Fraction(1)
    return Rates(frame=frame, sub_frame=sub_frame, tick=Fraction(tick) if tick else default)


def _whole(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def milliseconds(seconds: Fraction) -> int:
    """Whole milliseconds; a time right between two goes to the even one, as other readers do."""
    return round(seconds * 1000)
