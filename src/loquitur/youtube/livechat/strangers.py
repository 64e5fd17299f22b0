"""Documents of strangers, looked into so that no shape of theirs is a surprise."""

from __future__ import annotations

import re
from typing import Any

MOST_CHARS = 20_000
"""Of one message; the site takes 200, and five times as many from members with emoji."""
_MOST_ENTRIES = 2_000
_HALVES = re.compile("[\ud800-\udfff]")


def look(value: object, *steps: str) -> Any:
    """What lies below some steps of a document; None where there is nothing.

    >>> look({"a": {"b": 1}}, "a", "b"), look({"a": 2}, "a", "b")
    (1, None)
    """
    for step in steps:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def entries(value: object) -> list[Any]:
    """A list as it is; of anything else, none."""
    return value[:_MOST_ENTRIES] if isinstance(value, list) else []


def whole(value: object, most: int) -> int | None:
    """A whole number that comes as one or as text; None where it is none, or beyond all bounds."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if -most <= value <= most else None
    if isinstance(value, str) and len(value) <= 20:
        text = value.strip()
        if text.isascii() and text.removeprefix("-").isdigit():
            return whole(int(text), most)
    return None


def safe(text: str) -> str:
    """Text that every file can hold: no lone surrogates, no zero bytes, not endless."""
    kept = text[:MOST_CHARS].replace("\0", "")
    return _HALVES.sub("\ufffd", kept)


def short(value: object, most: int = 500) -> str:
    """A text of one line, such as a name or an id; empty where it is none."""
    return safe(value)[:most] if isinstance(value, str) else ""
