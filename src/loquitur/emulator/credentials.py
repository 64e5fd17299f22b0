"""API keys and access tokens: which there are, what is wrong with one, whose a call is."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from loquitur.emulator.errors import FIRST_PROJECT, Wrong, wrong
from loquitur.emulator.world import LETTERS

if TYPE_CHECKING:
    from loquitur.emulator.wire import Call
    from loquitur.emulator.world import World
    from loquitur.youtube.methods import Method

_SCOPE = "https://www.googleapis.com/auth/"
FORCE_SSL = _SCOPE + "youtube.force-ssl"
READ_ONLY = _SCOPE + "youtube.readonly"
STATES = {
    "good": "",
    "invalid": "key_invalid",
    "legacy": "key_invalid_legacy",
    "expired": "key_expired",
    "revoked": "key_invalid",
    "restricted": "key_restricted",
    "blocked": "key_service_blocked",
    "disabled": "api_not_enabled",
}
"""What may be the matter with a key, and the error that then comes."""

PUBLIC = frozenset(
    {
        "activities.list",
        "channelSections.list",
        "channels.list",
        "commentThreads.list",
        "comments.list",
        "i18nLanguages.list",
        "i18nRegions.list",
        "liveChatMessages.list",
        "liveChatMessages.stream",
        "playlistImages.list",
        "playlistItems.list",
        "playlists.list",
        "search.list",
        "subscriptions.list",
        "videoAbuseReportReasons.list",
        "videoCategories.list",
        "videoTrainability.get",
        "videos.batchGetStats",
        "videos.list",
    }
)
"""Methods for which an API key is enough."""
_PERSONAL = ("mine", "forMine", "home", "myRating", "myRecentSubscribers", "mySubscribers",
             "managedByMe", "forDeveloper", "forContentOwner")  # fmt: skip
"""Parameters that mean nothing without a login."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One API key.

    Args:
        text: What is sent.
        project: The number of the project it belongs to.
        state: Of `STATES`.
    """

    text: str
    project: int
    state: str = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One access token.

    Args:
        text: What is sent.
        channel: Whom it speaks for.
        project: The number of the project of its client.
        scopes: What it may.
        expires: When it ends on the world's clock, Unix seconds.
    """

    text: str
    channel: str
    project: int = FIRST_PROJECT
    scopes: tuple[str, ...] = (FORCE_SSL,)
    expires: float = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who a call is from.

    Args:
        project: Who pays.
        token: What it came with, None for a key alone.
    """

    project: int
    token: Token | None = None


class Credentials:
    """All keys and tokens of one world; the same seed has the same ones.

    `plan["projects"]` says how many good keys there are, each of a project of its own; 3 unless
    said.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self.instance = secrets.token_hex(8)
        """What tells this emulator from the next one of the same seed: its buckets are full."""
        dice = world.dice("credentials")
        self._dice = dice
        self.keys: dict[str, Key] = {}
        self.tokens: dict[str, Token] = {}
        count = int(world.plan.get("projects", 3))
        self.good = [self.add_key(project=FIRST_PROJECT + n).text for n in range(count)]
        self.bad = {
            state: self.add_key(project=FIRST_PROJECT + 100 + n, state=state).text
            for n, state in enumerate(STATES)
            if state != "good"
        }
        self.owned = [self.add_token(channel=channel).text for channel in world.owners()]
        self.reader = self.add_token(channel=world.owners()[0], scopes=(READ_ONLY,)).text

    def add_key(self, *, project: int, state: str = "good") -> Key:
        """Another key.

        Raises:
            ValueError: There is no such state.
        """
        _check_state(state)
        key = Key(text="AIza" + self.letters(35), project=project, state=state)
        self.keys[key.text] = key
        return key

    def set_state(self, text: str, state: str) -> Key:
        """Something else is the matter with a key from now on.

        Raises:
            KeyError: There is no such key.
            ValueError: There is no such state.
        """
        _check_state(state)
        self.keys[text] = replace(self.keys[text], state=state)
        return self.keys[text]

    def add_token(
        self,
        *,
        channel: str,
        scopes: tuple[str, ...] = (FORCE_SSL,),
        expires: float = float("inf"),
    ) -> Token:
        """Another access token."""
        token = Token(
            text="ya29." + self.letters(60), channel=channel, scopes=scopes, expires=expires
        )
        self.tokens[token.text] = token
        return token

    def letters(self, count: int) -> str:
        """So many random letters of an address."""
        with self._lock:
            return "".join(self._dice.choices(LETTERS, k=count))

    def told(self) -> dict[str, Any]:
        """What `GET /emulator/credentials` tells."""
        channels = {self.tokens[text].channel: text for text in self.owned if text in self.tokens}
        return {
            "instance": self.instance,
            "api_key": self.good[0],
            "token": self.owned[0],
            "keys": self.good,
            "bad_keys": self.bad,
            "tokens": channels,
            "read_only_token": self.reader,
        }

    def of(self, call: Call, given: dict[str, str]) -> Caller | Wrong:
        """Who a call is from, or what is wrong with what it came with.

        Args:
            call: The request.
            given: Its query; `key`, `access_token` and `oauth_token` are looked at.
        """
        scheme, _, bearer = call.header("authorization").partition(" ")
        text = given.get("access_token") or given.get("oauth_token") or ""
        if scheme.lower() == "bearer":
            text = bearer.strip()
        token = None
        if text or scheme:
            token = self.tokens.get(text)
            if token is None or token.expires <= self._world.now():
                return wrong("no_credentials")
        key_text = call.header("x-goog-api-key") or given.get("key", "")
        if not key_text:
            return wrong("unregistered") if token is None else Caller(
                project=token.project, token=token)  # fmt: skip
        key = self.keys.get(key_text)
        name = STATES[key.state] if key else "key_invalid"
        if key is None or name:
            return wrong(name)
        return Caller(project=key.project, token=token)


def _check_state(state: str) -> None:
    if state not in STATES:
        raise ValueError(f"a key cannot be '{state}'; it may be {', '.join(STATES)}")


def allowed(method: Method, caller: Caller, given: dict[str, str]) -> Wrong | None:
    """Why a caller may not call a method with these parameters; None where it may."""
    if caller.token is None:
        personal = any(given.get(name, "false") != "false" for name in _PERSONAL)
        return wrong("login_required") if personal or method.id not in PUBLIC else None
    if method.scopes and not set(method.scopes) & set(caller.token.scopes):
        return wrong("scope")
    return None
