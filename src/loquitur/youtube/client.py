"""A thin client of the YouTube Data API: the method table, one connection pool, nothing else.

Why not Google's own client: docs/dependencies.md. Before a call the meter is asked (it reserves
the units, and says which key or token pays); afterwards the answer is JSON or an error of this
package's tree. A key travels in a header, so that no address that is logged can hold it.
"""

from __future__ import annotations

import json
import secrets as dice
from contextlib import closing
from typing import TYPE_CHECKING, Any, Protocol

from loquitur.errors import RemoteError, TransientError
from loquitur.youtube import methods
from loquitur.youtube.classification import classify
from loquitur.youtube.complaints import UnansweredError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    import httpx

    from loquitur.youtube.complaints import ComplaintError
    from loquitur.youtube.methods import Method, Value

ROOT = "https://youtube.googleapis.com/"
RESUMABLE_BYTES = 1024 * 1024
"""From this size on a file is sent in pieces that can be taken up again."""
PIECE_BYTES = 8 * 256 * 1024
"""Pieces of a resumable upload; the protocol wants multiples of 256 KiB."""
_MOST_ANSWER_BYTES = 256 * 1024**2
_CONNECT_S = 10.0
_READ_S = 60.0
_STREAM_READ_S = 90.0


class Meter(Protocol):
    """Reserves units before a call, says who pays, and decides whether a failure is tried again."""

    def pay(self, method: Method) -> dict[str, str]:
        """The headers of the key or token that pays for this call, its units reserved.

        Raises:
            QuotaError: No key has units left for it.
            MissingError: There is no key, or no login where one is needed.
        """
        ...

    def wait(self, error: TransientError, failures: int) -> bool:
        """Wait before another try; False where there shall be none.

        Args:
            error: Why the last try failed.
            failures: How many tries have failed so far.
        """
        ...

    def settle(self, method: Method, error: ComplaintError) -> None:
        """Hear what the service refused, so that the ledger knows what it knows."""
        ...


class Client:
    """Calls methods over HTTP; see `caller.Caller` for what its ways promise.

    Args:
        meter: The ledger's and the credentials' word.
        endpoint: The root of the service, or of a server that stands in for it.
        proxy: The proxy's URL, empty for none.
        read_s: How many seconds an answer may keep silent.
    """

    def __init__(
        self, *, meter: Meter, endpoint: str = ROOT, proxy: str = "", read_s: float = _READ_S
    ) -> None:
        self.endpoint = (endpoint or ROOT).rstrip("/") + "/"
        self._meter = meter
        self._proxy = proxy
        self._read_s = read_s
        self._http: httpx.Client | None = None

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def call(
        self, method_id: str, /, *, body: Mapping[str, Any] | None = None, **given: Value
    ) -> dict[str, Any]:
        """One call; its answer as plain JSON, an empty dict where there is none."""
        method = methods.find(method_id)
        path, query = methods.address(method, given)
        content = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json; charset=UTF-8"}
        answer = self._tried(
            method,
            lambda paid: self._send(
                method, path, query, content=content, headers={**headers, **paid}
            ),
        )
        return _parsed(method, answer)

    def pages(self, method_id: str, /, **given: Value) -> Iterator[dict[str, Any]]:
        """The answers of a list until there is no `nextPageToken`; an empty page is no end."""
        asked = dict(given)
        while True:
            page = self.call(method_id, body=None, **asked)
            yield page
            if not page.get("nextPageToken"):
                return
            asked["pageToken"] = str(page["nextPageToken"])

    def download(self, method_id: str, /, **given: Value) -> bytes:
        """The file behind a method."""
        method = methods.find(method_id)
        path, query = methods.address(method, given)
        query["alt"] = "media"
        answer = self._tried(
            method, lambda paid: self._send(method, path, query, content=None, headers=paid)
        )
        return answer.content

    def upload(
        self,
        method_id: str,
        /,
        *,
        body: Mapping[str, Any],
        media: bytes,
        media_type: str = "application/octet-stream",
        **given: Value,
    ) -> dict[str, Any]:
        """A resource with a file, in one request or in pieces."""
        method = methods.find(method_id)
        path, query = methods.address(method, given)
        if len(media) < RESUMABLE_BYTES:
            answer = self._multipart(method, path, query, body, media, media_type)
        else:
            answer = self._resumable(method, path, query, body, media, media_type)
        return _parsed(method, answer)

    def stream(self, method_id: str, /, **given: Value) -> Iterator[dict[str, Any]]:
        """The elements of an answer that is one long JSON array, as they come.

        An element that is an error body is raised as that error. A connection that ends before
        the array does is a `TransientError`.
        """
        from loquitur.youtube.arrays import elements

        method = methods.find(method_id)
        path, query = methods.address(method, given)
        paid = self._meter.pay(method)
        request = self._request(method.verb, path, query, headers=paid, read_s=_STREAM_READ_S)
        with closing(self._sent(request, stream=True)) as answer:
            if answer.status_code >= 400:
                answer.read()
                raise self._refused(method, answer)
            with _translated(self.endpoint):
                for element in elements(answer.iter_bytes()):
                    if "error" in element:
                        error = classify(
                            int((element["error"] or {}).get("code") or 500),
                            json.dumps(element).encode(),
                            {},
                            method_id=method.id,
                        )
                        self._meter.settle(method, error)
                        raise error
                    yield element

    def _multipart(
        self,
        method: Method,
        path: str,
        query: dict[str, str],
        body: Mapping[str, Any],
        media: bytes,
        media_type: str,
    ) -> httpx.Response:
        """One request with both parts (RFC 2387). What may have arrived is not sent again."""
        mark = f"loquitur-{dice.token_hex(16)}"
        content = b"".join(
            (
                f"--{mark}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n".encode(),
                json.dumps(body, ensure_ascii=False).encode(),
                f"\r\n--{mark}\r\nContent-Type: {media_type}\r\n".encode(),
                b"Content-Transfer-Encoding: binary\r\n\r\n",
                media,
                f"\r\n--{mark}--\r\n".encode(),
            )
        )
        headers = {"Content-Type": f"multipart/related; boundary={mark}"}
        return self._once(
            method,
            lambda paid: self._send(
                method,
                "upload/" + path,
                {**query, "uploadType": "multipart"},
                content=content,
                headers={**headers, **paid},
            ),
        )

    def _resumable(
        self,
        method: Method,
        path: str,
        query: dict[str, str],
        body: Mapping[str, Any],
        media: bytes,
        media_type: str,
    ) -> httpx.Response:
        """Pieces that are taken up again where they broke off."""
        from loquitur.youtube.pieces import send_pieces

        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "X-Upload-Content-Type": media_type,
            "X-Upload-Content-Length": str(len(media)),
        }
        content = json.dumps(body, ensure_ascii=False).encode()
        begun = self._tried(
            method,
            lambda paid: self._send(
                method,
                "upload/" + path,
                {**query, "uploadType": "resumable"},
                content=content,
                headers={**headers, **paid},
            ),
        )
        address = begun.headers.get("location", "")
        self._check_place(address)
        return send_pieces(
            media,
            put=lambda piece, extent: self._put(method, address, piece, extent),
            wait=self._meter.wait,
            piece_bytes=PIECE_BYTES,
        )

    def _put(self, method: Method, address: str, piece: bytes, extent: str) -> httpx.Response:
        request = self._client().build_request(
            "PUT", address, content=piece, headers={"Content-Range": extent}
        )
        with _translated(self.endpoint):
            answer = self._client().send(request)
        if answer.status_code >= 400:
            raise self._refused(method, answer)
        return answer

    def _check_place(self, address: str) -> None:
        """Hold that an upload goes on at the server it was begun with."""
        import httpx

        if httpx.URL(address).host != httpx.URL(self.endpoint).host:
            raise RemoteError("the service sends the upload to another server; it was not followed")

    def _tried(
        self, method: Method, send: Callable[[dict[str, str]], httpx.Response]
    ) -> httpx.Response:
        """The answer, after as many tries as the meter grants; each of them is paid for."""
        failures = 0
        while True:
            try:
                return send(self._meter.pay(method))
            except TransientError as error:
                failures += 1
                if not self._meter.wait(error, failures):
                    raise

    def _once(
        self, method: Method, send: Callable[[dict[str, str]], httpx.Response]
    ) -> httpx.Response:
        """The answer of a request that changes something: sent once, unless surely refused."""
        failures = 0
        while True:
            try:
                return send(self._meter.pay(method))
            except _LostError as error:
                raise UnansweredError(
                    f"{method.id} was sent and no answer came",
                    hint="look whether it was taken before it is sent again",
                ) from error
            except TransientError as error:
                failures += 1
                if getattr(error, "status", 0) != 429 or not self._meter.wait(error, failures):
                    raise

    def _send(
        self,
        method: Method,
        path: str,
        query: dict[str, str],
        *,
        content: bytes | None,
        headers: dict[str, str],
    ) -> httpx.Response:
        request = self._request(method.verb, path, query, headers=headers, content=content)
        answer = self._sent(request)
        if answer.status_code >= 400:
            raise self._refused(method, answer)
        return answer

    def _request(
        self,
        verb: str,
        path: str,
        query: dict[str, str],
        *,
        headers: dict[str, str],
        content: bytes | None = None,
        read_s: float | None = None,
    ) -> httpx.Request:
        import httpx

        silence_s = self._read_s if read_s is None else read_s
        return self._client().build_request(
            verb,
            self.endpoint + path,
            params=query,
            headers=headers,
            content=content,
            timeout=httpx.Timeout(silence_s, connect=_CONNECT_S),
        )

    def _sent(self, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        with _translated(self.endpoint):
            answer = self._client().send(request, stream=stream)
        if not stream and len(answer.content) > _MOST_ANSWER_BYTES:
            raise RemoteError(f"{self.endpoint} answers without end", code="LQ-REMOTE-ANSWER")
        return answer

    def _refused(self, method: Method, answer: httpx.Response) -> ComplaintError:
        error = classify(
            answer.status_code, answer.content, dict(answer.headers), method_id=method.id
        )
        self._meter.settle(method, error)
        return error

    def _client(self) -> httpx.Client:
        if self._http is None:
            import httpx

            self._http = httpx.Client(
                follow_redirects=False,
                proxy=self._proxy or None,
                trust_env=False,
                headers={"Accept-Encoding": "gzip", "User-Agent": "loquitur (gzip)"},
            )
        return self._http


class _LostError(TransientError):
    """The connection broke after something was sent: nobody knows whether it arrived."""


class _translated:  # noqa: N801 - reads as a statement
    """Network failures as errors of this package."""

    def __init__(self, shown: str) -> None:
        self._shown = shown

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            return
        import httpx

        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
            raise TransientError(
                f"{self._shown} cannot be reached", hint="check the network connection"
            ) from error
        if isinstance(error, httpx.TransportError):
            raise _LostError(f"{self._shown} broke the connection or kept silent") from error


def _parsed(method: Method, answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code == 204 or not answer.content:
        return {}
    try:
        found = json.loads(answer.content)
    except ValueError as exc:
        raise TransientError(f"{method.id}: the answer is no JSON") from exc
    if not isinstance(found, dict):
        raise TransientError(f"{method.id}: the answer is no JSON object")
    return found
