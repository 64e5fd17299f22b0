"""Secrets taken out of text before it is shown, logged or kept in an error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "***"
_SHORTEST = 6
"""A known secret shorter than that would blot out words by chance."""

_NAMES = (
    "api[_-]?key|key|access[_-]?token|refresh[_-]?token|id[_-]?token|token|client[_-]?secret|code"
    "|code[_-]?verifier|assertion|password|upload[_-]?id"
)
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # ?key=VALUE, "access_token": "VALUE", 'key': 'VALUE', x-goog-api-key: VALUE
    (
        re.compile(rf"(?i)(?<![A-Za-z])((?:{_NAMES})['\"]?\s?=\s?)(['\"]?)[^\s&'\"<>,;)}}\]]+"),
        rf"\1\2{MASK}",
    ),
    (
        re.compile(rf"(?i)(['\"](?:{_NAMES})\\?['\"]\s{{0,3}}:\s{{0,3}}\\?['\"])(?:\\.|[^'\"\\])*"),
        rf"\1{MASK}",
    ),
    (re.compile(r"(?i)(x-goog-api-key['\"]?\s{0,3}[:,=]\s{0,3}['\"]?)[^\s'\",]+"), rf"\1{MASK}"),
    (re.compile(r"(?i)\b(bearer\s{1,3})[^\s'\",;]+"), rf"\1{MASK}"),
    (re.compile(r"AIza[0-9A-Za-z_-]{8,}"), MASK),
    (re.compile(r"ya29\.[0-9A-Za-z._-]+"), MASK),
    (re.compile(r"(?<![0-9A-Za-z:/])[14]//?0[0-9A-Za-z_-]{8,}"), MASK),
    (re.compile(r"GOCSPX-[0-9A-Za-z_-]+"), MASK),
    (re.compile(r"(://)[^/\s@'\"]{1,256}@"), rf"\1{MASK}@"),
)


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """A text without keys, tokens, codes and passwords.

    Args:
        text: What may hold some: a message, an address, a body.
        secrets: Those that are known, taken out wherever they stand.

    >>> redacted("GET /videos?key=AIzaSyA1234567890&id=x with Bearer ya29.abc")
    'GET /videos?key=***&id=x with Bearer ***'
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, MASK)
    for pattern, mask in _PATTERNS:
        text = pattern.sub(mask, text)
    return text


def one_line(text: str, *, most_chars: int, secrets: Iterable[str] = ()) -> str:
    """A text without secrets as one line that steers no terminal, cut to a length."""
    line = display(" ".join(redacted(text, secrets).split()))
    return line if len(line) <= most_chars else line[: most_chars - 1] + "…"
