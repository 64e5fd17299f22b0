"""The `fields` parameter: a selection such as `nextPageToken,items(id,snippet/title)`.

Grammar: names with commas between; `a/b` is b inside a; `a(b,c)` several inside a; `*` any name.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeAlias

Mask: TypeAlias = "dict[str, Mask | None]"
"""What of each name is wanted; None for all of it."""


@lru_cache(maxsize=256)
def parse(text: str) -> Mask:
    """A selection as a tree.

    Raises:
        ValueError: It does not fit the grammar; the message is the place.
    """
    mask, end = _list(text, 0)
    if end != len(text):
        raise ValueError(text[end:])
    return mask


def select(mask: Mask, value: Any) -> Any:
    """What the mask leaves of a value; lists are looked into, what has no such names goes."""
    if isinstance(value, list):
        return [select(mask, item) for item in value if isinstance(item, dict | list)]
    found = {}
    for name, inner in value.items():
        if name in mask or "*" in mask:
            below = mask.get(name, mask.get("*"))
            if below is None:
                found[name] = inner
            elif isinstance(inner, dict | list) and (left := select(below, inner)):
                found[name] = left
    return found


def unknown(mask: Mask, schema: str, schemas: dict[str, Any], place: str = "") -> str:
    """The first selected name that a schema does not know, as a path; empty where all fit."""
    known = schemas[schema].get("properties", {})
    for name, below in mask.items():
        if name == "*":
            continue
        path = f"{place}/{name}" if place else name
        if name not in known:
            return path
        inner = known[name].get("items", known[name]).get("$ref")
        if below is not None and inner and (found := unknown(below, inner, schemas, path)):
            return found
    return ""


def _list(text: str, at: int) -> tuple[Mask, int]:
    mask: Mask = {}
    while True:
        path, at = _path(text, at)
        below: Mask | None = None
        if at < len(text) and text[at] == "(":
            below, at = _list(text, at + 1)
            if at >= len(text) or text[at] != ")":
                raise ValueError(text[at:] or "(")
            at += 1
        _merge(mask, path, below)
        if at >= len(text) or text[at] != ",":
            return mask, at
        at += 1


def _path(text: str, at: int) -> tuple[list[str], int]:
    names = []
    while True:
        start = at
        while at < len(text) and (text[at].isalnum() or text[at] in "*_-"):
            at += 1
        if start == at:
            raise ValueError(text[at:] or text)
        names.append(text[start:at])
        if at >= len(text) or text[at] != "/":
            return names, at
        at += 1


def _merge(mask: Mask, path: list[str], below: Mask | None) -> None:
    """Put a path into the mask; all of a name swallows parts of it."""
    for name in path[:-1]:
        inner = mask.setdefault(name, {})
        if inner is None:
            return
        mask = inner
    last = path[-1]
    if below is None or (last in mask and mask[last] is None):
        mask[last] = None
        return
    inner = mask.setdefault(last, {})
    if inner is not None:
        for name, deeper in below.items():
            _merge(inner, [name], deeper)
