"""A group of verbs that offers near names for a wrong one."""

from __future__ import annotations

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
