"""The elements of a JSON array that comes piece by piece, each as soon as it is whole."""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING, Any

from loquitur.errors import RemoteError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MOST_CHARACTERS = 64 * 1024**2
"""No single element is longer; one that is has no end."""


def elements(pieces: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The objects of an array, as they come.

    Args:
        pieces: Of the body, cut anywhere.

    Raises:
        TransientError: The body ends before the array does, or is no array of objects.
        RemoteError: One element has no end.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    scan = json.JSONDecoder()
    held, is_open, tried = "", False, 0
    for piece in pieces:
        held += decoder.decode(piece)
        while True:
            text = held.lstrip(" \t\r\n,")
            if not is_open:
                if not text:
                    break
                if text[0] != "[":
                    raise TransientError("the stream is no JSON array")
                is_open, held = True, text[1:]
                continue
            held = text
            if held.startswith("]"):
                return
            # Only an element's last brace can make it whole: no other piece is worth a parse.
            last = held.rfind("}")
            if last < tried:
                break
            try:
                element, end = scan.raw_decode(held)
            except ValueError:
                tried = last + 1
                break
            tried = 0
            if not isinstance(element, dict):
                raise TransientError("the stream holds something that is no object")
            held = held[end:]
            yield element
        if len(held) > _MOST_CHARACTERS:
            raise RemoteError("the stream answers without end", code="LQ-REMOTE-ANSWER")
    raise TransientError("the stream broke off")
