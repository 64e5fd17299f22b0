"""The gate: which method a path is, and whether its parameters and its body fit the table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from loquitur.emulator import fields, filters
from loquitur.emulator.exchange import Refusal
from loquitur.emulator.schemas import misfit
from loquitur.youtube.methods import document, methods

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loquitur.youtube.methods import Method, Parameter

_UPLOADS = ("/upload", "/resumable/upload")
_DOMAIN = "youtube.parameter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a path leads.

    Args:
        method: To which method.
        upload: Whether by one of the upload paths.
        inside: The parameters that the path holds.
    """

    method: Method
    upload: bool
    inside: dict[str, str]


def route(verb: str, path: str) -> Route | None:
    """The method that a verb and a path mean; None for none."""
    upload = False
    for prefix in _UPLOADS:
        if path.startswith(prefix + "/"):
            path, upload = path[len(prefix) :], True
    exact, patterns = _routes()
    method = exact.get((verb, path))
    if method is not None:
        return _fitting(Route(method=method, upload=upload, inside={}))
    for method_verb, pattern, candidate in patterns:
        found = pattern.fullmatch(path) if method_verb == verb else None
        if found:
            inside = {name: unquote(value) for name, value in found.groupdict().items()}
            return _fitting(Route(method=candidate, upload=upload, inside=inside))
    return None


def _fitting(found: Route) -> Route | None:
    return None if found.upload and not found.method.upload_bytes else found


@lru_cache(maxsize=1)
def _routes() -> tuple[
    dict[tuple[str, str], Method], tuple[tuple[str, re.Pattern[str], Method], ...]
]:
    exact, patterns = {}, []
    for method in methods().values():
        path = f"/{method.path}"
        if "{" in path:
            text = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path))
            patterns.append((method.verb, re.compile(text), method))
        else:
            exact[(method.verb, path)] = method
    return exact, tuple(patterns)


def gathered(pairs: Iterable[tuple[str, str]], method: Method) -> dict[str, str]:
    """The parameters of a query: repeated ones joined with commas, of others the last counts."""
    found: dict[str, str] = {}
    for name, value in pairs:
        known = method.parameters.get(name)
        if known is not None and known.repeated and name in found:
            found[name] += f",{value}"
        else:
            found[name] = value
    return found


def checked(method: Method, given: dict[str, str]) -> dict[str, str]:
    """The method's own parameters with defaults filled in, every one held against the table.

    They come in one order, in whichever they were sent: the same call is the same.

    Raises:
        Refusal: An unknown name, a missing one, or a value out of its limits.
    """
    found = {}
    for name, value in given.items():
        parameter = method.parameters.get(name)
        if parameter is None:
            _check_common(method, name, value)
        else:
            found[name] = _value(parameter, value)
    for name, parameter in method.parameters.items():
        if parameter.required and not found.get(name):
            raise filters.missing(name)
        if parameter.default is not None:
            found.setdefault(name, parameter.default)
    if "part" in found:
        _check_parts(method, found["part"])
    return dict(sorted(found.items()))


def mask_of(method: Method, given: dict[str, str]) -> fields.Mask | None:
    """What `fields` selects; None for everything.

    Raises:
        Refusal: It does not fit the grammar or the answer's schema.
    """
    text = given.get("fields", "")
    if not text or not method.response:
        return None
    try:
        mask = fields.parse(text)
    except (ValueError, RecursionError) as exc:
        raise _bad_fields(str(exc)) from exc
    wrong = fields.unknown(mask, method.response, document()["schemas"])
    if wrong:
        raise _bad_fields(wrong)
    return mask


def check_resource(method: Method, resource: dict[str, Any]) -> None:
    """Hold the JSON of a request against the method's schema.

    Raises:
        Refusal: A name it does not have, or a value of another type.
    """
    if not method.request:
        return
    found = misfit(resource, method.request, document()["schemas"])
    if found:
        message = f"Invalid JSON payload received. {found}"
        raise _bad_request(message, reason="parseError")


def _unexpected(name: str) -> Refusal:
    message = (
        f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
        f"Field '{name}' could not be found in request message."
    )
    return _bad_request(message, reason="unexpectedParameter", location=name)


def _bad_request(message: str, *, reason: str, location: str = "") -> Refusal:
    violations = {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [{"description": message}],
    }
    return Refusal(
        400,
        reason,
        message,
        domain=_DOMAIN if location else "global",
        location=location,
        rpc="INVALID_ARGUMENT",
        details=(violations,),
    )


def _invalid(name: str, value: str, why: str, reason: str = "invalidParameter") -> Refusal:
    message = f"Invalid value '{value[:100]}'. {why}"
    return Refusal(400, reason, message, domain=_DOMAIN, location=name)


def _bad_fields(place: str) -> Refusal:
    message = f"Invalid field selection {place[:100]}"
    return Refusal(400, "invalidParameter", message, domain="global", location="fields")


def _check_common(method: Method, name: str, value: str) -> None:
    """Hold a parameter that every method takes against the document."""
    rule = document()["parameters"].get(name)
    if rule is None:
        raise _unexpected(name)
    if rule["type"] == "boolean" and value not in ("true", "false"):
        raise _invalid(name, value, "Expected true or false.", "invalidValue")
    if value not in rule.get("enum", (value,)):
        raise _invalid(name, value, f"Allowed values: {rule['enum']}")
    if name == "alt" and (value == "proto" or (value == "media" and not method.download)):
        raise _invalid(name, value, f"{method.id} does not answer so.")


def _value(parameter: Parameter, value: str) -> str:
    name = parameter.name
    if parameter.type == "integer":
        number = value.removeprefix("-")
        if not (number.isascii() and number.isdigit()) or len(number) > 18:
            raise _invalid(name, value, "Expected a whole number.", "invalidValue")
        low, high = parameter.minimum, parameter.maximum
        if (low is not None and int(value) < low) or (high is not None and int(value) > high):
            raise _invalid(name, value, f"Values must be within the range: [{low}, {high}]")
    elif parameter.type == "boolean" and value not in ("true", "false"):
        raise _invalid(name, value, "Expected true or false.", "invalidValue")
    if parameter.enum:
        for item in value.split(",") if parameter.repeated else (value,):
            if item not in parameter.enum:
                raise _invalid(name, item, f"Allowed values: {list(parameter.enum)}")
    return value


def _check_parts(method: Method, parts: str) -> None:
    known = _parts(method)
    for part in parts.split(","):
        if part.strip() not in known:
            raise Refusal(
                400, "unknownPart", f"'{part[:100]}'", domain="youtube.part", location="part"
            )


@lru_cache(maxsize=256)
def _parts_of(schema: str) -> frozenset[str]:
    properties = document()["schemas"][schema]["properties"]
    inside = properties.get("items", {}).get("items", {}).get("$ref")
    if inside:
        properties = document()["schemas"][inside]["properties"]
    return frozenset(properties) - {"kind", "etag"} | {"id"}


def _parts(method: Method) -> frozenset[str]:
    return _parts_of(method.response or method.request or "")
