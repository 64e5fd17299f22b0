"""Texts of strangers on their way to a model, and a model's on their way to people.

What cannot be seen is taken out of both: zero-width signs, bidirectional overrides and tag
characters carry orders that no reader notices. What a model writes is plain words: markup,
addresses and numbers in brackets are taken out of it, since links and `[n]` are ours alone.
"""

from __future__ import annotations

import re
import unicodedata

_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_ESCAPE = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|(?:\x1b\[|\x9b)[0-9;:?]*[ -/]*[@-~]?|\x1b[@-_]?"
)
_PICTURE = re.compile(r"!\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])?")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")
_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
_ADDRESS = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{1,20}://|\bwww\.|\b(?:data|javascript|mailto|file|vbscript):(?=\S))"
    r"[^\s<>\"'()\[\]{}]*"
    r"|\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63})+"
    r"|\b(?:[a-z0-9-]{1,63}\.){1,9}(?:com|org|net|io|be|dev|ai|app|example|test|info|co|me|ly|gg|tv|xyz)"
    r"(?:/[^\s<>\"'()\[\]{}]*)?(?![\w@])",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"\s*[\[\u3010\uff3b]\s*\^?\s*(?:[A-Za-z.]{0,8}\s*)?\d[^\[\]\u3010\u3011\uff3b\uff3d]{0,40}[\]\u3011\uff3d]"
)
_EMPHASIS = re.compile(r"(\*{1,3}|_{2,3}|~~|`{1,3})(?=\S)(.+?)(?<=\S)\1")
_LEADING = re.compile(r"^\s*(?:[-*+\u2022>#]+|\d{1,2}[.)])\s+")
_LEFT_OUT = "\u2026"


def visible(text: str) -> str:
    r"""A text on one line with nothing in it that cannot be seen.

    >>> visible("so\u200b it\u202e is\n\x1b[2J")
    'so it is'
    """
    plain = _ESCAPE.sub("", text)
    plain = _SELECTORS.sub("", plain)
    if not plain.isascii() or not plain.isprintable():
        plain = "".join(
            " " if sign.isspace() else "" if unicodedata.category(sign)[0] == "C" else sign
            for sign in plain
        )
    return " ".join(plain.split())


def plain_claim(text: str) -> tuple[str, bool]:
    """What a model claims as plain words, and whether an address was taken out of it.

    >>> plain_claim("**So** it is [3], see [here](https://a.example/x) ![p](http://b.example)")
    ('So it is, see here p', True)
    """
    found = visible(text)
    had = _ADDRESS.search(found) is not None
    found = _PICTURE.sub(r"\1", found)
    found = _LINK.sub(r"\1", found)
    found = _TAG.sub("", found)
    found = _ADDRESS.sub(_LEFT_OUT, found)
    found = _NUMBERED.sub("", found)
    for _ in range(3):
        found, count = _EMPHASIS.subn(r"\2", found)
        if not count:
            break
    found = _LEADING.sub("", found)
    return " ".join(found.split()), had
