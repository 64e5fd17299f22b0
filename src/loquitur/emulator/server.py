"""The server: HTTP/1.1 over loopback, kept alive, one thread a connection, stopped cleanly."""

from __future__ import annotations

import gzip
import re
import socket
import struct
import sys
import threading
import zlib
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from loquitur.emulator.front import Front
from loquitur.emulator.plans import check
from loquitur.emulator.quota import next_day_s
from loquitur.emulator.wire import Answer, Call
from loquitur.emulator.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from loquitur.emulator.exchange import Handler
    from loquitur.emulator.record import Entry

_GZIP_FROM = 1400
_MOST_BYTES = 1 << 29
_LONGEST_LINE = 65537
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_REASONS = {status.value: status.phrase for status in HTTPStatus} | {308: "Resume Incomplete"}


class Emulator:
    """A YouTube of one's own on a loopback port, running while the `with` block does.

    ```python
    with Emulator(seed=1, plan={"quota": {"search": 5}}) as emulator:
        client = SomeClient(emulator.endpoint, emulator.api_key)
    ```

    Args:
        seed: The same seed and plan give the same world, keys and faults.
        plan: As a world file has it; see `docs/emulator.md`.
        port: Where to listen; 0 for any free port.
        host: The loopback address to listen at.
        handlers: Answers of your own in place of the emulator's, by method (`videos.list`).

    Raises:
        OSError: The port is taken.
        InputError: The plan does not fit; the message names the place.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        plan: Mapping[str, Any] | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
        handlers: Mapping[str, Handler] | None = None,
    ) -> None:
        given = dict(plan or {})
        check(given, "the plan")
        self.world = World(seed=seed, plan=given)
        self.front = Front(self.world, handlers or {})
        self._server = _Server((host, port), _Connection)
        self._server.front = self.front
        self._server.address = f"http://{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._run, name="emulator", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._server.serve_forever(poll_interval=0.02)

    @property
    def endpoint(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return self._server.address

    @property
    def api_key(self) -> str:
        """A good key."""
        return self.front.desk.credentials.good[0]

    @property
    def api_keys(self) -> list[str]:
        """Good keys, each of a project of its own."""
        return list(self.front.desk.credentials.good)

    @property
    def token(self) -> str:
        """An access token of the first owner's channel."""
        return self.front.desk.credentials.owned[0]

    @property
    def tokens(self) -> dict[str, str]:
        """Access tokens by the channel they speak for."""
        return dict(self.front.desk.credentials.told()["tokens"])

    def calls(self, method: str = "") -> list[Entry]:
        """The calls so far, or those of a method such as `videos.list`, in order."""
        return self.front.desk.record.calls(method)

    def spent(self, bucket: str, *, key: str = "") -> int:
        """Units that a key's project spent of a bucket today (`search`, `shared`, ...)."""
        desk = self.front.desk
        project = desk.credentials.keys[key or self.api_key].project
        return desk.quota.spent(project, bucket, self.world.now())

    def fault(
        self,
        method: str,
        kind: str,
        *,
        at: int = 1,
        times: int = 1,
        after: bool = False,
        retry_after: float | None = None,
        seconds: float = 0.05,
    ) -> None:
        """Let calls of a method go wrong.

        Args:
            method: Its id, or `*` for any.
            kind: Of `faults.KINDS`.
            at: Which call from now on, counted from 1.
            times: How many calls one after the other.
            after: Whether the call takes effect nevertheless.
            retry_after: Seconds of a `Retry-After` header, None for none.
            seconds: How late a `slow` answer is.

        Raises:
            ValueError: There is no such kind.
        """
        entry = {"method": method, "kind": kind, "at": at, "times": times, "after": after,
                 "retry_after": retry_after, "seconds": seconds}  # fmt: skip
        self.front.desk.faults.plan([entry])

    def move(self, seconds: float) -> None:
        """Move the world's clock."""
        self.world.move(seconds)

    def move_to_next_day(self) -> None:
        """Move the world's clock into the next day of the quota: the buckets are full.

        That is to one o'clock in California: a client's clock that is off by seconds has the day
        too. `move(86_400)` may stay within a day of 25 hours.
        """
        now = self.world.now()
        self.world.move(next_day_s(now) - now)

    def close(self) -> None:
        """Stop: no connection and no thread is left."""
        self.world.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.part()
        self._server.server_close()

    def __enter__(self) -> Emulator:
        """Itself, running."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.close()


class _Server(ThreadingHTTPServer):
    """Knows its connections, so that it can part from all of them."""

    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = sys.platform != "win32"
    front: Front
    address: str

    def __init__(self, *args: Any) -> None:
        self._open: dict[threading.Thread, socket.socket] = {}
        super().__init__(*args)

    def server_bind(self) -> None:
        """Without looking the host's name up, which takes seconds on some machines."""
        if self.allow_reuse_address:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own, known before it runs."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self._open[thread] = request
        thread.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            del self._open[threading.current_thread()]

    def part(self) -> None:
        """Close what is still open and wait for its threads."""
        for thread, connection in list(self._open.items()):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=5)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error; everything else is a bug, and shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Connection(BaseHTTPRequestHandler):
    """One connection: requests are read whole, answers written in one piece."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 300
    server: _Server

    def _serve(self) -> None:
        try:
            body = self._body()
        except (ValueError, gzip.BadGzipFile, zlib.error, EOFError):
            body = None
        if body is None:
            self.close_connection = True
            self.send_error(400)
            return
        path, _, query = self.path.partition("?")
        call = Call(
            verb=self.command,
            path=path,
            query=query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            address=self.server.address,
        )
        self._write(self.server.front.answer(call))

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _serve  # noqa: N815

    def _body(self) -> bytes | None:
        """What comes with the request; None where it is cut short or larger than any file."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            body = self._chunks()
        else:
            length = self.headers.get("Content-Length", "0")
            size = int(length) if length.isascii() and length.isdigit() else -1
            if not 0 <= size <= _MOST_BYTES:
                return None
            body = self.rfile.read(size) if size else b""
            if len(body) < size:
                return None
        if body and self.headers.get("Content-Encoding", "") == "gzip":
            return gzip.decompress(body)
        return body

    def _chunks(self) -> bytes:
        """A body in chunks.

        Raises:
            ValueError: It is cut short, larger than any file, or not in chunks.
        """
        found, total = [], 0
        while size := _chunk_size(self.rfile.readline(_LONGEST_LINE)):
            total += size
            piece = self.rfile.read(size) if total <= _MOST_BYTES else b""
            if len(piece) < size or self.rfile.readline(8).strip():
                raise ValueError("a chunk that is cut short, or too much")
            found.append(piece)
        while self.rfile.readline(_LONGEST_LINE).strip():
            pass
        return b"".join(found)

    def _write(self, answer: Answer) -> None:
        if answer.status == 0:
            self._reset()
            return
        headers = {"Date": formatdate(self.server.front.world.now(), usegmt=True),
                   "Server": "ESF", **answer.headers}  # fmt: skip
        if answer.pieces is not None:
            self._stream(answer, headers)
            return
        body = answer.body
        if len(body) >= _GZIP_FROM and "Content-Range" not in headers and self._takes_gzip():
            body = gzip.compress(body, compresslevel=1, mtime=0)
            headers["Content-Encoding"] = "gzip"
        if answer.status not in (204, 304):
            headers["Content-Length"] = str(len(body))
        sent = body if answer.cut is None else body[: min(answer.cut, len(body) // 2)]
        if self.command == "HEAD":
            sent = b""
        self.wfile.write(_head(answer.status, headers) + sent)
        if answer.cut is not None:
            self.close_connection = True

    def _takes_gzip(self) -> bool:
        return "gzip" in self.headers.get("Accept-Encoding", "")

    def _stream(self, answer: Answer, headers: dict[str, str]) -> None:
        """Send pieces as they come; a client that leaves ends them."""
        pieces = answer.pieces
        assert pieces is not None
        headers["Transfer-Encoding"] = "chunked"
        try:
            self.wfile.write(_head(answer.status, headers))
            for piece in pieces:
                if piece:
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()

    def _reset(self) -> None:
        """Break the connection so that the other side sees a reset, and no orderly end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(self.connection.detach())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Nothing: the record has it all."""


def _chunk_size(line: bytes) -> int:
    found = _CHUNK.fullmatch(line)
    if found is None:
        raise ValueError("not the size of a chunk")
    return int(found[1], 16)


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, '')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
