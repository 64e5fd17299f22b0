"""The app that logs in: the file of a desktop client, as Google's console gives it to download."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from loquitur.errors import InputError, MissingError
from loquitur.settings import config_folder
from loquitur.text import display
from loquitur.youtube.credentials import emulated
from loquitur.youtube.wire import is_loopback

if TYPE_CHECKING:
    from loquitur.settings import Settings
    from loquitur.youtube.wire import Wire

FILE_NAME = "client_secrets.json"
_MOST_BYTES = 64 << 10
_REVOKE = "https://oauth2.googleapis.com/revoke"
_CONSOLE = "https://console.cloud.google.com/apis/credentials"
_HINT = f"at {_CONSOLE} create an OAuth client of the type 'Desktop app' and download its JSON"
_NEEDED = ("client_id", "client_secret", "auth_uri", "token_uri")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSecrets:
    """An app that may ask for a login.

    Args:
        client_id: Its name.
        client_secret: Not really one, in a desktop app; not shown all the same.
        auth_uri: Where people agree.
        token_uri: Where codes become tokens.
        revoke_uri: Where tokens are taken back.
        origin: The file or server it came from, for messages.
    """

    client_id: str
    client_secret: str = field(repr=False)
    auth_uri: str
    token_uri: str
    revoke_uri: str = _REVOKE
    origin: str = ""


def find_client_secrets(settings: Settings, wire: Wire, given: str = "") -> ClientSecrets:
    """The app of an option, an emulator, the settings, or the user's config folder, in this order.

    Args:
        settings: `youtube_client_secrets` may name a file.
        wire: The way to the service; a loopback one is asked for the app of its emulator.
        given: The file of an option.

    Raises:
        MissingError: There is none.
        InputError: The file is another one, or damaged; one line says what it is.
    """
    if given:
        return read_client_secrets(Path(given))
    if is_loopback(wire.endpoint):
        told = emulated(wire, FILE_NAME)
        if told:
            return _parsed(told, f"{wire.endpoint}emulator/{FILE_NAME}")
    named = settings.youtube_client_secrets
    if named:
        return read_client_secrets(Path(named))
    usual = config_folder() / FILE_NAME
    if usual.is_file():
        return read_client_secrets(usual)
    raise MissingError(
        "no client secrets: nothing says which app asks for the login",
        hint=f"{_HINT}; then --client-secrets FILE, or put it at {usual}",
        code="LQ-YOUTUBE-NO-APP",
    )


def read_client_secrets(path: Path) -> ClientSecrets:
    """The app of a file.

    Raises:
        InputError: There is no such file, or it is another one, or damaged.
    """
    name = display(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as exc:
        raise InputError(
            f"{name}: the client secrets cannot be read: {exc.strerror or exc}", hint=_HINT
        ) from exc
    if len(data) > _MOST_BYTES:
        raise _wrong(name, f"it has more than {_MOST_BYTES >> 10} KB")
    if not data.strip():
        raise _wrong(name, "the file is empty")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as exc:
        what = "a web page" if data.lstrip()[:1] == b"<" else "no JSON"
        raise _wrong(name, f"it is {what}") from exc
    return _parsed(found, name)


def _parsed(found: Any, name: str) -> ClientSecrets:
    table = _table(found, name)
    missing = [key for key in _NEEDED if not (isinstance(table.get(key), str) and table[key])]
    if missing:
        raise _wrong(name, f"it has no {', '.join(missing)}")
    for key in ("auth_uri", "token_uri"):
        _check_address(table[key], f"{name}: {key}")
    token_uri = table["token_uri"]
    parts = urlsplit(token_uri)
    return ClientSecrets(
        client_id=table["client_id"],
        client_secret=table["client_secret"],
        auth_uri=table["auth_uri"],
        token_uri=token_uri,
        revoke_uri=f"{parts.scheme}://{parts.netloc}/revoke" if is_loopback(token_uri) else _REVOKE,
        origin=name,
    )


def _table(found: Any, name: str) -> dict[str, Any]:
    """The table of a desktop app; whatever else it is, is said by name."""
    if not isinstance(found, dict):
        raise _wrong(name, "it is no JSON object")
    kind = found.get("type")
    if kind == "service_account":
        raise _wrong(name, "it is a service account's key, and no channel belongs to one")
    if kind == "authorized_user" or ("refresh_token" in found and "installed" not in found):
        raise _wrong(name, "it is a saved login, not the app that asks for one")
    if "web" in found and "installed" not in found:
        raise _wrong(name, "it is the client of a web application")
    table = found.get("installed")
    if not isinstance(table, dict):
        raise _wrong(name, "it has no 'installed' table")
    return table


def _check_address(address: str, place: str) -> None:
    """Hold that an address is https, or of this machine: secrets and codes are sent there."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    if not host or not (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(address))
    ):
        raise InputError(
            f"{place} must be an https address, not '{display(address[:80])}'", hint=_HINT,
            code="LQ-YOUTUBE-SECRETS",
        )  # fmt: skip


def _wrong(name: str, why: str) -> InputError:
    return InputError(
        f"{name}: no client secrets of a desktop app: {why}", hint=_HINT, code="LQ-YOUTUBE-SECRETS"
    )
