"""`eval label`: predicted labels of videos against those that hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from loquitur.cli import completing
from loquitur.cli.labels import accuracy_note, print_measures, print_verticals
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, tell


@click.command(
    "label",
    help="Predicted labels of videos against those that hold: GAP@20, Hit@1, PERR, MAP,"
    " calibration. REF: a data set (a folder, a shard), or a file: JSON Lines of"
    ' {"video", "labels": [...]}, CSV with columns video and labels, .npz. HYP: JSON Lines of'
    ' {"video", "labels": [{"label", "score"}]} as `label predict --json` prints it, CSV'
    " (VideoId,LabelConfidencePairs; or video,label,score), .npz, .safetensors.",
)
@click.argument("reference", metavar="REF", shell_complete=completing.files)
@click.argument("hypothesis", metavar="HYP", shell_complete=completing.files)
@click.option(
    "--part",
    type=click.Choice(["train", "validate", "test"]),
    default="validate",
    show_default=True,
    help="Of a data set.",
)
@click.option(
    "--vocabulary",
    metavar="FILE",
    shell_complete=completing.files,
    help="Names of labels by number: lets one side say names, the other numbers.",
)
@click.option("--by", type=click.Choice(["vertical"]), help="A further table.")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Of the intervals' drawing.")
@everywhere
@click.pass_context
def label(ctx: click.Context, /, **given: Any) -> None:
    """Print one row for labels, one for genres."""
    globals_ = take_globals(ctx, given)
    settings_of(globals_)
    from loquitur.vision.labels.judging import (
        ground_of_data,
        ground_of_file,
        judge,
        open_part,
        voice_of,
    )
    from loquitur.vision.labels.judging.tables import plain

    path = Path(given["reference"])
    vocabulary = Path(given["vocabulary"]) if given["vocabulary"] else None
    if path.is_dir() or "://" in given["reference"] or _is_shard(path):
        place = given["reference"]
        data = open_part(place, given["part"])
        ground = ground_of_data(data, given["part"], place=place, vocabulary=vocabulary)
    else:
        ground = ground_of_file(path, vocabulary=vocabulary)
    judgement = judge(ground, [voice_of(given["hypothesis"], ground)], seed=given["seed"])
    if given["as_json"]:
        document = plain(judgement, labels=True)
        (result,) = document.pop("results")
        del document["leads"]
        print_json({**document, **result, "notices": judgement.told()})
        return
    print_measures(judgement, named=False)
    click.echo(accuracy_note(judgement.judged[0].scores))
    if given["by"] == "vertical":
        print_verticals(judgement)
    if not globals_["quiet"]:
        for line in judgement.told():
            tell(line)


def _is_shard(path: Path) -> bool:
    from loquitur.vision.labels.dataset_files import SUFFIXES

    return path.name.endswith(SUFFIXES) and path.suffix != ".safetensors"
