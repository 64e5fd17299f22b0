"""Pages of a search: what is still to come is decided once, and carried by the cursor.

A cursor holds the order that was found, not a place in an order that is found anew: so no hit comes
twice and none is lost, whatever is added in between. It is bound to its query.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST = 100
"""Hits a cursor carries."""
_DIGEST = 8
_LONGEST = 8_192
_LONGEST_PLAIN = 4_096
_FINEST = 1_000
"""Scores are kept in thousandths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A hit to come.

    Args:
        id: The passage's.
        score: 0 to 1.
        more: Passages of its volume that were left out for it.
    """

    id: int
    score: float
    more: int


def query_digest(*parts: object) -> bytes:
    """What a cursor is bound to: the query, and all that decides the order."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).digest()[:_DIGEST]


def cursor(digest: bytes, rank: int, places: Sequence[Place]) -> str:
    """What continues a search; empty where nothing is left.

    Args:
        digest: Of the query.
        rank: Of the last hit that was shown.
        places: What comes next, the best first.
    """
    if not places:
        return ""
    numbers = [rank]
    last = 0
    for place in places[:MOST]:
        step = place.id - last
        last = place.id
        numbers += [step << 1 if step >= 0 else (-step << 1) | 1]
        numbers += [min(_FINEST, max(0, round(place.score * _FINEST))), place.more]
    data = zlib.compress(b"".join(map(_written, numbers)), 9)
    return base64.urlsafe_b64encode(digest + data).decode().rstrip("=")


def resumed(text: str, digest: bytes) -> tuple[int, list[Place]]:
    """The rank of the last hit shown and the places to come, out of a cursor.

    Raises:
        UsageError: It is none, or that of another query.
    """
    try:
        data = base64.b64decode(text[:_LONGEST] + "=" * (-len(text) % 4), b"-_", validate=True)
        unpacked = zlib.decompressobj()
        plain = unpacked.decompress(data[_DIGEST:], _LONGEST_PLAIN)
        numbers = [*_read(plain)]
    except (ValueError, binascii.Error, zlib.error) as exc:
        raise _refused("not the cursor of a search") from exc
    if data[:_DIGEST] != digest:
        raise _refused("a cursor of another query, or of other options")
    if not numbers or len(numbers) % 3 != 1 or not unpacked.eof:
        raise _refused("not the cursor of a search")
    places = []
    last = 0
    for step, score, more in zip(numbers[1::3], numbers[2::3], numbers[3::3], strict=True):
        last += -(step >> 1) if step & 1 else step >> 1
        places.append(Place(id=last, score=min(1.0, score / _FINEST), more=more))
    return numbers[0], places


def _refused(message: str) -> UsageError:
    return UsageError(message, hint="search again without it")


def _written(number: int) -> bytes:
    """Seven bits a byte, the lowest first (LEB128)."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def _read(data: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        if shift > 56:
            raise ValueError("a number of more than 63 bits")
        if byte & 0x80:
            shift += 7
            continue
        yield number
        number = shift = 0
    if shift:
        raise ValueError("it breaks off")
