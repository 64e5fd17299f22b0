"""Moonshine's pieces of text by number, in either of the two files that models come with."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from loquitur.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

BEGIN = 1
END = 2

_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_MARK = re.compile(rb"<s>|</s>|<unk>|<pad>|<<ST_\d+>>")
_WORD_START = "\u2581".encode()
_MOST_PIECES = 1 << 20


def read_pieces(path: Path) -> tuple[bytes, ...]:
    """The UTF-8 of each piece, by its number; a leading blank begins a word, marks are empty.

    Args:
        path: `tokenizer.bin` (each piece after its length: one byte, or two with the high bit set
            in the first, little end first, seven bits in it), or `tokenizer.json` of the
            tokenizers library.

    Raises:
        InputError: It is no such file.
    """
    try:
        content = path.read_bytes()
        pieces = _of_json(content) if path.suffix == ".json" else _of_binary(content)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as exc:
        raise InputError(f"{path} holds no pieces of text: {exc}", code="LQ-NO-MODEL") from exc
    if len(pieces) <= END:
        raise InputError(f"{path} holds {len(pieces)} pieces of text", code="LQ-NO-MODEL")
    return tuple(b"" if _MARK.fullmatch(piece) else piece for piece in pieces)


def _of_binary(content: bytes) -> list[bytes]:
    pieces = []
    at = 0
    while at < len(content):
        size = content[at]
        at += 1
        if size >= 128:
            size += 128 * content[at] - 128
            at += 1
        if at + size > len(content):
            raise ValueError("the file ends inside a piece")
        pieces.append(content[at : at + size].replace(_WORD_START, b" "))
        at += size
    return pieces


def _of_json(content: bytes) -> list[bytes]:
    found = json.loads(content)
    numbers: dict[str, int] = dict(found["model"]["vocab"])
    numbers |= {item["content"]: item["id"] for item in found.get("added_tokens", ())}
    highest = max(numbers.values())
    if highest > _MOST_PIECES:
        raise ValueError(f"a piece has the number {highest}")
    pieces = [b""] * (highest + 1)
    for text, number in numbers.items():
        byte = _BYTE.fullmatch(text)
        pieces[number] = (
            bytes([int(byte[1], 16)]) if byte else text.encode().replace(_WORD_START, b" ")
        )
    return pieces
