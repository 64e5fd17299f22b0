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


def print_json(document: Any, *, line: bool = False) -> None:
    """One JSON document on stdout; indented on a terminal unless `line`, one line elsewhere.

    Lone surrogates (bytes of a file name that are not UTF-8) become JSON's own escapes.
    """
    indent = 2 if sys.stdout.isatty() and not line else None
    text = json.dumps(document, ensure_ascii=False, indent=indent, default=str)
    click.echo(text.encode("utf-8", "backslashreplace").decode())


def print_table(
    header: Sequence[str], rows: Sequence[Sequence[object]], *, fit: bool = False
) -> None:
    """Rows under a header, columns as wide as their widest cell.

    With `fit`, a line ends where a terminal's line ends, if the last columns can be done without.
    """
    cells = [[display(str(cell)) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    room = shutil.get_terminal_size().columns if fit and sys.stdout.isatty() else None
    for number, row in enumerate(cells):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        line = line.rstrip()
        if room is not None and len(line) > room:
            line = line[: room - 1] + "…"
        click.echo(click.style(line, bold=True) if number == 0 else line)


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
