"""`engines env`: the environment of its own in which an engine runs."""

from __future__ import annotations

import shlex
from typing import Any

import click

from loquitur.cli.completing import names
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, tell
from loquitur.errors import UsageError, near
from loquitur.text import display


def _known() -> list[str]:
    from loquitur import registry

    return [f"{spec.kind}.{spec.name}" for spec in registry.specs()]


@click.command(help="The environment of its own in which an engine runs; how to make it.")
@click.argument("name", metavar="KIND.NAME", shell_complete=names(_known))
@click.option("--create", is_flag=True, help="Make it, or complete the one that is there.")
@click.option(
    "--with",
    "also",
    multiple=True,
    metavar="REQUIREMENT",
    help="Something more to install, such as torch==VERSION.",
)
@click.option("--python", metavar="FILE", default="", help="The interpreter to make it from.")
@everywhere
@click.pass_context
def env(ctx: click.Context, /, **given: Any) -> None:
    """Say what an environment is or would be; with `--create`, make it."""
    from loquitur import api
    from loquitur.environments import making

    as_json, wanted = given.pop("as_json") or (ctx.obj or {}).get("as_json"), given["name"]
    settings = settings_of(take_globals(ctx, given))
    specs = _specs(wanted, api.environments_of(settings), bool(given["also"]))
    plan = making.plan(specs, settings.environment_root, also=given["also"], python=given["python"])
    lines = [shlex.join(command) for command in plan.commands]
    if not as_json or given["create"]:
        size = f"about {plan.size_mb} MB" if plan.size_mb else "of unknown size"
        state = "is there already" if plan.exists else "to be made"
        line = f"{', '.join(plan.engines)}: {plan.folder} ({state}, {size} with its packages)"
        (tell if given["create"] else click.echo)(display(line))
    if given["create"]:
        making.make(plan, tell)
        tell(f"done: {', '.join(plan.engines)} will run there")
    elif not as_json:
        for line in lines:
            click.echo(display(line))
    if as_json:
        print_json(
            {
                "engines": list(plan.engines),
                "folder": str(plan.folder),
                "exists": plan.exists,
                "size_mb": plan.size_mb or None,
                "requirements": list(plan.requirements),
                "commands": lines,
                "created": bool(given["create"]),
            }
        )


def _specs(wanted: str, environments: tuple[tuple[str, str], ...], foreign: bool) -> list[Any]:
    """The engines that share the environment of the one that is named, that one first.

    Raises:
        UsageError: Nothing is called that, or more than one thing.
    """
    from loquitur import registry

    every = registry.specs(environments=environments)
    kind, _, name = wanted.partition(".")
    if kind in registry.KINDS and name and foreign:
        every = registry.specs(
            environments=(*environments, (wanted, dict(environments).get(wanted, "")))
        )
    found = [spec for spec in every if wanted in (spec.name, f"{spec.kind}.{spec.name}")]
    found = found or [spec for spec in every if spec.apart and spec.extra == wanted]
    if len({spec.extra or (spec.kind, spec.name) for spec in found}) > 1:
        both = " or ".join(f"{spec.kind}.{spec.name}" for spec in found)
        raise UsageError(f"'{wanted}' may be {both}")
    if not found:
        full = [f"{spec.kind}.{spec.name}" for spec in every]
        raise UsageError(f"no engine is called '{wanted}'", hint=near(wanted, full))
    first = found[0]
    alike = [spec for spec in every if first.extra and spec.extra == first.extra]
    return [first, *(spec for spec in alike if spec != first)]
