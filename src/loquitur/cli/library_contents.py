"""`library remove|list|stats|verify|rebuild`: what is in a library, and whether it is whole."""

from __future__ import annotations

from typing import Any

import click

from loquitur.cli.failures import tell_failure
from loquitur.cli.library_options import (
    counting,
    embedding_option,
    existing,
    library_option,
    plain,
    settings_for,
    tell_findings,
)
from loquitur.cli.options import everywhere
from loquitur.cli.output import print_json, print_table, tell
from loquitur.cli.video_arguments import VideoCommand


@click.command(
    cls=VideoCommand,
    help="Take videos out, and all of them: passages, and their sources in the store. ID: as "
    "`library list` shows it, an id of YouTube, or the path of a file.",
)
@click.argument("idents", nargs=-1, required=True, metavar="ID...")
@click.option("--part", default="", metavar="NAME", help="One part alone: comments:und.")
@library_option
@everywhere
@click.pass_context
def remove(ctx: click.Context, /, **given: Any) -> None:
    """Remove volumes; one that is not there stops no other."""
    from loquitur.errors import InputError
    from loquitur.media.urls import youtube_id

    settings, _ = settings_for(ctx, given)
    removed: list[str] = []
    missing: list[str] = []
    with existing(settings, given) as library:
        for ident in given["idents"]:
            wanted = youtube_id(ident) or ident
            volume = library.find(wanted)
            if volume is not None and library.remove(volume.media_id, part=given["part"]):
                removed.append(volume.media_id)
            else:
                missing.append(wanted)
    if given["as_json"]:
        print_json({"removed": removed, "missing": missing})
    else:
        for media_id in removed:
            click.echo(f"removed {media_id}")
    if missing:
        what = f" with a part {given['part']}" if given["part"] else ""
        error = InputError(
            f"nothing in the library is called {', '.join(missing)}{what}",
            hint="loquitur library list shows what there is",
        )
        if not given["as_json"]:
            tell_failure(error, as_json=False)
        ctx.exit(error.exit_code)


@click.command("list", help="What is in it: a row for each video.")
@library_option
@everywhere
@click.pass_context
def list_volumes(ctx: click.Context, /, **given: Any) -> None:
    """List volumes."""
    from loquitur.timing import short_clock

    settings, _ = settings_for(ctx, given)
    with existing(settings, given) as library:
        found = [
            (volume, tuple(library.index.parts(volume.media_id))) for volume in library.volumes()
        ]
    if given["as_json"]:
        print_json(
            [{**plain(volume), "parts": [one.name for one in parts]} for volume, parts in found]
        )
        return
    rows = [
        (
            volume.title,
            "" if volume.duration_ms is None else short_clock(volume.duration_ms),
            volume.published,
            volume.channel,
            " ".join(one.name for one in parts),
            volume.media_id,
        )
        for volume, parts in found
    ]
    if rows:
        names = ("title", "length", "published", "channel", "parts", "id")
        print_table(names, rows, fit=True, shrinkable=(0, 3, 4, 5))
    else:
        tell("the library is empty: loquitur library add FILE...")


@click.command(help="How much is in it, and of what.")
@library_option
@everywhere
@click.pass_context
def stats(ctx: click.Context, /, **given: Any) -> None:
    """Count what it holds."""
    settings, _ = settings_for(ctx, given)
    with existing(settings, given) as library:
        found = library.stats()
    if given["as_json"]:
        document = plain(found)
        for name in ("kinds", "languages", "channels"):
            document[name] = dict(getattr(found, name))
        print_json(document)
        return
    rows = [
        ("videos", f"{found.volumes:,}"),
        ("parts", f"{found.parts:,}: {_listed(found.kinds)}"),
        ("passages", f"{found.passages:,}"),
        ("vectors", f"{found.vectors:,} of {found.embedding}" if found.embedding else "none"),
        ("languages", _listed(found.languages)),
        ("channels", _listed(found.channels)),
        ("published", " to ".join(found.published) if found.published[0] else ""),
        ("length", _hours(found.duration_ms)),
        ("size", f"{found.size_bytes / 1e6:,.1f} MB"),
    ]
    print_table(("library", library.name), [row for row in rows if row[1]], fit=True)


@click.command(
    help="Whether all of it agrees: the file, words, vectors, and the sources in the store. Exit "
    "code 1 where something does not; then `library rebuild`."
)
@library_option
@everywhere
@click.pass_context
def verify(ctx: click.Context, /, **given: Any) -> None:
    """Check a library."""
    from loquitur.text import counted

    settings, quiet = settings_for(ctx, given)
    with existing(settings, given) as library:
        found = library.verify()
        name = library.name
    if given["as_json"]:
        print_json({"clean": not found, "findings": [plain(one) for one in found]})
    elif found:
        for one in found:
            click.echo(f"{one.code}: {one.message}")
        if not quiet:
            tell(f"{counted(len(found), 'finding')}; to mend: loquitur library rebuild")
    else:
        click.echo(f"{name}: all agrees")
    ctx.exit(1 if found else 0)


@click.command(
    help="Make its index anew: words, vectors (--embedding: of another engine), and from the "
    "store what is lost. A file damaged beyond mending is moved aside first."
)
@library_option
@embedding_option
@everywhere
@click.pass_context
def rebuild(ctx: click.Context, /, **given: Any) -> None:
    """Rebuild a library."""
    from loquitur.library.shelf import rebuild_library
    from loquitur.text import counted

    settings, quiet = settings_for(ctx, given)
    with counting(quiet=quiet) as progress:
        done = rebuild_library(
            given["library"], embedding=given["embedding"], settings=settings, progress=progress
        )
    if given["as_json"]:
        print_json(plain(done))
    else:
        line = ", ".join(
            counted(number, noun)
            for number, noun in (
                (done.parts, "part"), (done.passages, "passage"), (done.vectors, "vector"),
            )
        )  # fmt: skip
        if done.restored:
            line += f"; {counted(len(done.restored), 'part')} came back from the store"
        click.echo(line)
        if done.set_aside:
            tell(f"the damaged file lies in {done.set_aside} now")
        tell_findings(done.findings)
    ctx.exit(1 if done.findings else 0)


def _listed(counts: tuple[tuple[str, int], ...], most: int = 6) -> str:
    """The most frequent, and how many more."""
    shown = ", ".join(f"{name} {count:,}" for name, count in counts[:most])
    rest = len(counts) - most
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def _hours(duration_ms: int | None) -> str:
    return "" if duration_ms is None else f"{duration_ms / 3_600_000:,.1f} h"
