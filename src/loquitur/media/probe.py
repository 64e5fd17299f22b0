"""What a media file holds, by its container's word, without decoding it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from loquitur.media.containers import ANIMATED, damaged, open_container, reading_errors
from loquitur.model.media import Track
from loquitur.timing import from_seconds, parse_clock

if TYPE_CHECKING:
    from pathlib import Path

    from loquitur.media.isolation import Limits

_FORCED = 0x40
CREDIBLE_MS = 10_000 * 3_600_000
"""A longer duration (10,000 h) is a damaged header, and taken as not given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What the container says of itself.

    `container` is the demuxer's name (`mov,mp4,...`); `start_ms` is what the container's own clock
    shows at media time 0; `has_video` is true for moving pictures only, not for cover art.
    """

    container: str
    tracks: tuple[Track, ...]
    has_video: bool
    duration_ms: int | None = None
    start_ms: int = 0
    title: str | None = None

    @property
    def audio(self) -> tuple[Track, ...]:
        """The audio tracks."""
        return tuple(track for track in self.tracks if track.kind == "audio")


def probe(path: Path, *, isolated: bool = True, limits: Limits | None = None) -> Probe:
    """Look at a media file.

    Args:
        path: A local file.
        isolated: Look in a child process with bounds, so that a file that crashes the demuxer is
            an error like any other. False looks here.
        limits: The child's bounds; see `loquitur.media.isolation.Limits`.

    Returns:
        Its container and tracks.

    Raises:
        InputError: Missing, not a regular file, not an accepted container, or damaged.
    """
    if not isolated:
        return inspect(path)
    from loquitur.media.isolation import Limits, run_isolated

    return run_isolated("probe", path, {}, into=Probe, limits=limits or Limits())


def inspect(path: Path) -> Probe:
    """`probe` in this process."""
    with open_container(path, also=ANIMATED) as container:
        try:
            return _inspected(container)
        except reading_errors() as error:
            raise damaged(path, error) from error


def stream_duration_ms(stream: Any) -> int | None:
    """How long a stream of a PyAV container is by its own word, None where it does not say."""
    if stream.duration and stream.time_base:
        return _credible(from_seconds(float(stream.duration * stream.time_base)))
    # Matroska has no field for it; FFmpeg and mkvmerge write a tag `HH:MM:SS.nnnnnnnnn`.
    tag = stream.metadata.get("DURATION", "")
    match = re.match(r"\d{1,4}:\d{1,2}:\d{1,2}(?:\.\d{1,3})?", tag, re.ASCII)
    try:
        return _credible(parse_clock(match[0])) if match else None
    except ValueError:
        return None


def container_duration_ms(container: Any) -> int | None:
    """How long a PyAV container is by its own word, None where it does not say."""
    return _credible(container.duration // 1000) if container.duration else None


def is_picture(stream: Any) -> bool:
    """Whether a video stream is cover art or thumbnails rather than moving pictures."""
    from av.stream import Disposition

    return bool(stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails))


def shown_pictures(container: Any) -> Any:
    """The stream of moving pictures that is shown: the default one, else the first that decodes.

    Returns:
        A PyAV stream; None where there is none, or no decoder for any.
    """
    streams = [
        stream
        for stream in container.streams.video
        if not is_picture(stream) and stream.codec_context is not None
    ]
    return next((stream for stream in streams if stream.disposition & 1), (streams or [None])[0])


def _inspected(container: Any) -> Probe:
    tracks = tuple(_track(stream) for stream in container.streams)
    return Probe(
        container=container.format.name,
        tracks=tracks,
        has_video=any(track.kind == "video" for track in tracks),
        duration_ms=container_duration_ms(container),
        start_ms=(container.start_time or 0) // 1000,
        title=metadata_line(container.metadata, "title"),
    )


def _track(stream: Any) -> Track:
    kind = _kind(stream)
    context = stream.codec_context  # None where FFmpeg has no decoder
    rate = stream.average_rate if kind == "video" else None
    return Track(
        index=stream.index,
        kind=kind,
        codec=context.codec.canonical_name if context is not None else "unknown",
        language=stream_language(stream),
        title=metadata_line(stream.metadata, "title"),
        sample_rate_hz=(context.sample_rate or None) if context and kind == "audio" else None,
        channels=(context.channels or None) if context and kind == "audio" else None,
        width_px=(context.width or None) if context and kind == "video" else None,
        height_px=(context.height or None) if context and kind == "video" else None,
        frame_rate_hz=float(rate) if rate else None,
        duration_ms=stream_duration_ms(stream),
        default=bool(stream.disposition & 1),
        forced=bool(stream.disposition & _FORCED),
    )


def _kind(stream: Any) -> Literal["audio", "video", "subtitle", "data"]:
    if stream.type == "video" and not is_picture(stream):
        return "video"
    if stream.type == "audio":
        return "audio"
    if stream.type == "subtitle":
        return "subtitle"
    return "data"


def stream_language(stream: Any) -> str | None:
    """The language that a container says of a stream; None where it says none."""
    language = metadata_line(stream.metadata, "language")
    return None if language in (None, "und") else language


def metadata_line(metadata: dict[str, str], name: str) -> str | None:
    """A tag on one line without control characters, at most 500 characters; None if blank."""
    text = metadata.get(name) or metadata.get(name.upper()) or ""
    words = "".join(char if char.isprintable() else " " for char in text[:2000]).split()
    return " ".join(words)[:500] or None


def _credible(duration_ms: int) -> int | None:
    return duration_ms if 0 < duration_ms <= CREDIBLE_MS else None
