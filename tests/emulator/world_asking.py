"""Calls to the handlers of the world without a server, every answer held against the schemas."""

from __future__ import annotations

from typing import Any

import schema

from loquitur.emulator import gate, truth
from loquitur.emulator.desk import handler_of
from loquitur.emulator.exchange import Refusal, Request
from loquitur.emulator.world import World
from loquitur.youtube.methods import methods


def call(world: World, method_id: str, *, actor: str | None = None, **given: Any) -> dict[str, Any]:
    """The body of an answer; it fits the method's schema, or the test fails."""
    body = answer_of(world, method_id, actor=actor, **given)
    check(body, methods()[method_id].response or "")
    return body


def answer_of(
    world: World, method_id: str, *, actor: str | None = None, **given: Any
) -> dict[str, Any]:
    """The body of an answer as it comes."""
    method = methods()[method_id]
    sent = {name: str(value) for name, value in given.items()}
    request = Request(
        method=method,
        given=gate.checked(method, sent),
        world=world,
        now=world.now(),
        address="http://127.0.0.1:1",
        named=frozenset(sent),
        actor=actor,
    )
    reply = handler_of(method_id)(request)
    assert reply.status == 200
    assert isinstance(reply.body, dict)
    return reply.body


def answer_or_refusal(world: World, method_id: str, **given: Any) -> dict[str, Any] | Refusal:
    """The body of an answer, or the refusal."""
    try:
        return call(world, method_id, **given)
    except Refusal as exc:
        return exc


def refusal(world: World, method_id: str, **given: Any) -> tuple[int, str]:
    """The status and the reason of a call that must be refused."""
    found = answer_or_refusal(world, method_id, **given)
    assert isinstance(found, Refusal), f"{method_id} was not refused: {given}"
    return found.status, found.reason


def pages(world: World, method_id: str, **given: Any) -> list[dict[str, Any]]:
    """All pages of a list."""
    found = [call(world, method_id, **given)]
    while "nextPageToken" in found[-1]:
        assert len(found) < 2_000, "a list without an end"
        token = found[-1]["nextPageToken"]
        found.append(call(world, method_id, **(given | {"pageToken": token})))
    return found


def rows(world: World, method_id: str, **given: Any) -> list[dict[str, Any]]:
    """The items of all pages of a list."""
    return [item for page in pages(world, method_id, **given) for item in page["items"]]


def findable(world: World, *, day: int | None = None, **given: str) -> list[str]:
    """The ids that a search should find, newest first."""
    return truth.findable(world, given, day=day)


def check(value: Any, name: str) -> None:
    """Hold a resource against a schema of the document: names, types, formats, enums."""
    assert schema.problems(value, name, strict=True) == []
