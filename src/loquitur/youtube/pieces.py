"""A file sent in pieces that can be taken up again (Google's resumable upload protocol)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.errors import RemoteError, TransientError
from loquitur.youtube.complaints import ComplaintError, UnansweredError

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.youtube.wire import Answer

_RANGE = re.compile(r"bytes=0-(\d{1,15})")
_MOST_STANDSTILLS = 5


def send_pieces(
    media: bytes,
    *,
    put: Callable[[bytes, str], Answer],
    wait: Callable[[TransientError, int], bool],
    piece_bytes: int,
) -> Answer:
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
        RemoteError: The service refuses, or takes no more.
    """
    at, failures, is_lost, is_whole = 0, 0, False, False
    while True:
        try:
            if is_lost:
                answer = put(b"", f"bytes */{len(media)}")
            else:
                piece = media[at : at + piece_bytes]
                is_whole = at + len(piece) >= len(media)
                answer = put(piece, f"bytes {at}-{at + len(piece) - 1}/{len(media)}")
        except TransientError as error:
            failures += 1
            if wait(error, failures):
                is_lost = True
                continue
            if is_whole:
                raise _open_end() from error
            raise
        except ComplaintError as error:
            # The address is gone: whether that came of the file being taken, nobody says.
            if is_lost and is_whole and error.status in (404, 410):
                raise _open_end() from error
            raise
        if answer.status != 308:
            return answer
        before, at, is_lost = at, _stored(answer.headers.get("range", "")), False
        failures = 0 if at > before else failures + 1
        if failures > _MOST_STANDSTILLS or at >= len(media):
            raise RemoteError("the service takes no more of the upload and does not say why")


def _open_end() -> UnansweredError:
    return UnansweredError(
        "the whole file was sent and no answer came: it may have been taken",
        hint="look whether it was taken before it is sent again",
    )


def _stored(said: str) -> int:
    """How many bytes are there by the `Range` of a 308; without one none are."""
    match = _RANGE.fullmatch(said)
    return int(match[1]) + 1 if match else 0
