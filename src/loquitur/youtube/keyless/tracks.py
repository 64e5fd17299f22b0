"""The caption tracks of a video, as a list shows them, and what a listing says besides."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One caption track. It has no address: those are signed and expire in hours.

    Args:
        id: What tells it from the others of the video (`en`, `en-abc123`, `a.en`).
        language: BCP 47 as YouTube has it; old codes (`iw`) stay.
        name: What people see: `English`, `English (auto-generated)`.
        is_generated: Whether a recogniser made it.
        is_translatable: Whether YouTube translates it; None where nothing says.
    """

    id: str
    language: str
    name: str = ""
    is_generated: bool = False
    is_translatable: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """A language into which YouTube translates tracks by machine."""

    language: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a video has of captions.

    Args:
        video_id: Whose.
        way: What brought the list: `yt-dlp`, `youtube-transcript-api` or `emulated`.
        tracks: Manual ones first, in YouTube's order.
        translations: Into which languages tracks can be translated; empty where nothing says.
        title: Of the video; a stranger's text, empty where the way gives none.
        duration_ms: Of the video, None where the way gives none.
        spoken_language: What is spoken, as far as is known: the language of the automatic track,
            else that of the sound; empty where nothing says.
        channel: Whose it is, a stranger's text as the description is; empty where nothing says.
        published: The day it came out, `YYYY-MM-DD`; empty where nothing says.
        description: What its maker wrote of it, chapters too.
        warnings: What a person should know, one line each.
    """

    video_id: str
    way: str
    tracks: tuple[Track, ...]
    translations: tuple[Translation, ...] = ()
    title: str = ""
    duration_ms: int | None = None
    spoken_language: str = ""
    channel: str = ""
    published: str = ""
    description: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def manual(self) -> tuple[Track, ...]:
        """The tracks that people made."""
        return tuple(track for track in self.tracks if not track.is_generated)

    @property
    def generated(self) -> tuple[Track, ...]:
        """The tracks that a recogniser made."""
        return tuple(track for track in self.tracks if track.is_generated)
