"""Writes `docs/cli.md` from the command line's own help: `python docs/make_cli.py`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from loquitur.cli.main import VERBS, cli

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).with_name("cli.md")


def text() -> str:
    """The page: one section per verb, as `--help` prints it at 100 columns."""
    sections = ["# The command line\n\nMade by `python docs/make_cli.py`; a test compares it.\n"]
    sections.append(_section("loquitur", cli, None))
    root = click.Context(cli, info_name="loquitur", **cli.context_settings)
    for verb in VERBS:
        command = cli.get_command(root, verb)
        if command is None:
            raise LookupError(verb)
        sections.extend(_sections(f"loquitur {verb}", command, root))
    return "\n".join(sections)


def _sections(title: str, command: click.Command, parent: click.Context) -> Iterator[str]:
    """The section of a verb, and of the verbs below it."""
    yield _section(title, command, parent)
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=title.rsplit(" ", 1)[-1], parent=parent)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _sections(f"{title} {name}", inner, context)


def _section(title: str, command: click.Command, parent: click.Context | None) -> str:
    name = title.rsplit(" ", 1)[-1]
    settings = {} if parent else cli.context_settings
    context = click.Context(command, info_name=name, parent=parent, terminal_width=100, **settings)
    return f"## {title}\n\n```\n{command.get_help(context)}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(text())
