"""google-auth's way to the network, over httpx: one client library instead of two."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.errors import TransientError
from loquitur.youtube.wire import Request, Wire

if TYPE_CHECKING:
    from loquitur.youtube.clocks import ServiceClock

_READ_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAnswer:
    """What google-auth's `transport.Response` is: status, headers, data."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class Transport:
    """What google-auth's `transport.Request` is; it remembers the last answer.

    Args:
        clock: Told the time of every answer.
        proxy: The proxy's address, empty for none.
    """

    def __init__(self, *, clock: ServiceClock, proxy: str = "") -> None:
        self._clock = clock
        self._proxy = proxy
        self.status = 0
        self.content = b""

    @property
    def lasts_s(self) -> float:
        """How long the token of the last answer lasts, in seconds."""
        try:
            found = json.loads(self.content)
            return float(found.get("expires_in") or 0)
        except (ValueError, TypeError, AttributeError):
            return 0.0

    def __call__(  # noqa: D102 - google-auth calls it so
        self,
        url: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> TokenAnswer:
        from google.auth.exceptions import TransportError

        content = body.encode() if isinstance(body, str) else body
        request = Request(
            verb=method, path="", content=content, headers=dict(headers or {}),
            read_s=timeout or _READ_S,
        )  # fmt: skip
        try:
            with closing(Wire(url, clock=self._clock, proxy=self._proxy)) as wire:
                answer = wire.send(request)
        except TransientError as exc:
            raise TransportError(exc.message) from exc
        self.status, self.content = answer.status, answer.content
        return TokenAnswer(status=answer.status, headers=answer.headers, data=answer.content)
