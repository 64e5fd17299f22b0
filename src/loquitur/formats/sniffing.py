"""What format a file is of, where its name does not say: by how it begins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.errors import InputError
from loquitur.text import display

if TYPE_CHECKING:
    from pathlib import Path

_LOOK = 4096
_SIGNS = (
    ("vtt", re.compile(r"\ufeff?WEBVTT(?:[ \t\n\r]|\Z)")),
    (
        "ttml",
        re.compile(r"\ufeff?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:\w+:)?tt[\s>]", re.DOTALL),
    ),
    ("srv3", re.compile(r"\ufeff?\s*(?:<\?xml[^>]*>\s*)?<(?:timedtext|transcript)[\s>]")),
    ("ass", re.compile(r"\ufeff?\s*(?:;[^\n]*\n\s*)*\[Script Info\]", re.IGNORECASE)),
    ("scc", re.compile(r"\ufeff?Scenarist_SCC")),
    (
        "lrc",
        re.compile(r"\ufeff?\s*(?:\[[a-zA-Z#]{1,20}:[^\]\n]*\]\s*)*\[\d+:\d\d(?:[.:]\d{1,3})?\]"),
    ),
    ("json3", re.compile(r"\ufeff?\s*\{(?:[^{}\[\]]|\[\s*\{\s*\}\s*\])*?\"(?:wireMagic|events)\"")),
    ("json3", re.compile(r"\ufeff?\s*\{.{0,3000}?\"events\"\s*:\s*\[", re.DOTALL)),
    ("json", re.compile(r"\ufeff?\s*[{\[]")),
    ("sbv", re.compile(r"\ufeff?\s*\d+:\d\d:\d\d\.\d{3},\d+:\d\d:\d\d\.\d{3}")),
    ("rt", re.compile(r"\ufeff?\s*(?:<window\b|<time\s+begin)", re.IGNORECASE)),
    ("audacity", re.compile(r"\ufeff?-?\d+[.,]\d+\t-?\d+[.,]\d+(?:\t|\n|\Z)")),
    (
        "tsv",
        re.compile(
            r"\ufeff?(?=[^\n]*\bstart)(?=[^\n]*\bend)[a-z_# ]*\t[^\n]*\btext", re.IGNORECASE
        ),
    ),
    (
        "csv",
        re.compile(r"\ufeff?(?=[^\n]*\bstart)(?=[^\n]*\bend)[^\n]*[,;][^\n]*text", re.IGNORECASE),
    ),
    ("stm", re.compile(r"(?:;;[^\n]*\n)*\S+ +\S+ +\S+ +\d+(?:\.\d+)? +\d+(?:\.\d+)? +<")),
)
_ARROW = re.compile(r"\d[\d:,. ]{3,20}-{1,2}>[ \t]{0,3}-?\d{1,3}[ \t]?:")
_TIMED = re.compile(
    r"^[ \t\ufeff]{0,20}(?:\*TC )?(?:\d{1,3}:)?\d{1,2}:\d\d[.:;,]\d{1,6}[ \t]{0,20}$", re.MULTILINE
)


def begins_with_names(path: Path, *names: str) -> bool:
    """Whether a file is called JSON, and its first 4,096 bytes have these names.

    Raises:
        InputError: It cannot be read.
    """
    if path.suffix.lower() != ".json":
        return False
    try:
        with path.open("rb") as file:
            head = file.read(_LOOK)
    except OSError as exc:
        raise InputError(f"{display(str(path))}: cannot be read: {exc.strerror}") from exc
    return all(f'"{name}"'.encode() in head for name in names)


def sniff(data: bytes) -> str:
    """The name of the format that some bytes begin like; empty where they are like none."""
    head = data[:_LOOK]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
    else:
        text = head.decode("utf-8", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if head[3:6] == b"STL" and head[8:11] in (b".01", b".02"):
        return "stl"
    found = next((name for name, sign in _SIGNS if sign.match(text)), "")
    if not found and _ARROW.search(text):
        found = "srt"
    return found or ("txt" if _TIMED.search(text) else "")
