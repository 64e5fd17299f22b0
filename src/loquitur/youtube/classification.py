"""Which of our errors an answer of the service is: by its reasons, then its status.

A message decides only where the service gives one reason for several things: `rateLimitExceeded`
without details, `badRequest` and `forbidden` for keys. The order is: budgets, keys, logins, what is
there or not, what was given, passing failures. Details are more exact than `errors[].reason`, and
those more exact than the status.

Source: the API's error pages, and answers gathered in issues of other clients (November 2026).
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.youtube import answers, costs, pacific
from loquitur.youtube.complaints import (
    BucketEmptyError,
    ClosedError,
    ComplaintError,
    ExistsError,
    GoneError,
    KeyProblemError,
    LoginNeededError,
    NotYoursError,
    RefusedInputError,
    ThrottledError,
    UnavailableError,
    UnknownRefusalError,
)
from loquitur.youtube.redaction import one_line, redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from loquitur.youtube.answers import Said

_MOST_CHARS = 300
_MOST_BODY_CHARS = 1500
_KEPT_CHARS = 1 << 16
CONSOLE = "https://console.cloud.google.com/apis"
LOGIN = "log in with `loquitur youtube auth`"

_DAILY = {"quotaexceeded", "dailylimitexceeded"}
_RATES = {
    "ratelimitexceeded", "userratelimitexceeded", "userratelimitexceededunreg",
    "userrequestsexceedratelimit", "concurrentlimitexceeded", "servinglimitexceeded",
    "resourceexhausted", "toomanyrequests",
}  # fmt: skip
_SHORT = ("perminute", "persecond", "per100seconds")
_KEYS = {
    "keyinvalid": "the key is wrong",
    "apikeyinvalid": "the key is wrong",
    "keyexpired": "the key has expired",
    "apikeyexpired": "the key has expired",
    "iprefererblocked": "the key is restricted to other addresses or pages",
    "apikeyhttpreferrerblocked": "the key is restricted to other web pages",
    "apikeyipaddressblocked": "the key is restricted to other IP addresses",
    "apikeyandroidappblocked": "the key is restricted to an Android app",
    "apikeyiosappblocked": "the key is restricted to an iOS app",
    "apikeyserviceblocked": "the key is not allowed to use the YouTube Data API",
    "accessnotconfigured": "the YouTube Data API v3 is not enabled in the key's project",
    "servicedisabled": "the YouTube Data API v3 is not enabled in the key's project",
    "consumersuspended": "the key's project is suspended",
    "consumerinvalid": "the key's project is gone",
    "projectinvalid": "the key's project is gone",
    "dailylimitexceededunreg": "the call came without a key",
    "invalidclient": "the app of the client secrets is unknown or its secret is wrong",
    "deletedclient": "the app of the client secrets was deleted",
    "unauthorizedclient": "the app of the client secrets may not log in this way",
}
_LOGINS = {
    "autherror", "required", "expired", "unauthorized", "invalidcredentials", "invalidgrant",
    "invalidtoken", "insufficientpermissions", "accesstokenscopeinsufficient", "insufficientscope",
    "accesstokenexpired", "accesstokentypeunsupported", "credentialsmissing", "accessdenied",
    "loginrequired", "youtubesignuprequired", "unauthenticated", "accountstateinvalid",
    "sessioncookieinvalid",
}  # fmt: skip
_SCOPES = {"insufficientpermissions", "accesstokenscopeinsufficient", "insufficientscope"}
_OTHERS = {
    "forbidden", "accountdelegationforbidden", "channelclosed", "channelsuspended",
    "authenticateduseraccountclosed", "authenticateduseraccountsuspended",
    "authenticatedusernotchannel", "ineligibleaccount", "insufficientcapabilities",
    "livepermissionblocked", "permissiondenied", "iampermissiondenied",
}  # fmt: skip
_CLOSED = {"playlistitemsnotaccessible": "hidden", "livestreamingnotenabled": "disabled"}
_FLEETING = {
    "backenderror", "internalerror", "processingfailure", "internal", "backendnotconnected",
    "deadlineexceeded", "transienterror", "temporarilyunavailable",
}  # fmt: skip
_SERVER_TROUBLE = {500, 502, 503, 504, 408, 520, 521, 522, 523, 524}
_INPUTS = {
    "badrequest", "incompatibleparameters", "contentrequired", "couldnotconvert", "invalid",
    "parseerror", "conflictingparameters", "unexpectedparameter", "unknownparameter",
    "wrongurlforupload", "mediabodyrequired", "requiredparameter", "outofrange",
    "failedprecondition", "operationnotsupported", "invalidargument",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """An answer being judged. `words` are its reasons in lower case, the most exact first."""

    said: Said
    status: int
    method_id: str
    now_s: float
    words: tuple[str, ...]
    secrets: tuple[str, ...]

    @property
    def reason(self) -> str:
        named = (*self.said.reasons, *self.said.detailed, self.said.code, self.said.rpc)
        return one_line(next(filter(None, named), ""), most_chars=60, secrets=self.secrets)

    def first(self, known: Iterable[str]) -> str:
        return next((word for word in self.words if word in known), "")

    @property
    def marks(self) -> str:
        """`reason, HTTP status`."""
        return ", ".join(filter(None, (self.reason, f"HTTP {self.status}")))

    def line(self, lead: str) -> str:
        """`METHOD: LEAD: what the service said (reason, HTTP status)`."""
        text = one_line(self.said.message, most_chars=_MOST_CHARS, secrets=self.secrets)
        parts = filter(None, (self.method_id, lead, text))
        return f"{': '.join(parts)} ({self.marks})"


def classify(
    status: int,
    body: bytes,
    headers: Mapping[str, str],
    *,
    method_id: str = "",
    now_s: float | None = None,
    secrets: Iterable[str] = (),
) -> ComplaintError:
    """The error that an answer is. It never fails, and holds no key and no token.

    Args:
        status: HTTP, 400 or more; a piece of a stream that is an error gives its own code.
        body: As it came: JSON of any shape, HTML, nothing.
        headers: Of the answer.
        method_id: What was called (`videos.list`); it says which bucket is empty where the
            service does not.
        now_s: Unix seconds; the machine's clock by default.
        secrets: Keys and tokens to take out wherever they stand; others are found by their shape.
    """
    now_s = time.time() if now_s is None else now_s
    said = answers.read(body, headers, now_s=now_s)
    named = (*said.detailed, *said.reasons, said.code)
    case = _Case(
        said=said, status=status, method_id=method_id, now_s=now_s,
        words=tuple(_word(item) for item in named if item), secrets=tuple(secrets),
    )  # fmt: skip
    for judge in _JUDGES:
        found = judge(case)
        if found is not None:
            return found
    return _unknown(case)


def _made(
    case: _Case, kind: type[ComplaintError], lead: str, hint: str = "", **more: Any
) -> ComplaintError:
    return kind(
        case.line(lead),
        hint=hint,
        reason=case.reason,
        status=case.status,
        method_id=case.method_id,
        **more,
    )


def _budget(case: _Case) -> ComplaintError | None:
    daily, rate = case.first(_DAILY), case.first(_RATES)
    if not daily and not rate and (case.words or not _is_rate_status(case)):
        return None
    limit, unit = _word(case.said.quota_limit), case.said.quota_unit
    is_daily = "perday" in limit or unit.startswith("1/d")
    is_short = any(mark in limit for mark in _SHORT) or unit.startswith(("1/min", "1/s"))
    if is_daily or (daily and not is_short):
        return _empty(case)
    return _made(
        case,
        ThrottledError,
        "too many calls in a short time",
        "wait a little, and run fewer calls side by side",
        retry_after_s=case.said.retry_s,
    )


def _is_rate_status(case: _Case) -> bool:
    return case.status == 429 or case.said.rpc == "RESOURCE_EXHAUSTED"


def _empty(case: _Case) -> ComplaintError:
    bucket = _bucket_of(case.said, case.method_id)
    resets_s = pacific.reset_s(case.now_s)
    return _made(
        case,
        BucketEmptyError,
        f"the {bucket} bucket of this key is empty for today",
        _empty_hint(bucket, resets_s, case.now_s),
        bucket=bucket,
        resets_at=resets_s,
    )


def _empty_hint(bucket: str, resets_s: float, now_s: float) -> str:
    """What to do about an empty bucket: when it comes back, and what still works."""
    others = ", ".join(other.what for other in costs.BUCKETS.values() if other.name != bucket)
    back = pacific.comes_back(resets_s, now_s)
    return (
        f"it comes back at {back} ({pacific.utc_text(resets_s)}); counted apart from it: {others}"
    )


def _bucket_of(said: Said, method_id: str) -> str:
    """Which bucket a spent limit is: by what the service calls it, else by the method."""
    named = _word(said.quota_metric.rpartition("/")[2] + said.quota_limit)
    for mark, bucket in _BUCKET_MARKS:
        if mark in named:
            return bucket
    found = costs.costs().get(method_id)
    return found.bucket if found else costs.SHARED


_BUCKET_MARKS = (
    ("search", costs.SEARCH),
    ("stats", costs.STATISTICS),
    ("statistics", costs.STATISTICS),
    ("upload", costs.UPLOADS),
    ("insert", costs.UPLOADS),
    ("default", costs.SHARED),
    ("queries", costs.SHARED),
    ("units", costs.SHARED),
)


def _key(case: _Case) -> ComplaintError | None:
    word = case.first(_KEYS)
    if word:
        return _made(case, KeyProblemError, _KEYS[word], _key_hint(word))
    if case.first(("badrequest", "forbidden")) and not case.said.detailed:
        message = case.said.message.lower()
        # One reason stands for many things here, so that only the text tells a key's problem.
        if "api key" in message or "unregistered callers" in message:
            return _made(case, KeyProblemError, "the key is refused", _key_hint("apikeyinvalid"))
        if re.search(r"requests from (this|referer|referrer|ip)\b.* blocked", message):
            return _made(
                case, KeyProblemError, _KEYS["iprefererblocked"], _key_hint("iprefererblocked")
            )
    return None


def _key_hint(word: str) -> str:
    if word in ("accessnotconfigured", "servicedisabled"):
        return (
            f"enable it at {CONSOLE}/library/youtube.googleapis.com for the project of this key "
            "(or use the key of a project that has it), then wait a few minutes"
        )
    if word == "apikeyserviceblocked":
        return (
            f"at {CONSOLE}/credentials add YouTube Data API v3 to the key's API restrictions, or "
            "take a key without them"
        )
    if "blocked" in word:
        return (
            f"at {CONSOLE}/credentials allow this machine, or take a key without that restriction"
        )
    if "client" in word:
        return f"download the client secrets of a desktop app again from {CONSOLE}/credentials"
    return f"check LOQUITUR_YOUTUBE_API_KEY against {CONSOLE}/credentials"


def _login(case: _Case) -> ComplaintError | None:
    # `required` with a 400 is a parameter that is missing.
    word = case.first(_LOGINS - {"required"} if case.status == 400 else _LOGINS)
    if word in _SCOPES:
        return _made(case, LoginNeededError, "the login does not reach that far",
            "log in again with more rights: `loquitur youtube auth`",
        )  # fmt: skip
    if word == "invalidgrant":
        return _made(case, LoginNeededError, "the login is over", DEAD_HINT)
    if word == "youtubesignuprequired":
        return _made(
            case, LoginNeededError, "the account has no channel", "create one at youtube.com"
        )
    if word or case.said.rpc == "UNAUTHENTICATED" or (case.status == 401 and not case.words):
        return _made(case, LoginNeededError, "a login is needed, or the one given is over", LOGIN)
    return None


DEAD_HINT = (
    "an app in testing mode gets tokens that last 7 days, and anybody may take a consent back: "
    "log in again with `loquitur youtube auth`, or publish the app (OAuth consent screen)"
)


def _closed(case: _Case) -> ComplaintError | None:
    named = (*case.said.detailed, *case.said.reasons)
    if case.first(_CLOSED):
        closing = _CLOSED[case.first(_CLOSED)]
    elif any(name.endswith(("Ended", "_ENDED")) for name in named):  # and not `channelSuspended`
        closing = "ended"
    elif any(word.endswith("disabled") for word in case.words):
        closing = "disabled"
    else:
        return None
    lead = {"ended": "it is over", "disabled": "it is switched off", "hidden": "it is not public"}
    return _made(case, ClosedError, lead[closing], closing=closing)


def _gone(case: _Case) -> ComplaintError | None:
    if not (
        any(word.endswith("notfound") for word in case.words)
        or (not case.words and case.said.rpc == "NOT_FOUND")
    ):
        return None
    hint = "check the id; it may have been deleted or made private"
    return _made(case, GoneError, "there is none, or it is not public", hint)


def _exists(case: _Case) -> ComplaintError | None:
    if not (
        any(word.endswith(("exists", "alreadyexist", "duplicate")) for word in case.words)
        or (not case.words and case.said.rpc == "ALREADY_EXISTS")
    ):
        return None
    return _made(case, ExistsError, "it is there already", "list what is there and update it")


def _fleeting(case: _Case) -> ComplaintError | None:
    if case.first(_FLEETING) or (case.status in _SERVER_TROUBLE):
        return _made(case, UnavailableError, "the service is in trouble", "try later",
            retry_after_s=case.said.retry_s,
        )  # fmt: skip
    return None


def _not_yours(case: _Case) -> ComplaintError | None:
    is_unnamed = not case.words and case.said.rpc == "PERMISSION_DENIED"
    if not (
        case.first(_OTHERS)
        or any(word.endswith("forbidden") for word in case.words)
        or (case.status == 403 and (is_unnamed or case.first(("serviceunavailable",))))
    ):
        return None
    return _made(case, NotYoursError, "not allowed with this login",
        "only the owner of the video or channel may: log in with that account "
        "(`loquitur youtube auth`)",
    )  # fmt: skip


def _input(case: _Case) -> ComplaintError | None:
    if not 400 <= case.status < 500:
        return None
    said_so = any(
        word in _INPUTS
        or word.startswith(("invalid", "missing", "unsupported"))
        or word.endswith(("required", "toolong", "toolarge", "toomany", "notallowed"))
        for word in case.words
    )
    if not said_so and (case.words or case.said.rpc != "INVALID_ARGUMENT"):
        return None
    place = one_line(case.said.location, most_chars=60, secrets=case.secrets)
    lead = f"refused: {place.rstrip('.')}" if place else "refused"
    hint = ""
    if case.first(("invalidpagetoken",)):
        hint = "the page token is too old or of another list: start that list again"
    elif case.first(("couldnotconvert",)):
        hint = "take another format or language, or the file as it was uploaded (`original`)"
    return _made(case, RefusedInputError, lead, hint)


def _unknown(case: _Case) -> ComplaintError:
    text = one_line(case.said.text, most_chars=_MOST_BODY_CHARS, secrets=case.secrets)
    lead = f"{case.method_id}: " if case.method_id else ""
    return UnknownRefusalError(
        f"{lead}the service refuses for a reason not known here ({case.marks}): "
        f"{text or 'no text'}",
        reason=case.reason,
        status=case.status,
        method_id=case.method_id,
        body=redacted(case.said.text[:_KEPT_CHARS], case.secrets),
    )


_JUDGES: tuple[Callable[[_Case], ComplaintError | None], ...] = (
    _budget, _key, _login, _closed, _gone, _exists, _fleeting, _not_yours, _input,
)  # fmt: skip


def _word(text: str) -> str:
    """`API_KEY_INVALID`, `apiKeyInvalid` and `Api Key Invalid` as one word."""
    return re.sub(r"[^a-z0-9]", "", text[:200].lower())
