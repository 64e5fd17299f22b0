"""How many bytes may still come: the user's bound, shared by shards that come side by side."""

from __future__ import annotations

import threading


class LimitReached(Exception):  # noqa: N818 - no error: the user's bound
    """Raised where a shard would go beyond the bound."""


class Allowance:
    """Bytes that may come; threads share it.

    Args:
        limit_bytes: No more than that; None for no bound.
    """

    def __init__(self, limit_bytes: int | None) -> None:
        self._left = limit_bytes
        self._lock = threading.Lock()

    def take(self, size: int) -> None:
        """Use up some of it; a negative size gives back what did not come.

        Raises:
            LimitReached: There is not as much left.
        """
        with self._lock:
            if self._left is None:
                return
            if size > self._left:
                raise LimitReached
            self._left -= size


class Claim:
    """What one shard has of an allowance: asked for when a server says its size.

    Args:
        allowance: The one that all share.
    """

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._kept = self._at = 0

    def expect(self, begin: int, total: int | None) -> None:
        """The bytes from `begin` on are going to come.

        Args:
            begin: The first of them.
            total: Of the whole; None where nobody says: then each is taken as it comes.

        Raises:
            LimitReached: There is no room for them.
        """
        self.close()
        coming = 0 if total is None else max(0, total - begin)
        self._allowance.take(coming)
        self._kept, self._at = coming, begin

    def came(self, done: int) -> None:
        """So many bytes are here.

        Raises:
            LimitReached: More came than was said, and more than there was room for.
        """
        self._kept -= done - self._at
        self._at = done
        if self._kept < 0:
            self._allowance.take(-self._kept)
            self._kept = 0

    def close(self) -> None:
        """Give back what did not come."""
        self._allowance.take(-self._kept)
        self._kept = 0
