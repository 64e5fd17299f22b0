"""Page tokens: opaque, good for the query they came with and for no other, some of them mortal."""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.emulator.exchange import Refusal

if TYPE_CHECKING:
    from loquitur.emulator.exchange import Request

_BODY = struct.Struct(">qqI")
_SEAL = 9
_LOOSE = ("pageToken", "maxResults", "part", "fields")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page begins.

    Args:
        position: How many results lie before it, or what the list counts by.
        issued: When the token was given, Unix seconds by the world's clock; 0 for one that
            never dies.
        turn: Which page it is, from 0.
    """

    position: int = 0
    issued: int = 0
    turn: int = 0


def write(request: Request, *, position: int, turn: int, issued: float = 0) -> str:
    """The token of the page that begins at a position."""
    body = _BODY.pack(position, int(issued), turn)
    raw = body + _seal(request, body)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read(request: Request, *, hours: float | None = None, start: int = 0) -> Place:
    """Where the page begins that a request asks for.

    Args:
        request: The call.
        hours: How long a token is good for; None for ever.
        start: The position of the first page, which has no token.

    Raises:
        Refusal: The token is none of this query's, or too old.
    """
    token = request.given.get("pageToken", "")
    if not token:
        return Place(position=start)
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _refusal() from None
    body, seal = raw[: _BODY.size], raw[_BODY.size :]
    if len(body) != _BODY.size or seal != _seal(request, body):
        raise _refusal()
    position, issued, turn = _BODY.unpack(body)
    if hours is not None and not 0 <= request.now - issued <= hours * 3600:
        raise _refusal()
    return Place(position=position, issued=issued, turn=turn)


def neighbours(request: Request, body: dict[str, Any], place: Place, size: int, total: int) -> None:
    """Put the tokens of the next and the previous page into a body, where there are such."""
    if place.position + size < total and size:
        body["nextPageToken"] = write(request, position=place.position + size, turn=place.turn + 1)
    if place.position and size:
        before = max(0, place.position - size)
        body["prevPageToken"] = write(request, position=before, turn=max(0, place.turn - 1))


def _seal(request: Request, body: bytes) -> bytes:
    query = sorted((n, v) for n, v in request.given.items() if n not in _LOOSE)
    bound = repr((request.world.seed, request.method.id, query)).encode()
    return hashlib.blake2b(body + bound, digest_size=_SEAL).digest()


def _refusal() -> Refusal:
    return Refusal(
        400,
        "invalidPageToken",
        "The request specifies an invalid page token.",
        domain="youtube.parameter",
        location="pageToken",
    )
