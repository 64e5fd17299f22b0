"""What every way of fetching shares: its options, its result, its clock, its refusals."""

from __future__ import annotations

import email.utils
import errno
import random
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from loquitur.errors import FullError, InputError, RemoteError, TransientError
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.settings import Settings

PAGE_CODE = "LQ-INPUT-PAGE"
"""The code of the error that says: an address gave a web page, not a medium."""

REFUSED_CODE = "LQ-REMOTE-REFUSED"
"""The code of the error that says: the server knows the address and gives nothing to us."""

NOT_FOUND_CODE = "LQ-REMOTE-NOT-FOUND"
GONE_CODES = ("LQ-REMOTE-GONE", NOT_FOUND_CODE)
"""Codes of what is no more: a video by its site's word, an address by its server's (404, 410)."""
TOO_LARGE_CODE = "LQ-INPUT-TOO-LARGE"
PRIVATE_CODE = "LQ-INPUT-PRIVATE-ADDRESS"

_RETRIED_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524})
_DISK_ERRORS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG}
)
_REFUSALS = {
    401: (
        "the server asks for a login (401)",
        "pass the cookies of a browser that is logged in: --cookies-from-browser firefox",
    ),
    403: ("the server refuses to give it (403)", "it may need cookies, or the link has expired"),
    404: ("there is nothing at that address (404)", "check the address"),
    410: ("it is gone from that address (410)", ""),
    451: ("it is withheld for legal reasons (451)", ""),
}
_REFUSAL_CODES = {
    401: REFUSED_CODE,
    403: REFUSED_CODE,
    404: NOT_FOUND_CODE,
    410: NOT_FOUND_CODE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOptions:
    """How a medium is brought here. Cookies and proxy are secrets: they enter no key and no log.

    Args:
        pictures: True where a later stage looks at pictures; else sound alone is enough.
        cookies_file: A Netscape cookie file; read, never written.
        cookies_browser: A browser to take cookies from: `firefox` or `chrome:Profile 1`.
        proxy: The proxy's URL; empty for a direct connection.
        rate_limit_bytes_s: The most bytes to take each second, None for no limit.
        max_bytes: The most bytes one medium may have.
        timeout_s: The most seconds one medium may take, all tries together.
        retries: How many failures in a row, with nothing gained between, are tried again.
        allow_private: True where addresses inside the own network may be asked.
        offline: True where nothing may be fetched.
    """

    pictures: bool = False
    cookies_file: Path | None = field(default=None, repr=False)
    cookies_browser: str = field(default="", repr=False)
    proxy: str = field(default="", repr=False)
    rate_limit_bytes_s: int | None = None
    max_bytes: int = 64 * 1024**3
    timeout_s: float = 6 * 3600.0
    retries: int = 5
    allow_private: bool = False
    offline: bool = False


def options_of(settings: Settings) -> FetchOptions:
    """How media are brought here, as the settings say."""
    return FetchOptions(
        cookies_file=Path(settings.cookies) if settings.cookies else None,
        cookies_browser=settings.cookies_from_browser,
        proxy=settings.proxy,
        rate_limit_bytes_s=settings.rate_limit or None,
        allow_private=settings.allow_private,
        offline=settings.offline,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A medium that has come.

    Args:
        path: The file, inside the folder that was given.
        title: What its source calls it; a stranger's text.
        source: The address it came from, canonical, without a password.
        extractor: `http` for a direct download, else yt-dlp's name of the site.
        video_id: The site's identifier, None for a direct download.
        uploader: Who published it, None where nobody says.
        published: The day it was published, `YYYY-MM-DD`, None where nobody says.
        duration_ms: The site's word on its length, None where it gives none.
        notes: What a person should know: one line each.
    """

    path: Path
    title: str
    source: str
    extractor: str
    video_id: str | None = None
    uploader: str | None = None
    published: str | None = None
    duration_ms: int | None = None
    notes: tuple[str, ...] = ()


class Progress(Protocol):
    """Told how far a download is; raises to stop it when the run is cancelled."""

    def __call__(self, done_bytes: int, total_bytes: int | None) -> None:
        """Report that `done_bytes` are here of `total_bytes`, None where nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The clock and the dice of waiting, given so that tests need not wait."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[float, float], float] = random.uniform

    def backoff_s(self, failures: int) -> float:
        """The wait in seconds after some failures in a row.

        "Full jitter": anything up to 0.5 s doubled by each failure, at most 30 s (Brooker,
        "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
        """
        return self.jitter(0.0, min(30.0, 0.5 * 2.0 ** min(failures, 10)))


DEFAULTS = FetchOptions()
REAL_TIME = Pace()


def silent(done_bytes: int, total_bytes: int | None) -> None:
    """The progress nobody watches."""


def refusal(status: int, shown_url: str, *, retry_after_s: float | None = None) -> RemoteError:
    """The error for an HTTP status that brings no medium; only what may pass is transient."""
    if status in _RETRIED_STATUS:
        reason = "too many requests" if status == 429 else "the server is in trouble"
        return TransientError(
            f"{shown_url}: {reason} ({status})", hint="try later", retry_after_s=retry_after_s
        )
    reason, hint = _REFUSALS.get(status, (f"the server answers with status {status}", ""))
    return RemoteError(f"{shown_url}: {reason}", hint=hint, code=_REFUSAL_CODES.get(status, ""))


def retry_after_s(value: str, *, now_s: float | None = None) -> float | None:
    """The seconds a `Retry-After` header asks for: a number or a date (RFC 9110, 10.2.3).

    Args:
        value: The header.
        now_s: Unix seconds that a date is held against; the machine's clock by default.
    """
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment_s = email.utils.parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError, OverflowError):  # no date, or one that no clock can show
        return None
    return max(0.0, moment_s - (time.time() if now_s is None else now_s))


def too_large(shown_url: str, size_bytes: int, max_bytes: int) -> InputError:
    """The error for a medium beyond the limit of bytes."""
    return InputError(
        f"{shown_url}: {size_bytes} bytes or more, the limit is {max_bytes}",
        hint="that is the most this program fetches",
        code=TOO_LARGE_CODE,
    )


def is_disk_error(error: OSError) -> bool:
    """True where the disk is full or may not be written, as against a failure of the network."""
    return error.errno in _DISK_ERRORS


def full(folder: Path, reason: str, *, needed_bytes: int | None = None) -> FullError:
    """The error for a disk that does not take the medium, with what is free there."""
    try:
        free = f", {shutil.disk_usage(folder).free} bytes are free"
    except OSError:
        free = ""
    needed = f", {needed_bytes} are needed" if needed_bytes is not None else ""
    return FullError(
        f"cannot write into {display(str(folder))}: {reason}{free}{needed}",
        hint="free some space, or choose another place with --store DIR",
    )


def check_online(shown_url: str, options: FetchOptions) -> None:
    """Stop at once where nothing may be fetched.

    Raises:
        RemoteError: The network is switched off by the options.
    """
    if options.offline:
        raise RemoteError(
            f"{shown_url}: not in the store, and fetching is switched off",
            hint="run once without the offline setting",
            code="LQ-REMOTE-OFFLINE",
        )
