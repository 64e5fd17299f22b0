"""Bodies of several parts, as `multipart/related` (uploads) and `multipart/mixed` (batch)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part: its headers by name in lower case, and its content."""

    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """A header, empty where there is none."""
        return self.headers.get(name, "")


def parts_of(body: bytes, content_type: str) -> list[Part]:
    """The parts of a body.

    Lines may end in CR LF or in LF alone, as Google's own client writes them; a part's content is
    what lies between, byte for byte.

    Raises:
        ValueError: No boundary, or fewer than two parts between its marks.
    """
    found = re.search(r'boundary="?([^";]+)"?', content_type)
    if found is None:
        raise ValueError("no boundary in Content-Type")
    mark = re.escape(found[1].encode())
    # The first mark tells which line ends the writer uses: with LF alone, a CR is content.
    first = re.search(rb"(?:^|\n)--" + mark + rb"[ \t]*(\r?\n)", body)
    newline = first[1] if first else rb"\r?\n"
    pieces = re.split(rb"(?:^|" + newline + rb")--" + mark + rb"(?=--|[ \t]*\r?\n)", body)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise ValueError("the boundary does not open and close the parts")
    return [_part(piece) for piece in pieces[1:-1]]


def head_and_body(text: bytes) -> tuple[list[str], bytes]:
    """Lines before the first empty one, and all that follows it."""
    found = re.search(rb"\r?\n\r?\n", text)
    head, body = (text[: found.start()], text[found.end() :]) if found else (text, b"")
    return head.decode("utf-8", "replace").splitlines(), body


def headers_of(lines: list[str]) -> dict[str, str]:
    """Headers by name in lower case."""
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _part(piece: bytes) -> Part:
    text = re.sub(rb"^[ \t]*\r?\n", b"", piece, count=1)
    if text.startswith((b"\n", b"\r\n")):
        return Part(headers={}, body=text.split(b"\n", 1)[1])
    lines, body = head_and_body(text)
    return Part(headers=headers_of(lines), body=body)
