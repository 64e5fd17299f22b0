"""A client that is ready: endpoint, credentials, ledger and patience, from the settings."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from loquitur.errors import MissingError, TransientError
from loquitur.settings import secret
from loquitur.youtube.client import ROOT, Client

if TYPE_CHECKING:
    from loquitur.settings import Settings
    from loquitur.youtube.complaints import ComplaintError
    from loquitur.youtube.methods import Method


def open_client(settings: Settings) -> Client:
    """A client for the service of these settings; close it, or use it in a `with`.

    Raises:
        MissingError: No key and no login is there, where the first call needs one.
    """
    endpoint = settings.youtube_endpoint or ROOT
    key, token = secret("LOQUITUR_YOUTUBE_API_KEY"), secret("LOQUITUR_YOUTUBE_TOKEN")
    if not key and not token and is_loopback(endpoint):
        given = emulated_credentials(endpoint)
        key, token = str(given.get("api_key", "")), str(given.get("token", ""))
    return Client(meter=_Purse(key=key, token=token), endpoint=endpoint, proxy=settings.proxy)


def is_loopback(endpoint: str) -> bool:
    """Whether an address is this machine's own."""
    return (urlsplit(endpoint).hostname or "") in ("127.0.0.1", "localhost", "::1")


def emulated_credentials(endpoint: str) -> dict[str, Any]:
    """The key and token of an emulator; empty where none answers there."""
    import httpx

    try:
        answer = httpx.get(
            endpoint.rstrip("/") + "/emulator/credentials", trust_env=False, timeout=5.0
        )
        found = json.loads(answer.content) if answer.status_code == 200 else {}
    except (httpx.TransportError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


class _Purse:
    """One key, one token, a few tries."""

    def __init__(self, *, key: str, token: str) -> None:
        self._key = key
        self._token = token

    def pay(self, method: Method) -> dict[str, str]:
        is_owners = method.id.startswith("captions.") or method.verb != "GET"
        if self._token and (is_owners or not self._key):
            return {"Authorization": f"Bearer {self._token}"}
        if self._key:
            return {"X-Goog-Api-Key": self._key}
        raise MissingError(
            "no key for the YouTube Data API",
            hint="set LOQUITUR_YOUTUBE_API_KEY, or `loquitur youtube auth`",
        )

    def wait(self, error: TransientError, failures: int) -> bool:
        if failures >= 5:
            return False
        time.sleep(error.retry_after_s or 0.05 * 2**failures)
        return True

    def settle(self, method: Method, error: ComplaintError) -> None:
        del method, error
