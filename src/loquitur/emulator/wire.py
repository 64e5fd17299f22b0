"""What comes over the wire and what goes back, without any knowledge of the service."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request, read whole.

    Args:
        verb: `GET`, `POST`, ...
        path: Without the query, still percent-encoded.
        query: The text after `?`.
        headers: By name in lower case.
        body: What came with it.
        address: The server's own address, `http://127.0.0.1:PORT`.
    """

    verb: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    address: str = ""

    def header(self, name: str) -> str:
        """A header, empty where it was not sent."""
        return self.headers.get(name, "")

    def pairs(self) -> list[tuple[str, str]]:
        """Names and values of the query, in order."""
        return parse_qsl(self.query, keep_blank_values=True)

    def form(self) -> dict[str, str]:
        """The fields of a form in the body (`application/x-www-form-urlencoded`)."""
        text = self.body.decode("utf-8", "replace")
        return dict(parse_qsl(text, keep_blank_values=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer.

    Args:
        status: HTTP; 0 where the connection is reset instead of an answer.
        headers: Beside `Date`, `Server`, `Content-Length`.
        body: What goes back.
        pieces: Instead of a body: sent one by one, chunked.
        cut: How many bytes of the body are sent before the connection breaks; None for all.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    pieces: Iterator[bytes] | None = None
    cut: int | None = None


RESET = Answer(status=0)
"""No answer: the connection is reset."""


def json_answer(status: int, body: dict[str, Any]) -> Answer:
    """An answer of JSON."""
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    return Answer(status=status, headers=headers, body=json.dumps(body).encode())
