"""Which collection a command means: its verb, its arguments, the service that it asks."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SUFFIX = ".sqlite3"
_KEY_CHARS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be collected. The same job is the same collection, whenever it is asked for.

    Args:
        verb: `search`, `videos`, `channel`, `playlist` or `comments`.
        arguments: All that says which rows come, as plain values in a canonical form; where they
            are written, and how many a user wants to see now, is no part of it.
        endpoint: The address of a service that stands in for the real one, empty for that.
    """

    verb: str
    arguments: Mapping[str, Any]
    endpoint: str = ""

    @property
    def key(self) -> str:
        """16 hexadecimal digits: the digest of all of it."""
        plain = {"verb": self.verb, "arguments": self.arguments, "endpoint": self.endpoint}
        text = json.dumps(plain, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:_KEY_CHARS]

    @property
    def name(self) -> str:
        """What the collection is called: `search-0123456789abcdef`."""
        return f"{self.verb}-{self.key}"

    def path(self, store: Path) -> Path:
        """The file of the collection in a store."""
        return folder(store) / (self.name + SUFFIX)


def folder(store: Path) -> Path:
    """Where the collections of a store lie."""
    return store / "youtube" / "collections"
