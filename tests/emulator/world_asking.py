"""Calls to the handlers of the world without a server, every answer held against the schemas."""

from __future__ import annotations

import re
from typing import Any

from loquitur.emulator import gate, truth
from loquitur.emulator.desk import handler_of
from loquitur.emulator.exchange import Refusal, Request
from loquitur.emulator.world import World
from loquitur.youtube.methods import document, methods

FORMATS = {
    "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "google-datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "google-duration": r"\d+(\.\d+)?s",
    "int64": r"-?\d+",
    "uint64": r"\d+",
}
BESIDE_THE_DOCUMENT = {"VideoStatsContentDetails": {"durationMillis"}}
"""What the service's pages have and the discovery document does not."""


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


def check(value: Any, schema: str, place: str = "") -> None:
    """Hold a resource against a schema of the document: names, types, formats, enums."""
    rule = document()["schemas"][schema]
    _check(value, rule | {"id": schema}, place or schema)


def _check(value: Any, rule: dict[str, Any], place: str) -> None:
    if "$ref" in rule:
        check(value, rule["$ref"], place)
        return
    kind = rule.get("type")
    if kind == "object":
        assert isinstance(value, dict), place
        known = rule.get("properties", {})
        for name, inner in value.items():
            if name in known:
                _check(inner, known[name], f"{place}.{name}")
            elif "additionalProperties" in rule:
                _check(inner, rule["additionalProperties"], f"{place}.{name}")
            else:
                assert name in BESIDE_THE_DOCUMENT.get(rule.get("id", ""), ()), f"{place}.{name}"
        if "kind" in known and "default" in known["kind"]:
            assert value["kind"] == known["kind"]["default"], place
    elif kind == "array":
        assert isinstance(value, list), place
        for number, item in enumerate(value):
            _check(item, rule["items"], f"{place}[{number}]")
    else:
        _check_plain(value, rule, place)


def _check_plain(value: Any, rule: dict[str, Any], place: str) -> None:
    form = rule.get("format", "")
    if rule["type"] == "string":
        assert isinstance(value, str), f"{place}: {value!r}"
        if form in FORMATS:
            assert re.fullmatch(FORMATS[form], value), f"{place}: {value!r}"
        assert value in rule.get("enum", [value]), f"{place}: {value!r}"
    elif rule["type"] == "integer":
        assert type(value) is int, f"{place}: {value!r}"
        low = 0 if form.startswith("u") else -(2**31)
        assert low <= value < (2**32 if form.startswith("u") else 2**31), f"{place}: {value}"
    elif rule["type"] == "boolean":
        assert type(value) is bool, f"{place}: {value!r}"
    else:
        assert isinstance(value, float), f"{place}: {value!r}"
