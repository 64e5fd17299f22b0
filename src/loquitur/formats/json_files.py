"""Small JSON files of our own schemas, which anybody may have written."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from loquitur.conversion import decoder
from loquitur.errors import InputError
from loquitur.text import display

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")


def read_document(path: Path, kind: type[T], *, most_bytes: int, what: str, hint: str) -> T:
    """A small JSON file as a typed value.

    Args:
        path: The file; anybody may have written it.
        kind: What it should hold.
        most_bytes: A larger one is not read.
        what: How messages call its content: `thresholds`.
        hint: How such a file looks, or who writes it.

    Raises:
        InputError: It cannot be read, is too large, or holds nothing of the kind.
    """
    shown = display(str(path))
    try:
        if path.stat().st_size > most_bytes:
            raise InputError(f"{shown}: too large for {what}")
        return decoder(kind).decode(path.read_bytes())
    except OSError as exc:
        raise InputError(f"{shown}: cannot be read: {exc.strerror}") from exc
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise InputError(f"{shown}: no {what}: {exc}", hint=hint) from exc
