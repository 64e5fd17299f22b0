"""Whether JSON that came in fits a schema of the discovery document."""

from __future__ import annotations

from typing import Any

_WHOLE = ("int32", "uint32", "int64", "uint64")


def misfit(value: Any, schema: str, schemas: dict[str, Any], place: str = "") -> str:
    """What about a resource the schema refuses, as the service says it; empty where it fits."""
    if not isinstance(value, dict):
        return _wrong_type(place or "resource", "object", value)
    properties = schemas[schema].get("properties", {})
    for name, inner in value.items():
        path = f"{place}.{name}" if place else name
        if name not in properties:
            where = f" at '{place}'" if place else ""
            return f'Unknown name "{name}"{where}: Cannot find field.'
        found = _misfit(inner, properties[name], schemas, path)
        if found:
            return found
    return ""


def _misfit(value: Any, rule: dict[str, Any], schemas: dict[str, Any], path: str) -> str:
    if value is None:
        return ""
    if "$ref" in rule:
        return misfit(value, rule["$ref"], schemas, path)
    kind = rule.get("type", "any")
    if kind == "array":
        if not isinstance(value, list):
            return _wrong_type(path, "array", value)
        found = (
            _misfit(item, rule["items"], schemas, f"{path}[{number}]")
            for number, item in enumerate(value)
        )
        return next((one for one in found if one), "")
    if kind == "object":
        return "" if isinstance(value, dict) else _wrong_type(path, "object", value)
    return "" if _fits(value, kind, rule.get("format", "")) else _wrong_type(path, kind, value)


def _fits(value: Any, kind: str, form: str) -> bool:
    """Whether a plain value is one of a type; numbers may stand as text, as the service allows."""
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "string":
        if form in _WHOLE:
            return _is_whole(value)
        return isinstance(value, str)
    if kind == "integer":
        return _is_whole(value)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return True


def _is_whole(value: Any) -> bool:
    if isinstance(value, str):
        return value.isascii() and value.removeprefix("-").isdigit()
    return isinstance(value, int) and not isinstance(value, bool)


def _wrong_type(path: str, kind: str, value: Any) -> str:
    return f"Invalid value at '{path}' (expected {kind}), {str(value)[:60]!r}"
