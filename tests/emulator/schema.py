"""Whether an answer is what the discovery document says it is; written apart from the emulator."""

from __future__ import annotations

from typing import Any

from loquitur.youtube.methods import document

WHOLE = {"int32", "uint32", "int64", "uint64"}
PLAIN = {"boolean": bool, "integer": int, "number": (int, float)}


def problems(value: Any, schema: str) -> list[str]:
    """What about a value does not fit a schema of the document: paths and reasons."""
    return list(_object(value, document()["schemas"][schema], schema))


def of_kind(value: dict[str, Any]) -> str:
    """The schema whose `kind` is this value's."""
    found = [
        name
        for name, schema in document()["schemas"].items()
        if schema.get("properties", {}).get("kind", {}).get("default") == value["kind"]
    ]
    known = [name for name in found if set(value) <= set(document()["schemas"][name]["properties"])]
    return (known or found)[0]


def _object(value: Any, schema: dict[str, Any], path: str):
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no object"
        return
    known = schema.get("properties", {})
    for name, inner in value.items():
        if name in known:
            yield from _value(inner, known[name], f"{path}.{name}")
        elif "additionalProperties" in schema:
            yield from _value(inner, schema["additionalProperties"], f"{path}.{name}")
        else:
            yield f"{path}.{name}: unknown"


def _value(value: Any, rule: dict[str, Any], path: str):
    if "$ref" in rule:
        yield from _object(value, document()["schemas"][rule["$ref"]], path)
        return
    kind, form = rule.get("type"), rule.get("format", "")
    if kind == "array":
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        for number, item in enumerate(value):
            yield from _value(item, rule["items"], f"{path}[{number}]")
    elif kind == "object":
        yield from _object(value, rule, path)
    elif kind == "string":
        yield from _text(value, rule, form, path)
    elif kind in PLAIN and not (
        isinstance(value, PLAIN[kind]) and _is_bool(value) == (kind == "boolean")
    ):
        yield f"{path}: {value!r} is no {kind}"


def _text(value: Any, rule: dict[str, Any], form: str, path: str):
    if not isinstance(value, str):
        yield f"{path}: {value!r} is no string"
    elif form in WHOLE and not value.lstrip("-").isdigit():
        yield f"{path}: {value!r} is no number in a string"
    elif rule.get("enum") and value not in rule["enum"]:
        yield f"{path}: {value!r} is none of the values"


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)
