"""Google's own client, pointed at an emulator."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import httplib2
from googleapiclient import discovery


def document(endpoint: str) -> dict[str, Any]:
    """Its bundled document with the emulator as the root of calls, uploads and batches."""
    folder = resources.files("googleapiclient.discovery_cache.documents")
    found: dict[str, Any] = json.loads(folder.joinpath("youtube.v3.json").read_text())
    found["rootUrl"] = found["baseUrl"] = f"{endpoint}/"
    found.pop("mtlsRootUrl", None)
    return found


class Bearer:
    """httplib2 with a token on every request."""

    def __init__(self, token: str) -> None:
        self._http = httplib2.Http(proxy_info=None)
        self._token = token
        self.redirect_codes = self._http.redirect_codes = self._http.redirect_codes - {308}

    def request(self, uri: str, method: str = "GET", body: Any = None, headers: Any = None, **kw):
        sent = {**(headers or {}), "authorization": f"Bearer {self._token}"}
        return self._http.request(uri, method, body=body, headers=sent, **kw)

    def close(self) -> None:
        self._http.close()


def service(endpoint: str, *, key: str = "", token: str = "", http: Any = None) -> Any:
    """The service object; close it."""
    found = http or (Bearer(token) if token else httplib2.Http(proxy_info=None))
    return discovery.build_from_document(document(endpoint), developerKey=key or None, http=found)
