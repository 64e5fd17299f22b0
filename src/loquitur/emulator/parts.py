"""A resource made of its parts, and the ETags of what goes back."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def resource(kind: str, ident: str, parts: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A resource with some of its parts, and the tag of it all.

    Args:
        kind: Of the resource, such as `youtube#video`.
        ident: Its id.
        parts: Their names and contents, in order; None for what it has not.
    """
    found: dict[str, Any] = {"kind": kind, "etag": "", "id": ident}
    found |= {name: content for name, content in parts if content is not None}
    found["etag"] = stamp(found)
    return found


def stamp(*state: object) -> str:
    """An ETag for what is in a state; quicker than that of its JSON."""
    return etag_of(repr(state).encode())


def etag_of(content: bytes) -> str:
    """The tag of bytes: 27 characters, as the service's are."""
    digest = hashlib.blake2b(content, digest_size=20).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
