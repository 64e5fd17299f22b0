"""The OAuth pair: a consent page that answers by itself, tokens, refresh, revocation."""

from __future__ import annotations

import base64
import hashlib
import html
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from loquitur.emulator.credentials import FORCE_SSL
from loquitur.emulator.errors import DEAD_TOKEN
from loquitur.emulator.faults import SPECIAL
from loquitur.emulator.record import Entry
from loquitur.emulator.wire import RESET, Answer, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from loquitur.emulator.desk import Desk
    from loquitur.emulator.wire import Call
    from loquitur.emulator.world import World

CLIENT_ID = "100000000001-emulator.apps.googleusercontent.com"
CLIENT_SECRET = "GOCSPX-emulator"  # noqa: S105 - of a world that does not exist
TOKEN_LIFE_S = 3600
TESTING_LIFE_S = 7 * 24 * 3600
"""How long a refresh token of an app in testing mode lives."""
_CODE_LIFE_S = 600
MODES = ("grant", "deny", "slow", "page", "silent")
"""How the consent page answers: at once, with a refusal, late, by showing the code, never."""
_KINDS: dict[str, type | tuple[type, ...]] = {
    "mode": str, "seconds": (int, float), "channel": str, "testing": bool, "expires_in": int,
}  # fmt: skip
_LONGEST_S = 10 * 365 * 86_400
_AUTH = ("/o/oauth2/auth", "/o/oauth2/v2/auth")
_TOKEN = ("/token", "/o/oauth2/token", "/oauth2/v4/token")
_REVOKE = ("/revoke", "/o/oauth2/revoke")
_INFO = ("/tokeninfo", "/oauth2/v3/tokeninfo", "/oauth2/v1/tokeninfo")


def check(table: Mapping[str, Any]) -> None:
    """Hold a table against what a login understands.

    Raises:
        ValueError: There is no such key, or a value cannot be.
    """
    for name, value in table.items():
        if name not in _KINDS:
            raise ValueError(f"login.{name[:40]}: unknown; known: {', '.join(_KINDS)}")
        kinds = _KINDS[name]
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            raise ValueError(f"login.{name} is no {str(value)[:40]!r}")
        if isinstance(value, int | float) and not 0 <= value <= _LONGEST_S:
            raise ValueError(f"login.{name} goes from 0 to {_LONGEST_S} s")
    mode = table.get("mode", MODES[0])
    if mode not in MODES:
        raise ValueError(f"login.mode is one of {', '.join(MODES)}, not '{mode[:40]}'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A code that waits to be exchanged, or the refresh token that came of it.

    Args:
        scopes: What was agreed to.
        channel: For which channel.
        redirect: Where the code was sent.
        challenge: Of PKCE, empty for none.
        hashed: Whether the challenge is a hash (`S256`).
        since: When it was given, on the world's clock.
    """

    scopes: tuple[str, ...]
    channel: str
    redirect: str
    challenge: str
    hashed: bool
    since: float


class Login:
    """Codes, refresh tokens and the client they belong to.

    `plan["login"]` may give `mode` (of `MODES`), `seconds` (of `slow`), `channel`, `testing`
    (False: refresh tokens never die of age) and `expires_in` (of access tokens, seconds).
    """

    def __init__(self, world: World, desk: Desk) -> None:
        self._world = world
        self._desk = desk
        self._codes: dict[str, Grant] = {}
        self._refresh: dict[str, Grant] = {}
        self._access: dict[str, str] = {}
        self.mode = "grant"
        self.seconds = 2.0
        self.channel = world.owners()[0]
        self.testing = True
        self.expires_in = TOKEN_LIFE_S
        self.set(world.plan.get("login", {}))

    def set(self, table: dict[str, Any]) -> None:
        """Change how it behaves; see the class.

        Raises:
            ValueError: It does not fit.
        """
        check(table)
        self.mode = str(table.get("mode", self.mode))
        self.seconds = float(table.get("seconds", self.seconds))
        self.channel = str(table.get("channel", self.channel))
        self.testing = bool(table.get("testing", self.testing))
        self.expires_in = int(table.get("expires_in", self.expires_in))

    def told(self) -> dict[str, Any]:
        """How it behaves now."""
        return {
            "mode": self.mode,
            "seconds": self.seconds,
            "channel": self.channel,
            "testing": self.testing,
            "expires_in": self.expires_in,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }

    def kill(self) -> int:
        """Revoke every refresh token; how many there were."""
        count = len(self._refresh)
        self._refresh.clear()
        return count

    def answer(self, call: Call) -> Answer | None:
        """The answer to a call of a login path; None where it is none."""
        for paths, name, serve in (
            (_AUTH, "auth", self._consent),
            (_TOKEN, "token", self._tokens),
            (_REVOKE, "revoke", self._revoked),
            (_INFO, "tokeninfo", self._info),
        ):
            if call.path in paths:
                return self._served(call, name, serve)
        return None

    def _served(self, call: Call, name: str, serve: Callable[[Call], Answer]) -> Answer:
        desk = self._desk
        number, at = desk.record.next(), self._world.now()
        fault = desk.faults.draw(name) if name != "auth" else None
        answer: Answer
        if fault is None or fault.after or fault.kind == "slow":
            if fault is not None and fault.kind == "slow":
                self._world.closing.wait(fault.seconds)
            answer = serve(call)
            if fault is not None and fault.after:
                answer = RESET
        elif fault.kind in SPECIAL:
            answer = RESET
        else:
            answer = fault.answer()
        given = call.form() if call.verb == "POST" else dict(call.pairs())
        kept = ("grant_type", "client_id", "scope", "redirect_uri", "response_type",
                "code_challenge_method", "access_type")  # fmt: skip
        desk.record.add(
            Entry(
                at=at,
                method=name,
                number=number,
                status=answer.status,
                given={key: given[key] for key in kept if key in given},
                fault=fault.kind if fault else "",
            )
        )
        return answer

    def _consent(self, call: Call) -> Answer:
        given = dict(call.pairs())
        problem = _consent_problem(given)
        if problem:
            return _page(400, "Access blocked", f"Error 400: {problem}")
        redirect = given.get("redirect_uri", "")
        state = {"state": given["state"]} if "state" in given else {}
        if self.mode == "silent":
            return _page(200, "Sign in", "Waiting for consent that never comes.")
        if self.mode == "slow":
            self._world.closing.wait(self.seconds)
        if self.mode == "deny":
            return _sent_to(redirect, {"error": "access_denied", **state})
        scopes = tuple(given.get("scope", FORCE_SSL).split())
        code = "4/0" + self._desk.credentials.letters(40)
        self._codes[code] = Grant(
            scopes=scopes,
            channel=self.channel,
            redirect=redirect,
            challenge=given.get("code_challenge", ""),
            hashed=given.get("code_challenge_method", "plain") == "S256",
            since=self._world.now(),
        )
        if not redirect or self.mode == "page":
            return _page(200, "Success", code)
        return _sent_to(redirect, {"code": code, "scope": " ".join(scopes), **state})

    def _tokens(self, call: Call) -> Answer:
        given = call.form()
        if call.verb != "POST":
            return _json(405, {"error": "invalid_request", "error_description": "Use POST."})
        client = self._client_problem(call, given)
        if client:
            return client
        kind = given.get("grant_type", "")
        if kind == "authorization_code":
            return self._exchanged(given)
        if kind == "refresh_token":
            return self._refreshed(given)
        return _refused(400, "unsupported_grant_type", f"Invalid grant_type: {kind[:60]}")

    def _client_problem(self, call: Call, given: dict[str, str]) -> Answer | None:
        name, secret = given.get("client_id", ""), given.get("client_secret", "")
        scheme, _, text = call.header("authorization").partition(" ")
        if scheme.lower() == "basic":
            try:
                name, _, secret = base64.b64decode(text).decode().partition(":")
            except ValueError:
                return _refused(401, "invalid_client", "The Authorization header is malformed.")
        if name != CLIENT_ID:
            return _refused(401, "invalid_client", "The OAuth client was not found.")
        if secret != CLIENT_SECRET:
            return _refused(401, "invalid_client", "Unauthorized")
        return None

    def _exchanged(self, given: dict[str, str]) -> Answer:
        grant = self._codes.pop(given.get("code", ""), None)
        if grant is None or self._world.now() - grant.since > _CODE_LIFE_S:
            return _refused(400, "invalid_grant", "Malformed auth code.")
        if given.get("redirect_uri", "") != grant.redirect:
            return _refused(400, "redirect_uri_mismatch", "Bad Request")
        if grant.challenge:
            verifier = given.get("code_verifier", "")
            if not verifier:
                return _refused(400, "invalid_grant", "Missing code verifier.")
            if _challenge(verifier, hashed=grant.hashed) != grant.challenge:
                return _refused(400, "invalid_grant", "Invalid code verifier.")
        refresh = "1//0" + self._desk.credentials.letters(60)
        self._refresh[refresh] = replace(grant, since=self._world.now())
        return self._given(refresh, grant, {"refresh_token": refresh})

    def _refreshed(self, given: dict[str, str]) -> Answer:
        text = given.get("refresh_token", "")
        grant = self._refresh.get(text)
        old = (
            grant is not None and self.testing and self._world.now() - grant.since >= TESTING_LIFE_S
        )
        if grant is None or old:
            return _json(400, dict(DEAD_TOKEN))
        return self._given(text, grant, {})

    def _given(self, refresh: str, grant: Grant, more: dict[str, str]) -> Answer:
        token = self._desk.credentials.add_token(
            channel=grant.channel,
            scopes=grant.scopes,
            expires=self._world.now() + self.expires_in,
        )
        self._access[token.text] = refresh
        body = {
            "access_token": token.text,
            "expires_in": self.expires_in - 1,
            "scope": " ".join(grant.scopes),
            "token_type": "Bearer",
        }
        return _json(200, body | more)

    def _revoked(self, call: Call) -> Answer:
        given = dict(call.pairs()) | call.form()
        text = given.get("token", "")
        refresh = self._access.get(text, text)
        tokens = self._desk.credentials.tokens
        if refresh not in self._refresh and text not in tokens:
            return _refused(400, "invalid_token", "Token expired or revoked")
        self._refresh.pop(refresh, None)
        tokens.pop(text, None)
        for token in [one for one, owner in self._access.items() if owner == refresh]:
            tokens.pop(token, None)
            del self._access[token]
        return _json(200, {})

    def _info(self, call: Call) -> Answer:
        given = dict(call.pairs()) | call.form()
        token = self._desk.credentials.tokens.get(given.get("access_token", ""))
        left = token.expires - self._world.now() if token else 0
        if token is None or left <= 0:
            return _refused(400, "invalid_token", "Invalid Value")
        left = min(left, TOKEN_LIFE_S)
        return _json(
            200,
            {
                "azp": CLIENT_ID,
                "aud": CLIENT_ID,
                "scope": " ".join(token.scopes),
                "exp": str(int(self._world.now() + left)),
                "expires_in": str(int(left)),
                "access_type": "offline",
            },
        )


def secrets(address: str) -> dict[str, Any]:
    """A `client_secrets.json` whose addresses are the emulator's."""
    return {
        "installed": {
            "client_id": CLIENT_ID,
            "project_id": "emulator",
            "auth_uri": f"{address}/o/oauth2/auth",
            "token_uri": f"{address}/token",
            "client_secret": CLIENT_SECRET,
            "redirect_uris": ["http://localhost"],
        }
    }


def _consent_problem(given: dict[str, str]) -> str:
    if given.get("client_id") != CLIENT_ID:
        return "invalid_client (the OAuth client was not found)"
    if given.get("response_type") != "code":
        return "unsupported_response_type"
    redirect = given.get("redirect_uri", "")
    host = urlsplit(redirect).hostname or ""
    if redirect and host not in ("127.0.0.1", "localhost", "::1"):
        return "redirect_uri_mismatch"
    return ""


def _challenge(verifier: str, *, hashed: bool) -> str:
    if not hashed:
        return verifier
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _sent_to(redirect: str, query: dict[str, str]) -> Answer:
    if not redirect:
        return _page(200, "Access denied", query.get("error", ""))
    joined = "&" if "?" in redirect else "?"
    return Answer(status=302, headers={"Location": f"{redirect}{joined}{urlencode(query)}"})


def _page(status: int, title: str, text: str) -> Answer:
    body = (
        f"<html><title>{html.escape(title)}</title><h1>{html.escape(title)}</h1>"
        f"<code>{html.escape(text)}</code></html>\n"
    )
    headers = {"Content-Type": "text/html; charset=UTF-8"}
    return Answer(status=status, headers=headers, body=body.encode())


def _json(status: int, body: dict[str, Any]) -> Answer:
    answer = json_answer(status, body)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _refused(status: int, error: str, description: str) -> Answer:
    return _json(status, {"error": error, "error_description": description})
