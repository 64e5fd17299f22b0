"""`label infer`: what models say of a whole data set."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click

from loquitur.cli import completing
from loquitur.cli.options import everywhere, take_globals
from loquitur.cli.output import print_json, tell
from loquitur.errors import UsageError
from loquitur.text import counted, display

_PARTS = ("train", "validate", "test")


@click.command(
    "infer",
    help="What models say of each video of a data set, its test part by default, which needs no"
    " labels: the challenge's CSV on stdout, or a file of CSV, JSON Lines or arrays with -o. MODEL"
    " is a run of `label train` or what `label export` wrote; of several the mean of their"
    " probabilities is told. `label eval` measures such files.",
)
@click.argument(
    "models", metavar="MODEL...", nargs=-1, required=True, shell_complete=completing.folders
)
@click.option(
    "--data",
    metavar="DATASET",
    required=True,
    shell_complete=completing.folders,
    help="A folder of shards, or its address.",
)
@click.option(
    "--part", type=click.Choice(_PARTS), default="test", show_default=True, help="Of the data set."
)
@click.option(
    "--top",
    type=click.IntRange(1, 100_000),
    default=20,
    show_default=True,
    metavar="N",
    help="Labels of a video: so many as GAP@20 looks at.",
)
@click.option(
    "--keep-going", is_flag=True, help="Leave damaged records out, and tell how many they are."
)
@click.option("--device", default="cpu", show_default=True, metavar="NAME", help="Of models.")
@click.option(
    "-o",
    "output",
    metavar="FILE",
    shell_complete=completing.files,
    help="A .csv, .jsonl or .npz in the place of stdout.",
)
@everywhere
@click.pass_context
def infer(ctx: click.Context, /, **given: Any) -> None:
    """Write a row a video."""
    quiet = bool(take_globals(ctx, given)["quiet"])
    target = Path(given["output"]).expanduser() if given["output"] else None
    if given["as_json"] and target is None:
        raise UsageError("--json tells what was written", hint="-o FILE")
    from loquitur.vision.labels import inferring, modelfile
    from loquitur.vision.labels.feeding.data import told_skipped
    from loquitur.vision.labels.judging import open_part

    if target is not None:
        inferring.form_of(target)  # a wrong name is told before anything is read
    models = [modelfile.load(Path(one), device=given["device"]) for one in given["models"]]
    start = time.monotonic()
    with open_part(given["data"], given["part"], keep_going=given["keep_going"]) as data:
        asked = inferring.infer(models, data, given["part"], top=given["top"])
        place = sys.stdout if target is None else target
        videos = inferring.write_said(asked.said(), place, asked.names)
    seconds = time.monotonic() - start
    if given["as_json"]:
        print_json({
            "output": str(target), "videos": videos, "part": given["part"], "top": given["top"],
            "models": list(given["models"]), "seconds": round(seconds, 3),
            "skipped": len(asked.skipped), "warnings": list(asked.notices),
        })  # fmt: skip
    if not quiet:
        for notice in asked.notices:
            tell(notice)
        if asked.skipped:
            tell(told_skipped(asked.skipped))
        where = f"{display(str(target))}: " if target is not None else ""
        tell(f"{where}{counted(videos, 'video')}, {videos / max(seconds, 1e-9):,.0f} a second")
