"""What options say of streams, one by one."""

from __future__ import annotations

from loquitur.errors import UsageError
from loquitur.model.labels import STREAM_NAMES


def dimensions_of(text: str, *, such_as: str) -> dict[str, int]:
    """`rgb=256,audio=64`: a number for each stream that is named.

    Raises:
        UsageError: No such stream, or no number.
    """
    found = {}
    for item in text.split(",") if text else ():
        name, _, value = item.strip().partition("=")
        if name not in STREAM_NAMES or not value.isdecimal():
            raise UsageError(f"--dimensions: '{item}'", hint=f"such as {such_as}")
        found[name] = int(value)
    return found
