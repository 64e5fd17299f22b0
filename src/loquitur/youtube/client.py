"""A thin client of the YouTube Data API: the method table, a purse, a wire.

Why not Google's own client: docs/dependencies.md. Before a call the purse asks the ledger, and says
which key or token goes along; afterwards the answer is JSON or an error of this package's tree. A
key travels in a header, so that no address that is logged can hold it.
"""

from __future__ import annotations

import json
import secrets as dice
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode, urlsplit

from loquitur.errors import RemoteError, TransientError
from loquitur.youtube import methods
from loquitur.youtube.classification import classify
from loquitur.youtube.complaints import (
    BucketEmptyError,
    ComplaintError,
    LoginNeededError,
    UnansweredError,
    UnavailableError,
)
from loquitur.youtube.pricing import price
from loquitur.youtube.retrying import Patience, may_have_acted
from loquitur.youtube.tags import Tags
from loquitur.youtube.wire import NotSentError, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    from loquitur.youtube.methods import Method, Value
    from loquitur.youtube.pricing import Price
    from loquitur.youtube.purse import Paid, Purse
    from loquitur.youtube.wire import Answer, Wire

_T = TypeVar("_T")

RESUMABLE_BYTES = 1024 * 1024
"""From this size on a file is sent in pieces that can be taken up again."""
PIECE_BYTES = 8 * 256 * 1024
"""Pieces of a resumable upload; the protocol wants multiples of 256 KiB."""
_STREAM_READ_S = 90.0
_JSON = "application/json; charset=UTF-8"
_LOOK_HINT = "look whether it was taken before it is sent again"


class Client:
    """Calls methods over HTTP; see `caller.Caller` for what its ways promise.

    Threads may share one. `sessions.open_client` makes it from the settings.

    Args:
        purse: The ledger's and the credentials' word.
        wire: The way to the service.
        patience: How failures are waited out.
    """

    def __init__(self, *, purse: Purse, wire: Wire, patience: Patience | None = None) -> None:
        self.purse = purse
        self._wire = wire
        self._patience = patience or Patience()
        self._tags = Tags()

    @property
    def endpoint(self) -> str:
        """The root of the service that is called."""
        return self._wire.endpoint

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
        """Let the connections and the ledger go."""
        self._wire.close()
        self.purse.ledger.close()

    def look(self) -> bool:
        """Ask the service for its time, which costs nothing; whether it is another than was known.

        Days are counted by it: a machine's clock may be wrong, and an emulator's moved.
        """
        return self._wire.look()

    def price(self, calls: Mapping[str, int]) -> Price:
        """What calls would cost, by how many of each method, and on how many days; none is made."""
        return price(calls, self.purse.ledger, self.purse.credentials.payers)

    def call(
        self, method_id: str, /, *, body: Mapping[str, Any] | None = None, **given: Value
    ) -> dict[str, Any]:
        """One call; its answer as plain JSON, an empty dict where there is none."""
        method = methods.find(method_id)
        path, query = methods.address(method, given)
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        kind = {} if body is None else {"Content-Type": _JSON}
        asked = f"{path}?{urlencode(sorted(query.items()))}"

        def send(paid: Mapping[str, str]) -> dict[str, Any]:
            mark = asked + (" owner" if "Authorization" in paid else "")
            kept = self._tags.find(mark) if method.verb == "GET" else None
            tag = {"If-None-Match": kept[0]} if kept else {}
            request = Request(
                verb=method.verb, path=path, query=query, content=content,
                headers={**kind, **tag, **paid},
            )  # fmt: skip
            answer = self._wire.send(request)
            if kept and answer.status == 304:
                return _parsed(method, kept[1])
            self._check(method, answer)
            found = _parsed(method, answer.content)
            if method.verb == "GET":
                self._tags.keep(mark, answer.headers.get("etag", ""), answer.content)
            return found

        return self._tried(method, given, send)

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

        request = Request(verb=method.verb, path=path, query={**query, "alt": "media"})

        def send(paid: Mapping[str, str]) -> bytes:
            return self._answered(method, request, paid).content

        return self._tried(method, given, send)

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
        resource = json.dumps(body, ensure_ascii=False).encode()
        if len(media) < RESUMABLE_BYTES:
            content, kind = _multipart(resource, media, media_type)
            request = Request(
                verb=method.verb, path="upload/" + path, content=content,
                query={**query, "uploadType": "multipart"}, headers={"Content-Type": kind},
            )  # fmt: skip

            def send(paid: Mapping[str, str]) -> dict[str, Any]:
                return _taken(method, self._answered(method, request, paid).content)

            return self._tried(method, given, send)
        request = Request(
            verb=method.verb, path="upload/" + path, content=resource,
            query={**query, "uploadType": "resumable"},
            headers={
                "Content-Type": _JSON,
                "X-Upload-Content-Type": media_type,
                "X-Upload-Content-Length": str(len(media)),
            },
        )  # fmt: skip
        return self._in_pieces(method, given, request, media)

    def stream(self, method_id: str, /, **given: Value) -> Iterator[dict[str, Any]]:
        """The elements of an answer that is one long JSON array, as they come.

        Until the first byte it is tried like any other call. An element that is an error body is
        raised as that error. A connection that ends before the array does is a `TransientError`.
        """
        from contextlib import ExitStack

        from loquitur.youtube.arrays import elements

        method = methods.find(method_id)
        path, query = methods.address(method, given)
        with ExitStack() as stack:

            def begin(paid: Mapping[str, str]) -> Iterator[bytes]:
                request = Request(
                    verb=method.verb, path=path, query=query, headers=paid, read_s=_STREAM_READ_S
                )
                answer, pieces = stack.enter_context(self._wire.stream(request))
                if not 200 <= answer.status < 300:
                    raise self._complaint(method, answer.status, b"".join(pieces), answer.headers)
                return pieces

            for element in elements(self._tried(method, given, begin)):
                if "error" in element:
                    raise self._complaint(method, *_piece_of_error(element), {})
                yield element

    def _in_pieces(
        self, method: Method, given: Mapping[str, Value], request: Request, media: bytes
    ) -> dict[str, Any]:
        """Pieces that are taken up again where they broke off.

        To begin changes nothing yet, so that it may be tried again; each time is paid for.
        """
        from loquitur.youtube.pieces import send_pieces

        def begin(paid: Mapping[str, str]) -> str:
            answer = self._answered(method, request, paid)
            return self._place(answer.headers.get("location", ""))

        address = self._tried(method, given, begin, changes=False)

        def put(piece: bytes, extent: str) -> Answer:
            answer = self._wire.send(
                Request(verb="PUT", path=address, content=piece, headers={"Content-Range": extent})
            )
            if answer.status != 308:
                self._check(method, answer)
            return answer

        answer = send_pieces(media, put=put, wait=self._patience.wait, piece_bytes=PIECE_BYTES)
        return _taken(method, answer.content)

    def _place(self, address: str) -> str:
        """The address where an upload goes on; it must be of the server it was begun with."""
        try:
            ours, theirs = urlsplit(self.endpoint), urlsplit(address)
            same = (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc)
        except ValueError:
            same = False
        if not same:
            raise RemoteError("the service sends the upload to another server; it was not followed")
        return address

    def _tried(
        self,
        method: Method,
        given: Mapping[str, Value],
        send: Callable[[Mapping[str, str]], _T],
        *,
        changes: bool = True,
    ) -> _T:
        """What `send` gives, after as many tries as patience grants; each of them is paid for.

        Args:
            method: What is called.
            given: Its parameters, which say whether the login must ask.
            send: Sends it once with the headers of who pays.
            changes: Whether a call that is no GET may change something before it fails.
        """
        failures, is_renewed = 0, False
        while True:
            paid = self.purse.pay(method, given)
            try:
                return self._once(paid, send)
            except BucketEmptyError as error:
                # Now that the ledger knows, it names the next key, or refuses with all it knows.
                if error.bucket != paid.reservation.bucket:
                    raise
            except LoginNeededError as error:
                if is_renewed or error.status != 401 or not self.purse.renew(paid):
                    raise
                is_renewed = True
            except TransientError as error:
                failures += 1
                if changes and may_have_acted(method, error):
                    raise _unanswered(method, error) from error
                if not self._patience.wait(error, failures):
                    raise

    def _once(self, paid: Paid, send: Callable[[Mapping[str, str]], _T]) -> _T:
        """What `send` gives; the ledger hears whatever comes of it."""
        try:
            found = send(paid.headers)
        except NotSentError:
            self.purse.unsent(paid)
            raise
        except ComplaintError as error:
            self.purse.refused(paid, error)
            raise
        self.purse.done(paid)
        return found

    def _answered(self, method: Method, request: Request, paid: Mapping[str, str]) -> Answer:
        """The answer to a request with the headers of who pays, where it is no refusal."""
        answer = self._wire.send(replace(request, headers={**request.headers, **paid}))
        self._check(method, answer)
        return answer

    def _check(self, method: Method, answer: Answer) -> None:
        if not 200 <= answer.status < 300:
            raise self._complaint(method, answer.status, answer.content, answer.headers)

    def _complaint(
        self, method: Method, status: int, body: bytes, headers: Mapping[str, str]
    ) -> ComplaintError:
        return classify(
            status, body, headers, method_id=method.id, now_s=self.purse.ledger.now(),
            secrets=self.purse.secrets,
        )  # fmt: skip


def _multipart(resource: bytes, media: bytes, media_type: str) -> tuple[bytes, str]:
    """Both parts as one body (RFC 2387), and its content type."""
    mark = f"loquitur-{dice.token_hex(16)}"
    content = b"".join(
        (
            f"--{mark}\r\nContent-Type: {_JSON}\r\n\r\n".encode(),
            resource,
            f"\r\n--{mark}\r\nContent-Type: {media_type}\r\n".encode(),
            b"Content-Transfer-Encoding: binary\r\n\r\n",
            media,
            f"\r\n--{mark}--\r\n".encode(),
        )
    )
    return content, f"multipart/related; boundary={mark}"


def _unanswered(method: Method, error: TransientError) -> UnansweredError:
    status = getattr(error, "status", 0)
    what = f"the service failed over it (HTTP {status})" if status else "no answer came"
    return UnansweredError(
        f"{method.id} was sent and {what}: it may have been taken",
        hint=_LOOK_HINT, reason=getattr(error, "reason", ""), status=status, method_id=method.id,
    )  # fmt: skip


def _taken(method: Method, content: bytes) -> dict[str, Any]:
    """The answer to a file that was taken; one that cannot be read leaves that open."""
    try:
        return _parsed(method, content)
    except UnavailableError as exc:
        raise UnansweredError(
            f"{method.id}: the answer cannot be read; it may have been taken",
            hint=_LOOK_HINT, method_id=method.id,
        ) from exc  # fmt: skip


def _parsed(method: Method, content: bytes) -> dict[str, Any]:
    """JSON of an answer; an empty one is an empty dict."""
    if not content:
        return {}
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise UnavailableError(
            f"{method.id}: the answer is no JSON", reason="answer", method_id=method.id
        ) from exc
    if not isinstance(found, dict):
        raise UnavailableError(
            f"{method.id}: the answer is no JSON object", reason="answer", method_id=method.id
        )
    return found


def _piece_of_error(element: Mapping[str, Any]) -> tuple[int, bytes]:
    """The status and body of an error that came as an element of a stream."""
    error = element["error"]
    code = error.get("code") if isinstance(error, dict) else None
    status = code if isinstance(code, int) and 400 <= code < 600 else 500
    return status, json.dumps(element).encode()
