"""The service's time: the machine's, put right by what the answers say that it is."""

from __future__ import annotations

import email.utils
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SKEW_S = 30.0
"""How far apart clocks may be; less is the way of the answer."""


class ServiceClock:
    """Tells the service's time, by which the quota's days are counted.

    Args:
        now: The machine's clock, Unix seconds.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self.ahead_s = 0.0
        """How far the service's clock is ahead of the machine's, as far as is known."""

    def now(self) -> float:
        """The service's time, Unix seconds."""
        return self._now() + self.ahead_s

    def machine_now(self) -> float:
        """The machine's time, Unix seconds: what lasts so many seconds from now is held by it."""
        return self._now()

    def hear(self, headers: Mapping[str, str]) -> None:
        """Take the time of an answer.

        Args:
            headers: Of the answer, their names in lower case. One that a proxy kept (`age`) tells
                an old time and is not listened to.
        """
        if "age" in headers or "date" not in headers:
            return
        try:
            said_s = email.utils.parsedate_to_datetime(headers["date"]).timestamp()
        except (TypeError, ValueError, OverflowError):  # no date
            return
        ahead_s = said_s - self._now()
        if abs(ahead_s - self.ahead_s) > SKEW_S:
            self.ahead_s = ahead_s if abs(ahead_s) > SKEW_S else 0.0
