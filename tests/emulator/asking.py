"""Calls to an emulator without any client of ours."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

from loquitur.emulator import Emulator


@dataclass
class Got:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def reason(self) -> str:
        return self.json["error"]["errors"][0]["reason"]


def ask(
    emulator: Emulator,
    verb: str,
    path: str,
    body: Any = None,
    *,
    key: str | None = "",
    token: str = "",
    headers: dict[str, str] | None = None,
    **query: Any,
) -> Got:
    """One request over a connection of its own; the emulator's key unless another or None."""
    sent = dict(headers or {})
    if key is not None:
        sent["X-Goog-Api-Key"] = key or emulator.api_key
    if token:
        sent["Authorization"] = f"Bearer {token}"
    if isinstance(body, dict | list):
        body = json.dumps(body)
        sent.setdefault("Content-Type", "application/json")
    target = path + (f"?{urlencode(query, doseq=True)}" if query else "")
    connection = HTTPConnection(emulator.endpoint.removeprefix("http://"), timeout=20)
    try:
        connection.request(verb, target, body, sent)
        answer = connection.getresponse()
        content = answer.read()
        return Got(answer.status, {k.lower(): v for k, v in answer.getheaders()}, content)
    finally:
        connection.close()
