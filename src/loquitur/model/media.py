"""What is known of a medium: its identity, its tracks, its decoded sound."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

SAMPLE_RATE_HZ = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One elementary stream of a container.

    `index` counts all streams of the file from 0; rates, sizes and `duration_ms` are None where
    the container does not say. `forced` marks captions of what is foreign in the film alone.
    """

    index: int
    kind: Literal["audio", "video", "subtitle", "data"]
    codec: str
    language: str | None = None
    title: str | None = None
    sample_rate_hz: int | None = None
    channels: int | None = None
    width_px: int | None = None
    height_px: int | None = None
    frame_rate_hz: float | None = None
    duration_ms: int | None = None
    default: bool = False
    forced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRef:
    """A medium, named by the sha256 of its bytes, wherever they came from.

    `source` is where it was first found (a path or URL), for people only: no key depends on it.
    `duration_ms` is the container's word, None where it gives none; `notes` say what a person
    should know of how it was fetched.
    """

    media_id: str
    title: str
    source: str
    size_bytes: int
    container: str
    tracks: tuple[Track, ...]
    has_video: bool
    duration_ms: int | None = None
    video_id: str | None = None
    uploader: str | None = None
    published: str | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.media_id.startswith("sha256:"):
            raise ValueError(f"media_id must start with 'sha256:', not {self.media_id[:20]!r}")

    @property
    def digest(self) -> str:
        """The sha256 of the bytes, 64 hexadecimal digits."""
        return self.media_id.removeprefix("sha256:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """Decoded sound: 16 kHz mono signed 16-bit little-endian PCM, kept as an object of the store.

    Sample 0 sounds at `offset_ms` of media time; media time 0 is where the container starts.
    `samples` names the PCM object; the samples themselves are mapped on call, never held here.
    `warnings` tell what was lost on the way (skipped packets, a short file).
    """

    media_id: str
    samples: str
    sample_count: int
    offset_ms: int
    duration_ms: int
    track_index: int
    sample_rate_hz: int = SAMPLE_RATE_HZ
    corrupt_packets: int = 0
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.sample_count <= 0 or self.duration_ms <= 0:
            raise ValueError("audio without a sample is an error, not an artifact")
        if self.offset_ms < 0:
            raise ValueError(f"offset_ms must not be negative: {self.offset_ms}")

    @property
    def end_ms(self) -> int:
        """The media time at which the sound ends."""
        return self.offset_ms + self.duration_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """The decoded sound of each channel of one track, all on one clock, in the file's order."""

    channels: tuple[Audio, ...]

    def __post_init__(self) -> None:
        if len(self.channels) < 2:
            raise ValueError("channels are two or more")
        if len({(audio.offset_ms, audio.sample_count) for audio in self.channels}) != 1:
            raise ValueError("the channels of a track begin and end together")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shots:
    """Where one shot of a film ends and the next one begins.

    `cuts_ms` are the media times of the first frame of each shot but the first, rising; there are
    none where the medium has no moving pictures (`frame_count` is 0 then). Fades and dissolves are
    no cuts. `frame_rate_hz` is the container's word, None where it gives none.
    """

    media_id: str
    cuts_ms: tuple[int, ...] = ()
    frame_count: int = 0
    end_ms: int = 0
    frame_rate_hz: float | None = None
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(one >= other for one, other in pairwise((0, *self.cuts_ms))):
            raise ValueError("cuts rise, and none is at the beginning")
