"""The sound of a medium: decoded once to 16 kHz mono, then read by media time."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from loquitur.errors import UsageError
from loquitur.media.decoding import Decoded, decode_here
from loquitur.media.isolation import Limits, run_isolated
from loquitur.media.pcm import MappedSamples

if TYPE_CHECKING:
    from pathlib import Path

    from loquitur.protocols import Progress
    from loquitur.timing import Span

__all__ = ["Decoded", "Limits", "MappedSamples", "decode"]


def decode(
    path: Path,
    target: Path,
    *,
    track: int | None = None,
    section: Span | None = None,
    channel: int | None = None,
    progress: Progress | None = None,
    limits: Limits | None = None,
    isolated: bool = True,
) -> Decoded:
    """Decode a medium's sound to 16 kHz mono signed 16-bit little-endian PCM.

    Memory stays bounded however long the medium is. Times are media time: 0 is where the
    container starts, sound before it (encoder priming) is trimmed, sound that comes late has an
    offset, lost packets leave silence, so that what follows keeps its time.

    Args:
        path: A local file.
        target: Where the samples go; replaced. Removed again when decoding fails.
        track: The index of an audio stream among all streams of the file. None takes the best:
            no commentary or audio description where there is another, then marked as default,
            then the highest sample rate, the most channels, the first.
        section: Decode this much of media time only, without decoding all before it.
        channel: Decode this channel alone, counted from 0; None for all of them mixed.
        progress: Hears how far it is; what it raises stops the work and comes out here.
        limits: Bounds on what the file may take.
        isolated: Decode in a child process with bounds, so that a file that crashes or hangs a
            decoder is an error like any other. False decodes here, where only `limits.most_ms`
            holds.

    Returns:
        What was written.

    Raises:
        InputError: The file cannot be read, has no such track, no audio track, or no sound.
        FullError: No room for the samples, or no right to write them.
    """
    if track is not None and track < 0:
        raise UsageError(f"no track can have the number {track}", hint="tracks count from 0")
    limits = limits or Limits()
    tell = progress or _unheard
    try:
        if isolated:
            request = {
                "target": str(target),
                "track": track,
                "section": [section.start_ms, section.end_ms] if section else None,
                "most_ms": limits.most_ms,
                "channel": channel,
            }
            decoded = run_isolated("decode", path, request, into=Decoded, limits=limits, tell=tell)
        else:
            decoded = decode_here(
                path,
                target,
                track=track,
                section=section,
                most_ms=limits.most_ms,
                tell=tell,
                channel=channel,
            )
    except BaseException:
        with suppress(OSError):
            if target.is_file():  # never a device
                target.unlink()
        raise
    tell(decoded.duration_ms, decoded.duration_ms)
    return decoded


def _unheard(done_ms: int, total_ms: int) -> None:
    """Progress that nobody wants to hear."""
