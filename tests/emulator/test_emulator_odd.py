"""What no client of ours would send: it is answered or refused, and the next one is served."""

from __future__ import annotations

import json
import socket
import zlib

import pytest
from asking import ask

from loquitur.emulator import Emulator

CLOCK = "/emulator/clock"


def sent(emulator: Emulator, request: bytes) -> bytes:
    """The status line of what comes back; nothing more is sent after the request."""
    host, _, port = emulator.endpoint.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer.split(b"\r\n")[0]


def chunked(body: bytes) -> bytes:
    head = b"POST /emulator/clock HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    return head + b"Connection: close\r\n\r\n" + body


@pytest.fixture(autouse=True)
def _no_traceback(plain: Emulator, capfd: pytest.CaptureFixture[str]):
    yield
    assert ask(plain, "GET", CLOCK).status == 200
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CLOCK, '{"seconds": 1e400}'), (CLOCK, '{"seconds": "nan"}'), (CLOCK, '{"to": 1e308}'),
        (CLOCK, '{"to": -1e15}'), (CLOCK, "[]"), (CLOCK, "[" * 100_000), (CLOCK, "\udcff"),
        ("/emulator/faults", '[{"kind": "slow", "seconds": 1e400}]'),
        ("/emulator/faults", '[{"kind": "slow", "seconds": "nan"}]'),
        ("/emulator/faults", '[{"kind": "per_minute", "retry_after": -1}]'),
        ("/emulator/faults", '{"rate": "nan"}'),
        ("/emulator/quota", '{"spent": {"search": 1e400}}'), ("/emulator/quota", "null"),
        ("/emulator/keys", '{"project": 1e400}'), ("/emulator/login", '{"expires_in": 1e400}'),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_and_changes_nothing(plain: Emulator, path: str, body: str) -> None:
    got = ask(plain, "POST", path, body.encode("utf-8", "surrogateescape"))
    assert got.status == 400
    assert got.json["error"].startswith(f"POST {path}: ")
    assert abs(ask(plain, "GET", CLOCK).json["now"] - plain.world.now()) < 5


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'd\r\n{"seconds":0}\r\n0\r\n\r\n', 200), (b'D;x=1\r\n{"seconds":0}\r\n0\r\n\r\n', 200),
        (b"-1\r\n{}\r\n0\r\n\r\n", 400), (b"zz\r\n", 400), (b"0x2\r\n{}\r\n0\r\n\r\n", 400),
        (b"FFFFFFFF\r\n{}", 400), (b"5\r\n{", 400), (b"2\r\n{}{}\r\n0\r\n\r\n", 400), (b"", 400),
    ],
)  # fmt: skip
def test_a_body_in_chunks_is_read_or_refused(plain: Emulator, body: bytes, status: int) -> None:
    assert sent(plain, chunked(body)).startswith(b"HTTP/1.1 %d" % status)


def test_a_zipped_body_that_is_none_is_refused(plain: Emulator) -> None:
    for body in (b"0123456789", b"\x1f\x8b\x08" + b"\0" * 7 + zlib.compress(b"x")):
        head = (f"POST {CLOCK} HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
                f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n").encode()  # fmt: skip
        assert b"400" in sent(plain, head + body)


def test_the_last_calls_count_from_none(plain: Emulator) -> None:
    assert ask(plain, "GET", "/emulator/calls", last=-5).status == 400
    assert json.loads(ask(plain, "GET", "/emulator/calls", last=0).content)["calls"] == []
