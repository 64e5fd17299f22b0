"""A server with /v1/audio/transcriptions that answers as told, and notes what it was sent."""

from __future__ import annotations

import email.parser
import email.policy
import io
import json
import socket
import struct
import threading
import time
import wave
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Reply:
    """One answer; `fault` is one of reset, stall, drip, endless."""

    body: object = None
    status: int = 200
    headers: dict = field(default_factory=dict)
    raw: bytes | None = None
    fault: str = ""

    @property
    def data(self) -> bytes:
        return self.raw if self.raw is not None else json.dumps(self.body).encode()


@dataclass
class Asked:
    """One request: its form fields, its sound, its headers."""

    path: str
    fields: dict
    sound: bytes
    headers: dict

    @property
    def frames(self) -> int:
        with wave.open(io.BytesIO(self.sound)) as file:
            assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (16000, 2, 1)
            return file.getnframes()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: list[Reply] = []
        self.asked: list[Asked] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request, client_address) -> None:
        """A client that went away is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(_parsed(self.path, dict(self.headers), body))
        replies = self.server.replies
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if reply.fault == "reset":
            # a zero linger turns the close into a reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        if reply.fault == "stall":
            self.server.over.wait(20)
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.fault in ("drip", "endless"):
            self.end_headers()
            part = b" " * 65536 if reply.fault == "endless" else b" "
            while not self.server.over.is_set():
                self.wfile.write(part)
                self.wfile.flush()
                if reply.fault == "drip":
                    time.sleep(0.02)
            return
        self.send_header("Content-Length", str(len(reply.data)))
        self.end_headers()
        self.wfile.write(reply.data)


def _parsed(path: str, headers: dict, body: bytes) -> Asked:
    head = f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    fields: dict = {}
    sound = b""
    for part in message.iter_parts():
        name = part.get_param("name", header="Content-Disposition")
        if name == "file":
            sound = part.get_payload(decode=True)
        else:
            fields.setdefault(name, []).append(part.get_payload(decode=True).decode())
    return Asked(path=path, fields=fields, sound=sound, headers=headers)


@contextmanager
def transcription_server(*replies: Reply):
    """The server, answering in turn; the last reply goes on."""
    server = _Server()
    server.replies = list(replies)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
