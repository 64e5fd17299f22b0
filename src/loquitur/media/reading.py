"""Frames of one audio stream with their place in media time, whatever the file does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.media.containers import reading_errors
from loquitur.media.packets import Packets
from loquitur.model.media import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Iterator

_BARE = frozenset({"mp3", "aac", "ac3", "eac3"})
"""Frames one after the other without a clock: FFmpeg counts them, and lost ones are not counted."""

_TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEGIN")
"""What stands between frames and is not damaged sound."""


class Reader:
    """Frames of one stream, packet by packet; what is damaged is skipped and counted."""

    def __init__(self, container: Any, stream: Any) -> None:
        self._packets = Packets(container, stream)
        self._stream = stream
        self._start_us = container.start_time or 0
        self._errors = reading_errors()
        self._bare = container.format.name in _BARE
        self._sound_bytes = 0
        self._sound_ticks = 0
        self._lost_ticks = 0
        self.undecoded = 0
        stream.codec_context.thread_count = 1

    @property
    def corrupt(self) -> int:
        """Packets that could not be read or decoded."""
        return self.undecoded + self._packets.damaged

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of the damage."""
        skipped = f"{self.corrupt} damaged packets skipped" if self.corrupt else ""
        stuck = "the file cannot be read to its end" if self._packets.stuck else ""
        return tuple(filter(None, (skipped, stuck)))

    def seek(self, media_ms: int) -> bool:
        """Go to the last packet before a media time; False where the container cannot."""
        if media_ms <= 0:
            return True
        time_us = media_ms * 1000 + self._start_us
        base = self._stream.time_base
        return self._packets.seek(time_us * base.denominator // (base.numerator * 1_000_000))

    def tick(self, frame: Any) -> int | None:
        """The 16 kHz sample of media time at which a frame sounds; None where it does not say."""
        if frame.pts is None or not frame.time_base:
            return None
        ticks = _ticks(frame.pts, frame.time_base) + self._lost_ticks
        return ticks - self._start_us * SAMPLE_RATE_HZ // 1_000_000

    def frames(self) -> Iterator[Any]:
        """Every frame that decodes."""
        for packet in self._packets:
            if packet.is_corrupt:
                self.undecoded += 1
            try:
                frames = packet.decode()
            except EOFError:
                return
            except self._errors:
                self.undecoded += 1
                if self._bare:
                    self._lose(packet)
                continue
            if self._bare and frames and packet.duration:
                self._sound_bytes += packet.size
                self._sound_ticks += _ticks(packet.duration, packet.time_base)
            yield from (frame for frame in frames if frame.samples and frame.sample_rate > 0)

    def _lose(self, packet: Any) -> None:
        """Make room for the sound that a damaged packet held, by the bytes it takes."""
        if not self._sound_bytes or any(tag in bytes(packet) for tag in _TAGS):
            return
        held = packet.size * self._sound_ticks // self._sound_bytes
        counted = _ticks(packet.duration, packet.time_base) if packet.duration else 0
        self._lost_ticks += max(0, held - counted)


def _ticks(count: int, base: Any) -> int:
    ticks: int = count * base.numerator * SAMPLE_RATE_HZ // base.denominator
    return ticks
