"""Calls that are counted: what a piece of work took, in units of the shared bucket.

The ledger knows more: what tries beneath a call took, and what other work did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.youtube.costs import SHARED, cost

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from loquitur.youtube.caller import Caller
    from loquitur.youtube.methods import Value


class Counted:
    """A caller that counts the units of what passes through it, refused calls too.

    Args:
        caller: Who calls.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.units = 0

    def call(
        self, method_id: str, /, *, body: Mapping[str, Any] | None = None, **given: Value
    ) -> dict[str, Any]:
        """As `Caller.call`."""
        self.units += _units(method_id)
        return self._caller.call(method_id, body=body, **given)

    def pages(self, method_id: str, /, **given: Value) -> Iterator[dict[str, Any]]:
        """As `Caller.pages`, each page counted."""
        for page in self._caller.pages(method_id, **given):
            self.units += _units(method_id)
            yield page

    def upload(
        self,
        method_id: str,
        /,
        *,
        body: Mapping[str, Any],
        media: bytes,
        media_type: str = "application/octet-stream",
        **given: Value,
    ) -> dict[str, Any]:
        """As `Caller.upload`."""
        self.units += _units(method_id)
        return self._caller.upload(
            method_id, body=body, media=media, media_type=media_type, **given
        )

    def download(self, method_id: str, /, **given: Value) -> bytes:
        """As `Caller.download`."""
        self.units += _units(method_id)
        return self._caller.download(method_id, **given)

    def stream(self, method_id: str, /, **given: Value) -> Iterator[dict[str, Any]]:
        """As `Caller.stream`, each answer counted."""
        for answer in self._caller.stream(method_id, **given):
            self.units += _units(method_id)
            yield answer


def _units(method_id: str) -> int:
    found = cost(method_id)
    return found.units if found.bucket == SHARED else 0
