"""decode: a medium to 16 kHz mono sound, kept in the store so that any range can be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.errors import InputError, UsageError
from loquitur.media.urls import is_url
from loquitur.model.media import Audio
from loquitur.stages.acquire import about
from loquitur.timing import Span, short_clock

if TYPE_CHECKING:
    from loquitur.protocols import Work

VERSION = 2
ENGINE = ""
RESULT = Audio
READS = "sound"
INPUTS = {"media": "media"}
SAMPLES = "samples"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to decode.

    Args:
        track: The index of an audio track among all tracks of the file; None takes the best.
        start_ms: Media time from which to decode.
        end_ms: Media time up to which to decode; None to the end.
    """

    track: int | None = None
    start_ms: int = 0
    end_ms: int | None = None

    def __post_init__(self) -> None:
        if self.start_ms < 0 or (self.end_ms is not None and self.end_ms <= self.start_ms):
            raise ValueError(f"not a section: {self.start_ms} ms to {self.end_ms} ms")
        if self.track is not None and self.track < 0:
            raise ValueError(f"tracks are counted from 0: {self.track}")


def run(work: Work) -> Audio:
    """The decoded sound; its samples lie in the store under the name `samples`."""
    return decoded_audio(work, SAMPLES)[0]


def decoded_audio(
    work: Work, name: str, *, channel: int | None = None, of: int = 1
) -> tuple[Audio, int]:
    """The sound of a medium, kept as the output `name`, and how many channels its track has.

    Args:
        work: With the options of this stage.
        name: Of the output.
        channel: One channel alone, the mix of all where None.
        of: How many channels are decoded, one after the other: progress is told of all.
    """
    from loquitur.media.audio import decode

    before = channel or 0

    def told(done_ms: int, total_ms: int) -> None:
        work.progress(before * total_ms + done_ms, max(of, before + 1) * total_ms)

    with work.temporary(".pcm") as target:
        try:
            decoded = decode(
                work.media_path,
                target,
                track=work.options.track,
                section=_section(work.options, work.media.duration_ms),
                channel=channel,
                progress=told,
            )
        except InputError as exc:
            if not is_url(work.media.source):
                raise
            raise about(exc, work.media_path, work.media.source) from exc
        samples = work.adopt(target, name)
    audio = Audio(
        media_id=work.media.media_id,
        samples=samples,
        sample_count=decoded.sample_count,
        offset_ms=decoded.offset_ms,
        duration_ms=decoded.duration_ms,
        track_index=decoded.track_index,
        corrupt_packets=decoded.corrupt_packets,
        warnings=decoded.warnings,
    )
    return audio, decoded.channels


def _section(options: Options, duration_ms: int | None) -> Span | None:
    """The range to decode, None for all of it.

    Raises:
        UsageError: It starts after the medium's end.
    """
    from loquitur.media.probe import CREDIBLE_MS

    if options.start_ms <= 0 and options.end_ms is None:
        return None
    if duration_ms is not None and options.start_ms >= duration_ms:
        starts, ends = short_clock(options.start_ms), short_clock(duration_ms)
        raise UsageError(
            f"the section starts at {starts}, and the medium ends at {ends}",
            hint="give a --section that starts before the end",
        )
    end_ms = options.end_ms or duration_ms or CREDIBLE_MS
    return Span(start_ms=options.start_ms, end_ms=end_ms)
