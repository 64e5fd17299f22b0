"""Files of what somebody kept of searches and replies: which they are, and their lines."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, TypeVar

import msgspec

from loquitur.errors import InputError
from loquitur.evaluation.reading import open_content
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_LOOKED_AT = 1 << 20

T = TypeVar("T")


def holds(path: Path) -> str:
    """`results` of searches, `replies` to questions, or else nothing, by a file's first line."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        head = file.readline(_LOOKED_AT).removeprefix(codecs.BOM_UTF8)
    try:
        first = msgspec.json.decode(head)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return ""
    if not isinstance(first, dict):
        return ""
    if {"query", "hits"} <= first.keys():
        return "results"
    return "replies" if {"question", "answer", "citations"} <= first.keys() else ""


def read_kept(path: Path, read: Callable[[str], T], *, verb: str) -> Iterator[T]:
    """What each line of a file says.

    Args:
        path: JSON Lines.
        read: Of a line; a ValueError of it is the line's fault.
        verb: Of `loquitur`, that prints such lines.

    Raises:
        InputError: The file cannot be read, or a line cannot; the message names it.
    """
    for number, line in open_content(path).lines():
        if not line.strip():
            continue
        try:
            yield read(line)
        except (ValueError, RecursionError) as exc:
            raise InputError(
                f"{display(str(path))}, line {number}: {exc}",
                hint=f"expected what `loquitur {verb} --json` prints",
            ) from exc


def same_words(text: str) -> str:
    """A question as two files may have it, however its words are parted."""
    return " ".join(text.split())
