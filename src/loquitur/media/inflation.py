"""Compressed bodies, unpacked in small bites with a limit on how much they may swell."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from loquitur.errors import InputError, RemoteError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator

_BITE_BYTES = 1024**2
_FREE_BYTES = 64 * 1024**2
_MAX_RATIO = 100
"""Sound and pictures hardly shrink; zeros shrink to a thousandth, and that is what bombs hold."""


def inflate(chunks: Iterator[bytes], *, encoding: str, shown_url: str) -> Iterator[bytes]:
    """The decoded bytes of a body with `Content-Encoding` gzip or deflate.

    Raises:
        RemoteError: Another encoding, or a body that is not what it says.
        TransientError: The body ends too early.
        InputError: It swells as no medium does.
    """
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise RemoteError(f"{shown_url}: the server compresses in a way nobody asked for")
    decoder = zlib.decompressobj(wbits=47 if "gzip" in encoding else 15)
    came_bytes = given_bytes = 0
    for chunk in chunks:
        came_bytes += len(chunk)
        rest, is_more = chunk, True
        while is_more and not decoder.eof:
            try:
                data = decoder.decompress(rest, _BITE_BYTES)
            except zlib.error as exc:
                raise RemoteError(f"{shown_url}: the compressed body is damaged") from exc
            given_bytes += len(data)
            if given_bytes > max(_FREE_BYTES, _MAX_RATIO * came_bytes):
                raise InputError(
                    f"{shown_url}: {came_bytes} bytes unpack to more than {given_bytes}",
                    code="LQ-INPUT-BOMB",
                )
            yield data
            rest = decoder.unconsumed_tail
            is_more = bool(rest) or len(data) == _BITE_BYTES
        if decoder.eof:
            return
    raise TransientError(f"{shown_url}: the compressed body ends too early")
