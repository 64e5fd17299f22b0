"""Only the parts that were asked for, and the ETag of what goes back."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

ALWAYS = ("kind", "etag", "id")
"""What a resource has whatever parts are asked for."""


def only(resource: dict[str, Any], parts: Iterable[str]) -> dict[str, Any]:
    """A resource with its requested parts alone, and an `etag` of what is left."""
    wanted = {*ALWAYS, *parts}
    left = {name: value for name, value in resource.items() if name in wanted and name != "etag"}
    head = {"kind": left.pop("kind")} if "kind" in left else {}
    return {**head, "etag": etag(left), **left}


def etag(value: Any) -> str:
    """The tag of a value: the same for the same content, without quotes."""
    return etag_of(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


def etag_of(content: bytes) -> str:
    """The tag of bytes: 27 characters, as the service's are."""
    digest = hashlib.blake2b(content, digest_size=20).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
