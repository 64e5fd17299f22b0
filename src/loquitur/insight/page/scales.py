"""Axes that people read: round ticks, times as h:mm:ss, large numbers short."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from loquitur.text import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.account import Axis

_CLOCK_STEPS_S = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
)  # fmt: skip
_SHORT = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_TINY = 1e-12


def clock(ms: float) -> str:
    """Media time as h:mm:ss; what is no time as it is.

    >>> clock(3_725_900), clock(-30_000)
    ('1:02:05', '-0:00:30')
    """
    if not math.isfinite(ms):
        return number(ms)
    seconds = int(abs(ms) // 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{'-' if ms < 0 else ''}{hours}:{minutes:02d}:{seconds:02d}"


def short(value: float) -> str:
    """A number of an axis.

    >>> short(1_500_000), short(20_000), short(0.25), short(2000), short(0.0)
    ('1.5M', '20k', '0.25', '2,000', '0')
    """
    for size, letter in _SHORT:
        if abs(value) >= max(size, 10_000):
            return f"{value / size:.4g}{letter}"
    return number(float(f"{value:.6g}"))


def names(axis: Axis, values: Sequence[float]) -> list[str]:
    """What stands at the ticks of an axis: short, but no two the same.

    >>> from loquitur.insight.account import Axis
    >>> names(Axis(label="views"), [1e9, 2e9]), names(Axis(label="views"), [1e9, 1e9 + 2])
    (['1B', '2B'], ['1,000,000,000', '1,000,000,002'])
    """
    if axis.names:
        return [said(axis, value) for value in values]
    if axis.scale == "clock":
        return [clock(value) for value in values]
    found = [short(value) for value in values]
    return found if len(set(found)) == len(found) else [f"{value:,.12g}" for value in values]


def said(axis: Axis, value: float) -> str:
    """A value of an axis in words: its unit behind it, a clock as a time, a category by name."""
    if axis.names:
        at = round(value)
        return axis.names[at] if 0 <= at < len(axis.names) else ""
    if axis.scale == "clock":
        return clock(value)
    return f"{number(value)}{' ' + axis.unit if axis.unit else ''}"


def label(axis: Axis) -> str:
    """What stands beside an axis: its label and its unit."""
    if axis.scale == "clock":
        return f"{axis.label} (h:mm:ss)" if axis.label else "h:mm:ss"
    if axis.unit and axis.label.endswith(f"({axis.unit})"):
        return axis.label
    text = f"{axis.label} ({axis.unit})" if axis.unit and axis.label else axis.label or axis.unit
    return f"{text}, log scale" if axis.scale == "log" else text


def limits(axis: Axis, values: Sequence[float], *, grounded: bool) -> tuple[float, float]:
    """From where to where an axis goes.

    Args:
        axis: Of the figure.
        values: All that must be on it; of a log axis above 0.
        grounded: It must have its 0 (bars), or a value of its own to stand on where it is a log.
    """
    low, high = min(values), max(values)
    if axis.scale == "log":
        wide = max(math.log10(high / low), 0.3)
        pad = 10 ** (0.04 * wide)
        floor = 10 ** math.floor(math.log10(low) - 0.01) if grounded else low / pad
        return floor, high * pad if high > low else high * 2
    if axis.scale == "clock":
        return low, high if high > low else low + 1000
    if grounded or (low >= 0 and low <= 0.6 * high):
        low = min(low, 0.0)
    if grounded:
        high = max(high, 0.0)
    span = high - low
    if span <= _TINY * max(abs(high), abs(low), 1e-300):
        span = abs(high) or 1.0
        return low - (0.1 * span if low else 0), high + 0.1 * span
    return low - (0.05 * span if low else 0), high + (0.06 * span if high else 0)


def ticks(axis: Axis, low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """Round values of an axis from `low` to `high`, at most so many; `whole` for whole ones."""
    if axis.scale == "clock":
        found = _clock_ticks(low, high, most)
    elif axis.scale == "log":
        found = _log_ticks(low, high, most)
    else:
        found = _even_ticks(low, high, most, least=1.0 if whole else 0.0)
    slack = 1e-9 * (high - low)
    return [at for at in found if low - slack <= at <= high + slack]


def _clock_ticks(low: float, high: float, most: int) -> list[float]:
    span_s = max((high - low) / 1000, 1)
    step = next((one for one in _CLOCK_STEPS_S if span_s / one <= most), None)
    if step is None:
        step = 86400 * math.ceil(span_s / 86400 / most)
    first = math.ceil(low / 1000 / step)
    last = math.floor(high / 1000 / step)
    return [at * step * 1000.0 for at in range(first, last + 1)]


_LEAST_STEP = 1e-300
"""Below it a step loses digits (denormal numbers), and its logarithm is not defined at last."""


def _even_ticks(low: float, high: float, most: int, *, least: float = 0.0) -> list[float]:
    rough = max((high - low) / max(most, 1), least)
    if rough < _LEAST_STEP:
        return [low]
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * one for one in (1, 2, 2.5, 5, 10) if size * one >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [float(f"{at * step:.12g}") for at in range(first, last + 1)]


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for parts in ((1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        found = [
            part * 10.0**power
            for power in range(first, last + 1)
            for part in parts
            if low * (1 - 1e-9) <= part * 10.0**power <= high * (1 + 1e-9)
        ]
        if len(found) <= most:
            break
    else:
        found = found[:: math.ceil(len(found) / most)]
    return found if len(found) >= 2 else sorted({*found, *_even_ticks(low, high, 3)} - {0.0})
