"""A caller that counts: what a job has called since it last asked."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loquitur.youtube.caller import Caller
    from loquitur.youtube.methods import Value


class Tally:
    """Calls through another caller, and counts what was answered.

    What the client tries again is the ledger's to count; here a call is what the job needed.

    Args:
        caller: Who calls.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._counted: Counter[str] = Counter()
        self.calls = 0

    def call(
        self, method_id: str, /, *, body: Mapping[str, Any] | None = None, **given: Value
    ) -> dict[str, Any]:
        """One call, counted whether it is answered or refused."""
        self._counted[method_id] += 1
        self.calls += 1
        return self._caller.call(method_id, body=body, **given)

    def taken(self) -> dict[str, int]:
        """The calls by method since this was asked last."""
        found = dict(self._counted)
        self._counted.clear()
        return found
