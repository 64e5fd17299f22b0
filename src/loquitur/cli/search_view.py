"""Hits on the terminal: whose words, when, the words with what fits marked, the link."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from loquitur.cli.ask_view import linked, marked, styled, wrapped
from loquitur.cli.output import tell
from loquitur.text import counted, display
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from loquitur.model.library import Found, Hit


def show(found: Found, *, library: str, like: int | None) -> None:
    """Print hits; what was searched beside the words, and how to go on, on stderr.

    Args:
        found: What was found.
        library: The library's name, as it was given.
        like: The passage that others are like, where that was asked.
    """
    taken: dict[str, list[str]] = {}
    for typed, other in found.also:
        taken.setdefault(typed, []).append(other)
    for typed, others in taken.items():
        tell(f"nobody says '{typed}'; also searched: {', '.join(others)}")
    for number, hit in enumerate(found.hits):
        if number:
            click.echo()
        _show(hit)
    if not found.hits:
        tell("nothing found")
    elif found.cursor:
        asked = f"--like {like}" if like is not None else shlex.quote(found.query)
        where = f" --library {shlex.quote(library)}" if library else ""
        tell(f"more: loquitur search {asked}{where} (as before) --page {found.cursor}")


def _show(hit: Hit) -> None:
    passage, volume = hit.passage, hit.volume
    when = short_clock(hit.start_ms) if passage.timed else passage.kind
    head = [
        click.style(f"{hit.rank:>2}.", bold=True, fg="cyan"),
        linked(when, hit.url),
        click.style(display(volume.title or passage.media_id), bold=True),
    ]
    about = [passage.speaker, passage.chapter, volume.channel, volume.published]
    head += [click.style(display(text), dim=True) for text in about if text]
    if hit.more:
        head.append(click.style(f"+{counted(hit.more, 'passage')}", dim=True))
    head.append(click.style(f"#{passage.id}", dim=True))
    click.echo("  ".join(head))
    click.echo(wrapped(_snippet(hit)))
    if hit.url and not styled():
        click.echo(f"    {display(hit.url)}")


def _snippet(hit: Hit) -> str:
    """The snippet, what fits in it marked, with dots where the passage goes on."""
    before = "" if hit.passage.text.startswith(hit.snippet) else "… "
    after = "" if hit.passage.text.endswith(hit.snippet) else " …"
    return before + marked(hit.snippet, hit.marks) + after
