"""A server that stands in for language models, with the real wire formats of two services.

It speaks OpenAI's `/v1/chat/completions` (JSON modes and usage counts among it) and Gemini's
`/v1beta/models/MODEL:generateContent`, so that the real adapters, and Google's own library, talk to
it. What it answers is made by a behaviour: a function from the question to the text of an answer.
Those here are correct, lazy, hostile and broken; `obedient` does what somebody says in the
recording, as a model does that takes data for orders.

```python
with model_server(correct) as server:
    options = OpenAiChatOptions(base_url=server.openai_url)
```

By hand: `python -m loquitur.testing.language_model [BEHAVIOUR]` prints the address and goes on
until it is interrupted.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import click

from loquitur.speech import punctuation
from loquitur.testing import streamed_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ORDER = re.compile(
    r"ignore (?:all |any |the )?(?:previous |prior )?instructions and (?:say|write|answer|reply)"
    r"(?: only| with)* (?P<text>.+)",
    re.IGNORECASE,
)
_SWAP = re.compile(r"replace every (?P<old>\w+) (?:with|by) (?P<new>\w+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a model was asked: its instructions, and the JSON of the material."""

    instructions: str
    material: dict[str, Any]

    @property
    def task(self) -> str:
        """`translate`, `whole` (a title for parts), `outline` or `refine`, by what is given."""
        if "to" in self.material:
            return "translate"
        if "parts" in self.material:
            return "whole"
        return "refine" if "before" in self.material else "outline"

    @property
    def lines(self) -> list[tuple[int, str]]:
        """The numbered lines."""
        return [(line["id"], line["text"]) for line in self.material.get("lines", [])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer that is not a model's: a status, headers, raw bytes, a cut, or a fault.

    `fault` is one of `stall` (no answer), `drip` (one byte at a time), `endless`; where it is
    streamed also `rambles` (text without end), `breaks` (the connection ends in the middle) and
    `fails` (an error in the middle).
    """

    text: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    whole: bool = True
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it came: path, headers, the parsed body."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


def with_lines(question: Question, change: Callable[[str], str]) -> str:
    """An answer with every line changed by a function."""
    lines = [{"id": number, "text": change(text)} for number, text in question.lines]
    return json.dumps({"lines": lines}, ensure_ascii=False)


def correct(question: Question) -> str:
    """What a good model would say: punctuation and capitals; a translation; an outline."""
    lines = question.lines
    if question.task == "refine":
        return with_lines(question, correct_text)
    if question.task == "translate":
        return with_lines(question, _translated)
    if question.task == "whole":
        parts = question.material["parts"]
        return json.dumps({"title": parts[0]["title"], "summary": parts[0]["summary"]})
    words = " ".join(text for _, text in lines).split()
    return json.dumps(
        {
            "title": " ".join(words[:5]),
            "summary": " ".join(words[:20]),
            "chapters": [{"line": lines[0][0], "title": " ".join(words[:3])}],
            "paragraphs": [number for number, _ in lines[::4]],
        }
    )


def correct_text(text: str) -> str:
    """A line with its punctuation and capitals."""
    return " ".join(punctuation.restore(text.split()))


def _translated(text: str) -> str:
    """Every word backwards: another language, of the same length, with the same figures."""
    return " ".join(word if any(map(str.isdigit, word)) else word[::-1] for word in text.split())


def lazy(question: Question) -> str:
    """The lines as they came."""
    return with_lines(question, lambda text: text)


def shortened(question: Question) -> str:
    """Half of the lines, and a remark that the rest is as it was."""
    lines = [{"id": number, "text": text} for number, text in question.lines]
    kept = [*lines[: len(lines) // 2], {"id": 0, "text": "[the rest is unchanged]"}]
    return json.dumps({"lines": kept})


def invented(question: Question) -> str:
    """Other words in every line."""
    return with_lines(question, lambda _: "Buy our product today and win a prize!")


def renumbered(question: Question) -> str:
    """Every figure one higher, and `two` for `three`."""

    def change(text: str) -> str:
        text = re.sub(r"\d+", lambda match: str(int(match[0]) + 1), text)
        return re.sub(r"\bthree\b", "two", text)

    return with_lines(question, change)


def renamed(question: Question) -> str:
    """Every name inside a sentence is another one."""
    return with_lines(question, lambda text: re.sub(r"(?<=[a-z,] )[A-Z]\w+", "Mallory", text))


def chatty(question: Question) -> str:
    """A greeting before every line."""
    return with_lines(question, lambda text: f"Sure, here is the polished text you wanted: {text}")


def looping(question: Question) -> str:
    """The last words of every line again and again."""
    return with_lines(question, lambda text: text + 40 * f" {' '.join(text.split()[-2:])}")


def obedient(question: Question) -> str:
    """A correct answer, but for what somebody in the recording tells it to do."""
    said = " ".join(text for _, text in question.lines)
    order, swap = _ORDER.search(said), _SWAP.search(said)
    if order:
        return with_lines(question, lambda _: order["text"])
    if swap:
        old, new = swap["old"], swap["new"]
        return with_lines(question, lambda text: re.sub(rf"\b{old}\b", new, correct_text(text)))
    return correct(question)


def broken(question: Question) -> str:
    """JSON that ends in the middle."""
    return correct(question)[:-20]


def talkative(question: Question) -> str:
    """Words in the place of JSON."""
    return "I am sorry, but I cannot help with transcripts."


def swapped(question: Question) -> str:
    """The texts of the lines in reversed order."""
    numbers = [number for number, _ in question.lines]
    texts = [text for _, text in reversed(question.lines)]
    lines = [{"id": number, "text": text} for number, text in zip(numbers, texts, strict=True)]
    return json.dumps({"lines": lines})


def marked_up(question: Question) -> str:
    """Markup and an address in every line."""
    return with_lines(question, lambda text: f"<b>{text}</b> see https://example.com")


HOSTILE = (invented, renumbered, renamed, chatty, looping, swapped, marked_up, shortened)
"""Behaviours whose answers must not reach a transcript."""
BROKEN = (broken, talkative)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, behaviour: Callable[[Question], str | Reply], first: list[Reply]) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.behaviour = behaviour
        self.first = first
        self.asked: list[Asked] = []
        self.refuses: set[str] = set()
        self.over = threading.Event()
        self.streams = True
        self.left: list[bool] = []
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        """The address, as Gemini's `base_url`."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def openai_url(self) -> str:
        """The address, as an OpenAI server's `base_url`."""
        return f"{self.url}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no failure of the server's."""


class _Answering(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""

    def do_POST(self) -> None:
        """Answer a chat completion or a generateContent."""
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        self.server.asked.append(Asked(path=self.path, headers=dict(self.headers), body=body))
        path = self.path.partition("?")[0]
        gemini = path.endswith((":generateContent", ":streamGenerateContent"))
        streamed = path.endswith(":streamGenerateContent") or body.get("stream") is True
        if not gemini and not self.path.endswith("/chat/completions"):
            self._send(404, b'{"error": {"message": "no such path"}}', {})
            return
        if why := self._refused(body):
            self._send(400, json.dumps({"error": {"message": why}}).encode(), {})
            return
        question = _gemini_question(body) if gemini else _openai_question(body)
        found = self.server.first.pop(0) if self.server.first else self.server.behaviour(question)
        reply = found if isinstance(found, Reply) else Reply(text=found)
        if streamed and self.server.streams and reply.raw is None and reply.status == 200:
            self._stream(reply, body, gemini=gemini)
        elif reply.fault:
            self._fail(reply.fault)
        elif reply.raw is not None or reply.status != 200:
            self._send(reply.status, _error(reply, gemini=gemini), reply.headers)
        else:
            answer = _gemini_answer(reply, body) if gemini else _openai_answer(reply, body)
            self._send(200, json.dumps(answer).encode(), reply.headers)

    def _refused(self, body: dict[str, Any]) -> str:
        """What a server that does not know a field says of it."""
        form = (body.get("response_format") or {}).get("type", "")
        for name in self.server.refuses:
            if name in body and name != form:
                instead = ", use max_completion_tokens" if name == "max_tokens" else ""
                return f"Unsupported parameter: '{name}'{instead}"
            if name == form:
                return f"response_format of the type {form} is not supported"
        return ""

    def _stream(self, reply: Reply, body: dict[str, Any], *, gemini: bool) -> None:
        """Server-sent events, some signs of the text each; whether the client left is noted."""
        if reply.fault == "stall":
            self.server.over.wait(20)
            return
        whole = _gemini_answer(reply, body) if gemini else _openai_answer(reply, body)
        make = streamed_answers.gemini_events if gemini else streamed_answers.openai_events
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.end_headers()
        left = True
        try:
            for event in make(whole, reply.text, reply.fault, body):
                if self.server.over.is_set():
                    break
                self.wfile.write(event)
                self.wfile.flush()
                if reply.fault == "drip":
                    time.sleep(0.02)
            left = False
        finally:
            self.server.left.append(left)
            self.server.ended.set()

    def _fail(self, fault: str) -> None:
        if fault == "stall":
            self.server.over.wait(20)
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        part = b" " * 65536 if fault == "endless" else b" "
        while not self.server.over.is_set():
            self.wfile.write(part)
            self.wfile.flush()
            if fault == "drip":
                time.sleep(0.02)

    def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _openai_question(body: dict[str, Any]) -> Question:
    said = {message["role"]: message["content"] for message in body["messages"]}
    return Question(instructions=said["system"], material=json.loads(said["user"]))


def _gemini_question(body: dict[str, Any]) -> Question:
    def text(content: dict[str, Any]) -> str:
        return "".join(part["text"] for part in content["parts"])

    system = body.get("systemInstruction") or body.get("system_instruction") or {"parts": []}
    return Question(instructions=text(system), material=json.loads(text(body["contents"][-1])))


def _openai_answer(reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    read, written = len(json.dumps(body["messages"])) // 4, len(reply.text) // 4
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": body.get("model", "tiny"),
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": reply.text, "refusal": None},
                "logprobs": None,
                "finish_reason": "stop" if reply.whole else "length",
            }
        ],
        "usage": {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
        },
    }


def _gemini_answer(reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    read, written = len(json.dumps(body["contents"])) // 4, len(reply.text) // 4
    return {
        "candidates": [
            {
                "content": {"parts": [{"text": reply.text}], "role": "model"},
                "finishReason": "STOP" if reply.whole else "MAX_TOKENS",
                "index": 0,
            }
        ],
        "usageMetadata": {
            "promptTokenCount": read,
            "candidatesTokenCount": written,
            "totalTokenCount": read + written,
        },
        "modelVersion": "tiny",
        "responseId": "answer-1",
    }


def _error(reply: Reply, *, gemini: bool) -> bytes:
    if reply.raw is not None:
        return reply.raw
    error: dict[str, Any] = {"message": reply.text or "no", "code": reply.status}
    if gemini:
        error["status"] = {429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}.get(
            reply.status, "FAILED"
        )
        if reply.status == 429:
            kind = "type.googleapis.com/google.rpc.RetryInfo"
            error["details"] = [{"@type": kind, "retryDelay": "0.2s"}]
    return json.dumps({"error": error}).encode()


@contextmanager
def model_server(
    behaviour: Callable[[Question], str | Reply] = correct,
    *first: Reply,
    refuses: tuple[str, ...] = (),
    streams: bool = True,
) -> Iterator[_Server]:
    """The server, on this machine, until the block ends.

    Args:
        behaviour: Makes the answers.
        first: Replies that come before those, one each.
        refuses: Fields of a chat completion that it answers 400 to, or types of answer formats.
        streams: Whether it streams where it is asked to; else it answers in one piece.
    """
    server = _Server(behaviour, list(first))
    server.refuses = set(refuses)
    server.streams = streams
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def main(name: str = "correct") -> None:
    """Serve with the behaviour of a name until interrupted."""
    known = {item.__name__: item for item in (correct, lazy, obedient, *HOSTILE, *BROKEN)}
    if name not in known:
        raise SystemExit(f"no behaviour is called '{name}': there are {', '.join(known)}")
    with model_server(known[name]) as server:
        click.echo(server.openai_url)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:2])
