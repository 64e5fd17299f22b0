"""`settings`, `doctor` and `completion`: about this machine, not about media."""

from __future__ import annotations

import sys
from typing import Any

import click

from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, print_table

COMPLETIONS = {
    "bash": 'eval "$(_LOQUITUR_COMPLETE=bash_source loquitur)"',
    "zsh": 'eval "$(_LOQUITUR_COMPLETE=zsh_source loquitur)"',
    "fish": "_LOQUITUR_COMPLETE=fish_source loquitur | source",
}


@click.command(help="Every setting, its value, and where it comes from.")
@everywhere
@click.pass_context
def settings(ctx: click.Context, /, **given: Any) -> None:
    """Print one row per setting."""
    from pathlib import Path

    from loquitur.settings import resolve

    as_json = given.pop("as_json")
    globals_ = take_globals(ctx, given)
    config = Path(globals_["config"]) if globals_["config"] else None
    rows = resolve({"store": globals_["store"]}, config=config).explain()
    if as_json:
        print_json({name: {"value": value, "origin": origin} for name, value, origin in rows})
    else:
        print_table(("setting", "value", "from"), rows)


@click.command(help="What works on this machine, what is missing, and how to get it.")
@everywhere
@click.pass_context
def doctor(ctx: click.Context, /, **given: Any) -> int:
    """Print one line per check; exit code 1 where the core does not work."""
    from loquitur import api, health, models
    from loquitur.cli.roster import print_engines, print_profiles

    as_json = given.pop("as_json")
    found = settings_of(take_globals(ctx, given))
    checks = health.examine(found)
    if as_json:
        print_json(
            [{"check": c.name, "ok": c.ok, "needed": c.needed, "says": c.says, "do": c.advice}
             for c in checks]
        )  # fmt: skip
    else:
        shown = [check for check in checks if not check.engine]
        for check in shown:
            click.echo(_told(check))
        resources = api.place_of(found).resources
        click.echo(click.style("\nprofiles", bold=True))
        print_profiles(models.profile_states(resources))
        click.echo(click.style("\nengines", bold=True))
        print_engines(models.engine_states(resources))
    return 1 if any(check.needed and not check.ok for check in checks) else 0


def _told(check: Any) -> str:
    """One check as a line: a mark, its name, what it says, what to do."""
    mark, colour = ("ok     ", "green") if check.ok else ("missing", "yellow")
    if check.needed and not check.ok:
        mark, colour = "FAILS  ", "red"
    advice = f" -> {check.advice}" if check.advice else ""
    return f"{click.style(mark, fg=colour)}  {check.name}: {check.says}{advice}"


@click.command(help="The line that switches completion on; put it in your shell's start-up file.")
@click.argument("shell", type=click.Choice(sorted(COMPLETIONS)))
def completion(shell: str) -> None:
    """Print the completion script of a shell."""
    from click.shell_completion import get_completion_class

    from loquitur.cli.main import cli

    script = get_completion_class(shell)
    if script is None:
        click.echo(COMPLETIONS[shell])
        return
    try:
        click.echo(script(cli, {}, "loquitur", "_LOQUITUR_COMPLETE").source())
    except RuntimeError as exc:  # click checks for a bash new enough, and there may be none
        click.echo(f"# {exc}", err=True)
        click.echo(COMPLETIONS[shell])
    sys.stdout.flush()
