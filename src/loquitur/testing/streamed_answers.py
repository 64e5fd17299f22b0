"""Answers as server-sent events, as OpenAI's servers and Gemini's send them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNS = 17
"""Of the text in each event: no border of anything."""


def openai_events(
    whole: dict[str, Any], text: str, fault: str, body: dict[str, Any]
) -> Iterator[bytes]:
    """The chunks of a chat completion: a role, its text, how it ended, its counts, `[DONE]`.

    Args:
        whole: The answer as it would be unstreamed.
        text: What it says.
        fault: See `language_model.Reply`.
        body: What was asked.
    """
    head = {"id": whole["id"], "object": "chat.completion.chunk", "created": whole["created"]}

    def chunk(delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return event(head | {"model": whole["model"], "choices": [choice]})

    yield b": what begins with a colon is a remark\n\n"
    yield chunk({"role": "assistant", "content": ""})
    for piece in pieces(text, fault):
        if piece is None:
            yield event({"error": {"message": "the model was overloaded", "code": 503}})
            return
        yield chunk({"content": piece})
    if fault == "breaks":
        return
    yield chunk({}, whole["choices"][0]["finish_reason"])
    if (body.get("stream_options") or {}).get("include_usage"):
        yield event(head | {"choices": [], "usage": whole["usage"]})
    yield b"data: [DONE]\n\n"


def gemini_events(
    whole: dict[str, Any], text: str, fault: str, body: dict[str, Any]
) -> Iterator[bytes]:
    """Responses of `streamGenerateContent`, the last with the counts; see `openai_events`."""
    del body
    last = whole["candidates"][0]
    for piece in pieces(text, fault):
        if piece is None:
            error = {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}
            yield event({"error": error})
            return
        content = {"parts": [{"text": piece}], "role": "model"}
        yield event({"candidates": [{"content": content, "index": 0}]})
    if fault == "breaks":
        return
    end = {"content": {"parts": [{"text": ""}], "role": "model"}, "index": 0}
    yield event(whole | {"candidates": [end | {"finishReason": last["finishReason"]}]})


def pieces(text: str, fault: str) -> Iterator[str | None]:
    """A text piece by piece; None where an error comes in its place."""
    end = len(text) // 2 if fault in ("breaks", "fails") else len(text)
    for at in range(0, end, _SIGNS):
        yield text[at : min(at + _SIGNS, end)]
    if fault == "fails":
        yield None
    while fault in ("rambles", "endless"):
        yield "and so on and on " * 50


def event(document: dict[str, Any]) -> bytes:
    """One event."""
    return f"data: {json.dumps(document)}\n\n".encode()
