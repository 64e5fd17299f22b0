"""A web server on this machine that does what a test writes down, one step for each request."""

import contextlib
import http.server
import socket
import struct
import threading

LOOPBACK = "127.0.0.1"


class Request:
    """One request as it came: path, headers in lower case."""

    def __init__(self, path, headers):
        self.path = path
        self.headers = headers

    @property
    def offset(self):
        value = self.headers.get("range", "")
        return int(value.removeprefix("bytes=").rstrip("-")) if value else None


class Server(http.server.ThreadingHTTPServer):
    """Answers by `script(request, handler)`; keeps what was asked in `requests`."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 32

    def __init__(self, script, host=LOOPBACK):
        self.script = script
        self.requests = []
        self.stopped = threading.Event()
        super().__init__((host, 0), Handler)

    @property
    def url(self):
        return f"http://{self.server_address[0]}:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        """A client that hangs up is what many of these tests are about."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.path, headers)
        self.server.requests.append(request)
        self.close_connection = True
        self.server.script(request, self)

    do_HEAD = do_GET  # noqa: N815 - the name http.server calls

    def log_message(self, *_):
        """Tests are silent."""

    def head(self, status, **headers):
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.flush()

    def reply(self, status=200, body=b"", **headers):
        headers.setdefault("Content_Length", len(body))
        headers.setdefault("Content_Type", "video/mp4")
        self.head(status, **headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def ranged(self, request, data, *, etag='"v1"', upto=None, **headers):
        """The file or the rest of it that was asked for, cut before `upto`."""
        start = request.offset or 0
        if start and request.headers.get("if-range", etag) != etag:
            start = 0
        extra = {"Content_Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if start else {}
        self.head(
            206 if start else 200,
            Content_Length=len(data) - start,
            Content_Type="video/mp4",
            ETag=etag,
            **extra,
            **headers,
        )
        self.wfile.write(data[start:upto])

    def reset(self):
        """End the connection with a reset instead of a farewell."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def finish(self):
        with contextlib.suppress(OSError, ValueError):
            super().finish()


@contextlib.contextmanager
def serving(script, host=LOOPBACK):
    """A running server; stops with the block."""
    server = Server(script, host)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
