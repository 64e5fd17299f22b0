"""What every way to a transcript has: it looks at a video, and reads one of its tracks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, get_args

from loquitur.media.transfer import DEFAULTS, REAL_TIME, FetchOptions, Pace, options_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from loquitur.model.captions import CaptionTrack
    from loquitur.settings import Settings
    from loquitur.youtube.keyless.tracks import Listing, Track

WayName: TypeAlias = Literal["auto", "yt-dlp", "youtube-transcript-api", "emulated"]
WAYS: tuple[WayName, ...] = get_args(WayName)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How YouTube is asked.

    Args:
        fetching: Cookies, proxy, offline, private addresses.
        endpoint: The address of a server that stands in for YouTube; empty for YouTube itself.
        sleep_s: The wait between two videos in seconds, lengthened by up to a half at random.
        pace: The clock.
    """

    fetching: FetchOptions = DEFAULTS
    endpoint: str = ""
    sleep_s: float = 2.0
    pace: Pace = field(default=REAL_TIME, repr=False)

    @classmethod
    def of(cls, settings: Settings, *, sleep_s: float = 2.0) -> Access:
        """As the settings say."""
        return cls(
            fetching=options_of(settings), endpoint=settings.youtube_endpoint, sleep_s=sleep_s
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A video that was looked at: what it has, and where (which is never stored).

    `places` belongs to the way: for each track's id what it needs to read it.
    """

    listing: Listing
    places: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A track that was read.

    Args:
        track: As it came: lines may roll, words may have times.
        form: In which form: `json3`, `vtt`, `srv1`.
        warnings: What a person should know.
    """

    track: CaptionTrack
    form: str
    warnings: tuple[str, ...] = ()


class Way(Protocol):
    """One way; it is opened once for many videos, and closed."""

    name: str

    def __enter__(self) -> Way:
        """Open it."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        ...

    def look(self, video_id: str, *, translations: bool = False) -> Found:
        """What a video has; `translations` asks for all languages into which it is translated.

        Raises:
            RemoteError: There is none, or the site refuses; see `failures`.
            MissingError: A library is not installed.
        """
        ...

    def read(self, found: Found, track: Track, *, translate: str = "", words: bool = True) -> Read:
        """One of its tracks, translated by YouTube where `translate` names a language.

        Raises:
            RemoteError: As for `look`.
        """
        ...
