"""`label export`: a trained net as one ONNX graph, which needs no torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.exporting import exported
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, print_table
from loquitur.errors import EngineError, UsageError
from loquitur.text import counted

if TYPE_CHECKING:
    from loquitur.vision.labels.examples import Examples
    from loquitur.vision.labels.exporting import Agreement
    from loquitur.vision.labels.modelcard import LabelModelCard
    from loquitur.vision.labels.modelfile import LabelModel

_CHECKED = 64


@click.command(
    "export",
    help="Writes a trained net as one ONNX graph, with the model's card, its labels and its"
    " projections: a folder that `label predict --model` and `label eval` take, on a machine"
    " without torch too. MODEL: a run of `label train` (its best model, else its last one), or a"
    " model's folder.",
)
@click.argument("model", metavar="MODEL", shell_complete=completing.folders)
@click.option(
    "-o",
    "output",
    metavar="DIR",
    shell_complete=completing.folders,
    help="Where  [default: MODEL's folder with `-onnx` behind its name].",
)
@click.option(
    "--check",
    is_flag=True,
    help="Label videos with both forms, alone and side by side, with every set of their streams,"
    " and compare all log odds, to 0.0001. Fails where they differ.",
)
@click.option(
    "--data",
    metavar="DATASET",
    shell_complete=completing.folders,
    help="With --check: on 64 videos of this data set's validation part, in the place of random"
    " ones.",
)
@everywhere
@click.pass_context
def export(ctx: click.Context, /, **given: Any) -> None:
    """Export a model."""
    globals_ = take_globals(ctx, given)
    settings_of(globals_)
    from loquitur.vision.labels import exporting, modelfile

    if given["data"] and not given["check"]:
        raise UsageError("data for what?", hint="give --check too")
    model = modelfile.load(Path(given["model"]))
    examples = _examples(model, given["data"]) if given["data"] else None
    target, card, took_s = exported(model, exporting.export, given, quiet=globals_["quiet"])
    agreement = None
    if given["check"]:
        agreement = exporting.compare(model, modelfile.load(target), examples)
    document = _document(model, target, card, took_s, agreement)
    if given["as_json"]:
        print_json(document)
    else:
        print_table(("what", "value"), list(_rows(document)))
    if agreement is not None and agreement.missing:
        raise EngineError(
            f"{target}: the exported model and the trained one do not both tell"
            f" {', '.join(agreement.missing)}",
            hint="do not use it; tell the developers the versions of torch and onnxruntime",
        )
    if agreement is not None and not agreement.holds:
        raise EngineError(
            f"{target}: the exported model says something else: log odds differ by up to"
            f" {agreement.difference:.1e} in {counted(agreement.answers, 'answer')}",
            hint="do not use it; tell the developers the versions of torch and onnxruntime",
        )


def _examples(model: LabelModel, address: str) -> Examples:
    """The first videos of a data set's validation part, if the model reads such."""
    from loquitur.vision.labels.dataset_files import open_dataset, shards_of
    from loquitur.vision.labels.records.shards import open_shard

    info, shards = open_dataset(address)
    model.card.check_streams(info.streams, what=address)
    for part in ("validate", "test", "train"):
        for one in shards_of(shards, part):
            with open_shard(one.address, info) as shard:
                if shard.count:
                    return shard.read(slice(0, min(_CHECKED, shard.count)))
    raise UsageError(f"{address}: holds no videos to check on", hint="leave --data out")


def _document(
    model: LabelModel,
    target: Path,
    written: LabelModelCard,
    took_s: float,
    agreement: Agreement | None,
) -> dict[str, Any]:
    """What was done, as plain values."""
    from loquitur.vision.labels.modelcard import CARD

    card = model.card
    checked = None
    if agreement is not None:
        checked = {
            "videos": agreement.videos,
            "answers": agreement.answers,
            "same_first": agreement.same,
            "largest_difference": agreement.difference,
            "missing": list(agreement.missing),
            "holds": agreement.holds,
        }
    return {
        "model": str(model.folder),
        "export": str(target),
        "architecture": card.net.architecture,
        "labels": len(card.labels),
        "genres": len(card.genres),
        "streams": [one.name for one in card.net.inputs],
        "bytes": sum((target / name).stat().st_size for name in (*written.files, CARD)),
        "seconds": round(took_s, 3),
        "check": checked,
    }


def _rows(document: dict[str, Any]) -> list[tuple[str, object]]:
    """The document as lines of a table."""
    rows: list[tuple[str, object]] = [
        (name, ", ".join(value) if isinstance(value, list) else value)
        for name, value in document.items()
        if name != "check"
    ]
    checked = document["check"]
    if checked is not None:
        rows.append(("same label first", f"{checked['same_first']} of {checked['answers']}"))
        rows.append(("largest difference", f"{checked['largest_difference']:.1e}"))
        if checked["missing"]:
            rows.append(("told by one alone", ", ".join(checked["missing"])))
    return rows
