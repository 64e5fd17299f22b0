"""When a failed call is made again, and how long to wait before: never for a spent bucket.

Each try is a call of its own: it asks the ledger and spends its units again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.errors import QuotaError, TransientError
from loquitur.youtube.complaints import ThrottledError
from loquitur.youtube.wire import LostError

if TYPE_CHECKING:
    from loquitur.youtube.methods import Method

MOST_RETRIES = 5
_FIRST_S = 0.5
_THROTTLED_FIRST_S = 1.0
_LONGEST_S = 32.0
_MOST_ASKED_S = 300.0
"""A wait that the service asks for beyond that is for whoever called to decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long failures are waited out.

    Args:
        retries: How often a call is made again.
        sleep: Waits so many seconds.
        dice: A number from the first to the second.
    """

    retries: int = MOST_RETRIES
    sleep: Callable[[float], None] = time.sleep
    dice: Callable[[float, float], float] = random.uniform

    def wait_s(self, error: Exception, failures: int) -> float | None:
        """The wait before another try in seconds; None where there shall be none.

        Anything up to a bound that each failure doubles ("full jitter": Brooker, "Exponential
        Backoff And Jitter", AWS Architecture Blog, 2015), added to what the service asked for, so
        that callers sent away together do not come back together, and none comes back early.

        Args:
            error: Why the last try failed.
            failures: How many have failed so far, that one among them.
        """
        if isinstance(error, QuotaError) or not isinstance(error, TransientError):
            return None
        if failures > self.retries:
            return None
        asked_s = error.retry_after_s or 0.0
        if asked_s > _MOST_ASKED_S:
            return None
        first_s = _THROTTLED_FIRST_S if isinstance(error, ThrottledError) else _FIRST_S
        return asked_s + self.dice(0.0, min(_LONGEST_S, first_s * 2.0 ** (failures - 1)))

    def wait(self, error: Exception, failures: int) -> bool:
        """Wait before another try; False at once where there shall be none."""
        wait_s = self.wait_s(error, failures)
        if wait_s is None:
            return False
        self.sleep(wait_s)
        return True


def may_have_acted(method: Method, error: TransientError) -> bool:
    """Whether a failed call may have changed something, so that it must not be made again blindly.

    A call that only reads changes nothing. One that the service turned away (429, 403, 400) did
    not act; one that broke off, or that the service failed over (5xx), may have.
    """
    if method.verb == "GET":
        return False
    return isinstance(error, LostError) or getattr(error, "status", 0) >= 500
