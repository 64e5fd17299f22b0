"""Page tokens: opaque, good for the query they came with and for no other, some of them mortal."""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from loquitur.emulator import filters
from loquitur.emulator.errors import refusal
from loquitur.emulator.exchange import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loquitur.emulator.exchange import Request

_Row = TypeVar("_Row")

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
    return sealed(_BODY.pack(position, int(issued), turn), _query(request))


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
    position, issued, turn = _BODY.unpack(unsealed(token, _BODY.size, _query(request)))
    if hours is not None and not 0 <= request.now - issued <= hours * 3600:
        raise refusal("bad_page_token")
    return Place(position=position, issued=issued, turn=turn)


def page_of(
    request: Request, kind: str, rows: Sequence[_Row], show: Callable[[_Row], dict[str, Any] | None]
) -> Reply:
    """The page that a request asks for of a list that is there as a whole.

    Args:
        request: The call.
        kind: Of the answer.
        rows: All that is in the list, in order.
        show: What of a row goes back; None for nothing.
    """
    place, size = read(request), filters.size(request, 5)
    first, after = place.position, place.position + size
    items = [item for row in rows[first:after] if (item := show(row)) is not None]
    body = filters.answer(kind, items, len(rows), size)
    if after < len(rows) and size:
        body["nextPageToken"] = write(request, position=after, turn=place.turn + 1)
    if first and size:
        before = max(0, first - size)
        body["prevPageToken"] = write(request, position=before, turn=max(0, place.turn - 1))
    return Reply(body=body)


def sealed(body: bytes, bound: bytes) -> str:
    """Bytes as a token that is good only together with what it is bound to."""
    return base64.urlsafe_b64encode(body + _seal(body, bound)).decode().rstrip("=")


def unsealed(token: str, size: int, bound: bytes) -> bytes:
    """The bytes, so many, that `sealed` made a token of.

    Raises:
        Refusal: It made no such token, or bound it to something else.
    """
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise refusal("bad_page_token") from None
    body, seal = raw[:size], raw[size:]
    if len(body) != size or seal != _seal(body, bound):
        raise refusal("bad_page_token")
    return body


def _query(request: Request) -> bytes:
    query = sorted((n, v) for n, v in request.given.items() if n not in _LOOSE)
    return repr((request.world.seed, request.method.id, query)).encode()


def _seal(body: bytes, bound: bytes) -> bytes:
    return hashlib.blake2b(body + bound, digest_size=_SEAL).digest()
