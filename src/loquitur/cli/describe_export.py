"""`describe export`: a trained net as ONNX graphs, which need no torch."""

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
    from numpy.typing import NDArray

    from loquitur.vision.exporting import Agreement
    from loquitur.vision.modelcard import ModelCard
    from loquitur.vision.modelfile import CaptionModel

_CHECKED = 64


@click.command(
    "export",
    help="Writes a trained net as two ONNX graphs (one reads the frames, one writes a word) and the"
    " model's card with its vocabulary: a folder that `describe predict --model` and `describe"
    " eval` take, on a machine without torch too. MODEL: a run of `describe train` (its best model,"
    " else its last one), or a model's folder.",
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
    help="Describe clips with both forms, one by one and in batches, and compare: the same words,"
    " log-probabilities to 0.0001. Fails where they differ.",
)
@click.option(
    "--features",
    metavar="DIR",
    shell_complete=completing.folders,
    help="With --check: on clips of these features (describe features), 64 of them spread evenly,"
    " in the place of random ones.",
)
@everywhere
@click.pass_context
def export(ctx: click.Context, /, **given: Any) -> None:
    """Export a model."""
    globals_ = take_globals(ctx, given)
    settings_of(globals_)
    from loquitur.vision import exporting, modelfile

    if given["features"] and not given["check"]:
        raise UsageError("features for what?", hint="give --check too")
    model = modelfile.load(Path(given["model"]))
    clips = _clips(model, Path(given["features"])) if given["features"] else None
    target, card, took_s = exported(model, exporting.export, given, quiet=globals_["quiet"])
    agreement = None
    if given["check"]:
        agreement = exporting.compare(model, modelfile.load(target), clips)
    document = _document(model, target, card, took_s, agreement)
    if given["as_json"]:
        print_json(document)
    else:
        print_table(("what", "value"), list(_rows(document)))
    if agreement is not None and not agreement.holds:
        raise EngineError(
            f"{target}: the exported model says something else:"
            f" {agreement.same} of {counted(agreement.clips, 'clip')} have the same words, and"
            f" log-probabilities differ by up to {agreement.difference:.1e}",
            hint="do not use it; tell the developers the versions of torch and onnxruntime",
        )


def _clips(model: CaptionModel, folder: Path) -> list[NDArray[Any]]:
    """Features of some clips of a set, if the model reads such."""
    from loquitur.vision.features import open_set

    found = open_set(folder)
    model.card.check_encoder(found.info.encoder)
    ids = found.clip_ids
    if not ids:
        raise UsageError(f"{folder}: holds no clips to check on", hint="leave --features out")
    count = min(_CHECKED, len(ids))
    return [found.get(ids[at * len(ids) // count])[1] for at in range(count)]


def _document(
    model: CaptionModel,
    target: Path,
    written: ModelCard,
    took_s: float,
    agreement: Agreement | None,
) -> dict[str, Any]:
    """What was done, as plain values."""
    from loquitur.vision.modelcard import CARD

    card = model.card
    checked = None
    if agreement is not None:
        checked = {
            "clips": agreement.clips,
            "same_words": agreement.same,
            "largest_difference": agreement.difference,
            "holds": agreement.holds,
        }
    return {
        "model": str(model.folder),
        "export": str(target),
        "architecture": card.net.architecture,
        "words": card.net.words,
        "dimension": card.net.dimension,
        "encoder": card.encoder.name,
        "language": card.language,
        "bytes": sum((target / name).stat().st_size for name in (*written.files, CARD)),
        "seconds": round(took_s, 3),
        "check": checked,
    }


def _rows(document: dict[str, Any]) -> list[tuple[str, object]]:
    """The document as lines of a table."""
    rows = [(name, value) for name, value in document.items() if name != "check"]
    checked = document["check"]
    if checked is not None:
        rows.append(("same words", f"{checked['same_words']} of {checked['clips']} clips"))
        rows.append(("largest difference", f"{checked['largest_difference']:.1e}"))
    return rows
