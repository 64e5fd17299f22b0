"""Many calls in one: `multipart/mixed` of HTTP requests, answered in the same form."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loquitur.emulator.errors import answer_of, written
from loquitur.emulator.exchange import Refusal
from loquitur.emulator.multipart import head_and_body, headers_of, parts_of
from loquitur.emulator.wire import Answer, Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.emulator.multipart import Part

MOST = 1000
"""Calls in one batch."""
_BOUNDARY = "batch_emulator_7f3a"
_OUTER = ("authorization", "x-goog-api-key")


def batched(call: Call, answer: Callable[[Call], Answer]) -> Answer:
    """Answer every call inside a batch by itself; each costs what it costs alone."""
    try:
        parts = parts_of(call.body, call.header("content-type"))
        inner = [_inner(part, call) for part in parts]
    except ValueError as exc:
        return _bad(f"Failed to parse batch request: {exc}")
    if len(inner) > MOST:
        return _bad(f"The batch has {len(inner)} calls; the limit is {MOST}.")
    pieces = []
    for part, one in zip(parts, inner, strict=True):
        pieces.append(_answered(part, answer(one)))
    body = b"".join(pieces) + f"--{_BOUNDARY}--\r\n".encode()
    return Answer(
        status=200,
        headers={"Content-Type": f"multipart/mixed; boundary={_BOUNDARY}"},
        body=body,
    )


def _inner(part: Part, outer: Call) -> Call:
    """The call that a part holds; it inherits who calls."""
    lines, body = head_and_body(part.body.lstrip(b"\r\n"))
    words = lines[0].split() if lines else []
    if len(words) < 2 or not words[1].startswith("/"):
        raise ValueError("a part does not begin with a request line")
    path, _, query = words[1].partition("?")
    if not path.startswith("/youtube/"):
        raise ValueError(f"'{path[:60]}' cannot be called in a batch")
    inherited = {name: outer.header(name) for name in _OUTER if outer.header(name)}
    headers = {**inherited, **headers_of(lines[1:])}
    size = headers.get("content-length", "")
    body = body[: int(size)] if size.isascii() and size.isdigit() else body
    return replace(outer, verb=words[0], path=path, query=query, headers=headers, body=body)


def _answered(part: Part, found: Answer) -> bytes:
    """An answer as a part; a reset inside a batch is a 500, as nothing else can be said."""
    status = found.status or 500
    if found.pieces is not None:
        status = 400  # what keeps talking cannot be a part
    name = part.header("content-id")
    reply_to = name.replace("<", "<response-", 1) if name.startswith("<") else f"response-{name}"
    head = [
        f"--{_BOUNDARY}",
        "Content-Type: application/http",
        f"Content-ID: {reply_to}",
        "",
        f"HTTP/1.1 {status} {'OK' if status < 400 else 'Error'}",
        *(f"{key}: {value}" for key, value in found.headers.items()),
        f"Content-Length: {len(found.body)}",
        "",
        "",
    ]
    return "\r\n".join(head).encode() + found.body + b"\r\n"


def _bad(message: str) -> Answer:
    return answer_of(written(Refusal(400, "badRequest", message, domain="global")))
