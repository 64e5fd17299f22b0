"""Decoding the frames that are due, and as few others as the film's key frames allow."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.media.containers import reading_errors
from loquitur.media.frames.timetable import TELL_EVERY_S, packet_tick
from loquitur.media.packets import Packets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from loquitur.media.frames.timetable import Timetable

WORTH_FRAMES = 10
"""Skipping fewer frames than this costs more than decoding them."""
NEVER = 1 << 62

_SKIPPED = frozenset({"h264", "mpeg2video", "mpeg4"})
"""Decoders that leave out what no other frame refers to and change no bit of the others."""

_DRIFTS = frozenset({"mpeg"})
"""Demuxers (program streams) whose times are other ones after a seek."""

_STEPS_BACK_S = (0.0, 1.0, 4.0, 16.0, 64.0)
"""How far before a key frame one seeks, where the container lands after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Frames that are decoded in one go, in ticks; `key` is where to jump to first."""

    key: int | None
    due: tuple[int, ...]


def runs(table: Timetable, due: Sequence[int], worth: int) -> list[Run]:
    """How to reach frames (rising, each once): on from the last one, or from a key frame."""
    found: list[tuple[int | None, list[int]]] = []
    at = int(table.ticks[0])
    for tick in due:
        place = int(np.searchsorted(table.keys, tick, side="right")) - 1
        key = int(table.keys[place]) if place >= 0 else at
        between = np.searchsorted(table.ticks, key) - np.searchsorted(table.ticks, at, side="right")
        if between > worth:
            found.append((key, [tick]))
        elif found:
            found[-1][1].append(tick)
        else:
            found.append((None, [tick]))
        at = tick
    return [Run(key=key, due=tuple(ticks)) for key, ticks in found]


class Walker:
    """Walks through one stream of an open container.

    Args:
        container: A PyAV input container, at its start.
        stream: Its moving pictures.
        table: When their frames are shown.
        heard: Told the tick it has come to, now and then, also where nothing is due for long.
    """

    def __init__(
        self, container: Any, stream: Any, table: Timetable, heard: Callable[[int], None]
    ) -> None:
        self._stream = stream
        self._table = table
        self._heard = heard
        self._packets = Packets(container, stream)
        self._keys_known = frozenset(table.keys.tolist())
        self._worth = NEVER if container.format.name in _DRIFTS else WORTH_FRAMES
        self._errors = reading_errors()
        self._failed = 0
        self.missing = 0
        self.corrupt = 0

    @property
    def damaged(self) -> int:
        """Packets that could not be read or decoded."""
        return self._failed + self._packets.damaged

    @property
    def stuck(self) -> bool:
        """Whether the file could not be read to its end."""
        return self._packets.stuck

    def walk(self, due: Sequence[int]) -> Iterator[tuple[int, int, Any]]:
        """Each tick that is due (rising, each once), the tick its frame is shown at, and the frame.

        A frame that does not decode is replaced by the one shown before it, or the first after
        where that comes in one go with it; else its tick is left out.
        """
        only_keys = bool(np.isin(np.asarray(due), self._table.keys).all())
        last: tuple[int, Any] | None = None
        for run in runs(self._table, due, self._worth):
            frames = self._keys(run) if only_keys else self._from(run)
            ahead: tuple[int, Any] | None = None
            for tick in run.due:
                while True:
                    ahead = ahead or next(frames, None)
                    if ahead is None or ahead[0] > tick:
                        break
                    if last is None or ahead[0] > last[0]:  # damage may turn time back
                        last = ahead
                    ahead = None
                    if last[0] == tick:
                        break
                found = last or ahead
                if found is None:
                    self.missing += 1
                    continue
                if found[0] != tick:
                    self.missing += 1
                if found[1].is_corrupt:
                    self.corrupt += 1
                yield tick, *found

    def _from(self, run: Run) -> Iterator[tuple[int, Any]]:
        """All frames from where the run begins until its last one is out."""
        fed = set(run.due)
        told = time.monotonic()
        context = self._stream.codec_context
        skips = context.name in _SKIPPED
        near = False
        for packet in self._go(run.key):
            tick = packet_tick(packet)
            if skips:  # the packet after it may be the second field of a frame that is due
                context.skip_frame = "DEFAULT" if near or tick in fed else "NONREF"
                near = tick in fed
            yield from self._decoded(packet)
            if tick in fed:
                fed.discard(tick)
                if not fed:
                    break
            if time.monotonic() - told > TELL_EVERY_S:
                told = time.monotonic()
                if tick is not None:
                    self._heard(tick)
        # what a frame refers to was decoded before it: those that are held back come out now
        yield from self._decoded(None)
        self._stream.codec_context.flush_buffers()

    def _keys(self, run: Run) -> Iterator[tuple[int, Any]]:
        """Key frames alone, each decoded by itself."""
        wanted = set(run.due)
        for packet in self._go(run.key):
            tick = packet_tick(packet)
            if tick not in wanted or not packet.is_keyframe:
                continue
            self._heard(tick)
            yield from self._decoded(packet)
            yield from self._decoded(None)
            self._stream.codec_context.flush_buffers()
            wanted.discard(tick)
            if not wanted:
                return

    def _go(self, key: int | None) -> Iterator[Any]:
        """Packets from a key frame on; those that come where one stands without one."""
        if key is None:
            yield from self._packets.filled()
            return
        second = round(1 / self._table.base)
        for back_s in _STEPS_BACK_S:
            if not self._packets.seek(key - round(back_s * second)):
                continue
            packets = self._packets.filled()
            first = next((packet for packet in packets if packet.is_keyframe), None)
            tick = packet_tick(first) if first is not None else None
            # a time that is not in the table is not to be trusted, nor what follows it
            if tick is not None and tick <= key and tick in self._keys_known:
                yield first
                yield from packets
                return
        self._packets.seek(int(self._table.ticks[0]))
        yield from self._packets.filled()

    def _decoded(self, packet: Any) -> Iterator[tuple[int, Any]]:
        context = self._stream.codec_context
        try:
            frames = context.decode(packet)
        except EOFError:
            return
        except self._errors:
            self._failed += 1
            return
        for frame in frames:
            tick = frame.pts if frame.pts is not None else frame.dts
            if tick is None and packet is not None:
                tick = packet_tick(packet)
            if tick is not None and frame.width and frame.height:
                yield tick, frame
