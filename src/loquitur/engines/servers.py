"""A server that answers JSON with JSON, asked again where it is busy: embeddings, rerankers.

Of addresses and keys: see `engines/services.py`.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from loquitur.engines import services
from loquitur.errors import RemoteError, TransientError
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MOST_BYTES = 256 * 1024**2
_TRIES = 4
_LONGEST_WAIT_S = 60.0
_SLOW = "a smaller batch_size, or a larger timeout_s"


class JsonServer:
    """One address of a server.

    Args:
        base_url: Up to `/v1`.
        path: After that.
        kind: Whose options these are, for hints: `embedding`.
        key_variable: The environment variable that holds the key; empty for none.
        timeout_s: The longest an answer may take.
        offline: Whether this machine and the own network alone may be asked.
        wait: Waits so many seconds.

    Raises:
        UsageError: The key would travel in clear text, or the address is outside while offline.
    """

    def __init__(
        self,
        base_url: str,
        path: str,
        *,
        kind: str,
        key_variable: str,
        timeout_s: float,
        offline: bool,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = base_url + path
        self._kind = kind
        self._variable = key_variable
        self._timeout_s = timeout_s
        self._wait = wait
        self.shown = display(base_url)
        self._key = services.key_of(
            key_variable, base_url, option=f'set.{kind}.key_variable = "" in loquitur.toml'
        )
        services.check_online(base_url, offline=offline, option=f"set.{kind}.base_url")
        self._client = services.client(timeout_s)

    def ask(self, body: Mapping[str, Any], *, hints: Mapping[int, str]) -> Any:
        """What the server answers; asked again up to three times where it is busy.

        Args:
            body: Sent as JSON.
            hints: What to do, by status.

        Raises:
            TransientError: It is not reached, busy, too slow or broken, and stays so.
            QuotaError: The account's budget is spent.
            RemoteError: It refuses, or answers no JSON.
            MissingError: It wants a key, and there is none.
        """
        for attempt in range(1, _TRIES + 1):
            try:
                return self._once(body, hints)
            except TransientError as exc:
                down = exc.code == "LQ-REMOTE-DOWN"
                asked_for = exc.retry_after_s
                if attempt == _TRIES or down or (asked_for or 0.0) > _LONGEST_WAIT_S:
                    raise
                self._wait(float(2 ** (attempt - 1)) if asked_for is None else asked_for)
        raise AssertionError("the last attempt returns or raises")

    def strange(self, what: str) -> RemoteError:
        """The error for an answer of another shape."""
        return RemoteError(
            f"{self.shown} answers what is no {what}",
            hint=f"set.{self._kind}.base_url ends with /v1",
            code="LQ-REMOTE-ANSWER",
        )

    def _once(self, body: Mapping[str, Any], hints: Mapping[int, str]) -> Any:
        status, headers, found = self._sent(body)
        if status != 200:
            raise services.refusal_in(
                status,
                found,
                headers,
                shown=self.shown,
                key=self._key,
                variable=self._variable,
                hints=hints,
            )
        try:
            return json.loads(found)
        except (ValueError, RecursionError) as exc:
            raise self.strange("JSON") from exc

    def _sent(self, body: Mapping[str, Any]) -> tuple[int, Any, bytes]:
        """Status, headers and body of the server's answer."""
        headers = services.bearing(self._key)
        deadline = time.monotonic() + self._timeout_s
        down = f"start it, or name another: set.{self._kind}.base_url in loquitur.toml"
        with (
            services.translated(self.shown, key=self._key, slow=_SLOW, down=down),
            self._client.stream("POST", self._url, json=body, headers=headers) as response,
        ):
            found = services.gathered(
                response.iter_bytes(),
                deadline=deadline,
                shown=self.shown,
                most_bytes=_MOST_BYTES,
                hint=_SLOW,
            )
            return response.status_code, response.headers, found
