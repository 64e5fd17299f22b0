"""What the command line prints: data on stdout, talk on stderr, JSON where asked for."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

import click

from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Sequence

_NARROWEST = 8


def print_json(document: Any, *, line: bool = False) -> None:
    """One JSON document on stdout; indented on a terminal unless `line`, one line elsewhere.

    Lone surrogates (bytes of a file name that are not UTF-8) become JSON's own escapes.
    """
    indent = 2 if sys.stdout.isatty() and not line else None
    text = json.dumps(document, ensure_ascii=False, indent=indent, default=str)
    click.echo(text.encode("utf-8", "backslashreplace").decode())


def print_table(
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    fit: bool = False,
    shrinkable: Sequence[int] = (),
) -> None:
    """Rows under a header, columns as wide as their widest cell.

    A row of one cell is a line of its own, beside the columns. With `fit`, a line ends where a
    terminal's line ends: the columns named as `shrinkable` give way, the widest of them first, and
    what is still over is cut off.
    """
    cells = [[display(str(cell)) for cell in row] for row in (header, *rows)]
    columns = [row for row in cells if len(row) == len(header)]
    widths = [max(len(row[i]) for row in columns) for i in range(len(header))]
    room = shutil.get_terminal_size().columns if fit and sys.stdout.isatty() else None
    if room is not None:
        widths = _fitted(widths, room - 2 * (len(widths) - 1), shrinkable)
    for number, row in enumerate(cells):
        if len(row) == 1 and len(header) > 1:
            click.echo(row[0] if room is None else _cut(row[0], room))
            continue
        texts = [_cut(cell, width) for cell, width in zip(row, widths, strict=True)]
        line = "  ".join(text.ljust(width) for text, width in zip(texts, widths, strict=True))
        line = line.rstrip() if room is None else _cut(line.rstrip(), room)
        click.echo(click.style(line, bold=True) if number == 0 else line)


def _fitted(widths: list[int], room: int, shrinkable: Sequence[int]) -> list[int]:
    """Widths of which the sum is the room, as far as the columns that may give way allow."""
    found = list(widths)
    while sum(found) > room:
        widest = max(shrinkable, key=lambda at: found[at], default=None)
        if widest is None or found[widest] <= _NARROWEST:
            break
        found[widest] -= 1
    return found


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def called(given: str) -> str:
    """An input for people, without the passwords and keys that an address may hold."""
    from loquitur.media.urls import is_url, shown

    return shown(given) if is_url(given) else display(given)


def tell(text: str) -> None:
    """One line of talk on stderr; a listener who went away stops no work."""
    tell_raw(display(text))


def tell_error(message: str, *, hint: str, code: str, as_json: bool) -> None:
    """An error on stderr: one line and a hint, or one JSON document."""
    if as_json:
        document = {"error": {"code": code, "message": display(message), "hint": display(hint)}}
        tell_raw(json.dumps(document, ensure_ascii=False))
        return
    line = click.style("error: ", fg="red", bold=True) + display(message)
    tell_raw(line + (f" ({display(hint)})" if hint else ""))


def tell_traceback(error: BaseException) -> None:
    """Where an error came from, with its causes and notes, on stderr."""
    import traceback

    for line in "".join(traceback.format_exception(error)).splitlines():
        tell(line)


def tell_raw(text: str) -> None:
    """Text as it is on stderr; where that takes nothing any more, it is turned away for good.

    What a failed write leaves in the buffer would fail again at exit, with exit code 120.
    """
    try:
        click.echo(text, err=True)
    except OSError:
        with contextlib.suppress(OSError):
            sink = os.open(os.devnull, os.O_WRONLY)
            os.dup2(sink, sys.stderr.fileno())
            os.close(sink)
