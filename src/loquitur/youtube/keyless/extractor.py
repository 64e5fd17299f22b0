"""The first way: yt-dlp as a library, which writes no file and says nothing.

Options after its source (2026.10.26): without `writeautomaticsub` translations of manual tracks are
not listed, without `ignore_no_formats_error` a video whose sound is refused gives no captions
either. Then why it is refused comes as a warning, so that warnings are listened to.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from loquitur.media import complaints, ytdlp
from loquitur.media.transfer import check_online
from loquitur.media.urls import watch_url
from loquitur.text import display
from loquitur.timing import from_seconds
from loquitur.youtube.keyless.bodies import (
    FORMS,
    MOST_BYTES,
    address,
    is_generated,
    read_first,
)
from loquitur.youtube.keyless.failures import failure, of_status, reason
from loquitur.youtube.keyless.tracks import Listing, Track, Translation
from loquitur.youtube.keyless.ways import Access, Found, Read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from loquitur.errors import LoquiturError

_PARAMETERS: dict[str, Any] = {
    "writeautomaticsub": True,
    "writesubtitles": True,
}
_CHAT = "live_chat"
_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_ORIGINAL = "-orig"
_NOT_OVER = {"is_live": "live", "post_live": "live", "is_upcoming": "not-begun"}
_ABOUT_CAPTIONS = ("subtitle", "caption", "po token", "cookies")


class Extractor:
    """yt-dlp, opened once for many videos.

    Args:
        access: Cookies, proxy, and how patient it is.
    """

    name = "yt-dlp"

    def __init__(self, access: Access) -> None:
        self._access = access
        self._open = contextlib.ExitStack()
        self._heard = ytdlp.Heard()
        self._sessions: dict[bool, Any] = {}

    def __enter__(self) -> Extractor:
        """Open it; a session begins with the first video."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close its connections."""
        self._sessions.clear()
        self._open.close()

    def look(self, video_id: str, *, translations: bool = False) -> Found:
        """What a video has (see `ways.Way`)."""
        url = watch_url(video_id)
        check_online(url, self._access.fetching)
        self._heard.lines.clear()
        with ytdlp.translated(url):
            info = self._session(translations=translations).extract_info(url, download=False) or {}
        tracks, places, into = _tracks(info)
        if not tracks:
            raise self._nothing(info, video_id)
        duration = info.get("duration")
        spoken = next((track.language for track in tracks if track.is_generated), "")
        listing = Listing(
            video_id=video_id,
            way=self.name,
            tracks=tuple(sorted(tracks, key=lambda track: track.is_generated)),
            translations=into,
            title=str(info.get("title") or ""),
            duration_ms=from_seconds(duration) if isinstance(duration, int | float) else None,
            channel=str(info.get("channel") or info.get("uploader") or ""),
            published=_day(info.get("upload_date")),
            description=str(info.get("description") or ""),
            spoken_language=spoken or str(info.get("language") or ""),
            warnings=tuple(self._about_captions()),
        )
        return Found(listing=listing, places=places)

    def read(self, found: Found, track: Track, *, translate: str = "", words: bool = True) -> Read:
        """One of its tracks: json3, else vtt, else srv1 (see `ways.Way`)."""
        del words  # its best form has them anyway
        video_id = found.listing.video_id
        forms: dict[str, str] = found.places[track.id]
        return read_first(
            [form for form in FORMS if form in forms] or list(forms)[:1],
            lambda form: self._bytes(address(forms[form], translate=translate), video_id),
            video_id=video_id,
            language=translate or track.language,
        )

    def _bytes(self, url: str, video_id: str) -> bytes:
        from yt_dlp.networking.exceptions import HTTPError

        with ytdlp.translated(watch_url(video_id)):
            try:
                with self._session().urlopen(url) as answer:
                    data: bytes = answer.read(MOST_BYTES + 1)
            except HTTPError as exc:
                if exc.status == 429:
                    after = exc.response.headers.get("Retry-After")
                    raise of_status(429, video_id, retry_after=after) from exc
                raise
        if len(data) > MOST_BYTES:
            raise failure("unparsable", video_id, detail=f"more than {MOST_BYTES} bytes")
        return data

    def _session(self, *, translations: bool = False) -> Any:
        """The session; one that lists every translation is slower, and another one."""
        if translations not in self._sessions:
            skipped = ["dash", "hls"] + ([] if translations else ["translated_subs"])
            more = _PARAMETERS | {"extractor_args": {"youtube": {"skip": skipped}}}
            if self._access.sleep_s > 0:
                more["sleep_interval_requests"] = min(self._access.sleep_s / 4, 1.0)
            asked = ytdlp.asking(self._access.fetching, heard=self._heard, more=more)
            self._sessions[translations] = self._open.enter_context(asked)
        return self._sessions[translations]

    def _about_captions(self) -> Iterator[str]:
        """The warnings that concern captions, as one line each."""
        for line in self._heard.lines:
            if any(word in line.lower() for word in _ABOUT_CAPTIONS):
                yield display(line)[:300]

    def _nothing(self, info: dict[str, Any], video_id: str) -> LoquiturError:
        """Why there is no track: what was warned of, that it is live, that nothing came."""
        known = self._heard.means(watch_url(video_id))
        if known and reason(known[0]) != "formats":
            return known[0]
        live = _NOT_OVER.get(str(info.get("live_status")), "live" if info.get("is_live") else "")
        if live:
            return failure(live, video_id)
        if known or not info.get("formats"):
            unknown = (
                line
                for line in self._heard.lines
                if complaints.of_sentence(line, "") is None and "JavaScript runtime" not in line
            )
            return failure("formats", video_id, detail=display(next(unknown, ""))[:200])
        return failure("no-captions", video_id)


def _day(said: object) -> str:
    """`20260301`, as yt-dlp writes it, as `2026-03-01`; empty where it is no day."""
    found = _DAY.fullmatch(said) if isinstance(said, str) else None
    return "-".join(found.groups()) if found else ""


def _tracks(
    info: dict[str, Any],
) -> tuple[list[Track], dict[str, dict[str, str]], tuple[Translation, ...]]:
    """The tracks of what yt-dlp found, where their forms are, and into what they are translated."""
    tracks: list[Track] = []
    places: dict[str, dict[str, str]] = {}
    for key, entries in _groups(info.get("subtitles")):
        forms = _forms(entries)
        if key != _CHAT and forms:
            places[key] = forms
            tracks.append(_track(key, entries, forms, generated=False))
    into: dict[str, str] = {}
    manual = [track.id for track in tracks]
    for key, entries in _groups(info.get("automatic_captions")):
        forms = _forms(entries)
        if not forms or key == _CHAT:
            continue
        code = _query(forms).get("tlang", "")
        if code:
            suffix = next((f"-{one}" for one in manual if code.endswith(f"-{one}")), "")
            name = str(entries[0].get("name") or "").partition(" from ")[0]
            into.setdefault(code.removesuffix(suffix), name)
            continue
        # The same track stands under `en-orig` and `en`; where nothing could be translated
        # only under `en`. What decides is the address.
        ident = "a." + key.removesuffix(_ORIGINAL)
        if ident not in places and (
            key.endswith(_ORIGINAL) or any(map(is_generated, forms.values()))
        ):
            places[ident] = forms
            tracks.append(_track(key, entries, forms, generated=True, ident=ident))
    translations = tuple(Translation(language=code, name=name) for code, name in into.items())
    return tracks, places, translations


def _groups(found: Any) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for key, entries in (found or {}).items():
        kept = [entry for entry in entries or () if isinstance(entry, dict) and entry.get("url")]
        if kept:
            yield str(key), kept


def _forms(entries: list[dict[str, Any]]) -> dict[str, str]:
    """Where each form is; what is no text of captions is left out."""
    return {
        str(entry.get("ext")): str(entry["url"])
        for entry in entries
        if not str(entry.get("protocol") or "").startswith("youtube_live_chat")
    }


def _query(forms: dict[str, str]) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(next(iter(forms.values()))).query))


def _track(
    key: str,
    entries: list[dict[str, Any]],
    forms: dict[str, str],
    *,
    generated: bool,
    ident: str = "",
) -> Track:
    language = _query(forms).get("lang") or key.removesuffix(_ORIGINAL)
    name = str(entries[0].get("name") or "").removesuffix(" (Original)")
    return Track(
        id=ident or key, language=language, name=display(name), is_generated=generated,
        is_translatable=None,
    )  # fmt: skip
