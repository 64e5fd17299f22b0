"""The second way: youtube-transcript-api (extra `youtube`), where yt-dlp is blocked or broken.

It asks another player (ANDROID). What it makes of a track is not used: it removes everything that
looks like a tag ("3 < 5 and 7 > 2" loses its middle) and has no times of words. Its own session
tells us what came over the wire, and that is read as by the first way; where words are asked for,
the same track is asked for once more, as json3.
"""

from __future__ import annotations

import contextlib
import http.cookiejar
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError, LoquiturError, MissingError, TransientError
from loquitur.media import complaints
from loquitur.media.transfer import check_online
from loquitur.media.urls import watch_url
from loquitur.text import display
from loquitur.youtube.keyless.bodies import Body, address, track_of
from loquitur.youtube.keyless.failures import failure, of_status, reason
from loquitur.youtube.keyless.tracks import Listing, Track, Translation
from loquitur.youtube.keyless.ways import Access, Found, Read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

_TIMEOUT_S = 20.0
_HOSTS = ("youtube.com", "google.com")
_TIMED_TEXT = "/api/timedtext"


class Scraper:
    """youtube-transcript-api, opened once for many videos.

    Args:
        access: Cookies and proxy.
        session: A `requests.Session` to ask with; None for one of its own, which waits 20 s at
            most and asks YouTube alone.
    """

    name = "youtube-transcript-api"

    def __init__(self, access: Access, *, session: Any = None) -> None:
        self._access = access
        self._session = session
        self._is_lent = session is not None
        self._api: Any = None
        self._answers: list[Any] = []
        self._status = 0

    def __enter__(self) -> Scraper:
        """Open it; the session begins with the first video."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close its connections."""
        if self._api is not None:
            self._session.hooks["response"].remove(self._keep)
            if not self._is_lent:
                self._session.close()
                self._session = None
        self._answers.clear()
        self._api = None

    def look(self, video_id: str, *, translations: bool = False) -> Found:
        """What a video has (see `ways.Way`)."""
        del translations  # its list has them in any case
        check_online(watch_url(video_id), self._access.fetching)
        with self._translated(video_id):
            found = list(self._opened().list(video_id))
        if not found:
            raise failure("no-captions", video_id)
        tracks, places = [], {}
        into: dict[str, str] = {}
        for each in found:
            ident = f"a.{each.language_code}" if each.is_generated else each.language_code
            places[ident] = each
            for one in each.translation_languages:
                into.setdefault(one.language_code, one.language)
            tracks.append(
                Track(
                    id=ident, language=each.language_code, name=display(str(each.language)),
                    is_generated=bool(each.is_generated),
                    is_translatable=bool(each.is_translatable),
                )
            )  # fmt: skip
        listing = Listing(
            video_id=video_id,
            way=self.name,
            tracks=tuple(tracks),
            translations=tuple(Translation(language=code, name=n) for code, n in into.items()),
            spoken_language=next((one.language for one in tracks if one.is_generated), ""),
        )
        return Found(listing=listing, places=places)

    def read(self, found: Found, track: Track, *, translate: str = "", words: bool = True) -> Read:
        """One of its tracks (see `ways.Way`)."""
        video_id, language = found.listing.video_id, translate or track.language
        self._answers.clear()
        with self._translated(video_id, translating=translate):
            each = found.places[track.id]
            each = each.translate(translate) if translate else each
            self._fetched(each, video_id)
        if not self._answers:
            raise failure("unparsable", video_id, detail="it asked for no captions")
        answer = self._answers[-1]
        warnings: tuple[str, ...] = ()
        if words and track.is_generated and not translate:
            better, warnings = self._with_times(answer.url, video_id, language)
            if better is not None:
                return Read(track=better, form="json3")
        body = Body(data=answer.content, form="srv1")
        read = track_of(body, video_id=video_id, language=language)
        return Read(track=read, form="srv1", warnings=warnings)

    def _fetched(self, each: Any, video_id: str) -> None:
        """Let the library fetch: it knows when not to. What it cannot parse is ours to judge."""
        from xml.etree.ElementTree import ParseError

        try:
            each.fetch()
        except (ParseError, ValueError, KeyError, AttributeError) as exc:
            if not self._answers:
                raise failure("unparsable", video_id, detail=type(exc).__name__) from exc

    def _with_times(self, url: str, video_id: str, language: str) -> tuple[Any, tuple[str, ...]]:
        """The track as json3, which has the times of words; why not, where it does not come."""
        try:
            with self._translated(video_id):
                answer = self._session.get(address(url, form="json3"))
                answer.raise_for_status()
            body = Body(data=answer.content, form="json3")
            return track_of(body, video_id=video_id, language=language), ()
        except LoquiturError as error:
            return None, (f"without times of words: its json3 failed ({reason(error)})",)

    def _opened(self) -> Any:
        if self._api is None:
            try:
                from youtube_transcript_api import YouTubeTranscriptApi
            except ImportError as exc:
                raise MissingError(
                    "youtube-transcript-api is not installed",
                    hint='pip install "loquitur[youtube]"',
                ) from exc
            if self._session is None:
                self._session = session_of(self._access)
            self._session.hooks["response"].append(self._keep)
            self._api = YouTubeTranscriptApi(http_client=self._session)
        return self._api

    def _keep(self, answer: Any, **_: object) -> None:
        self._status = answer.status_code
        if _TIMED_TEXT in answer.url:
            self._answers.append(answer)

    @contextlib.contextmanager
    def _translated(self, video_id: str, *, translating: str = "") -> Iterator[None]:
        """What the library raises, as failures of ours: by the names of its classes."""
        import requests

        self._opened()
        from youtube_transcript_api import YouTubeTranscriptApiException

        self._status = 0
        try:
            yield
        except YouTubeTranscriptApiException as exc:
            # its block is a captcha or the status 429, which have other cures
            name = "rate-limited" if self._status == 429 else ""
            raise _complaint(exc, video_id, translating, name) from exc
        except requests.exceptions.JSONDecodeError as exc:
            raise failure("unparsable", video_id, detail="the player's answer is no JSON") from exc
        except requests.exceptions.HTTPError as exc:
            raise _refusal(exc, video_id) from exc
        except requests.exceptions.RequestException as exc:
            raise TransientError(
                f"{watch_url(video_id)}: the site cannot be reached",
                hint="check the network connection, then try again",
            ) from exc
        except (AttributeError, KeyError, TypeError, IndexError, ValueError) as exc:
            raise failure("unparsable", video_id, detail=type(exc).__name__) from exc


def session_of(access: Access) -> Any:
    """A session with the user's proxy and cookies, with a time-out, for YouTube's hosts alone."""
    import requests
    from requests.adapters import HTTPAdapter

    class Patient(HTTPAdapter):
        def send(
            self,
            request: Any,
            stream: bool = False,
            timeout: Any = None,
            verify: Any = True,
            cert: Any = None,
            proxies: Any = None,
        ) -> Any:
            host = (request.url or "").partition("://")[2].partition("/")[0].partition(":")[0]
            if not any(host == known or host.endswith(f".{known}") for known in _HOSTS):
                raise requests.exceptions.InvalidURL(f"{host} is no host of YouTube")
            return super().send(request, stream, timeout or _TIMEOUT_S, verify, cert, proxies)

    session = requests.Session()
    session.trust_env = False  # what is not in the settings is nobody's business
    session.mount("https://", Patient())
    session.mount("http://", Patient())
    options = access.fetching
    if options.proxy:
        session.proxies = {"http": options.proxy, "https": options.proxy}
    for cookie in _cookies(access):
        session.cookies.set_cookie(cookie)
    return session


def _cookies(access: Access) -> Iterator[http.cookiejar.Cookie]:
    options = access.fetching
    if options.cookies_file is not None:
        jar = http.cookiejar.MozillaCookieJar(str(options.cookies_file))
        try:
            jar.load(ignore_discard=True, ignore_expires=True)
        except (OSError, UnicodeError, http.cookiejar.LoadError) as exc:
            raise InputError(
                f"{display(str(options.cookies_file))}: cannot be read as a cookie file",
                hint="export it in the Netscape format (cookies.txt)",
            ) from exc
        yield from jar
    if options.cookies_browser:
        from loquitur.media.ytdlp import browser_cookies

        yield from browser_cookies(options.cookies_browser)


_REASONS = {
    "IpBlocked": "blocked",
    "RequestBlocked": "blocked",
    "AgeRestricted": "age",
    "TranscriptsDisabled": "disabled",
    "NoTranscriptFound": "no-language",
    "NotTranslatable": "untranslatable",
    "TranslationLanguageNotAvailable": "untranslatable",
    "PoTokenRequired": "po-token",
    "VideoUnavailable": "gone",
    "InvalidVideoId": "address",
    "YouTubeDataUnparsable": "unparsable",
    "FailedToCreateConsentCookie": "cookies",
    "CookieInvalid": "cookies",
    "CookiePathInvalid": "cookies",
    "CookieError": "cookies",
}


def _complaint(exc: Any, video_id: str, translating: str, name: str) -> LoquiturError:
    kinds = [kind.__name__ for kind in type(exc).__mro__]
    name = name or next((_REASONS[kind] for kind in kinds if kind in _REASONS), "")
    if name:
        return failure(name, video_id, detail=translating)
    if "VideoUnplayable" in kinds:
        return _unplayable(exc, video_id)
    cause = exc.__context__
    if "YouTubeRequestFailed" in kinds and getattr(cause, "response", None) is not None:
        return _refusal(cause, video_id)
    return failure("unparsable", video_id, detail=kinds[0])


def _unplayable(exc: Any, video_id: str) -> LoquiturError:
    """A video that is not played, by the sentences that YouTube says about it."""
    sentences = [str(exc.reason or ""), *map(str, exc.sub_reasons or ())]
    for sentence in sentences:
        known = complaints.of_sentence(sentence, watch_url(video_id))
        if known is not None:
            return known
    told = ". ".join(display(sentence) for sentence in sentences if sentence)
    return failure("formats", video_id, detail=told[:200], hint="look at it in a browser")


def _refusal(exc: Any, video_id: str) -> LoquiturError:
    answer = exc.response
    return of_status(answer.status_code, video_id, retry_after=answer.headers.get("Retry-After"))
