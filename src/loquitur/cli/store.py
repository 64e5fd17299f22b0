"""`store`: look into it, verify it, clean it up."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from loquitur.cli.completing import names, stages
from loquitur.cli.groups import Verbs
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, print_table, tell

GRACE_HOURS_MOST = 876_000.0  # a hundred years


def _check_grace(_ctx: click.Context, _option: click.Parameter, value: float) -> float:
    if not 0.0 <= value <= GRACE_HOURS_MOST:  # false for nan too, which click's range lets through
        raise click.BadParameter(f"{value} is not from 0 to {GRACE_HOURS_MOST:.0f}")
    return value


@click.group(cls=Verbs, help="Look into the store, verify it, clean it up.")
def store() -> None:
    """The store."""


@store.command(help="What is kept: counts and bytes by stage, or the results of one stage.")
@click.option("--stage", help="List the results of this stage.", shell_complete=names(stages))
@everywhere
@click.pass_context
def ls(ctx: click.Context, /, **given: Any) -> None:
    """Print one row per stage, or per result."""
    as_json = given.pop("as_json")
    if given["stage"] is not None:
        _check_stage(given["stage"])
    opened = _open(ctx, given)
    if given["stage"]:
        # what an interrupted stage keeps is no result: `ls` alone counts it, as parts
        records = [
            record
            for record in opened.records()
            if record.stage == given["stage"] and not record.part_of
        ]
        if as_json:
            print_json([_describe(record) for record in records])
        else:
            print_table(
                ("key", "engine", "seconds", "started", "medium"),
                [(r.key[:12], r.engine or "-", r.seconds, r.started, r.title) for r in records],
            )
        return
    usage = opened.usage()
    if as_json:
        print_json([dataclasses.asdict(row) for row in usage])
        return
    rows = [(u.stage, u.results, u.parts, u.objects, f"{u.size_bytes / 1e6:.1f}") for u in usage]
    print_table(("stage", "results", "parts", "objects", "MB"), rows)


@store.command(help="One result, by the first digits of its key, object or medium.")
@click.argument("prefix")
@click.option("--content", is_flag=True, help="Print the artifact too.")
@everywhere
@click.pass_context
def show(ctx: click.Context, /, **given: Any) -> None:
    """Print the record, and with --content the artifact as JSON."""
    import json

    from loquitur.errors import UsageError

    given.pop("as_json")
    opened = _open(ctx, given)
    found = opened.find(given["prefix"].removeprefix("sha256:"))
    if not found:
        raise UsageError(
            f"nothing in the store begins with '{given['prefix']}'", hint="loquitur store ls"
        )
    documents = []
    for record in found:
        document = _describe(record)
        artifact = dict(record.outputs).get("artifact")
        if given["content"] and artifact:
            document["artifact"] = json.loads(opened.read(artifact))
        documents.append(document)
    print_json(documents[0] if len(documents) == 1 else documents)


@store.command(help="Remove what nothing needs; with --max-mb, decoded sound beyond that size too.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option(
    "--max-mb", type=click.IntRange(min=0), help="Evict what can be made again, largest kind first."
)
@click.option(
    "--grace-hours",
    type=float,
    callback=_check_grace,
    default=24.0,
    show_default=True,
    help="Keep the young.",
)
@everywhere
@click.pass_context
def gc(ctx: click.Context, /, **given: Any) -> None:
    """Print what was removed."""
    from loquitur.store import collect

    as_json = given.pop("as_json")
    report = collect(
        _open(ctx, given),
        dry_run=given["dry_run"],
        grace_s=given["grace_hours"] * 3600.0,
        max_bytes=given["max_mb"] * 1_000_000 if given["max_mb"] is not None else None,
    )
    if as_json:
        print_json(dataclasses.asdict(report))
        return
    verb = "would free" if report.dry_run else "freed"
    click.echo(
        f"{verb} {report.freed_bytes / 1e6:.1f} MB: {report.objects} objects, "
        f"{report.records} records, {report.evicted} evicted; "
        f"{report.kept_bytes / 1e6:.1f} MB kept"
    )


@store.command(help="Hash everything again; exit code 1 where something is damaged.")
@click.option("--repair", is_flag=True, help="Set damaged things aside; they are made again.")
@everywhere
@click.pass_context
def verify(ctx: click.Context, /, **given: Any) -> int:
    """Print what was found."""
    from loquitur.store import verify as examine

    as_json = given.pop("as_json")
    report = examine(_open(ctx, given), repair=given["repair"])
    if as_json:
        print_json({**dataclasses.asdict(report), "clean": report.clean})
    else:
        click.echo(
            f"{report.objects} objects ({report.size_bytes / 1e6:.1f} MB) and {report.records} "
            f"records: {'clean' if report.clean else 'DAMAGED'}; {len(report.orphans)} orphans"
        )
        for kind in ("bad", "corrupt", "strange", "newer", "bad_edits"):
            for name in getattr(report, kind):
                click.echo(f"{kind}: {name}")
        for key, output, digest in report.missing:
            click.echo(f"missing: {output} {digest} of {key}")
        if not report.clean and not report.repaired:
            tell("loquitur store verify --repair sets them aside; the next run makes them again")
    return 0 if report.clean or report.repaired else 1


@store.command(help="Where the store is.")
@everywhere
@click.pass_context
def path(ctx: click.Context, /, **given: Any) -> None:
    """Print the folder."""
    as_json = given.pop("as_json")
    opened = _open(ctx, given)
    if as_json:
        print_json({"path": str(opened.root)})
    else:
        click.echo(str(opened.root))


def _check_stage(name: str) -> None:
    from loquitur.errors import UsageError, near
    from loquitur.library.deposits import STAGE
    from loquitur.stages import STAGES

    known = ("acquire", *STAGES, STAGE)
    if name not in known:
        raise UsageError(f"no stage is called '{name}'", hint=near(name, known))


def _open(ctx: click.Context, given: dict[str, Any]) -> Any:
    from loquitur.store import Store

    return Store.open(settings_of(take_globals(ctx, given)).store)


def _describe(record: Any) -> dict[str, Any]:
    import json

    document = dataclasses.asdict(record)
    document["outputs"] = dict(record.outputs)
    document["inputs"] = dict(record.inputs)
    document["options"] = json.loads(record.options)
    return document
