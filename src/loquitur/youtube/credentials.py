"""Who pays and who asks: keys of one or several projects, a token, a saved login.

| what | where from |
|---|---|
| keys | `LOQUITUR_YOUTUBE_API_KEY`, several with commas: one project each |
| an access token | `LOQUITUR_YOUTUBE_TOKEN` |
| a login | what `loquitur youtube auth` saved for this endpoint |
| an emulator's | asked of it, where the endpoint is a loopback address and neither is set |

A key goes into a header and nowhere else; what is kept or shown is a fingerprint.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from loquitur.errors import MissingError, RemoteError, UsageError
from loquitur.settings import secret
from loquitur.youtube.wire import NotSentError, Request, is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loquitur.errors import LoquiturError
    from loquitur.youtube.methods import Method, Value
    from loquitur.youtube.wire import Wire

ROOT = "https://youtube.googleapis.com/"
KEY_NAME = "LOQUITUR_YOUTUBE_API_KEY"
TOKEN_NAME = "LOQUITUR_YOUTUBE_TOKEN"  # noqa: S105 - a name
NO_KEY_HINT = (
    f"set {KEY_NAME} (console.cloud.google.com/apis/credentials), or `loquitur youtube auth`"
)
_LONGEST_KEY = 4096
_ASKED_S = 5.0

_PUBLIC = frozenset(
    f"{name}.list"
    for name in (
        "activities", "channelSections", "channels", "commentThreads", "comments",
        "i18nLanguages", "i18nRegions", "liveChatMessages", "playlistImages", "playlistItems",
        "playlists", "search", "subscriptions", "videoAbuseReportReasons", "videoCategories",
        "videos",
    )
) | {"liveChatMessages.stream", "videoTrainability.get", "videos.batchGetStats"}  # fmt: skip
"""Methods for which a key is enough; the others are for owners."""
_PERSONAL = (
    "mine", "forMine", "home", "myRating", "myRecentSubscribers", "mySubscribers", "managedByMe",
    "forDeveloper", "forContentOwner",
)  # fmt: skip
"""Parameters that mean nothing without a login."""


class Login(Protocol):
    """Something that speaks for a person."""

    @property
    def fingerprint(self) -> str:
        """Of the project that its app belongs to."""
        ...

    def access_token(self) -> str:
        """A token that holds for the next call.

        Raises:
            LoginNeededError: It is over and cannot be had again.
            TransientError: The server that gives tokens cannot be reached.
        """
        ...

    def renew(self) -> bool:
        """Get another token although this one looked good; False where there is no other."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project whose units are spent, by its key.

    Args:
        fingerprint: What it is called in the ledger and in messages.
        key: What is sent; never shown.
    """

    fingerprint: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenToken:
    """An access token that somebody else got and renews."""

    token: str = field(repr=False)
    fingerprint: str

    def access_token(self) -> str:
        """The token as it was given."""
        return self.token

    def renew(self) -> bool:
        """There is no other."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """All that calls can be made with.

    Args:
        projects: The keys, in the order in which they are spent.
        login: Who asks, None for nobody.
        problem: Why there is nothing to call with: a saved login that is damaged, an emulator that
            does not answer; None where nobody gave any, or all is well.
        is_emulated: Whether an emulator gave them.
    """

    projects: tuple[Project, ...] = ()
    login: Login | None = None
    problem: LoquiturError | None = None
    is_emulated: bool = False

    @property
    def payers(self) -> tuple[str, ...]:
        """The fingerprints whose units can be spent.

        A login is counted with the first key: both are usually of one project, and counting too
        much is safer than too little.
        """
        if self.projects:
            return tuple(project.fingerprint for project in self.projects)
        return () if self.login is None else (self.login.fingerprint,)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that may not be shown."""
        token = (self.login.token,) if isinstance(self.login, GivenToken) else ()
        return (*(project.key for project in self.projects), *token)

    def key_of(self, fingerprint: str) -> str:
        """The key of a project."""
        return next(item.key for item in self.projects if item.fingerprint == fingerprint)

    def by_login(self, method: Method, given: Mapping[str, Value]) -> bool:
        """Whether a call is made with the login instead of a key.

        Raises:
            MissingError: It needs a login or a key, and there is none.
        """
        if needs_login(method, given):
            if self.login is None:
                raise self.problem or _no_login(method)
            return True
        if self.projects:
            return False
        if self.login is None and self.problem is not None:
            raise self.problem
        if self.login is None:
            raise MissingError(
                "no key for the YouTube Data API", hint=NO_KEY_HINT, code="LQ-YOUTUBE-NO-KEY"
            )
        return True


def needs_login(method: Method, given: Mapping[str, Value]) -> bool:
    """Whether a key is not enough: what owners do, and whatever says "mine"."""
    if method.id not in _PUBLIC:
        return True
    return any(str(given.get(name, "false")).lower() not in ("false", "") for name in _PERSONAL)


def _no_login(method: Method) -> MissingError:
    if method.id == "captions.download":
        return MissingError(
            "captions.download: a key is not enough (the service would answer 401): it needs the "
            "OAuth login of the video's owner",
            hint="`loquitur youtube auth`; `loquitur youtube transcript` needs neither",
            code="LQ-YOUTUBE-NO-LOGIN",
        )
    return MissingError(
        f"{method.id}: a key is not enough (the service would answer 401): it needs an OAuth login",
        hint="`loquitur youtube auth`",
        code="LQ-YOUTUBE-NO-LOGIN",
    )


def checked_endpoint(text: str) -> str:
    """The root of the service, or of what stands in for it, with a slash at its end.

    Raises:
        UsageError: No http or https address; or a plain http one that is not this machine's, over
            which a key would go readable.
    """
    address = (text or ROOT).strip()
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise UsageError(
            f"youtube_endpoint is no address: '{address[:80]}'",
            hint="expected http://127.0.0.1:PORT, as `loquitur youtube emulate` prints it",
        )
    if parts.scheme == "http" and not is_loopback(address):
        raise UsageError(
            f"youtube_endpoint must be https, or on this machine: '{host}'",
            hint="a key would go readable over the network",
        )
    return address.rstrip("/") + "/"


def fingerprint(secret_text: str, endpoint: str = ROOT, *, salt: str = "") -> str:
    """What a key or client is called in the ledger: twelve letters of a hash.

    The same key means another project on another endpoint.
    """
    place = "" if endpoint == ROOT else endpoint
    return hashlib.sha256(f"{place}\0{salt}\0{secret_text}".encode()).hexdigest()[:12]


def keys_in(text: str) -> tuple[str, ...]:
    """The keys of a list with commas, each once; empty places are skipped.

    Raises:
        MissingError: One holds what no key has: blanks, quotes, control or foreign characters.
    """
    found: dict[str, None] = {}
    for number, item in enumerate(text.split(","), start=1):
        key = item.strip()
        if not key:
            continue
        wrong = _what_no_key_has(key)
        if wrong:
            raise MissingError(
                f"{KEY_NAME} holds no key: entry {number} has {wrong}",
                hint="copy the key again, without quotes; several keys with commas",
                code="LQ-YOUTUBE-NO-KEY",
            )
        found[key] = None
    return tuple(found)


def _what_no_key_has(key: str) -> str:
    if len(key) > _LONGEST_KEY:
        return f"{len(key)} characters"
    if any(char.isspace() for char in key):
        return "a blank or line break inside"
    if any(char in "'\"`<>{}" for char in key):
        return "a quote or bracket"
    if not key.isascii() or not key.isprintable():
        return "characters that no key has"
    return ""


def given_credentials(
    wire: Wire, login: Login | None, problem: LoquiturError | None = None
) -> Credentials:
    """The credentials of the environment, the saved login, or an emulator.

    Args:
        wire: The way to the service, whose endpoint they are for.
        login: What was saved for it, None for nothing.
        problem: Why what was saved cannot be used.

    Raises:
        MissingError: What is set is no key.
    """
    endpoint = wire.endpoint
    keys = keys_in(secret(KEY_NAME))
    token = secret(TOKEN_NAME)
    if token and _what_no_key_has(token):
        raise MissingError(
            f"{TOKEN_NAME} holds no token: it has {_what_no_key_has(token)}",
            hint="copy it again, without quotes and without 'Bearer'",
            code="LQ-YOUTUBE-NO-LOGIN",
        )
    salt, is_emulated = "", False
    if not keys and not token and is_loopback(endpoint):
        told: dict[str, Any] = {}
        try:
            told = emulated(wire, "credentials")
        except NotSentError as exc:
            problem = problem or exc  # told by the first call
        is_emulated = bool(told)
        salt = str(told.get("instance", ""))
        keys = tuple(filter(None, (str(told.get("api_key", "")),)))
        token = "" if login is not None else str(told.get("token", ""))
    if token:  # one that is set wins over a login that was saved
        login = GivenToken(token=token, fingerprint=fingerprint("token", endpoint, salt=salt))
    return Credentials(
        projects=tuple(
            Project(fingerprint=fingerprint(key, endpoint, salt=salt), key=key) for key in keys
        ),
        login=login,
        problem=None if login else problem,
        is_emulated=is_emulated,
    )


def emulated(wire: Wire, name: str) -> dict[str, Any]:
    """What an emulator tells under `/emulator/NAME`; empty where what answers is none.

    Raises:
        NotSentError: Nobody answers.
    """
    try:
        answer = wire.send(Request(verb="GET", path=f"emulator/{name}", read_s=_ASKED_S))
        found = json.loads(answer.content) if answer.status == 200 else {}
    except NotSentError:
        raise
    except (RemoteError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
