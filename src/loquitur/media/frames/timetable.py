"""When each frame of a film is shown, read from its packets without decoding one.

The count a container states is missing in webm and live streams and wrong behind edit lists, so
the packets are counted. On every kind of container tried, the times of packets that are not
discarded, put in order, are those of the decoded frames.
"""

from __future__ import annotations

import time
from array import array
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.media.packets import Packets

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Ticks = NDArray[np.int64]

TELL_EVERY_S = 0.2

TRUST_BYTES = 64 << 20
"""A smaller file is read through; of a larger one an index that proves right is taken."""

_NOMINAL = Fraction(1, 25)
_VARIES = 0.5
"""A gap between frames that is so much longer or shorter than the usual one is another one."""
_SHARE = 0.1
"""Where so much of a film passes in other gaps its rate varies; less of it are lost frames."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Timetable:
    """When frames are shown, in ticks of the stream's clock.

    Args:
        ticks: Each frame's time, rising, int64 [n].
        keys: Those of them that decode without another frame, rising.
        base: Seconds a tick.
        start_us: What the container's clock shows at media time 0, in microseconds.
        end: The tick after the last frame.
        damaged: Packets that could not be read.
    """

    ticks: Ticks
    keys: Ticks
    base: Fraction
    start_us: int
    end: int
    damaged: int = 0

    def ms(self, ticks: Ticks) -> Ticks:
        """Media times in ms, rounded half up; never below 0."""
        seconds = np.asarray(ticks, np.float64) * float(self.base) - self.start_us / 1e6
        return np.maximum(0, np.floor(np.round(seconds * 1000, 6) + 0.5).astype(np.int64))

    def tick(self, ms: float) -> int:
        """The tick at or before a media time in ms."""
        seconds = Fraction(ms) / 1000 + Fraction(self.start_us, 1_000_000)
        return int(seconds / self.base // 1)

    @property
    def end_ms(self) -> int:
        """Media time after the last frame."""
        return int(self.ms(np.asarray([self.end]))[0])

    @property
    def varies(self) -> bool:
        """Whether the frame rate does."""
        gaps = np.diff(self.ticks)
        if len(gaps) < 2:
            return False
        usual = float(np.median(gaps))
        others = gaps[np.abs(gaps - usual) > _VARIES * usual]
        return bool(others.sum() > _SHARE * gaps.sum())


def read_timetable(
    container: Any, stream: Any, size_bytes: int, tell: Callable[[int, int], None]
) -> Timetable:
    """The timetable of a stream; the container stands anywhere afterwards.

    Args:
        container: A PyAV input container, at its start.
        stream: Its moving pictures.
        size_bytes: How large the file is.
        tell: Hears how far it is, done and total ms.
    """
    if size_bytes > TRUST_BYTES:
        table = _from_index(container, stream)
        if table is not None:
            return table
    return _counted(container, stream, tell)


def packet_tick(packet: Any) -> int | None:
    """When what is in a packet is shown, None where nothing is."""
    if packet.is_discard:
        return None
    tick: int | None = packet.pts if packet.pts is not None else packet.dts
    return tick


def _counted(container: Any, stream: Any, tell: Callable[[int, int], None]) -> Timetable:
    """Read all packets."""
    ticks, keys = array("q"), array("q")
    base = stream.time_base or Fraction(1, 1000)
    start_us = container.start_time or 0
    total_ms = max(0, (container.duration or 0) // 1000)
    step = _step(stream, base)
    hides = stream.codec_context.name.startswith(("vp8", "libvpx"))
    packets = Packets(container, stream)
    last = None
    told = time.monotonic()
    for packet in packets.filled():
        if packet.is_discard or (hides and _is_hidden(packet)):
            continue
        tick = packet_tick(packet)
        if tick is None:
            tick = 0 if last is None else last + step
        last = tick
        ticks.append(tick)
        if packet.is_keyframe:
            keys.append(tick)
        if time.monotonic() - told > TELL_EVERY_S:
            told = time.monotonic()
            done_ms = int(tick * base * 1000) - start_us // 1000
            tell(max(0, min(done_ms, total_ms or done_ms)), total_ms)
    shown = np.unique(np.frombuffer(ticks, np.int64)) if ticks else np.empty(0, np.int64)
    sure = np.unique(np.frombuffer(keys, np.int64)) if keys else np.empty(0, np.int64)
    return _table(shown, sure, base, start_us, step, packets.damaged)


def _table(
    ticks: Ticks, keys: Ticks, base: Fraction, start_us: int, step: int, damaged: int
) -> Timetable:
    usual = int(np.median(np.diff(ticks))) if len(ticks) > 1 else step
    end = int(ticks[-1]) + max(1, usual) if len(ticks) else 0
    return Timetable(ticks=ticks, keys=keys, base=base, start_us=start_us, end=end, damaged=damaged)


def _step(stream: Any, base: Fraction) -> int:
    """Ticks a frame, by the container's word."""
    rate = stream.average_rate or stream.guessed_rate
    seconds = 1 / Fraction(rate) if rate else _NOMINAL
    return max(1, round(seconds / base))


def _is_hidden(packet: Any) -> bool:
    """Whether a VP8 packet is only referred to and never shown (RFC 6386, section 9.1)."""
    return not memoryview(packet)[0] >> 4 & 1


def _from_index(container: Any, stream: Any) -> Timetable | None:
    """The timetable out of the container's own index, where it is whole and proves right.

    An index holds decoding times. Where they are evenly spaced, frames are shown at the same even
    distance; whether that is so, and where key frames are, is checked at some places.
    """
    entries = stream.index_entries
    count = len(entries)
    if not count or count != stream.frames or stream.start_time is None:
        return None
    decoded = np.fromiter((entry.timestamp for entry in entries), np.int64, count)
    marks = np.fromiter((entry.is_keyframe for entry in entries), bool, count)
    hidden = any(entry.is_discard for entry in entries)
    gaps = np.diff(decoded)
    if hidden or count < 2 or gaps.min() != gaps.max() or gaps[0] < 1:
        return None
    shown = stream.start_time + (decoded - decoded[0])
    keys = shown[marks]
    if not _proves(container, stream, shown, keys):
        return None
    base, start_us = stream.time_base, container.start_time or 0
    return _table(shown, keys, base, start_us, int(gaps[0]), 0)


_PROBED = 64
_PLACES = 5


def _proves(container: Any, stream: Any, shown: Ticks, keys: Ticks) -> bool:
    """Whether packets are where an index says, at the start and at key frames further on."""
    packets = Packets(container, stream)
    first: list[int] = []
    for packet in packets.filled():
        tick = packet_tick(packet)
        if tick is None:
            return False
        first.append(tick)
        if len(first) == _PROBED:
            break
    half = min(_PROBED // 2, len(first))  # frames shown early are decoded early
    if not len(keys) or sorted(first)[:half] != shown[:half].tolist():
        return False
    places = np.unique(np.linspace(0, len(keys) - 1, _PLACES).round().astype(int))
    for place in places:
        if not packets.seek(int(keys[place])):
            return False
        packet = next(packets.filled(), None)
        if packet is None or not packet.is_keyframe or packet.pts != keys[place]:
            return False
    return True
