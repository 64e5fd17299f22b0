"""An answer on the terminal: what was said, what is said around it, and where to hear it."""

from __future__ import annotations

import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from loquitur.text import display
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.library import Citation, Reply

_WIDEST = 100
_CONTEXT = 120
"""Characters of context on the terminal, before and after; `--json` and files have more."""


def show(reply: Reply) -> None:
    """Print an answer with its citations, or why there is none and where to look."""
    if reply.searched and reply.searched != reply.question:
        click.echo(click.style(f"searched: {display(reply.searched)}", dim=True))
    if reply.answer is None:
        click.echo(f"No answer: {display(reply.reason)}.")
        if reply.nearest:
            click.echo(click.style("The nearest passages:", dim=True))
    elif reply.engine != "none":
        click.echo(_wrapped(display(reply.answer)))
        click.echo()
    show_citations(reply.citations or reply.nearest)
    for notice in reply.notices:
        click.echo(click.style(display(notice), dim=True))


def show_citations(citations: Sequence[Citation]) -> None:
    """Print citations one below the other, with a blank line between."""
    for number, one in enumerate(citations):
        if number:
            click.echo()
        _show_citation(one)


def _show_citation(one: Citation) -> None:
    head = click.style(f"[{one.n}]", bold=True, fg="cyan")
    at = short_clock(one.start_ms)
    where = "  ".join(filter(None, (display(one.title or one.media_id), display(one.speaker))))
    click.echo(f"{head} {linked(at, one.url)}  {where}")
    before = _tail(one.before)
    after = _start(one.after)
    said = " ".join(
        filter(
            None,
            (
                click.style(display(before), dim=True) if before else "",
                _marked(one),
                click.style(display(after), dim=True) if after else "",
            ),
        )
    )
    click.echo(_wrapped(said))
    if one.url and not _clickable():
        click.echo(f"    {display(one.url)}")


def _marked(one: Citation) -> str:
    """The words in bold, the likeliest answer in them underlined."""
    pieces, at = [], 0
    for start, end in sorted(one.marks):
        if at <= start < end <= len(one.text):
            pieces.append(click.style(display(one.text[at:start]), bold=True))
            pieces.append(
                click.style(display(one.text[start:end]), bold=True, underline=True, fg="green")
            )
            at = end
    return "".join([*pieces, click.style(display(one.text[at:]), bold=True)])


def linked(text: str, url: str) -> str:
    """A text that leads to an address where the terminal can (OSC 8), else the text alone."""
    if not url or not _clickable():
        return text
    target = display(url) if "://" in url else _file_address(url)
    return f"\x1b]8;;{target}\x1b\\{click.style(text, underline=True)}\x1b]8;;\x1b\\"


def _clickable() -> bool:
    context = click.get_current_context(silent=True)
    colourless = context is not None and context.color is False
    return sys.stdout.isatty() and not colourless


def _file_address(url: str) -> str:
    path, _, fragment = url.partition("#")
    return Path(path).absolute().as_uri() + (f"#{fragment}" if fragment else "")


def _wrapped(text: str) -> str:
    """Lines as wide as the terminal; what styles a word takes no room."""
    if not sys.stdout.isatty():
        return textwrap.indent(text, "    ")
    room = min(_WIDEST, shutil.get_terminal_size().columns) - 4
    lines, line, width = [], [], 0
    for word in text.split(" "):
        size = len(click.unstyle(word))
        if line and width + 1 + size > room:
            lines.append(" ".join(line))
            line, width = [], 0
        line.append(word)
        width += size + (len(line) > 1)
    lines.append(" ".join(line))
    return textwrap.indent("\n".join(lines), "    ")


def _tail(text: str) -> str:
    return text if len(text) <= _CONTEXT else "…" + text[-_CONTEXT:].partition(" ")[2]


def _start(text: str) -> str:
    return text if len(text) <= _CONTEXT else text[:_CONTEXT].rpartition(" ")[0] + "…"
