"""Tokens and text as words are made of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.speech.tokens import Token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_HALF = "\ufffd"  # a token that is a part of a character decodes to this
_LONGEST_CHARACTER = 4  # tokens; UTF-8 has no more bytes for one
_LETTERS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WRITTEN = re.compile(rf"[{_LETTERS}][^\w\s]*|[^\s{_LETTERS}]+")


def spell(
    ids: Sequence[int],
    spans: Sequence[tuple[float, float]],
    logs: Sequence[float | None],
    decode: Callable[[list[int]], str],
) -> Iterator[Token]:
    """Tokens of a byte-level vocabulary as pieces of text; parts of one character are joined.

    Args:
        ids: In order.
        spans: (start, end) of each in seconds.
        logs: Natural logarithm of each one's posterior, or None.
        decode: Text of some of them.
    """
    first = 0
    for at in range(len(ids)):
        text = decode(list(ids[first : at + 1]))
        if text.endswith(_HALF) and at - first + 1 < _LONGEST_CHARACTER:
            continue
        known = [log for log in logs[first : at + 1] if log is not None]
        yield Token(
            text=text.replace(_HALF, ""),
            start_s=spans[first][0],
            end_s=spans[at][1],
            log_probability=sum(known) / len(known) if known else None,
        )
        first = at + 1


def split_text(text: str) -> list[str]:
    """Words at blanks; of Chinese and Japanese writing every sign, with what closes it.

    >>> split_text("so is 東京。 it")
    ['so', 'is', '東', '京。', 'it']
    """
    return _WRITTEN.findall(text)
