"""A file sent in pieces that can be taken up again (Google's resumable upload protocol)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.errors import RemoteError, TransientError
from loquitur.youtube.complaints import UnansweredError

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

_RANGE = re.compile(r"bytes=0-(\d{1,15})")


def send_pieces(
    media: bytes,
    *,
    put: Callable[[bytes, str], httpx.Response],
    wait: Callable[[TransientError, int], bool],
    piece_bytes: int,
) -> httpx.Response:
    """Send a file; after a failure ask how much is there and go on from there.

    Args:
        media: The file.
        put: Sends bytes under a `Content-Range`; raises `TransientError` where that failed.
        wait: Waits before another try; False where there shall be none.
        piece_bytes: The size of a piece, a multiple of 256 KiB.

    Returns:
        The answer to the last piece.

    Raises:
        UnansweredError: The last byte was sent and what came of it cannot be found out.
    """
    at, failures, is_lost = 0, 0, False
    while True:
        try:
            if is_lost:
                answer = put(b"", f"bytes */{len(media)}")
            else:
                piece = media[at : at + piece_bytes]
                answer = put(piece, f"bytes {at}-{at + len(piece) - 1}/{len(media)}")
            if answer.status_code != 308:
                return answer
            is_lost, before = False, at
            at = _stored(answer.headers.get("range", ""))
            failures = failures if at <= before else 0
        except TransientError as error:
            failures += 1
            if not wait(error, failures):
                if at + piece_bytes >= len(media):
                    raise UnansweredError(
                        "the whole file was sent and no answer came",
                        hint="look whether it was taken before it is sent again",
                    ) from error
                raise
            is_lost = True
        if at >= len(media):
            raise RemoteError("the service holds the whole file and does not say that it is done")


def _stored(said: str) -> int:
    """How many bytes are there by the `Range` of a 308; without one none are."""
    match = _RANGE.fullmatch(said)
    return int(match[1]) + 1 if match else 0
