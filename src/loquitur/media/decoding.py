"""Decoding in this process: demux, decode, resample, lay onto the timeline, write.

Timestamps were measured (PyAV 18.1, FFmpeg 8.1): the time of a *decoded frame* already accounts
for encoder priming in mp4 (edit lists), Matroska (codec delay), Ogg Opus (pre-skip) and MP3 (LAME
header); a click lies within 1 ms of its place in each. Raw AAC (ADTS) says nothing of its priming
and keeps it (23 ms at 44.1 kHz), in every player.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.errors import EngineError, InputError
from loquitur.media.containers import damaged, open_container, reading_errors, shown
from loquitur.media.mixing import Mixer
from loquitur.media.pcm import PcmFile
from loquitur.media.probe import container_duration_ms, stream_duration_ms
from loquitur.media.reading import Reader
from loquitur.media.timeline import (
    JUMP_TICKS,
    RESET_TICKS,
    TICKS_PER_MS,
    TOLERANCE_TICKS,
    Timeline,
)
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.text import display
from loquitur.timing import from_samples, short_clock

if TYPE_CHECKING:
    from pathlib import Path

    from loquitur.timing import Span

Tell = Callable[[int, int], None]

NARROW_HZ = 12_000
"""Recognisers are trained on what 16 kHz holds; below this rate a part of it is missing."""

PREROLL_MS = 1000
"""A decoder that starts in the middle needs a while to be exact: AAC two frames, Opus 80 ms."""

TELL_EVERY_S = 0.2
_TS_DISCONT = 0x0200
"""FFmpeg's mark (AVFMT_TS_DISCONT) of Ogg and MPEG streams, whose clock may be reset."""

_GUESSED_DURATION = frozenset({"aac", "ac3", "eac3", "amr"})
"""Containers without a duration of their own: FFmpeg guesses it from the bit rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What was written: `sample_count` samples, the first of which sounds at `offset_ms`.

    `track_index` counts all streams of the file; `corrupt_packets` were skipped; `warnings` tell
    in one line each what a reader should know of the sound. `channels` is how many the track has.
    """

    sample_count: int
    offset_ms: int
    duration_ms: int
    track_index: int
    corrupt_packets: int = 0
    warnings: tuple[str, ...] = ()
    channels: int = 1


def decode_here(
    path: Path,
    target: Path,
    *,
    track: int | None,
    section: Span | None,
    most_ms: int,
    tell: Tell,
    channel: int | None = None,
) -> Decoded:
    """`loquitur.media.audio.decode` in this process; `tell` hears done and total ms."""
    wanted = _Wanted(track=track, section=section, most_ms=most_ms, channel=channel)
    if section is not None:
        decoded = _attempt(path, target, wanted, tell, seek=True)
        if decoded is not None:
            return decoded
    decoded = _attempt(path, target, wanted, tell, seek=False)
    if decoded is None:
        raise EngineError(f"{shown(path)}: the section could not be reached")
    return decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What of a medium is to be decoded; see `loquitur.media.audio.decode`."""

    track: int | None
    section: Span | None
    most_ms: int
    channel: int | None


def _attempt(
    path: Path, target: Path, wanted: _Wanted, tell: Tell, *, seek: bool
) -> Decoded | None:
    """Decode once; None where a seek did not land before the section."""
    section = wanted.section
    with open_container(path) as container, PcmFile(target) as sink:
        try:
            stream, notes = _choose(container, wanted.track, path)
            declared_ms = container_duration_ms(container)
        except reading_errors() as error:
            raise damaged(path, error) from error
        channels = stream.codec_context.channels
        notes += _narrowness(stream.codec_context.sample_rate)
        index = stream.index  # a closed container's streams are freed memory
        timeline = Timeline(
            sink,
            floor=section.start_ms * TICKS_PER_MS if section else 0,
            ceiling=section.end_ms * TICKS_PER_MS if section else None,
            declared=declared_ms * TICKS_PER_MS if declared_ms else None,
            most=wanted.most_ms * TICKS_PER_MS,
            back=RESET_TICKS if container.format.flags & _TS_DISCONT else JUMP_TICKS,
        )
        reader = Reader(container, stream)
        latest = None
        if seek and section is not None:
            latest = section.start_ms * TICKS_PER_MS + TOLERANCE_TICKS
            if not reader.seek(section.start_ms - PREROLL_MS):
                return None
        runs = _Runs(reader, timeline, Mixer(wanted.channel))
        if not _lay(runs, tell, total_ms=declared_ms or 0, latest=latest):
            return None
        if timeline.sounded == 0:
            if seek:
                return None
            raise _soundless(path, stream, section, reader)
        notes += timeline.notes
        declared_ms = stream_duration_ms(stream) or declared_ms
        if section is None and container.format.name not in _GUESSED_DURATION:
            notes += _shortfall(timeline, declared_ms)
    return Decoded(
        sample_count=timeline.taken,
        offset_ms=(timeline.first or 0) // TICKS_PER_MS,
        duration_ms=max(1, from_samples(timeline.taken, SAMPLE_RATE_HZ)),
        track_index=index,
        corrupt_packets=reader.corrupt,
        warnings=notes + reader.notes,
        channels=max(1, channels),
    )


def _choose(container: Any, track: int | None, path: Path) -> tuple[Any, tuple[str, ...]]:
    """The stream to decode, and what to say of the choice."""
    streams = list(container.streams.audio)
    offered = ", ".join(str(stream.index) for stream in streams)
    if not streams:
        raise InputError(
            f"{shown(path)} has no audio track",
            hint="nothing can be heard in it: give a file with sound",
            code="LQ-MEDIA-SILENT",
        )
    if track is not None:
        chosen = next((stream for stream in streams if stream.index == track), None)
        if chosen is None:
            raise InputError(
                f"{shown(path)} has no audio track {track}", hint=f"audio tracks: {offered}"
            )
    else:
        chosen = max(streams, key=_worth)
    if chosen.codec_context is None:
        raise InputError(
            f"{shown(path)}: no decoder for audio track {chosen.index}",
            hint=f"convert it to a common codec, or choose another track of {offered}",
            code="LQ-MEDIA-FORMAT",
        )
    if track is not None or len(streams) == 1:
        return chosen, ()
    others = ", ".join(str(stream.index) for stream in streams if stream is not chosen)
    taken = f"{len(streams)} audio tracks: took number {_described(chosen)}"
    return chosen, (f"{taken}; --set decode.track=N takes another ({others})",)


def _narrowness(rate_hz: int) -> tuple[str, ...]:
    """What to say of sound from a telephone or the like."""
    if not 0 < rate_hz < NARROW_HZ:
        return ()
    return (f"telephone sound ({rate_hz} Hz): expect more words heard wrong than in wideband",)


def _worth(stream: Any) -> tuple[bool, bool, bool, int, int, int]:
    from av.stream import Disposition

    aside = Disposition.comment | Disposition.visual_impaired | Disposition.descriptions
    context = stream.codec_context
    return (
        context is not None,
        not stream.disposition & aside,
        bool(stream.disposition & Disposition.default),
        context.sample_rate if context is not None else 0,
        context.channels if context is not None else 0,
        -stream.index,
    )


def _described(stream: Any) -> str:
    context = stream.codec_context
    language = f"{stream.language}, " if stream.language not in (None, "und") else ""
    return display(f"{stream.index} ({language}{context.sample_rate} Hz, {context.layout.name})")


def _lay(runs: _Runs, tell: Tell, *, total_ms: int, latest: int | None) -> bool:
    """Lay all sound onto the timeline; False where it begins after the tick `latest`."""
    reader, timeline = runs.reader, runs.timeline
    told = time.monotonic()
    for frame in reader.frames():
        tick = reader.tick(frame)
        if latest is not None and not timeline.started and (tick is None or tick > latest):
            return False
        runs.add(frame, tick)
        if time.monotonic() - told > TELL_EVERY_S:
            told = time.monotonic()
            tell(timeline.cursor // TICKS_PER_MS, total_ms)
        if timeline.full:
            break
    runs.end()
    timeline.settle()
    return True


class _Runs:
    """Cuts frames into runs: gapless, of one shape, anchored at the time of their first frame."""

    def __init__(self, reader: Reader, timeline: Timeline, mixer: Mixer) -> None:
        self.reader = reader
        self.timeline = timeline
        self._mixer = mixer
        self._start = 0
        self._samples = 0
        self._rate_hz = SAMPLE_RATE_HZ

    def add(self, frame: Any, tick: int | None) -> None:
        """Add a frame that sounds at a tick of the file's clock (None: after the one before)."""
        expected = self._start + self._samples * SAMPLE_RATE_HZ // self._rate_hz
        if not self.timeline.started:
            self._begin(tick or 0, tick or 0, frame)
        elif tick is not None and abs(tick - expected) > TOLERANCE_TICKS:
            self._begin(tick, tick, frame)
        elif not self._mixer.fits(frame):
            self._begin(expected, None, frame)
        try:
            mixed = list(self._mixer.push(frame))
        except reading_errors():
            self.reader.undecoded += 1
            self._mixer.reset()
            return
        self._samples += frame.samples
        for samples in mixed:
            self.timeline.append(samples)

    def end(self) -> None:
        """Close the last run."""
        try:
            mixed = list(self._mixer.flush())
        except reading_errors():
            return
        for samples in mixed:
            self.timeline.append(samples)

    def _begin(self, start: int, tick: int | None, frame: Any) -> None:
        self.end()
        self.timeline.begin(tick)
        self._start, self._samples, self._rate_hz = start, 0, max(1, frame.sample_rate)


def _soundless(path: Path, stream: Any, section: Span | None, reader: Reader) -> InputError:
    where = f"audio track {stream.index}"
    if section is not None:
        where += f" between {short_clock(section.start_ms)} and {short_clock(section.end_ms)}"
    detail = f" ({reader.corrupt} damaged packets)" if reader.corrupt else ""
    return InputError(
        f"{shown(path)}: no sound can be decoded from {where}{detail}",
        hint="the file is damaged or cut off: fetch or export it again",
        code="LQ-MEDIA-SILENT",
    )


def _shortfall(timeline: Timeline, declared_ms: int | None) -> tuple[str, ...]:
    """A warning where clearly less was decoded than the file declares."""
    decoded_ms = timeline.cursor // TICKS_PER_MS
    if not declared_ms or declared_ms - decoded_ms < max(500, declared_ms // 50):
        return ()
    percent = 100 * decoded_ms // declared_ms
    times = f"{short_clock(decoded_ms)} of {short_clock(declared_ms)}"
    return (f"decoded {percent}% of the declared duration ({times})",)
