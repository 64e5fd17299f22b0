"""Answers of chat models that come as server-sent events (WHATWG HTML, "Server-sent events").

OpenAI's form: each event is a chunk of a completion, `data: [DONE]` the last; counts of tokens come
in a chunk without choices. Servers differ in what they leave out, and some send an error in the
middle.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from loquitur.protocols import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class BrokenError(Exception):
    """A stream that is none, or says that it failed; the text says in what."""


def events(pieces: Iterable[bytes]) -> Iterator[str]:
    r"""The data of each event of a stream; comments and other fields are left out.

    >>> list(events([b": hi\n\ndata: {\"a\"", b": 1}\r\n\r\ndata: x\ndata: y\n\n"]))
    ['{"a": 1}', 'x\ny']
    """
    data: list[str] = []
    for line in _lines(pieces):
        if not line:
            if data:
                yield "\n".join(data)
                data = []
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
    if data:
        yield "\n".join(data)


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    rest: list[bytes] = []
    for piece in pieces:
        if b"\n" not in piece:
            rest.append(piece)
            continue
        first, *others = piece.split(b"\n")
        rest.append(first)
        yield _line(b"".join(rest))
        for line in others[:-1]:
            yield _line(line)
        rest = [others[-1]]
    if last := b"".join(rest):
        yield _line(last)


def _line(data: bytes) -> str:
    return data.decode("utf-8", "replace").rstrip("\r")


class Story:
    """The chunks of one completion, taken together."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._usage: dict[str, Any] = {}
        self._reason = ""
        self._done = False

    def take(self, event: str) -> str:
        """The text that a chunk adds; empty for none.

        Raises:
            BrokenError: It is no chunk, or an error of the server's.
        """
        if event.strip() == "[DONE]":
            self._done = True
            return ""
        try:
            chunk: Any = json.loads(event)
        except (ValueError, RecursionError) as exc:
            raise BrokenError("the stream holds what is no JSON") from exc
        if not isinstance(chunk, dict):
            raise BrokenError("the stream holds what is no chunk of an answer")
        if error := chunk.get("error"):
            said = error.get("message", error) if isinstance(error, dict) else error
            raise BrokenError(f"the stream failed: {said}")
        usage = chunk.get("usage")
        if isinstance(usage, dict):
            self._usage = usage
        choices = chunk.get("choices") or [{}]
        choice = choices[0] if isinstance(choices, list) else {}
        if not isinstance(choice, dict):
            raise BrokenError("the stream holds what is no chunk of an answer")
        self._reason = str(choice.get("finish_reason") or self._reason)
        delta = choice.get("delta")
        text = delta.get("content") if isinstance(delta, dict) else None
        piece = text if isinstance(text, str) else ""
        self._pieces.append(piece)
        return piece

    def answer(self) -> Answer:
        """The whole, once the stream has ended; one that broke off is not whole."""
        return Answer(
            text="".join(self._pieces),
            whole=self._reason == "stop" or (self._done and not self._reason),
            input_tokens=count(self._usage, "prompt_tokens"),
            output_tokens=count(self._usage, "completion_tokens"),
        )


def count(usage: Any, name: str) -> int | None:
    """A count of tokens where it is one."""
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
