"""An answer on the terminal: what was said, what is said around it, and where to hear it."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from loquitur.library import emphasis
from loquitur.text import counted, display
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loquitur.library.answers.composing import Said
    from loquitur.model.library import Citation, Reply

_WIDEST = 100
_LINK = re.compile("\x1b]8;[^\x1b\x07]*(?:\x1b\\\\|\x07)")
_CONTEXT = 120
"""Characters of context on the terminal, before and after; `--json` and files have more."""


def show(reply: Reply) -> None:
    """Print an answer with its citations, or why there is none and where to look.

    A language model's sentences were printed by `tell_claim`, each once it was checked.
    """
    told = reply.engine != "none" and reply.answer is not None  # and what was searched with it
    if reply.searched and reply.searched != reply.question and not told:
        click.echo(_dim(f"searched: {display(reply.searched)}"))
    if reply.answer is None:
        click.echo(f"No answer: {display(reply.reason)}.")
        if reply.nearest:
            click.echo(_dim("The nearest passages:"))
    elif reply.engine != "none":
        click.echo()
    show_citations(reply.citations or reply.nearest)
    for notice in reply.notices:
        click.echo(_dim(display(notice)))
    if reply.engine != "none":
        cost = "cost unknown" if reply.cost_usd is None else f"${reply.cost_usd:.4f}"
        left = f", {counted(len(reply.dropped), 'claim')} left out" if reply.dropped else ""
        tokens = f"{reply.input_tokens + reply.output_tokens:,} tokens"
        click.echo(_dim(f"{display(reply.engine)}: {tokens}, {cost}{left}"))


def tell_claim(said: Said) -> None:
    """Print a checked sentence of a language model, its numbers as links."""
    if said.searched:
        click.echo(_dim(f"searched: {display(said.searched)}"))
    text = display(said.text)
    for one in said.citations:
        text = text.replace(f"[{one.n}]", linked(f"[{one.n}]", one.url))
    click.echo(wrapped(text, indent=""))


def show_citations(citations: Sequence[Citation]) -> None:
    """Print citations one below the other, with a blank line between."""
    for number, one in enumerate(citations):
        if number:
            click.echo()
        _show_citation(one)


def _show_citation(one: Citation) -> None:
    head = click.style(f"[{one.n}]", bold=True, fg="cyan")
    at = short_clock(one.leads_ms) if one.timed else "text"
    where = "  ".join(filter(None, (display(one.title or one.media_id), display(one.speaker))))
    click.echo(f"{head} {linked(at, one.url)}  {where}")
    if styled():
        before, after = display(_tail(one.before)), display(_start(one.after))
        apart = " " if after[:1].isalnum() or after[:1] in "\"'([" else ""  # a full stop is not
        words = marked(one.text, one.marks, within=True)
        context = (_dim(before), words + apart + _dim(after))
        click.echo(wrapped(" ".join(filter(click.unstyle, context)).rstrip()))
    else:
        click.echo(wrapped(marked(one.text, one.marks)))
        for name, text in (("before", _tail(one.before)), ("after", _start(one.after))):
            if text:
                click.echo(f"    ({name}: {display(text)})")
    if one.url and not styled():
        click.echo(f"    {display(one.url)}")


def _dim(text: str) -> str:
    return click.style(text, dim=True)


def marked(text: str, marks: Iterable[tuple[int, int]], *, within: bool = False) -> str:
    """A text in which what matters is bold and green; between asterisks where nothing has styles.

    Args:
        text: Of others.
        marks: Half-open ranges of its characters.
        within: The whole text is bold, and what matters in it underlined.
    """
    if not styled():
        pieces = (f"*{one}*" if matters else one for one, matters in emphasis.pieces(text, marks))
        return display("".join(pieces))
    return "".join(
        click.style(display(one), bold=True, underline=within or None, fg="green")
        if matters
        else click.style(display(one), bold=True)
        if within
        else display(one)
        for one, matters in emphasis.pieces(text, marks)
    )


def linked(text: str, url: str) -> str:
    """A text that leads to an address where the terminal can (OSC 8), else the text alone."""
    if not url or not styled():
        return text
    target = display(url) if "://" in url else _file_address(url)
    return f"\x1b]8;;{target}\x1b\\{click.style(text, underline=True)}\x1b]8;;\x1b\\"


def styled() -> bool:
    """Whether what is printed may be styled."""
    context = click.get_current_context(silent=True)
    colourless = context is not None and context.color is False
    return sys.stdout.isatty() and not colourless


def _file_address(url: str) -> str:
    path, _, fragment = url.partition("#")
    return Path(path).absolute().as_uri() + (f"#{fragment}" if fragment else "")


def wrapped(text: str, *, indent: str = "    ") -> str:
    """Lines as wide as the terminal; what styles a word takes no room."""
    if not sys.stdout.isatty():
        return textwrap.indent(text, indent)
    room = min(_WIDEST, shutil.get_terminal_size().columns) - 4
    lines: list[str] = []
    line: list[str] = []
    width = 0
    for word in text.split(" "):
        size = len(click.unstyle(_LINK.sub("", word)))
        if line and width + 1 + size > room:
            lines.append(" ".join(line))
            line, width = [], 0
        line.append(word)
        width += size + (len(line) > 1)
    lines.append(" ".join(line))
    return textwrap.indent("\n".join(lines), indent)


def _tail(text: str) -> str:
    return text if len(text) <= _CONTEXT else "…" + text[-_CONTEXT:].partition(" ")[2]


def _start(text: str) -> str:
    return text if len(text) <= _CONTEXT else text[:_CONTEXT].rpartition(" ")[0] + "…"
