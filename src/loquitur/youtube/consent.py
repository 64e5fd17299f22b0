"""Asking a person for a login: the flow of a desktop app (RFC 8252) with PKCE (RFC 7636).

A server on a free loopback port waits for the browser to come back with a code. Whoever sits at
another machine pastes the code, or the whole address at which that browser ended, instead;
whichever comes first counts. google-auth-oauthlib is not used for it: it can wait for one of the
two only, and speaks with no token server over plain HTTP, so that no test could run it.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import queue
import secrets
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from loquitur.errors import InputError, RemoteError
from loquitur.youtube.classification import classify
from loquitur.youtube.complaints import ComplaintError, LoginNeededError, UnavailableError
from loquitur.youtube.logins import SavedLogin, from_grant
from loquitur.youtube.redaction import one_line
from loquitur.youtube.wire import FORM, Request, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from loquitur.youtube.client_secrets import ClientSecrets
    from loquitur.youtube.clocks import ServiceClock
    from loquitur.youtube.wire import Answer

_SCOPE = "https://www.googleapis.com/auth/"
FORCE_SSL = _SCOPE + "youtube.force-ssl"
"""See and change captions, comments and videos: what every captions call asks for."""
READ_ONLY = _SCOPE + "youtube.readonly"
"""See what is yours; enough for statistics of private videos and for live chat."""
TIMEOUT_S = 300.0
_LONGEST_PASTE = 4096
_LOOK_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How a person is asked.

    Args:
        show: Shows the address that the person opens.
        browse: Opens it in a browser; None for no browser.
        read_line: A line that the person pastes within so many seconds: None where none came yet,
            an empty text where none will come; None itself where nobody can type.
        refuse: Tells that a pasted line was no code, and why.
        timeout_s: How long to wait for an answer.
    """

    show: Callable[[str], None]
    browse: Callable[[str], object] | None = None
    read_line: Callable[[float], str | None] | None = None
    refuse: Callable[[str], None] = lambda _: None
    timeout_s: float = TIMEOUT_S


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """What came back from the consent page: a code, or an error's name."""

    code: str = ""
    error: str = ""


def log_in(
    client: ClientSecrets,
    scopes: tuple[str, ...],
    asking: Asking,
    *,
    endpoint: str,
    clock: ServiceClock,
    proxy: str = "",
) -> SavedLogin:
    """Ask a person for a login; nothing is saved yet.

    Args:
        client: The app that asks.
        scopes: What it asks for.
        asking: How.
        endpoint: The service that the login is for.
        clock: The service's time.
        proxy: The proxy's address, empty for none.

    Raises:
        LoginNeededError: The person refused, agreed to less, or did not answer in time.
        KeyProblemError: The app is refused.
        UnavailableError: The token server cannot be reached.
        RemoteError: The token server's answer is none.
    """
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    replies: queue.Queue[_Reply] = queue.Queue()
    with _Listener(replies, state) as listener:
        redirect = f"http://127.0.0.1:{listener.port}"
        address = _consent_address(client, scopes, redirect, state=state, verifier=verifier)
        asking.show(address)
        if asking.browse is not None:
            asking.browse(address)
        with _typing(asking, replies, state):
            reply = _first(replies, asking.timeout_s)
    if reply.error:
        raise _refused(reply.error)
    return _exchanged(
        client, reply.code, redirect=redirect, verifier=verifier, scopes=scopes,
        endpoint=endpoint, clock=clock, proxy=proxy,
    )  # fmt: skip


def revoke(login: SavedLogin, *, clock: ServiceClock, proxy: str = "") -> str:
    """Take a login back at the server that gave it.

    Returns:
        An empty text, or why the server could not be told; one that knows the token no more is
        content.
    """
    try:
        answer = _post(login.revoke_uri, {"token": login.refresh_token}, clock=clock, proxy=proxy)
    except RemoteError as exc:
        return exc.message
    if answer.status == 200:
        return ""
    error = classify(
        answer.status, answer.content, answer.headers, now_s=clock.now(),
        secrets=(login.token, login.refresh_token),
    )  # fmt: skip
    return "" if error.reason == "invalid_token" else error.message


def code_in(text: str, state: str) -> str:
    """The code of what a person pasted: the code itself, or the address the browser ended at.

    Args:
        text: The line.
        state: What the address must hold, so that the answer is to this question.

    Raises:
        InputError: It is neither, or an answer to another question.
        LoginNeededError: The address says that consent was refused.
    """
    plain = text.strip().strip("'\"<>")
    if not plain or len(plain) > _LONGEST_PASTE or any(char.isspace() for char in plain):
        raise InputError("that is no code", hint="paste the code, or the whole address")
    if "code=" not in plain and "error=" not in plain and "://" not in plain:
        return plain
    is_address = "://" in plain
    query = parse_qs(plain.partition("?")[2].partition("#")[0] if "?" in plain else plain)
    reply = _reply_of(query, state, lenient=not is_address)
    if reply is None:
        raise InputError(
            "that address holds no code of this login",
            hint="paste the address at which the browser ended after you agreed",
        )
    if reply.error:
        raise _refused(reply.error)
    return reply.code


def _consent_address(
    client: ClientSecrets, scopes: tuple[str, ...], redirect: str, *, state: str, verifier: str
) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect,
        "scope": " ".join(scopes),
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",  # without it a second login gets no refresh token
    }
    joined = "&" if urlsplit(client.auth_uri).query else "?"
    return f"{client.auth_uri}{joined}{urlencode(query)}"


def _exchanged(
    client: ClientSecrets,
    code: str,
    *,
    redirect: str,
    verifier: str,
    scopes: tuple[str, ...],
    endpoint: str,
    clock: ServiceClock,
    proxy: str,
) -> SavedLogin:
    """The login that a code brings."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "redirect_uri": redirect,
        "code_verifier": verifier,
    }
    answer = _post(client.token_uri, form, clock=clock, proxy=proxy)
    if answer.status != 200:
        raise _exchange_error(answer, clock, (code, client.client_secret, verifier))
    try:
        found = json.loads(answer.content)
        login = from_grant(
            found, client, endpoint=endpoint, asked=scopes, now_s=clock.machine_now()
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise RemoteError(
            f"{client.token_uri} gave no token that can be refreshed", hint="log in again"
        ) from exc
    missing = set(scopes) - set(login.scopes)
    if missing and FORCE_SSL not in login.scopes:
        raise LoginNeededError(
            f"you agreed to less than was asked for: {', '.join(sorted(missing))} is missing",
            hint="log in again and tick every box",
            reason="insufficientScope",
        )
    return login


def _exchange_error(answer: Answer, clock: ServiceClock, hidden: tuple[str, ...]) -> ComplaintError:
    error = classify(
        answer.status, answer.content, answer.headers, now_s=clock.now(), secrets=hidden
    )
    if error.reason == "invalid_grant":
        return LoginNeededError(
            f"the code was refused: {one_line(error.message, most_chars=160)}",
            hint="a code holds once and for a few minutes: run `loquitur youtube auth` again",
            reason=error.reason, status=error.status,
        )  # fmt: skip
    return error


def _post(address: str, form: Mapping[str, str], *, clock: ServiceClock, proxy: str) -> Answer:
    """One POST of a form, once: a code that was sent may have been used up."""
    request = Request(
        verb="POST", path="", content=urlencode(dict(form)).encode(),
        headers={"Content-Type": FORM, "Accept": "application/json"}, read_s=30.0,
    )  # fmt: skip
    try:
        with closing(Wire(address, clock=clock, proxy=proxy)) as wire:
            return wire.send(request)
    except UnavailableError as exc:
        raise UnavailableError(
            f"the login server: {exc.message}", hint="check the network, then log in again",
            reason="network",
        ) from exc  # fmt: skip


def _refused(error: str) -> LoginNeededError:
    name = one_line(error, most_chars=60)
    hints = {
        "access_denied": "agree on the page; an app in testing mode lets in its listed test users "
        "alone (OAuth consent screen > Test users)",
        "admin_policy_enforced": "the administrator of that account does not allow the app",
        "org_internal": "the app is for members of one organisation",
        "invalid_scope": "add the scope to the app's OAuth consent screen",
    }
    return LoginNeededError(
        f"the login was refused: {name}",
        hint=hints.get(error, "run `loquitur youtube auth` again"),
        reason=name,
    )


def _reply_of(
    query: Mapping[str, list[str]], state: str, *, lenient: bool = False
) -> _Reply | None:
    """What the query of a redirect says; None where it answers no question of ours."""
    given = query.get("state", [""])[0]
    if not (secrets.compare_digest(given.encode(), state.encode()) or (lenient and not given)):
        return None
    if query.get("error"):
        return _Reply(error=query["error"][0])
    return _Reply(code=query["code"][0]) if query.get("code") else None


def _first(replies: queue.Queue[_Reply], timeout_s: float) -> _Reply:
    try:
        return replies.get(timeout=timeout_s)
    except queue.Empty:
        raise LoginNeededError(
            f"nobody answered within {timeout_s:g} s",
            hint="run `loquitur youtube auth` again; --timeout S waits longer, and where the page "
            "said 'Access blocked' its error is about the client secrets",
            reason="timeout",
        ) from None


@contextmanager
def _typing(asking: Asking, replies: queue.Queue[_Reply], state: str) -> Iterator[None]:
    """Read pasted lines beside everything else, until one is a code or the block ends."""
    read_line, is_over = asking.read_line, threading.Event()
    if read_line is None:
        yield
        return

    def read() -> None:
        while not is_over.is_set():
            line = read_line(_LOOK_S)
            if line == "":
                return
            if line is None or not line.strip():
                continue
            try:
                replies.put(_Reply(code=code_in(line, state)))
            except InputError as exc:
                asking.refuse(f"{exc.message}: {exc.hint}")
            except LoginNeededError as exc:
                replies.put(_Reply(error=exc.reason))

    reader = threading.Thread(target=read, name="loquitur-paste", daemon=True)
    reader.start()
    try:
        yield
    finally:
        is_over.set()
        reader.join(timeout=2 * _LOOK_S)


class _Listener:
    """A server on a free loopback port that waits for the browser."""

    def __init__(self, replies: queue.Queue[_Reply], state: str) -> None:
        class Page(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                reply = _reply_of(parse_qs(urlsplit(self.path).query), state)
                status = 200 if reply else 404
                body = _page(reply).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)
                if reply is not None:
                    replies.put(reply)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Nothing: the address holds the code."""

        # Browsers open connections in advance, which say nothing: they may not hold up the others.
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    def __enter__(self) -> _Listener:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _page(reply: _Reply | None) -> str:
    if reply is None:
        text = "This is no answer to a login that is under way."
    elif reply.error:
        text = f"The login was refused: {html.escape(reply.error[:60])}."
    else:
        text = "You are logged in. This page can be closed."
    return f"<!doctype html><title>Loquitur</title><p>{text}</p>\n"
