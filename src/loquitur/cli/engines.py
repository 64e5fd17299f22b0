"""`engines` and `models`: what there is, what it takes, how to get it."""

from __future__ import annotations

from typing import Any

import click

from loquitur.cli.completing import models as known_models
from loquitur.cli.completing import names
from loquitur.cli.environments import env
from loquitur.cli.groups import Verbs
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, tell
from loquitur.cli.roster import commands, print_engines, print_models
from loquitur.text import display


@click.group(
    cls=Verbs,
    invoke_without_command=True,
    help="Every engine: kind, installed, models, licence, and what to type to get it.",
)
@everywhere
@click.pass_context
def engines(ctx: click.Context, /, **given: Any) -> None:
    """Print one row per engine."""
    from loquitur import models as cache

    if ctx.invoked_subcommand is not None:
        ctx.obj = {**(ctx.obj or {}), **{name: item for name, item in given.items() if item}}
        return
    as_json = given.pop("as_json")
    resources = _resources(ctx, given)
    states = cache.engine_states(resources)
    if as_json:
        print_json([_describe(state) for state in states])
        return
    print_engines(states)


engines.add_command(env)


def _describe(state: Any) -> dict[str, Any]:
    spec = state.spec
    return {
        "kind": spec.kind,
        "name": spec.name,
        "installed": not state.missing,
        "ready": state.ready,
        "problem": state.problem,
        "missing": list(state.missing),
        "command": state.command
        or next((m.command for m in state.models if m.command), "")
        or spec.own_model,
        "commands": commands(state),
        "licence": spec.licence,
        "languages": spec.languages,
        "draft": spec.draft,
        "summary": spec.summary,
        "origin": spec.origin or "loquitur",
        "environment": spec.environment or None,
        "own_environment": spec.apart,
        "unverified": spec.unverified,
        "tested_with": spec.tried,
        "models": [_describe_model(model) for model in state.models],
    }


def _describe_model(model: Any) -> dict[str, Any]:
    import dataclasses

    return {"name": model.name, **dataclasses.asdict(model)}


@click.group(cls=Verbs, help="List, pull, locate and verify models.")
def models() -> None:
    """The model cache."""


@models.command("list", help="Every model, and whether it is here.")
@everywhere
@click.pass_context
def list_models(ctx: click.Context, /, **given: Any) -> None:
    """Print one row per model."""
    from loquitur import models as cache

    as_json = given.pop("as_json")
    states = cache.engine_states(_resources(ctx, given))
    found = [model for state in states for model in state.models]
    if as_json:
        print_json([_describe_model(model) for model in found])
        return
    print_models(found)


@models.command(
    help="Bring a model, an engine's default model, or all of a profile. Size, licence and gate "
    "are told first; a licence that forbids commercial use must be accepted by its name."
)
@click.argument(
    "names", nargs=-1, required=True, metavar="NAME|PROFILE...", shell_complete=names(known_models)
)
@click.option(
    "--accept-licence",
    "licences",
    multiple=True,
    metavar="LICENCE",
    help="Accept a licence that forbids commercial use (CC-BY-NC-SA-4.0); repeatable.",
)
@click.option("--language", default="", metavar="CODE", help="Of a profile: what will be spoken.")
@click.option("--hub", default="", metavar="URL", help="A mirror of the hub (or HF_ENDPOINT).")
@everywhere
@click.pass_context
def pull(ctx: click.Context, /, **given: Any) -> None:
    """Fetch what is named; what is here already is kept."""
    import dataclasses

    from loquitur import models as cache

    as_json = given.pop("as_json")
    resources = _resources(ctx, given)
    resources = dataclasses.replace(
        resources,
        licences=(*resources.licences, *given["licences"]),
        hub=given["hub"] or resources.hub,
    )
    found: list[Any] = []
    for name in given["names"]:
        found += cache.pull(name, resources, tell, language=given["language"])
    if as_json:
        print_json(
            {
                "pulled": list(given["names"]),
                "folder": str(resources.models),
                "models": [dataclasses.asdict(item) for item in found],
            }
        )


@models.command(help="The folder a model lies in.")
@click.argument("name", shell_complete=names(known_models))
@everywhere
@click.pass_context
def path(ctx: click.Context, /, **given: Any) -> None:
    """Print one path."""
    from loquitur import models as cache

    as_json = given.pop("as_json")
    folder = cache.locate(given["name"], _resources(ctx, given))
    if as_json:
        print_json({"name": given["name"], "path": str(folder)})
    else:
        click.echo(str(folder))


@models.command(help="Read a model whole, hold it against its lock, and load it for real.")
@click.argument("name", shell_complete=names(known_models))
@everywhere
@click.pass_context
def verify(ctx: click.Context, /, **given: Any) -> int:
    """Print one line per model; exit code 1 where one is damaged, 3 where one is only missing."""
    from loquitur import models as cache

    as_json = given.pop("as_json")
    found = cache.verify(given["name"], _resources(ctx, given))
    if as_json:
        print_json(
            [
                {"name": one.name, "sound": not one.problem, "present": not one.is_absent,
                 "problem": one.problem, "note": one.note}
                for one in found
            ]
        )  # fmt: skip
    else:
        for one in found:
            sound = "sound" + (f", {one.note}" if one.note else "")
            click.echo(display(f"{one.name}: {one.problem or sound}"))
    bad = [one for one in found if one.problem]
    return 0 if not bad else 3 if all(one.is_absent for one in bad) else 1


def _resources(ctx: click.Context, given: dict[str, Any]) -> Any:
    from loquitur import api

    while ctx.obj is None and ctx.parent is not None:
        ctx = ctx.parent
    return api.place_of(settings_of(take_globals(ctx, given))).resources
