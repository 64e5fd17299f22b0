"""Why there is no transcript: each reason by its name, its code, one line and what to do.

Refusals of the site that concern any medium (private, age, blocked ...) are those of
`media.complaints`; here are the ones about captions, and the names of all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.errors import InputError, LoquiturError, RemoteError, TransientError
from loquitur.media.complaints import COOKIES, RULES
from loquitur.media.transfer import refusal, retry_after_s
from loquitur.media.urls import watch_url

if TYPE_CHECKING:
    from collections.abc import Mapping

_OF_ANY_MEDIUM = {
    "private": "LQ-REMOTE-PRIVATE",
    "members-only": "LQ-REMOTE-MEMBERS",
    "age": "LQ-REMOTE-AGE",
    "login": "LQ-REMOTE-LOGIN",
    "paid": "LQ-REMOTE-PAID",
    "not-begun": "LQ-REMOTE-NOT-YET",
    "gone": "LQ-REMOTE-GONE",
    "geo": "LQ-REMOTE-GEO",
    "drm": "LQ-REMOTE-DRM",
    "cookies": "LQ-REMOTE-COOKIES",
    "po-token": "LQ-REMOTE-PO-TOKEN",
}
"""Reasons that mean what they mean of any medium: by the codes of `media.complaints.RULES`."""
_LATER = "wait one to five minutes, then run it again; --sleep makes the waits longer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A reason.

    Args:
        code: Of the error.
        means: What happened, as the end of the line.
        hint: What to do.
        kind: The class of the error.
        mendable: Whether another way may bring what this one did not.
    """

    code: str
    means: str
    hint: str = ""
    kind: type[LoquiturError] = RemoteError
    mendable: bool = False


def _of_any_medium() -> dict[str, Failure]:
    rules = {rule.code: rule for rule in RULES}
    return {
        name: Failure(
            code=code, means=rules[code].means, hint=rules[code].hint, mendable=name == "po-token"
        )
        for name, code in _OF_ANY_MEDIUM.items()
    }


FAILURES: Mapping[str, Failure] = {
    **_of_any_medium(),
    "blocked": Failure(
        code="LQ-REMOTE-BLOCKED",
        means="YouTube takes this for a robot, or this network is blocked",
        hint=f"try from another network or --proxy (addresses of cloud providers are blocked); "
        f"or {COOKIES}",
        mendable=True,
    ),
    "rate-limited": Failure(
        code="LQ-REMOTE-RATE",
        means="too many requests (429)",
        hint=_LATER,
        kind=TransientError,
    ),
    "no-captions": Failure(
        code="LQ-REMOTE-NO-CAPTIONS",
        means="it has no captions, neither made by people nor automatic",
        hint="`loquitur run` makes them from the sound",
    ),
    "disabled": Failure(
        code="LQ-REMOTE-CAPTIONS-OFF",
        means="captions are switched off for it, or there are none",
        hint="`loquitur run` makes them from the sound",
    ),
    "no-language": Failure(
        code="LQ-REMOTE-NO-LANGUAGE",
        means="it has no captions in that language",
    ),
    "untranslatable": Failure(
        code="LQ-REMOTE-UNTRANSLATABLE",
        means="YouTube does not translate its captions into that language",
    ),
    "live": Failure(
        code="LQ-REMOTE-LIVE",
        means="it is live, or only just over; its captions come afterwards",
        hint="run it again some hours after its end",
    ),
    "formats": Failure(
        code="LQ-REMOTE-FORMATS",
        means="YouTube gives nothing of it that can be read",
        hint="pip install -U 'yt-dlp[default,deno]'",
        mendable=True,
    ),
    "empty": Failure(
        code="LQ-REMOTE-EMPTY",
        means="the answer is empty, as where a PO token is wanted",
        hint="try later or from another network",
        mendable=True,
    ),
    "page": Failure(
        code="LQ-REMOTE-PAGE",
        means="a web page came in place of captions, as to robots",
        hint=f"try from another network, or {COOKIES}",
        mendable=True,
    ),
    "no-events": Failure(
        code="LQ-REMOTE-NO-EVENTS",
        means="the captions came without any event",
        hint="try again; the track may be broken at YouTube's",
        mendable=True,
    ),
    "unparsable": Failure(
        code="LQ-REMOTE-UNPARSABLE",
        means="the answer is none that can be read",
        hint="a newer version may: pip install -U yt-dlp youtube-transcript-api",
        mendable=True,
    ),
    "offline": Failure(code="LQ-REMOTE-OFFLINE", means="fetching is switched off"),
    "not-asked": Failure(
        code="LQ-REMOTE-NOT-ASKED",
        means="not asked: the site refused several in a row",
        hint="wait an hour, then run the same command: what is there is not fetched again",
        kind=TransientError,
    ),
    "address": Failure(
        code="LQ-INPUT-ADDRESS",
        means="that is no video of YouTube",
        hint="give the 11 characters of its id, or its address",
        kind=InputError,
    ),
}
"""Every reason by its name."""

_NAMES = {failure.code: name for name, failure in FAILURES.items()}
_REFUSING = frozenset({"blocked", "rate-limited", "page"})


def failure(
    name: str,
    video_id: str,
    *,
    detail: str = "",
    hint: str = "",
    wait_s: float | None = None,
) -> LoquiturError:
    """The error of a reason.

    Args:
        name: Of `FAILURES`.
        video_id: Which video.
        detail: What else is known, in one line.
        hint: In place of the usual one.
        wait_s: The wait that the service asked for, None where it did not.
    """
    found = FAILURES[name]
    message = f"{watch_url(video_id)}: {found.means}" + (f": {detail}" if detail else "")
    told = hint or found.hint
    if found.kind is TransientError:
        return TransientError(message, hint=told, code=found.code, retry_after_s=wait_s)
    return found.kind(message, hint=told, code=found.code)


def of_status(status: int, video_id: str, *, retry_after: str | None) -> LoquiturError:
    """The error of an HTTP status that is none of success.

    Args:
        status: Of the answer.
        video_id: Which video.
        retry_after: The header of that name; None where there is none.
    """
    wait_s = retry_after_s(retry_after or "")
    if status == 429:
        return failure("rate-limited", video_id, wait_s=wait_s)
    return refusal(status, watch_url(video_id), retry_after_s=wait_s)


def reason(error: LoquiturError) -> str:
    """The name of an error's reason; `other` where it is none of these."""
    known = _NAMES.get(error.code)
    if known is None and isinstance(error, TransientError):
        return "rate-limited" if "(429)" in error.message else "unreachable"
    return known or "other"


def is_mendable(error: LoquiturError) -> bool:
    """Whether another way may bring what this one did not."""
    name = reason(error)
    if name in FAILURES:
        return FAILURES[name].mendable
    # a bug of the library that went this way, or one that is not installed
    return error.exit_code in (1, 3) or (name == "other" and isinstance(error, RemoteError))


def is_refusal(error: LoquiturError) -> bool:
    """Whether the site turns away whoever asks, so that the next video fares no better."""
    return reason(error) in _REFUSING
