"""Files to be scored, by one table of formats; whatever a file holds, the answer is one line.

A new format is one function from `Content` to `Sheet` and one line in `READERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from loquitur.errors import InputError
from loquitur.evaluation import captions, documents, rows
from loquitur.evaluation.content import Content
from loquitur.evaluation.entries import Sheet
from loquitur.text import display

MOST_BYTES = 256 * 1024 * 1024
"""More than a thousand hours of words; a file beyond it is no transcript."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A format: its function, and whether its files tell words, turns, or both."""

    parse: Callable[[Content], Sheet]
    words: bool = True
    turns: bool = True


# the order is that of preference where a folder has several files of one name
READERS: dict[str, Reader] = {
    ".stm": Reader(parse=rows.read_stm),
    ".seglst.json": Reader(parse=documents.read_json),
    ".json": Reader(parse=documents.read_json),
    ".rttm": Reader(parse=rows.read_rttm, words=False),
    ".ctm": Reader(parse=rows.read_ctm, turns=False),
    ".vtt": Reader(parse=captions.read_vtt),
    ".srt": Reader(parse=captions.read_srt, turns=False),
    ".txt": Reader(parse=captions.read_txt, turns=False),
}


def suffixes(*, turns: bool) -> tuple[str, ...]:
    """The formats that tell turns, or words, the richest first."""
    order = [name for name, reader in READERS.items() if (reader.turns if turns else reader.words)]
    if turns:  # an RTTM is made for it, a transcript tells turns by the way
        order.sort(key=lambda name: name != ".rttm")
    return tuple(order)


def suffix_of(path: Path) -> str:
    """The format's suffix of a file name, empty where it is none of the table."""
    name = path.name.lower()
    return next((one for one in READERS if name.endswith(one) and name != one), "")


def stem_of(path: Path) -> str:
    """The file name without its format's suffix."""
    return path.name[: len(path.name) - len(suffix_of(path))]


def read(path: Path, *, turns: bool = False) -> Sheet:
    """What a file says.

    Args:
        path: A file whose suffix is in the table.
        turns: Whether turns are wanted of it; words otherwise.

    Raises:
        InputError: It is not there, too large, of another format, or not what its suffix says;
            the message names file and line, what was found and what is expected.
    """
    suffix = suffix_of(path)
    known = suffixes(turns=turns)
    if suffix not in known:
        what = "turns" if turns else "words"
        raise InputError(
            f"{display(str(path))}: a {suffix or path.suffix or 'nameless'} file tells no {what}",
            hint="expected one of " + ", ".join(known),
            code="LQ-EVAL-FORMAT",
        )
    return READERS[suffix].parse(open_content(path))


def open_content(path: Path) -> Content:
    """The text of a file: UTF-8, or UTF-16 where it opens with its mark.

    Raises:
        InputError: It cannot be read, or is no text.
    """
    shown = display(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as exc:
        raise InputError(
            f"{shown}: cannot be read: {exc.strerror or exc}", code="LQ-EVAL-READ"
        ) from exc
    if len(data) > MOST_BYTES:
        raise InputError(
            f"{shown}: more than {MOST_BYTES >> 20} MiB, expected a transcript",
            code="LQ-EVAL-READ",
        )
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        raise InputError(
            f"{shown}, line {line}: found bytes that are not {exc.encoding}, expected text",
            hint="convert the file to UTF-8",
            code="LQ-EVAL-READ",
        ) from exc
    return Content(path=path, stem=stem_of(path), text=text)
