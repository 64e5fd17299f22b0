"""`engines` and `models`: what there is, what it takes, how to get it."""

from __future__ import annotations

from typing import Any

import click

from loquitur.cli.completing import models as known_models
from loquitur.cli.completing import names
from loquitur.cli.environments import env
from loquitur.cli.groups import Verbs
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, print_table, tell
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
    rows = []
    for state in states:
        spec = state.spec
        rows.append(
            (spec.kind, spec.name, _readiness(state)[0], "draft" if spec.draft else "",
             spec.licence, spec.languages, spec.summary)
        )  # fmt: skip
    header = ("kind", "engine", "state", "quality", "licence", "languages", "what")
    print_table(header, rows, fit=True)
    for state in states:
        what_to_do = _readiness(state)[1]
        if what_to_do:
            click.echo(display(f"{state.spec.name}: {what_to_do}"))
    for state in states:
        spec = state.spec
        if spec.environment:
            click.echo(display(f"{spec.kind}.{spec.name}: runs in {spec.environment}"))
        if spec.unverified:
            click.echo(display(f"{spec.name}: not verified on this machine: {spec.unverified}"))


engines.add_command(env)


def _readiness(state: Any) -> tuple[str, str]:
    """The state of an engine in a word or two, and what to type where it is not ready."""
    if state.missing:
        needs = f"needs {', '.join(state.missing)}: {state.command}"
        absent = [model for model in state.models if model.command]
        return "not installed", f"{needs}, then {_pull(absent[0])}" if absent else needs
    if state.problem:
        return "broken", f"{state.problem}"
    if state.spec.own_model:
        return "your model", f"takes a model of yours: {state.spec.own_model}"
    absent = [model for model in state.models if not model.present]
    if state.models and len(absent) == len(state.models):
        return "no model", _pull(absent[0])
    return "ready", ""


def _pull(model: Any) -> str:
    return f"{model.command} ({model.size_mb} MB)"


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
        "licence": spec.licence,
        "languages": spec.languages,
        "draft": spec.draft,
        "summary": spec.summary,
        "origin": spec.origin or "loquitur",
        "environment": spec.environment or None,
        "own_environment": spec.apart,
        "unverified": spec.unverified,
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
    print_table(
        ("model", "here", "size MB", "licence", "languages", "published", "get it", "measured by"),
        [
            (
                m.name,
                "yes" if m.present else "no",
                m.size_mb,
                m.licence,
                m.languages,
                m.figure,
                m.command,
                m.figure_source,
            )
            for m in found
        ],
    )


@models.command(help="Bring a model, an engine's default model, or all of a profile.")
@click.argument(
    "names", nargs=-1, required=True, metavar="NAME|PROFILE...", shell_complete=names(known_models)
)
@everywhere
@click.pass_context
def pull(ctx: click.Context, /, **given: Any) -> None:
    """Fetch what is named; what is here already is kept."""
    from loquitur import models as cache

    as_json = given.pop("as_json")
    resources = _resources(ctx, given)
    for name in given["names"]:
        cache.pull(name, resources, tell)
    if as_json:
        print_json({"pulled": list(given["names"]), "folder": str(resources.models)})


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


@models.command(help="Load a model for real and say whether it is sound.")
@click.argument("name", shell_complete=names(known_models))
@everywhere
@click.pass_context
def verify(ctx: click.Context, /, **given: Any) -> int:
    """Print one line per model; exit code 1 where one is not sound."""
    from loquitur import models as cache

    as_json = given.pop("as_json")
    found = cache.verify(given["name"], _resources(ctx, given))
    if as_json:
        print_json(
            [{"name": name, "sound": not problem, "problem": problem} for name, problem in found]
        )
    else:
        for name, problem in found:
            click.echo(f"{name}: {problem or 'sound'}")
    return 1 if any(problem for _, problem in found) else 0


def _resources(ctx: click.Context, given: dict[str, Any]) -> Any:
    from loquitur import api

    while ctx.obj is None and ctx.parent is not None:
        ctx = ctx.parent
    return api.place_of(settings_of(take_globals(ctx, given))).resources
