"""HTTP with one server: requests out, answers or errors of ours back, nothing repeated.

Two failures are told apart because what may be done about them differs: what surely never left
(`NotSentError`), and what may have been taken although no answer came (`LostError`).
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from loquitur.errors import RemoteError
from loquitur.youtube.complaints import UnavailableError
from loquitur.youtube.redaction import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

    from loquitur.youtube.clocks import ServiceClock

_MOST_ANSWER_BYTES = 256 * 1024**2
_LONGEST_ADDRESS = 2000
"""Beyond that servers refuse; the query then travels as a form, as Google's own client does it."""
_CONNECT_S = 10.0
_READ_S = 60.0
FORM = "application/x-www-form-urlencoded"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_EMULATOR_HINT = "is a server running there? `loquitur youtube emulate` starts one"
_NETWORK_HINT = "check the network connection and the proxy"


class NotSentError(UnavailableError):
    """The server was not reached: the call surely never left this machine."""


class LostError(UnavailableError):
    """The connection broke after something was sent: nobody knows whether it was taken."""


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own."""
    return (urlsplit(address).hostname or "") in _LOOPBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent.

    Args:
        verb: The HTTP method.
        path: Below the root, or a whole address of the same server.
        query: Behind the question mark.
        headers: Beside the usual ones.
        content: The body, None for none.
        read_s: How many seconds the answer may keep silent.
    """

    verb: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    read_s: float = _READ_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, whatever its status; the headers' names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes = b""


class Wire:
    """A pool of connections to one server. Threads may share it.

    Args:
        endpoint: The root of the server, with a slash at its end.
        clock: Told the time of every answer.
        proxy: The proxy's address, empty for none; none is asked for this machine's own servers.
        offline: Whether the network is switched off; this machine is there all the same.
    """

    def __init__(
        self, endpoint: str, *, clock: ServiceClock, proxy: str = "", offline: bool = False
    ) -> None:
        self.endpoint = endpoint
        self._clock = clock
        self._is_here = is_loopback(endpoint)
        self._proxy = None if self._is_here else proxy or None
        self._offline = offline and not self._is_here
        self._http: httpx.Client | None = None
        self._lock = threading.Lock()

    def send(self, request: Request) -> Answer:
        """One request and its whole answer.

        Raises:
            NotSentError: The server was not reached.
            LostError: The connection broke, or kept silent, before the whole answer was here.
            RemoteError: The answer has no end, or the network is switched off.
        """
        with self._translated(request), self._opened(request) as answer:
            parts, size = [], 0
            for piece in answer.iter_bytes():
                size += len(piece)
                if size > _MOST_ANSWER_BYTES:
                    raise RemoteError(
                        f"{self.endpoint} answers without end", code="LQ-REMOTE-ANSWER"
                    )
                parts.append(piece)
            return _answer(answer, b"".join(parts))

    @contextmanager
    def stream(self, request: Request) -> Iterator[tuple[Answer, Iterator[bytes]]]:
        """An answer whose body is read as it comes; its own content is empty.

        Raises:
            NotSentError: The server was not reached.
            LostError: The connection broke or kept silent; while reading too.
        """
        with self._translated(request), self._opened(request) as answer:
            yield _answer(answer), answer.iter_bytes()

    def look(self) -> bool:
        """Ask the server for nothing but its time; whether that is another than was known."""
        before_s = self._clock.ahead_s
        try:
            self.send(Request(verb="GET", path="", read_s=5.0))
        except RemoteError:
            return False
        return self._clock.ahead_s != before_s

    def close(self) -> None:
        """Let the connections go."""
        if self._http is not None:
            self._http.close()
            self._http = None

    @contextmanager
    def _opened(self, request: Request) -> Iterator[httpx.Response]:
        if self._offline:
            raise RemoteError(
                f"{self.endpoint}: the network is switched off",
                hint="run without the offline setting",
                code="LQ-REMOTE-OFFLINE",
            )
        client = self._client()
        answer = client.send(self._built(request), stream=True)
        try:
            self._clock.hear(answer.headers)
            yield answer
        finally:
            answer.close()

    def _built(self, request: Request) -> httpx.Request:
        import httpx

        address = httpx.URL(self.endpoint).join(request.path)
        timeout = httpx.Timeout(request.read_s, connect=_CONNECT_S)
        headers = dict(request.headers)
        whole = address.copy_merge_params(dict(request.query))
        verb, content = request.verb, request.content
        if verb == "GET" and content is None and len(str(whole)) > _LONGEST_ADDRESS:
            headers |= {"X-HTTP-Method-Override": "GET", "Content-Type": FORM}
            verb, content, whole = "POST", whole.query, address
        return self._client().build_request(
            verb, whole, headers=headers, content=content, timeout=timeout
        )

    @contextmanager
    def _translated(self, request: Request) -> Iterator[None]:
        import httpx

        unsent = (
            httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError,
            httpx.UnsupportedProtocol,
        )  # fmt: skip
        try:
            yield
        except unsent as exc:
            reason = one_line(str(exc), most_chars=120)
            raise NotSentError(
                f"{self.endpoint} cannot be reached: {reason or type(exc).__name__}",
                hint=_EMULATOR_HINT if self._is_here else _NETWORK_HINT,
                reason="network",
            ) from exc
        except (httpx.TransportError, httpx.DecodingError, httpx.StreamError) as exc:
            what = "kept silent" if isinstance(exc, httpx.TimeoutException) else "broke off"
            raise LostError(
                f"{self.endpoint} {what} after a {request.verb} was sent",
                hint="try again",
                reason="network",
            ) from exc
        except httpx.InvalidURL as exc:
            raise RemoteError(f"{self.endpoint}: no address") from exc

    def _client(self) -> httpx.Client:
        import httpx

        with self._lock:
            if self._http is None:
                self._http = httpx.Client(
                    follow_redirects=False,
                    proxy=self._proxy,
                    trust_env=False,
                    # Reading the certificates takes 40 ms, and over plain HTTP there are none.
                    verify=self.endpoint.startswith("https:"),
                    headers={"Accept-Encoding": "gzip", "User-Agent": "loquitur (gzip)"},
                )
            return self._http


def _answer(answer: httpx.Response, content: bytes = b"") -> Answer:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Answer(status=answer.status_code, headers=headers, content=content)
