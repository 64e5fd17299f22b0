"""What format a file is of, where its name does not say: by how it begins."""

from __future__ import annotations

import re

_LOOK = 4096
_SIGNS = (
    ("vtt", re.compile(r"\ufeff?WEBVTT(?:[ \t\n\r]|\Z)")),
    (
        "ttml",
        re.compile(r"\ufeff?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:\w+:)?tt[\s>]", re.DOTALL),
    ),
    ("srv3", re.compile(r"\ufeff?\s*(?:<\?xml[^>]*>\s*)?<timedtext[\s>]")),
    ("ass", re.compile(r"\ufeff?\s*(?:;[^\n]*\n\s*)*\[Script Info\]", re.IGNORECASE)),
    ("scc", re.compile(r"\ufeff?Scenarist_SCC")),
    ("json3", re.compile(r"\ufeff?\s*\{(?:[^{}\[\]]|\[\s*\{\s*\}\s*\])*?\"(?:wireMagic|events)\"")),
    ("json", re.compile(r"\ufeff?\s*[{\[]")),
    ("sbv", re.compile(r"\ufeff?\s*\d+:\d\d:\d\d\.\d{3},\d+:\d\d:\d\d\.\d{3}")),
    ("srt", re.compile(r"(?:.*\n){0,20}?[^\n]*\d{1,2}:\d\d[,.:\d]*\s*-{1,2}>\s*\d{1,2}:\d\d")),
)


def sniff(data: bytes) -> str:
    """The name of the format that some bytes begin like; empty where they are like none."""
    head = data[:_LOOK]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
    else:
        text = head.decode("utf-8", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return next((name for name, sign in _SIGNS if sign.match(text)), "")
