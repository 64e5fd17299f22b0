"""Logins that were saved: one file for each endpoint in the user's config folder, mode 0600.

A token is never sent to another endpoint than the one it was got for, nor to another token server
than the one that gave it. Refreshing is google-auth's; the result is saved at once, under a lock,
so that two processes do not refresh side by side, and the loser of that race reads the winner's.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib.util
import json
import os
import secrets
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from loquitur.errors import FullError, InputError, MissingError
from loquitur.settings import config_folder
from loquitur.store import writing
from loquitur.text import display
from loquitur.youtube import pacific
from loquitur.youtube.classification import DEAD_HINT, LOGIN, classify
from loquitur.youtube.complaints import KeyProblemError, LoginNeededError, UnavailableError
from loquitur.youtube.credentials import fingerprint
from loquitur.youtube.redaction import one_line

if TYPE_CHECKING:
    from loquitur.youtube.client_secrets import ClientSecrets
    from loquitur.youtube.clocks import ServiceClock

FOLDER = "youtube"
_MOST_BYTES = 64 << 10
_EARLY_S = 60.0
"""A token that ends sooner is refreshed before it is used."""
_NEEDED = ("token", "refresh_token", "token_uri", "client_id", "client_secret")
INSTALL = 'pip install "loquitur[youtube]"'


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedLogin:
    """What is kept of a login.

    Args:
        endpoint: The service it is for.
        token: The access token.
        refresh_token: What brings the next one.
        token_uri: The server that gives them.
        revoke_uri: Where they are taken back.
        client_id: The app they were given to.
        client_secret: Its secret.
        scopes: What was agreed to.
        expires_at: When the access token ends, Unix seconds by this machine's clock.
        since: When the consent was given, Unix seconds.
    """

    endpoint: str
    token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    token_uri: str
    revoke_uri: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...]
    expires_at: float
    since: float


def place_of(endpoint: str) -> Path:
    """Where the login of an endpoint is kept."""
    name = "".join(
        char if char.isalnum() or char in ".-" else "-" for char in urlsplit(endpoint).netloc
    )
    return config_folder() / FOLDER / f"login-{name}.json"


def load(endpoint: str) -> SavedLogin | None:
    """The login saved for an endpoint; None where there is none.

    Raises:
        InputError: The file is damaged, or of another endpoint.
    """
    path = place_of(endpoint)
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
            if os.fstat(file.fileno()).st_mode & 0o077:
                with contextlib.suppress(OSError):  # others may read it: no longer
                    os.fchmod(file.fileno(), 0o600)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise InputError(
            f"{display(str(path))}: the saved login cannot be read: {exc.strerror or exc}",
            hint="check the file's owner and rights",
        ) from exc
    try:
        found = json.loads(data)
        texts = {name: found[name] for name in (*_NEEDED, "revoke_uri", "endpoint")}
        login = SavedLogin(
            **texts, scopes=tuple(map(str, found["scopes"])),
            expires_at=_read_time(found["expiry"]), since=float(found["since"]),
        )  # fmt: skip
        whole = all(isinstance(text, str) and text for text in texts.values())
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise _damaged(path) from exc
    if not whole or login.endpoint != endpoint:
        raise _damaged(path)
    return login


def save(login: SavedLogin) -> Path:
    """Keep a login, readable by its user alone from the first byte on.

    The file is one that google-auth reads (`Credentials.from_authorized_user_file`).

    Raises:
        FullError: It cannot be written.
    """
    path = place_of(login.endpoint)
    document = {
        "type": "authorized_user",
        **{name: getattr(login, name) for name in (*_NEEDED, "revoke_uri", "endpoint")},
        "scopes": list(login.scopes),
        "expiry": pacific.utc_text(login.expires_at),
        "since": login.since,
    }
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(6)}")
    with writing.translated(path):
        writing.ensure_folder(path.parent)
    data = json.dumps(document, indent=1).encode() + b"\n"
    writing.write_temporary(temporary, data, mode=0o600)
    with writing.discarding(temporary):
        writing.move_into(temporary, path)
    return path


def forget(endpoint: str) -> bool:
    """Delete the login of an endpoint; gives whether there was one."""
    path = place_of(endpoint)
    with writing.translated(path):
        try:
            path.unlink()
        except FileNotFoundError:
            return False
    return True


class StoredLogin:
    """A saved login in use: hands out tokens, and gets new ones. Threads may share it.

    Args:
        saved: What was saved.
        clock: The service's time, by which a wrong clock of this machine is noticed.
        proxy: The proxy's address, empty for none.
    """

    def __init__(self, saved: SavedLogin, *, clock: ServiceClock, proxy: str = "") -> None:
        self.saved = saved
        self._clock = clock
        self._proxy = proxy
        self._mutex = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """Of the project that the app belongs to."""
        return fingerprint(self.saved.client_id, self.saved.endpoint)

    def access_token(self) -> str:
        """A token that holds for the next call, refreshed where it is about to end.

        Raises:
            LoginNeededError: The login is over.
            KeyProblemError: The app is refused.
            UnavailableError: The server that gives tokens cannot be reached.
            MissingError: google-auth is not installed.
        """
        with self._mutex:
            if self.saved.expires_at - self._clock.machine_now() < _EARLY_S:
                self._refresh()
            return self.saved.token

    def renew(self) -> bool:
        """Another token although this one looked good."""
        with self._mutex:
            self._refresh()
        return True

    def _refresh(self) -> None:
        """Get the next token; where it cannot be kept, it is good for this process all the same."""
        before = self.saved.token
        try:
            self._refresh_and_keep()
        except FullError:
            if self.saved.token == before:
                self.saved = refreshed(self.saved, clock=self._clock, proxy=self._proxy)

    def _refresh_and_keep(self) -> None:
        """Get the next token and keep it, unless another process just did."""
        path = place_of(self.saved.endpoint)
        with writing.translated(path):
            writing.ensure_folder(path.parent)
        with writing.locked(path.with_name(f".{path.stem}.lock"), exclusive=True):
            now = load(self.saved.endpoint)
            if now is not None and now.token != self.saved.token:
                self.saved = now
                if now.expires_at - self._clock.machine_now() >= _EARLY_S:
                    return
            self.saved = refreshed(self.saved, clock=self._clock, proxy=self._proxy)
            if now is not None:  # revoked meanwhile: then nothing is written again
                save(self.saved)


def refreshed(saved: SavedLogin, *, clock: ServiceClock, proxy: str = "") -> SavedLogin:
    """A login with its next access token.

    Raises:
        LoginNeededError: The login is over (`invalid_grant`): why, and what to do.
        KeyProblemError: The app is refused.
        UnavailableError: The server cannot be reached, or is in trouble.
        MissingError: google-auth is not installed.
    """
    check_installed()
    from google.auth import exceptions
    from google.oauth2.credentials import Credentials

    from loquitur.youtube.transport import Transport

    credentials = Credentials(
        token=saved.token, refresh_token=saved.refresh_token, token_uri=saved.token_uri,
        client_id=saved.client_id, client_secret=saved.client_secret,
    )  # fmt: skip
    transport = Transport(clock=clock, proxy=proxy)
    try:
        credentials.refresh(transport)
    except exceptions.RefreshError as exc:
        raise _refusal(transport, saved, clock) from exc
    except exceptions.TransportError as exc:
        raise UnavailableError(
            f"{urlsplit(saved.token_uri).hostname} cannot be reached: "
            f"{one_line(str(exc), most_chars=120)}",
            hint="check the network connection and the proxy", reason="network",
        ) from exc  # fmt: skip
    return replace(
        saved,
        token=credentials.token,
        refresh_token=credentials.refresh_token or saved.refresh_token,
        expires_at=clock.machine_now() + transport.lasts_s,
    )


def check_installed() -> None:
    """Hold that google-auth is there, before a person is asked for anything.

    Raises:
        MissingError: It is not.
    """
    try:
        found = importlib.util.find_spec("google.oauth2.credentials")
    except ModuleNotFoundError:  # of its packages
        found = None
    if found is None:
        raise MissingError(
            "google-auth is not installed, which logins need", hint=INSTALL, code="LQ-NO-PACKAGE"
        )


def skew_note(clock: ServiceClock) -> str:
    """What to say of a clock that is wrong; empty where it is right."""
    if not clock.ahead_s:
        return ""
    way = "behind" if clock.ahead_s > 0 else "ahead of"
    apart_s = max(60, round(abs(clock.ahead_s) / 60) * 60)
    return f"this machine's clock is {pacific.span_text(apart_s)} {way} the service's: set it right"


def _refusal(
    transport: Any, saved: SavedLogin, clock: ServiceClock
) -> LoginNeededError | KeyProblemError | UnavailableError:
    """The error of a refresh that was refused: over, the app, or trouble on the other side."""
    error = classify(
        transport.status or 500, transport.content, {}, now_s=clock.now(),
        secrets=(saved.refresh_token, saved.client_secret, saved.token),
    )  # fmt: skip
    if isinstance(error, KeyProblemError | UnavailableError):
        return error
    age = pacific.span_text(clock.machine_now() - saved.since)
    note = skew_note(clock)
    hint = DEAD_HINT if error.reason == "invalid_grant" else LOGIN
    return LoginNeededError(
        f"the login is over (it was made {age} ago): {error.reason or error.message}",
        hint=hint + (f"; {note}" if note else ""),
        reason=error.reason, status=error.status,
    )  # fmt: skip


def from_grant(
    answer: dict[str, Any],
    client: ClientSecrets,
    *,
    endpoint: str,
    asked: tuple[str, ...],
    now_s: float,
) -> SavedLogin:
    """A login of what the token server gave for a code."""
    scopes = str(answer.get("scope") or " ".join(asked)).split()
    return SavedLogin(
        endpoint=endpoint, token=str(answer["access_token"]),
        refresh_token=str(answer["refresh_token"]), token_uri=client.token_uri,
        revoke_uri=client.revoke_uri, client_id=client.client_id,
        client_secret=client.client_secret, scopes=tuple(scopes),
        expires_at=now_s + float(answer.get("expires_in") or 0), since=now_s,
    )  # fmt: skip


def _read_time(text: str) -> float:
    moment = dt.datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()


def _damaged(path: Path) -> InputError:
    return InputError(
        f"{display(str(path))}: the saved login is damaged",
        hint="log in again with `loquitur youtube auth`, which replaces it",
        code="LQ-YOUTUBE-LOGIN-FILE",
    )
