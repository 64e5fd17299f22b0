"""The methods of the YouTube Data API, v3: what each takes, checked before anything is sent.

The table (`methods.json`) is made from the discovery document by `tools/make_methods.py`; it holds
names, types and limits. The service charges an invalid request too (one unit at least), so a
request is held against the table first.

Source: the v3 discovery document, of the `revision` that `document()` tells.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from loquitur.errors import UsageError, near

if TYPE_CHECKING:
    from collections.abc import Mapping

Value: TypeAlias = "str | int | bool | list[str] | tuple[str, ...]"
"""What a caller may give as a parameter; lists are joined with commas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a method.

    Args:
        name: As the service calls it.
        type: `string`, `integer` or `boolean`.
        location: `query` or `path`.
        required: Whether the method refuses to work without it.
        repeated: Whether it may have several values.
        minimum: The least an integer may be, None where nothing is said.
        maximum: The most an integer may be, None where nothing is said.
        enum: The only values, empty where any will do.
        default: What the service takes where nothing is given, None where nothing is said.
    """

    name: str
    type: str
    location: str = "query"
    required: bool = False
    repeated: bool = False
    minimum: int | None = None
    maximum: int | None = None
    enum: tuple[str, ...] = ()
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of the service.

    Args:
        id: `videos.list`.
        verb: The HTTP method.
        path: Below the root, with `{name}` for parameters of the path.
        parameters: By name.
        request: The schema of the body, None where there is none.
        response: The schema of the answer, None where there is none.
        upload_bytes: The most a file may have that goes with it; 0 where none can.
        download: Whether the answer is a file.
        scopes: The OAuth scopes of which one is enough.
    """

    id: str
    verb: str
    path: str
    parameters: Mapping[str, Parameter]
    request: str | None = None
    response: str | None = None
    upload_bytes: int = 0
    download: bool = False
    scopes: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The whole table as it lies in the package: `methods`, `schemas`, `parameters`, `revision`."""
    text = resources.files("loquitur.youtube").joinpath("methods.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@lru_cache(maxsize=1)
def methods() -> dict[str, Method]:
    """Every method by its id."""
    return {name: _method(entry) for name, entry in document()["methods"].items()}


def find(method_id: str) -> Method:
    """The method of an id such as `videos.list`.

    Raises:
        UsageError: There is none; near ones are named.
    """
    known = methods()
    if method_id not in known:
        raise UsageError(f"the API has no method '{method_id}'", hint=near(method_id, known))
    return known[method_id]


def address(method: Method, given: Mapping[str, Value]) -> tuple[str, dict[str, str]]:
    """The path below the root and the query of a call, held against the table.

    Args:
        method: What is called.
        given: Parameters by name; lists are joined with commas, None is not allowed.

    Returns:
        The path with its parameters filled in, and the query.

    Raises:
        UsageError: An unknown name, a missing one, or a value out of its limits.
    """
    for name in given:
        if name not in method.parameters and name not in _COMMON:
            hint = near(name, method.parameters)
            raise UsageError(f"{method.id} has no parameter '{name}'", hint=hint)
    path, query = method.path, {}
    for name, parameter in method.parameters.items():
        if name not in given:
            if parameter.required:
                raise UsageError(f"{method.id} needs the parameter '{name}'")
            continue
        text = _written(method.id, parameter, given[name])
        if parameter.location == "path":
            path = path.replace("{" + name + "}", quote(text, safe=""))
        else:
            query[name] = text
    return path, query | {name: str(given[name]) for name in _COMMON if name in given}


def _written(method_id: str, parameter: Parameter, value: Value) -> str:
    """A value as it stands in a query.

    Raises:
        UsageError: It is not of the parameter's type, or out of its limits.
    """
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, list | tuple):
        text = ",".join(value)
    else:
        text = str(value)
    place = f"{method_id}: {parameter.name}"
    if parameter.type == "integer":
        if not (text.isascii() and text.lstrip("-").isdigit()):
            raise UsageError(f"{place} must be a whole number, not '{text[:40]}'")
        low, high = parameter.minimum, parameter.maximum
        if (low is not None and int(text) < low) or (high is not None and int(text) > high):
            raise UsageError(f"{place} must be from {low} to {high}, not {text}")
    if parameter.type == "boolean" and text not in ("true", "false"):
        raise UsageError(f"{place} must be true or false, not '{text[:40]}'")
    for item in text.split(",") if parameter.repeated else (text,):
        if parameter.enum and item not in parameter.enum:
            raise UsageError(f"{place} cannot be '{item[:40]}'", hint=near(item, parameter.enum))
    return text


_COMMON = ("fields",)
"""Parameters of every method that callers may give; key and token are the client's own."""


def _method(entry: Mapping[str, Any]) -> Method:
    return Method(
        id=entry["id"],
        verb=entry["httpMethod"],
        path=entry["path"],
        parameters={
            name: _parameter(name, spec) for name, spec in entry.get("parameters", {}).items()
        },
        request=entry.get("request", {}).get("$ref"),
        response=entry.get("response", {}).get("$ref"),
        upload_bytes=int(entry.get("mediaUpload", {}).get("maxSize") or 0),
        download=bool(entry.get("supportsMediaDownload")),
        scopes=tuple(entry.get("scopes", ())),
    )


def _parameter(name: str, spec: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name=name,
        type=spec["type"],
        location=spec.get("location", "query"),
        required=bool(spec.get("required")),
        repeated=bool(spec.get("repeated")),
        minimum=int(spec["minimum"]) if "minimum" in spec else None,
        maximum=int(spec["maximum"]) if "maximum" in spec else None,
        enum=tuple(spec.get("enum", ())),
        default=spec.get("default"),
    )
