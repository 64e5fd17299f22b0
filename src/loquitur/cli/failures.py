"""Inputs that failed beside others: how each is told, and the exit code of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.cli.output import tell_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loquitur.errors import LoquiturError

_MIXED = 1


def exit_code_of(codes: Iterable[int]) -> int:
    """The exit code of a verb of which some inputs failed, by the codes of their errors.

    >>> exit_code_of([]), exit_code_of([4, 4]), exit_code_of([4, 5])
    (0, 4, 1)
    """
    found = set(codes)
    return 0 if not found else found.pop() if len(found) == 1 else _MIXED


def message_of(error: LoquiturError, name: str) -> str:
    """What went wrong, with the input's name before it where the message does not say it."""
    return error.message if name in error.message else f"{name}: {error.message}"


def tell_failure(error: LoquiturError, *, name: str = "", as_json: bool) -> None:
    """An input's error on stderr.

    Args:
        error: Why the input failed.
        name: What the input is called (`output.called`).
        as_json: As one JSON document.
    """
    tell_error(message_of(error, name), hint=error.hint, code=error.code, as_json=as_json)
