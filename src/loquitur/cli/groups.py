"""A group of verbs that offers near names for a wrong one."""

from __future__ import annotations

import importlib
from typing import ClassVar

import click

from loquitur.errors import UsageError, near


class Verbs(click.Group):
    """What `loquitur`, `loquitur store` and `loquitur models` have in common."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb, or a usage error that offers near ones."""
        name, known = args[0] if args else "", self.list_commands(ctx)
        if name and not name.startswith("-") and name not in known:
            raise UsageError(f"no command is called '{name[:40]}'", hint=near(name, known))
        return super().resolve_command(ctx, args)


class LazyVerbs(Verbs):
    """Verbs of a table, whose help lines are known without importing any of them.

    `table` says of each verb where its command is, as `"module:name"`, and its line in `--help`.
    """

    table: ClassVar[dict[str, tuple[str, str]]] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs in the order of the table."""
        del ctx
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a verb, imported now."""
        del ctx
        if cmd_name not in self.table:
            return None
        module, _, name = self.table[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of verbs."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(verb, line) for verb, (_, line) in self.table.items()])
