"""A caller that counts: what a job has called since it last asked."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from loquitur.errors import LoquiturError
from loquitur.youtube.complaints import BucketEmptyError

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
        """One call, counted whether the service answers it or refuses it."""
        try:
            answer = self._caller.call(method_id, body=body, **given)
        except BucketEmptyError as error:
            if error.status:  # else the ledger said so, and nothing was asked
                self._count(method_id)
            raise
        except LoquiturError:
            self._count(method_id)
            raise
        self._count(method_id)
        return answer

    def _count(self, method_id: str) -> None:
        self._counted[method_id] += 1
        self.calls += 1

    def taken(self) -> dict[str, int]:
        """The calls by method since this was asked last."""
        found = dict(self._counted)
        self._counted.clear()
        return found
