"""Plain values to typed ones, through msgspec, whatever threads ask for it.

What msgspec knows of a dataclass it keeps at the class, and puts it there before it is complete.
A second thread that meets the class in that moment reads null pointers, and the process dies of
SIGSEGV (msgspec 0.22). So whatever may look at a class for the first time does so under one lock;
a finished decoder needs none.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

# a type's own `__post_init__` may convert too
_looking = threading.RLock()


def convert(
    value: object,
    kind: type[T],
    *,
    strict: bool = True,
    dec_hook: Callable[[type, Any], Any] | None = None,
) -> T:
    """A plain value as a typed one; see `msgspec.convert`.

    Raises:
        msgspec.ValidationError: It does not fit.
    """
    with _looking:
        return msgspec.convert(value, type=kind, strict=strict, dec_hook=dec_hook)


def decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """What reads JSON of a type; threads may share it."""
    with _looking:
        return msgspec.json.Decoder(kind)
