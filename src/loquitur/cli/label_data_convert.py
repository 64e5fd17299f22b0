"""`label data convert`: shards into other forms."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.options import everywhere, take_globals
from loquitur.cli.output import print_json, print_table, tell
from loquitur.text import counted

if TYPE_CHECKING:
    from loquitur.vision.labels.converting import Converted


@click.command(
    "convert",
    help="Shards into another form, each whole or not at all; the same command goes on where it was"
    " stopped. Damaged records stop it unless --keep-going. Columns are read about twice as fast;"
    " means are video level.",
)
@click.argument("source", metavar="IN", shell_complete=completing.folders)
@click.option(
    "-o",
    "output",
    required=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    shell_complete=completing.folders,
    help="Where the new shards go, with their dataset.json.",
)
@click.option(
    "--to",
    "form",
    required=True,
    type=click.Choice(["tfrecord", "tfrecord.gz", "columns", "means"]),
    help="tfrecord: as YouTube-8M; columns: safetensors; means: a row a video.",
)
@click.option("--keep-going", is_flag=True, help="Leave damaged records out, and say which.")
@everywhere
@click.pass_context
def convert(ctx: click.Context, /, **given: Any) -> None:
    """Write a data set in another form."""
    quiet = bool(take_globals(ctx, given)["quiet"])
    from loquitur.vision.labels.converting import convert_dataset
    from loquitur.vision.labels.dataset_files import missing_shards, told_missing

    def each(one: Converted) -> None:
        if quiet or given["as_json"]:
            return
        here = ", here already" if one.was_here else ""
        tell(f"{one.path.name}: {counted(one.videos, 'video')}{here}")
        for problem in one.problems:
            behind = " and all behind it" if problem.ends else ""
            tell(f"{one.source}: record {problem.record}{behind} left out: {problem.why}")

    missing = missing_shards(given["source"])
    if missing:
        tell(told_missing(missing))

    info, done = convert_dataset(
        given["source"], given["output"], given["form"], keep_going=given["keep_going"], each=each
    )
    if given["as_json"]:
        print_json(
            {
                "folder": str(given["output"]),
                "level": info.level,
                "shards": [_plain(one) for one in done],
            }
        )
        return
    before = sum(one.bytes_before or 0 for one in done)
    after = sum(one.bytes_after for one in done)
    print_table(
        ("shards", "videos", "bytes before", "bytes after", "places left out"),
        [
            (
                f"{len(done):,}",
                f"{sum(one.videos for one in done):,}",
                f"{before:,}" if before else "-",
                f"{after:,}",
                f"{sum(len(one.problems) for one in done):,}",
            )
        ],
    )


def _plain(one: Converted) -> dict[str, Any]:
    return {
        "source": one.source,
        "path": str(one.path),
        "videos": one.videos,
        "bytes_before": one.bytes_before,
        "bytes_after": one.bytes_after,
        "was_here": one.was_here,
        "problems": [dataclasses.asdict(problem) for problem in one.problems],
    }
