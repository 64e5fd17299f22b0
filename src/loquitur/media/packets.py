"""Packets out of an open container, whatever the file does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.media.containers import reading_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_ERRORS_IN_A_ROW = 100
"""A demuxer that fails so often without one packet between is stuck at one place."""


class Packets:
    """The packets of some streams; what cannot be read is skipped and counted.

    Args:
        container: A PyAV input container; its other streams are not read from now on.
        streams: One of its streams, or several.
    """

    def __init__(self, container: Any, *streams: Any) -> None:
        from av.stream import Discard

        self._container = container
        self._streams = streams
        self._errors = reading_errors()
        self.damaged = 0
        self.stuck = False
        wanted = {stream.index for stream in streams}
        for other in container.streams:
            if other.index not in wanted:
                other.discard = Discard.all

    def __iter__(self) -> Iterator[Any]:
        """All packets from where the container stands; the last is empty and drains a decoder."""
        failures = 0
        packets = self._container.demux(*self._streams)
        while True:
            try:
                packet = next(packets, None)
            except self._errors:
                failures += 1
                self.damaged += 1
                if failures >= MOST_ERRORS_IN_A_ROW:
                    self.stuck = True
                    return
                packets = self._container.demux(*self._streams)
                continue
            if packet is None:
                return
            failures = 0
            yield packet

    def filled(self) -> Iterator[Any]:
        """Those that hold something."""
        for packet in self:
            if packet.size:
                yield packet
            elif packet.dts is None and packet.pts is None:  # PyAV's own, the last
                return
            # else a frame that an AVI leaves out

    def seek(self, tick: int) -> bool:
        """Go to where the first stream can be read from, at or before a tick of its clock.

        Returns:
            Whether the container can.
        """
        try:
            self._container.seek(tick, stream=self._streams[0])
        except self._errors:
            return False
        return True
