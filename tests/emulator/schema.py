"""Whether an answer is what the discovery document says it is; written apart from the emulator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from loquitur.youtube.methods import document

BESIDE_THE_DOCUMENT = {"VideoStatsContentDetails": {"durationMillis"}}
"""What the service's pages have and the discovery document does not."""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
WHOLE_SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
FORMATS = {
    "date-time": MOMENT,
    "google-datetime": MOMENT,
    "google-duration": re.compile(r"\d+(\.\d+)?s"),
    "int32": re.compile(r"-?\d+"),
    "int64": re.compile(r"-?\d+"),
    "uint32": re.compile(r"\d+"),
    "uint64": re.compile(r"\d+"),
}
PLAIN = {"boolean": bool, "integer": int, "number": (int, float)}


def problems(value: Any, schema: str, *, strict: bool = False) -> list[str]:
    """What about a value does not fit a schema of the document: paths and reasons.

    Args:
        value: The answer.
        schema: Its name.
        strict: Every resource says its kind, dates are in whole seconds of UTC, and numbers that
            may have a fraction have one.
    """
    return list(_object(value, _named(schema), schema, strict))


def of_kind(value: dict[str, Any]) -> str:
    """The schema whose `kind` is this value's."""
    found = [
        name
        for name, schema in document()["schemas"].items()
        if schema.get("properties", {}).get("kind", {}).get("default") == value["kind"]
    ]
    known = [name for name in found if set(value) <= set(document()["schemas"][name]["properties"])]
    return (known or found)[0]


def _named(schema: str) -> dict[str, Any]:
    return {**document()["schemas"][schema], "id": schema}


def _object(value: Any, schema: dict[str, Any], path: str, strict: bool) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no object"
        return
    known = schema.get("properties", {})
    for name, inner in value.items():
        if name in known:
            yield from _value(inner, known[name], f"{path}.{name}", strict)
        elif "additionalProperties" in schema:
            yield from _value(inner, schema["additionalProperties"], f"{path}.{name}", strict)
        elif name not in BESIDE_THE_DOCUMENT.get(schema.get("id", ""), ()):
            yield f"{path}.{name}: unknown"
    kind = known.get("kind", {}).get("default")
    if kind and value.get("kind", None if strict else kind) != kind:
        yield f"{path}.kind: {value.get('kind')!r} is not {kind}"


def _value(value: Any, rule: dict[str, Any], path: str, strict: bool) -> Iterator[str]:
    if "$ref" in rule:
        yield from _object(value, _named(rule["$ref"]), path, strict)
        return
    kind, form = rule.get("type"), rule.get("format", "")
    if kind == "array":
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        for number, item in enumerate(value):
            yield from _value(item, rule["items"], f"{path}[{number}]", strict)
    elif kind == "object":
        yield from _object(value, rule, path, strict)
    elif kind == "string":
        yield from _text(value, rule, form, path, strict)
    elif kind in PLAIN:
        yield from _plain(value, kind, form, path, strict)


def _text(value: Any, rule: dict[str, Any], form: str, path: str, strict: bool) -> Iterator[str]:
    shape = FORMATS.get(form)
    if strict and shape is MOMENT:
        shape = WHOLE_SECOND
    if not isinstance(value, str):
        yield f"{path}: {value!r} is no string"
    elif shape and not shape.fullmatch(value):
        yield f"{path}: {value!r} is no {form} in a string"
    elif rule.get("enum") and value not in rule["enum"]:
        yield f"{path}: {value!r} is none of the values"


def _plain(value: Any, kind: str, form: str, path: str, strict: bool) -> Iterator[str]:
    fits = isinstance(value, PLAIN[kind]) and isinstance(value, bool) == (kind == "boolean")
    if not fits or (strict and kind == "number" and not isinstance(value, float)):
        yield f"{path}: {value!r} is no {kind}"
    elif kind == "integer":
        low, high = (0, 2**32) if form.startswith("u") else (-(2**31), 2**31)
        if not low <= value < high:
            yield f"{path}: {value} is out of range"
