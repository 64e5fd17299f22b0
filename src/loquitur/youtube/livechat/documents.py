"""The JSON documents of a file: one a line, or one that fills the file.

yt-dlp writes lines, ends in the middle of one where it was stopped, and writes hundreds of
megabytes of them; an answer of the API that somebody saved is one document over many lines, a list
of such answers or of a chat's actions too.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from loquitur.conversion import decoder
from loquitur.errors import InputError
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from loquitur.youtube.livechat.actions import Counts

LONGEST_LINE = 8 * 1024**2
"""Bytes; a line of a real chat has a few thousand."""
_HEAD = 1024
_BOM = b"\xef\xbb\xbf"
_decode = decoder(object).decode
_BROKEN = (ValueError, RecursionError)
"""What broken JSON raises; `msgspec.DecodeError` is a ValueError."""


def documents(
    path: Path, counts: Counts, *, among: Callable[[bytes], Any] | None = None
) -> Iterator[tuple[int, object]]:
    """The documents of a file, each with its number from 1; of a list, its entries.

    Args:
        path: The file.
        counts: Hears of lines, of broken ones and of a cut one.
        among: Lines for which this gives nothing are skipped.

    Raises:
        InputError: The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            if _is_one(file):
                yield from _whole(file, counts)
            else:
                yield from _lines(file, counts, among)
    except OSError as exc:
        raise InputError(
            f"{display(str(path))}: cannot be read: {exc.strerror}", code="LQ-INPUT-NO-FILE"
        ) from exc


def _is_one(file: BinaryIO) -> bool:
    """Whether a document goes on after the first line: `{` alone stands there, or a list begins."""
    head = file.read(_HEAD).removeprefix(_BOM).lstrip()
    file.seek(0)
    return head.startswith(b"[") or head.partition(b"\n")[0].rstrip() == b"{"


def _whole(file: BinaryIO, counts: Counts) -> Iterator[tuple[int, object]]:
    try:
        document = _decoded(file.read().removeprefix(_BOM))
    except _BROKEN:
        counts.broken += 1
        return
    found = document if isinstance(document, list) else [document]
    for number, entry in enumerate(found, start=1):
        counts.lines += 1
        yield number, entry


def _lines(
    file: BinaryIO, counts: Counts, among: Callable[[bytes], Any] | None
) -> Iterator[tuple[int, object]]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        is_whole = line.endswith(b"\n")
        if len(line) > LONGEST_LINE and not is_whole:
            _skip(file)
            counts.broken += 1
            continue
        if not line.strip() or (among is not None and not among(line)):
            continue
        try:
            document = _decoded(line.removeprefix(_BOM))
        except _BROKEN:
            counts.is_cut = not is_whole
            counts.broken += is_whole
            continue
        counts.lines += 1
        yield number, document


def _decoded(text: bytes) -> object:
    """A document; half an emoji, which the strict reader refuses, stands as half of one."""
    try:
        return _decode(text)
    except msgspec.DecodeError:
        if rb"\ud" not in text and rb"\uD" not in text:
            raise
    return json.loads(text)


def _skip(file: BinaryIO) -> None:
    while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
        pass
