"""Media from the sites yt-dlp knows, through its Python interface.

Nothing of the user's yt-dlp is used: no configuration, no plug-ins, no cache, no external program.
ffmpeg in particular is never started: what would need it to be joined is not chosen, so that the
same address gives the same file on every machine, and no program but ours opens connections.
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.errors import (
    EngineError,
    InputError,
    LoquiturError,
    MissingError,
    RemoteError,
    UsageError,
    near,
)
from loquitur.media.complaints import NO_FORMATS, of_sentence, translate
from loquitur.media.exchange import Deadline
from loquitur.media.guard import guarded_class
from loquitur.media.transfer import (
    DEFAULTS,
    REAL_TIME,
    Fetched,
    FetchOptions,
    Pace,
    Progress,
    check_online,
    silent,
    too_large,
)
from loquitur.media.urls import (
    canonical,
    is_video_id,
    is_youtube,
    is_youtube_list,
    shown,
    watch_url,
    youtube_id,
)
from loquitur.text import display
from loquitur.timing import from_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

_OURS = "[protocol!^=rtmp]"
"""Only what yt-dlp fetches by itself: for RTMP it would start rtmpdump, past every check."""
_SOUND = f"ba{_OURS}/b[height<=?480]{_OURS}/b{_OURS}/b*{_OURS}"
_PICTURES = f"b[height<=720]{_OURS}/b{_OURS}"
_SOCKET_S = 20.0
_MAX_DEPTH = 3
_BUGS = (OSError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError)
"""What a site's extractor raises when the site is not as it was."""


def download(
    url: str,
    folder: Path,
    *,
    options: FetchOptions = DEFAULTS,
    progress: Progress = silent,
    pace: Pace = REAL_TIME,
) -> Fetched:
    """Bring the medium of a page into a folder; what an earlier run left there is continued.

    Args:
        url: The page of one video; of several on it the first is taken, and a note says so.
        folder: An existing folder for this address alone. The file is called `media.*`.
        options: Sound alone or pictures too, limits, cookies, proxy.
        progress: Told the bytes that are here.
        pace: The clock.

    Raises:
        InputError: A page without a video, or a medium beyond `max_bytes`, or live just now.
        TransientError: The network failed after all retries, or the site asks to wait.
        RemoteError: The site refuses: private, gone, login, country, robot.
        FullError: The disk is full.
        MissingError: yt-dlp is not installed.
    """
    check_online(shown(url), options)
    video_id = youtube_id(url)
    asked = watch_url(video_id) if video_id is not None else url
    watch = _Watch(asked, options, progress, Deadline(at=pace.now() + options.timeout_s, pace=pace))
    with translated(asked, folder), _session(options, folder, watch) as ydl:
        info = ydl.extract_info(asked, download=True)
    return _fetched(info or {}, asked)


def entries(url: str, *, options: FetchOptions = DEFAULTS) -> Iterator[tuple[str, str]]:
    """Address and title of each video of a playlist or channel, page by page as they are taken.

    The address is a stranger's word: it may be none of the web, or empty where the list has none.

    Raises:
        InputError: No list of videos is at that address.
        RemoteError: The site refuses or cannot be reached.
    """
    check_online(shown(url), options)
    with translated(url), _session(options, None, None) as ydl:
        yield from _walk(ydl, url, _MAX_DEPTH)


def is_known(url: str) -> bool:
    """True where yt-dlp has an extractor for just this site."""
    return _extractor(url) is not None


def is_list(url: str) -> bool:
    """True where an address is known to name many videos: a playlist, a channel, a series."""
    if is_youtube(url):
        return is_youtube_list(url)
    extractor = _extractor(url)
    return extractor is not None and extractor.is_single_video(url) is False


def _extractor(url: str) -> Any:
    yt_dlp = _library()
    for each in yt_dlp.extractor.gen_extractor_classes():
        if each.IE_NAME != "generic" and each.suitable(url):
            return each
    return None


def _walk(ydl: Any, url: str, depth: int) -> Iterator[tuple[str, str]]:
    result = ydl.extract_info(url, download=False, process=False) or {}
    for _ in range(_MAX_DEPTH):
        if result.get("_type") not in {"url", "url_transparent"}:
            break
        result = ydl.extract_info(
            result["url"], download=False, process=False, ie_key=result.get("ie_key")
        )
    if result.get("_type") not in {"playlist", "multi_video"}:
        yield result.get("webpage_url") or url, str(result.get("title") or "")
        return
    # Not processed, the entries are still a generator: a page of the list is asked for when
    # its first entry is.
    for entry in result.get("entries") or ():
        if not entry:
            continue
        address = _address(entry)
        is_nested = entry.get("_type") in {"playlist", "url", "url_transparent"}
        if depth > 0 and is_nested and address != url and is_list(address):
            yield from _walk(ydl, address, depth - 1)
        else:
            yield address, str(entry.get("title") or "")


def _address(entry: dict[str, Any]) -> str:
    address = str(entry.get("url") or entry.get("webpage_url") or "")
    # Sites that show videos of YouTube often name them by their ids alone.
    return (
        watch_url(address) if entry.get("ie_key") == "Youtube" and is_video_id(address) else address
    )


@contextlib.contextmanager
def translated(url: str, folder: Path | None = None) -> Iterator[None]:
    """What yt-dlp raises in this block, as errors of ours about an address."""
    import yt_dlp

    try:
        yield
    except LoquiturError:
        raise
    except yt_dlp.utils.YoutubeDLError as exc:
        raise translate(exc, url, folder) from exc
    except _BUGS as exc:
        failure = translate(exc, url, folder)
        if type(failure) is RemoteError:
            raise EngineError(
                f"{shown(url)}: yt-dlp failed: {display(repr(exc))[:200]}",
                hint="a newer one may not: pip install -U yt-dlp",
            ) from exc
        raise failure from exc


@contextlib.contextmanager
def asking(options: FetchOptions, *, heard: Heard, more: dict[str, Any]) -> Iterator[Any]:
    """A YoutubeDL that is asked about pages and fetches no medium; see `translated` for its errors.

    A page whose medium is refused is no failure: then why comes as a warning.

    Args:
        options: Cookies, proxy, retries, and whether private addresses may be asked.
        heard: Keeps what it warns of.
        more: Parameters beside or in place of those of a download.
    """
    asked = {"ignore_no_formats_error": True, "logger": heard, "skip_download": True}
    with _session(options, None, None, asked | more) as ydl:
        yield ydl


@contextlib.contextmanager
def _session(
    options: FetchOptions,
    folder: Path | None,
    watch: _Watch | None,
    more: dict[str, Any] | None = None,
) -> Iterator[Any]:
    yt_dlp = _library()
    # Plug-ins are looked for once in a process, at the first session.
    yt_dlp.globals.plugin_dirs.value = []
    params = _parameters(options, folder, watch) | (more or {})
    ydl = guarded_class()(params) if _is_guarded(options) else yt_dlp.YoutubeDL(params)
    with ydl:
        yield ydl


def _parameters(options: FetchOptions, folder: Path | None, watch: _Watch | None) -> dict[str, Any]:
    params: dict[str, Any] = {
        "cachedir": False,
        "cookiesfrombrowser": _browser(options.cookies_browser),
        "default_search": "error",
        "external_downloader": "native",
        "extractor_retries": options.retries,
        "ffmpeg_location": str((folder or Path()) / "no-ffmpeg"),
        "fixup": "never",
        "fragment_retries": options.retries,
        "logger": _Silence(),
        "noplaylist": True,
        "noprogress": True,
        "playlist_items": "1" if folder else None,
        "proxy": options.proxy,
        "quiet": True,
        "ratelimit": options.rate_limit_bytes_s,
        "retries": options.retries,
        "skip_unavailable_fragments": False,
        "socket_timeout": _SOCKET_S,
        "updatetime": False,
    }
    if options.cookies_file is not None:
        params["cookiefile"] = _cookies(options.cookies_file)
    if folder is not None and watch is not None:
        sleeps = dict.fromkeys(("http", "fragment", "extractor", "file_access"), watch.backoff_s)
        params |= {
            "format": _PICTURES if options.pictures else _SOUND,
            "match_filter": watch.admit,
            "outtmpl": {"default": "media.%(format_id).40S.%(ext)s"},
            "paths": {"home": str(folder)},
            "progress_hooks": [watch.hook],
            "retry_sleep_functions": sleeps,
        }
    return params


def _cookies(path: Path) -> io.StringIO:
    """A copy of the cookie file, since yt-dlp writes cookies back where it found them."""
    try:
        return io.StringIO(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as exc:
        raise InputError(
            f"{display(str(path))}: cannot be read as a cookie file",
            hint="export it in the Netscape format (cookies.txt)",
        ) from exc


def _browser(name: str) -> tuple[str, str | None, None, None] | None:
    if not name:
        return None
    from yt_dlp.cookies import SUPPORTED_BROWSERS

    browser, _, profile = name.partition(":")
    if browser.lower() not in SUPPORTED_BROWSERS:
        raise UsageError(
            f"no cookies are read from the browser {display(browser)!r}",
            hint=near(browser.lower(), SUPPORTED_BROWSERS),
        )
    return browser.lower(), profile or None, None, None


def browser_cookies(name: str) -> Iterator[Any]:
    """The cookies of a browser (`firefox`, `chrome:Profile 1`), as `http.cookiejar.Cookie`s.

    Raises:
        UsageError: No such browser is known.
        InputError: Its cookies cannot be read.
    """
    params = {"logger": _Silence(), "quiet": True, "cookiesfrombrowser": _browser(name)}
    with translated(""), _library().YoutubeDL(params) as ydl:
        yield from ydl.cookiejar


class _Silence:
    """The logger of a library that is silent; what goes wrong comes as an exception."""

    def debug(self, message: str) -> None:
        """Say nothing."""

    def warning(self, message: str) -> None:
        """Say nothing."""

    def error(self, message: str) -> None:
        """Say nothing."""


class Heard:
    """A logger that keeps what it is warned of, each once."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def means(self, url: str) -> list[LoquiturError]:
        """What is known of these lines, as errors about an address.

        That nothing can be played comes last: it follows from any other reason.
        """
        known = [error for line in self.lines if (error := of_sentence(line, url)) is not None]
        return sorted(known, key=lambda error: error.code == NO_FORMATS)

    def debug(self, message: str) -> None:
        """Say nothing."""

    def warning(self, message: str) -> None:
        """Keep it, without the name of the extractor."""
        line = message.partition("] ")[2] if message.startswith("[") else message
        line = " ".join(line.split()).partition("; please report this issue")[0]
        # that the program ffmpeg is kept from it says nothing of the page
        if line and line not in self.lines and "ffmpeg" not in line:
            self.lines.append(line)

    def error(self, message: str) -> None:
        """Keep it; most come as exceptions too."""
        self.warning(message.removeprefix("ERROR: "))


class _Watch:
    """Sees to the limits while yt-dlp works: bytes, time, nothing live."""

    def __init__(
        self, url: str, options: FetchOptions, progress: Progress, deadline: Deadline
    ) -> None:
        self._url = url
        self._options = options
        self._progress = progress
        self._deadline = deadline

    def admit(self, info: dict[str, Any], *, incomplete: bool) -> None:
        """Refuse what is live now or says that it is too large; yt-dlp asks before it begins."""
        if info.get("is_live") or info.get("live_status") == "is_live":
            raise InputError(
                f"{shown(self._url)}: it is live now", hint="run it again when it is over"
            )
        size_bytes = info.get("filesize") or 0
        if size_bytes > self._options.max_bytes:
            raise too_large(shown(self._url), size_bytes, self._options.max_bytes)

    def hook(self, state: dict[str, Any]) -> None:
        """Told by yt-dlp after each block."""
        done_bytes = int(state.get("downloaded_bytes") or 0)
        total = state.get("total_bytes") or state.get("total_bytes_estimate")
        known_bytes = max(done_bytes, int(state.get("total_bytes") or 0))
        if known_bytes > self._options.max_bytes:
            raise too_large(shown(self._url), known_bytes, self._options.max_bytes)
        if self._deadline.left_s <= 0:
            raise self._deadline.passed(self._url)
        self._progress(done_bytes, int(total) if total else None)

    def backoff_s(self, n: int) -> float:
        """The wait before the next try of yt-dlp's own, in seconds."""
        if self._deadline.left_s <= 0:
            raise self._deadline.passed(self._url)
        return self._deadline.pace.backoff_s(n + 1)


def _fetched(info: dict[str, Any], url: str) -> Fetched:
    notes: tuple[str, ...] = ()
    if info.get("_type") in {"playlist", "multi_video"}:
        count = info.get("playlist_count") or 0
        if count > 1:
            notes = (f"{shown(url)} holds {count} videos, the first was taken",)
        found = [entry for entry in info.get("entries") or () if entry]
        info = found[0] if found else {}
    files = info.get("requested_downloads") or [{}]
    path = files[0].get("filepath")
    if not path or not Path(path).is_file():
        raise RemoteError(f"{shown(url)}: yt-dlp brought no file", hint="check the address")
    uploader = info.get("uploader") or info.get("channel")
    duration = info.get("duration")
    return Fetched(
        path=Path(path),
        title=_title(info),
        source=canonical(url),
        extractor=str(info.get("extractor") or "yt-dlp"),
        video_id=str(info["id"]) if info.get("id") else None,
        uploader=str(uploader) if uploader else None,
        published=_day(info.get("upload_date") or info.get("release_date")),
        duration_ms=from_seconds(duration) if isinstance(duration, int | float) else None,
        notes=notes,
    )


def _title(info: dict[str, Any]) -> str:
    title = str(info.get("title") or "")
    # The only <video> of a page is numbered as if there were more.
    is_only = info.get("extractor") == "html5" and not info.get("playlist_index")
    return title.removesuffix(" (1)") if is_only else title


def _day(date: object) -> str | None:
    text = str(date or "")
    is_date = len(text) == 8 and text.isascii() and text.isdigit()
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if is_date else None


def _is_guarded(options: FetchOptions) -> bool:
    return not options.allow_private and not options.proxy


def _library() -> Any:
    try:
        import yt_dlp
    except ImportError as exc:
        raise MissingError("yt-dlp is not installed", hint="pip install yt-dlp") from exc
    return yt_dlp
