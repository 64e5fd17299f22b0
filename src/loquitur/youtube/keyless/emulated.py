"""The way to a server that stands in for YouTube (`loquitur youtube emulate`).

It lists tracks at `/emulator/tracks` and gives their text at `/api/timedtext`, in the forms and
with the failures of the real one; what comes is read as by the first way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from loquitur.errors import TransientError
from loquitur.media.transfer import check_online
from loquitur.media.urls import watch_url
from loquitur.text import display
from loquitur.youtube.answers import reason_in
from loquitur.youtube.keyless.bodies import FORMS, read_first
from loquitur.youtube.keyless.failures import FAILURES, failure, of_status
from loquitur.youtube.keyless.tracks import Listing, Track, Translation
from loquitur.youtube.keyless.ways import Access, Found, Read

if TYPE_CHECKING:
    from types import TracebackType

TRACKS = "/emulator/tracks"
TIMED_TEXT = "/api/timedtext"
_TIMEOUT_S = 20.0


class _Track(msgspec.Struct):
    id: str
    language: str
    name: str = ""
    kind: str = ""
    track_name: str = ""


class _Language(msgspec.Struct):
    language: str
    name: str = ""


class _Listing(msgspec.Struct):
    tracks: list[_Track] = []
    translations: list[_Language] = []
    title: str = ""
    duration_ms: int | None = None
    channel: str = ""
    published: str = ""
    description: str = ""


class Emulated:
    """A stand-in for YouTube, asked over HTTP.

    Args:
        access: Whose `endpoint` is asked.
    """

    name = "emulated"

    def __init__(self, access: Access) -> None:
        self._access = access
        self._client: Any = None

    def __enter__(self) -> Emulated:
        """Open the connection."""
        import httpx

        self._client = httpx.Client(
            base_url=self._access.endpoint, timeout=_TIMEOUT_S, trust_env=False
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self._client.close()

    def look(self, video_id: str, *, translations: bool = False) -> Found:
        """What a video has (see `ways.Way`)."""
        del translations
        data = self._bytes(TRACKS, {"video": video_id}, video_id)
        try:
            found = msgspec.json.decode(data, type=_Listing)
        except msgspec.MsgspecError as exc:
            raise failure("unparsable", video_id, detail=str(exc)) from exc
        tracks = tuple(
            Track(
                id=one.id, language=one.language, name=display(one.name),
                is_generated=one.kind == "asr", is_translatable=bool(found.translations),
            )
            for one in found.tracks
        )  # fmt: skip
        if not tracks:
            raise failure("no-captions", video_id)
        listing = Listing(
            video_id=video_id,
            way=self.name,
            tracks=tuple(sorted(tracks, key=lambda track: track.is_generated)),
            translations=tuple(
                Translation(language=one.language, name=one.name) for one in found.translations
            ),
            title=found.title,
            duration_ms=found.duration_ms,
            channel=found.channel,
            published=found.published,
            description=found.description,
            spoken_language=next((one.language for one in tracks if one.is_generated), ""),
        )
        return Found(listing=listing, places={one.id: one for one in found.tracks})

    def read(self, found: Found, track: Track, *, translate: str = "", words: bool = True) -> Read:
        """One of its tracks (see `ways.Way`)."""
        del words
        video_id, place = found.listing.video_id, found.places[track.id]
        query = {"v": video_id, "lang": place.language}
        query |= {"kind": "asr"} if track.is_generated else {"name": place.track_name}
        query |= {"tlang": translate} if translate else {}
        return read_first(
            FORMS,
            lambda form: self._bytes(TIMED_TEXT, query | {"fmt": form}, video_id),
            video_id=video_id,
            language=translate or track.language,
        )

    def _bytes(self, path: str, query: dict[str, str], video_id: str) -> bytes:
        import httpx

        check_online(watch_url(video_id), self._access.fetching)
        try:
            answer = self._client.get(f"{path}?{urlencode(query)}")
        except (httpx.TransportError, httpx.InvalidURL, httpx.UnsupportedProtocol) as exc:
            raise TransientError(
                f"{display(self._access.endpoint)}: the emulated YouTube cannot be reached",
                hint="start it with `loquitur youtube emulate`, or unset LOQUITUR_YOUTUBE_ENDPOINT",
            ) from exc
        if answer.status_code == 200:
            return bytes(answer.content)
        name = reason_in(answer.content)
        if name in FAILURES and answer.status_code != 429:
            raise failure(name, video_id)
        after = answer.headers.get("Retry-After")
        raise of_status(answer.status_code, video_id, retry_after=after)
