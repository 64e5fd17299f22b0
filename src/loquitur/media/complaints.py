"""What yt-dlp says when it brings no medium, and what that means for the one who asked.

yt-dlp has classes for few of its errors; the rest are sentences, mostly the site's own. The
sentences here were read in its source (2026.10.26: `extractor/youtube/_video.py`,
`extractor/common.py`, `downloader/`) and in reports of its users.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from loquitur.errors import InputError, LoquiturError, RemoteError, TransientError
from loquitur.media.addresses import PrivateAddressError, private, unresolved
from loquitur.media.transfer import PAGE_CODE, full, is_disk_error, refusal, retry_after_s
from loquitur.media.urls import shown
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COOKIES = "pass the cookies of a browser that may see it: --cookies-from-browser firefox"
"""What to do where a login is wanted."""
NO_FORMATS = "LQ-REMOTE-FORMATS"
"""The code of the error that says: nothing of it can be played."""
_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Sentences with one meaning: any of `says`, lower case, found in the complaint."""

    says: tuple[str, ...]
    means: str
    hint: str = ""
    code: str
    kind: type[LoquiturError] = RemoteError


RULES = (
    Rule(
        says=("cookies are no longer valid", "cookies are not valid", "cookies have expired"),
        means="the site does not take these cookies any more",
        hint="export them anew, from a private window that is then closed",
        code="LQ-REMOTE-COOKIES",
    ),
    Rule(
        says=("po token",),
        means="captions are given only to browsers that prove what they are (PO token)",
        hint="try later or from another network; a plug-in such as bgutil makes such tokens",
        code="LQ-REMOTE-PO-TOKEN",
    ),
    Rule(
        says=("not a bot", "captcha", "ip is likely being blocked"),
        means="the site takes this for a robot and gives nothing",
        hint=COOKIES + ", or try from another network",
        code="LQ-REMOTE-BLOCKED",
    ),
    Rule(
        says=("rate-limited", "rate limit", "try again later"),
        means="too many requests; the site gives nothing for up to an hour",
        hint="wait an hour, then run it again",
        code="LQ-REMOTE-RATE",
        kind=TransientError,
    ),
    Rule(
        says=("confirm your age", "age-restricted", "age restricted", "inappropriate for some"),
        means="only for adults who are logged in",
        hint=COOKIES,
        code="LQ-REMOTE-AGE",
    ),
    Rule(
        says=("members-only", "members on level", "channel's members", "join this channel"),
        means="only for members of the channel",
        hint=COOKIES,
        code="LQ-REMOTE-MEMBERS",
    ),
    Rule(
        says=("private video", "video is private", "playlist is private"),
        means="it is private",
        hint=COOKIES,
        code="LQ-REMOTE-PRIVATE",
    ),
    Rule(
        says=("in your country", "geo restrict", "geo-restrict", "from your location"),
        means="it is not shown in this country",
        code="LQ-REMOTE-GEO",
    ),
    Rule(
        says=("live event will begin", "premieres in", "premiere will begin", "not currently live"),
        means="it has not begun yet",
        hint="run it again when it is over",
        code="LQ-REMOTE-NOT-YET",
    ),
    Rule(
        says=("live event has ended",),
        means="it has just ended, and its recording is not ready",
        hint="run it again in some hours",
        code="LQ-REMOTE-LIVE",
    ),
    Rule(
        says=("drm protect", "drm-protect", "known to use drm"),
        means="it is protected against copying (DRM)",
        code="LQ-REMOTE-DRM",
    ),
    Rule(
        says=(
            "requires payment",
            "require a purchase",
            "requires purchase",
            "music premium members",
            "subscriber",
        ),
        means="only for those who pay",
        hint=COOKIES,
        code="LQ-REMOTE-PAID",
    ),
    Rule(
        says=(
            "video unavailable",
            "video is unavailable",
            "video is not available",
            "video isn't available",
            "no longer available",
            "has been removed",
            "been terminated",
            "does not exist",
            "recording is not available",
            "no video with",
        ),
        means="it does not exist, or was taken away",
        hint="check the address in a browser",
        code="LQ-REMOTE-GONE",
    ),
    Rule(
        says=(
            "registered users",
            "login required",
            "log in",
            "login details",
            "sign in",
            "--cookies",
        ),
        means="only for users who are logged in",
        hint=COOKIES,
        code="LQ-REMOTE-LOGIN",
    ),
    Rule(
        says=("format is not available", "no video formats found", "only images are available"),
        means="the site offers no form of it that can be taken",
        hint="for YouTube: pip install -U 'yt-dlp[default,deno]'",
        code=NO_FORMATS,
    ),
    Rule(
        says=("incomplete youtube id", "youtube said: invalid", "looks truncated"),
        means="that is no complete address of a video",
        hint="check the address",
        code="LQ-INPUT-ADDRESS",
        kind=InputError,
    ),
    Rule(
        says=(
            "[download] got error",
            "did not get any data blocks",
            "file is empty",
            "content too short",
        ),
        means="the connection broke off",
        hint="try again",
        code="LQ-TRANSIENT",
        kind=TransientError,
    ),
)


def translate(exc: BaseException, url: str, folder: Path | None = None) -> LoquiturError:
    """The error of ours that a failure inside yt-dlp means.

    Args:
        exc: What yt-dlp raised.
        url: What was asked for.
        folder: Where the medium was to go, None where nothing was to be written.
    """
    from yt_dlp.networking.exceptions import HTTPError, TransportError
    from yt_dlp.utils import ExtractorError, GeoRestrictedError

    causes = list(_causes(exc))
    for cause in causes:
        known = _known(cause, url, folder)
        if known is not None:
            return known
    sentence = next(
        (each.orig_msg for each in causes if isinstance(each, ExtractorError)), str(exc)
    )
    if any(isinstance(cause, GeoRestrictedError) for cause in causes):
        sentence = "geo restricted"
    rule = _rule(sentence)
    if rule is not None:
        return _error(rule, url)
    for cause in causes:
        if isinstance(cause, HTTPError):
            wait_s = retry_after_s(cause.response.headers.get("Retry-After") or "")
            return refusal(cause.status, shown(url), retry_after_s=wait_s)
    if any(isinstance(cause, TransportError | TimeoutError) for cause in causes):
        return _unreachable(url, sentence)
    return RemoteError(
        f"{shown(url)}: yt-dlp cannot fetch it: {_line(sentence)}",
        hint="a newer one may: pip install -U yt-dlp",
    )


def of_sentence(sentence: str, url: str) -> LoquiturError | None:
    """The error that a sentence alone means; None where no rule knows it."""
    rule = _rule(sentence)
    return None if rule is None else _error(rule, url)


def _known(cause: Any, url: str, folder: Path | None) -> LoquiturError | None:
    """What a cause means by its class alone."""
    from yt_dlp.cookies import CookieLoadError
    from yt_dlp.utils import UnsupportedError

    if isinstance(cause, LoquiturError):
        return cause
    if isinstance(cause, PrivateAddressError):
        return private(shown(url))
    if isinstance(cause, socket.gaierror):
        return unresolved(urlsplit(url).hostname or "", cause)
    if isinstance(cause, CookieLoadError):
        return InputError(
            "the cookies cannot be read",
            hint="give a Netscape cookie file, or the name of an installed browser",
        )
    if isinstance(cause, UnsupportedError):
        return _page(url)
    if folder is not None and isinstance(cause, OSError) and is_disk_error(cause):
        return full(folder, cause.strerror or "no space")
    return None


def _causes(exc: BaseException) -> Iterator[Any]:
    """An exception and all that led to it, nearest first, by every way yt-dlp hands causes on."""
    waiting: list[Any] = [exc]
    seen: set[int] = set()
    while waiting and len(seen) < 50:
        each = waiting.pop(0)
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting.append((getattr(each, "exc_info", None) or (None, None))[1])
        waiting += [getattr(each, "cause", None), getattr(each, "reason", None)]
        waiting += [each.__cause__, each.__context__]


def _rule(sentence: str) -> Rule | None:
    plain = sentence.replace("\u2019", "'").lower()
    return next((rule for rule in RULES if any(part in plain for part in rule.says)), None)


def _error(rule: Rule, url: str) -> LoquiturError:
    message = f"{shown(url)}: {rule.means}"
    if rule.kind is TransientError:
        wait_s = _HOUR_S if rule.code == "LQ-REMOTE-RATE" else None
        return TransientError(message, hint=rule.hint, code=rule.code, retry_after_s=wait_s)
    return rule.kind(message, hint=rule.hint, code=rule.code)


def _page(url: str) -> InputError:
    return InputError(
        f"{shown(url)}: that address is a web page, and no video is found in it",
        hint="give the address of the file itself, or of a page with a video",
        code=PAGE_CODE,
    )


def _unreachable(url: str, sentence: str) -> RemoteError:
    if "CERTIFICATE_VERIFY_FAILED" in sentence:
        return RemoteError(f"{shown(url)}: its certificate is not trusted", code="LQ-REMOTE-TLS")
    return TransientError(
        f"{shown(url)}: the site cannot be reached",
        hint="check the network connection, then try again",
    )


def _line(sentence: str) -> str:
    lines = sentence.removeprefix("ERROR:").strip().splitlines() or ["it does not say why"]
    return display(lines[0])[:200]
