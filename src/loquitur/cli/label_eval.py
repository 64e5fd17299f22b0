"""`label eval`: how good labels are: runs, models and any tool's predictions side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.labels import (
    accuracy_note,
    figure,
    print_decisions,
    print_measures,
    print_mistakes,
    print_verticals,
    spanned,
)
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, print_table, tell
from loquitur.errors import InputError, UsageError
from loquitur.text import display, listed

if TYPE_CHECKING:
    from loquitur.vision.labels.judging import Ground, Judgement, Voice

_PARTS = ("train", "validate", "test")


@click.command(
    "eval",
    help="How good labels are: GAP@20, Hit@1, PERR, MAP, calibration, by genre. Each INPUT is a run"
    " of `label train`, a model's folder, or predictions by any tool: the challenge's CSV"
    ' (VideoId,LabelConfidencePairs), JSON Lines of {"video", "labels": [{"label", "score"}]}, .npz'
    " or .safetensors; NAME=INPUT names it. Several stand side by side, with intervals of their"
    " differences from the first.",
)
@click.argument(
    "inputs", nargs=-1, required=True, metavar="INPUT...", shell_complete=completing.files
)
@click.option(
    "--data",
    metavar="DATASET",
    shell_complete=completing.folders,
    help="The data set with the labels; a run's own by default.",
)
@click.option(
    "--part",
    type=click.Choice(_PARTS),
    default="validate",
    show_default=True,
    help="Of the data set. The test part of YouTube-8M has no labels on purpose.",
)
@click.option(
    "--truth",
    metavar="FILE",
    shell_complete=completing.files,
    help="Labels out of a file, in the place of a data set.",
)
@click.option(
    "--vocabulary",
    metavar="FILE",
    shell_complete=completing.files,
    help="What labels are called, where the data set does not say.",
)
@click.option(
    "--streams",
    default="",
    metavar="LIST",
    help="Show models only these (rgb,audio,words), as if the others were absent.",
)
@click.option(
    "--baselines",
    is_flag=True,
    help="Beside them: label frequencies, nearest neighbours, logistic regression, fitted on the"
    " data set's training part.",
)
@click.option(
    "--segments",
    is_flag=True,
    help="MAP@K of models over rated segments (June 2019), in the place of the other measures.",
)
@click.option(
    "--by",
    type=click.Choice(["vertical", "label", "mistake"]),
    help="A further table: genres, labels, or labels taken for one another and videos told worst.",
)
@click.option(
    "--decide",
    metavar="AIM",
    default="",
    shell_complete=completing.names(lambda: ("f1", "precision=0.9")),
    help="From which score on each label counts as said: f1, or precision=0.9; what that is worth,"
    " and with -o the thresholds for `label predict --least`.",
)
@click.option(
    "--keep-going", is_flag=True, help="Leave damaged records out, and tell how many they are."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Of intervals, of baselines.")
@click.option("--device", default="cpu", show_default=True, metavar="NAME", help="Of models.")
@click.option(
    "-o",
    "output",
    metavar="FOLDER",
    shell_complete=completing.folders,
    help="Write index.html, measures.csv, verticals.csv, labels.csv, confusions.csv, videos.csv and"
    " scores.json there.",
)
@everywhere
@click.pass_context
def evaluate(ctx: click.Context, /, **given: Any) -> None:
    """Print one row for each input."""
    globals_ = take_globals(ctx, given)
    settings_of(globals_)
    if given["output"] and Path(given["output"]).is_file():
        raise UsageError(f"-o {display(given['output'])}: is a file", hint="name a folder")
    from loquitur.evaluation.labels.thresholds import aim_of
    from loquitur.vision.labels.judging import judge
    from loquitur.vision.labels.judging.tables import plain
    from loquitur.vision.labels.judging.writing import write

    if given["segments"]:
        _segments(given)
        return
    aim = aim_of(given["decide"]) if given["decide"] else None
    ground = _ground(given)
    voices = _voices(given, ground)
    judgement = judge(
        ground,
        voices,
        seed=given["seed"],
        mistakes=bool(given["output"]) or given["by"] == "mistake",
        aim=aim,
    )
    written = write(judgement, Path(given["output"])) if given["output"] else []
    if given["as_json"]:
        document = plain(judgement, labels=given["by"] == "label")
        print_json({**document, "outputs": written})
    else:
        _print(judgement, by=given["by"])
    if not globals_["quiet"]:
        for line in () if given["as_json"] else judgement.told():
            tell(line)
        for path in written:
            tell(f"wrote {path}")


def _segments(given: dict[str, Any]) -> None:
    """A row for each model, over rated segments."""
    from loquitur.vision.labels import modelfile
    from loquitur.vision.labels.judging import open_part
    from loquitur.vision.labels.judging.segments import judge_segments
    from loquitur.vision.labels.judging.voices import data_of_run, named

    unused = [name for name, value in {
        "--truth": given["truth"], "--vocabulary": given["vocabulary"],
        "--streams": given["streams"], "--baselines": given["baselines"], "--by": given["by"],
        "--decide": given["decide"], "-o": given["output"],
    }.items() if value]  # fmt: skip
    if unused:
        raise UsageError(f"--segments has one figure a model: no {unused[0]}")
    inputs = [named(one) for one in given["inputs"]]
    place = given["data"] or next((data_of_run(one[1])[0] for one in inputs), "")
    if not place:
        raise UsageError("rated segments of which data set?", hint="--data DATASET")
    found = {}
    with open_part(place, given["part"], keep_going=given["keep_going"]) as data:
        for name, path in inputs:
            model = modelfile.load(path, device=given["device"])
            found[name or path.resolve().name] = judge_segments(model, data, given["part"])
    if given["as_json"]:
        keys = ("segments", "ratings", "positives", "map")
        results = [
            {"name": name, **{key: getattr(one, key) for key in keys}}
            for name, one in found.items()
        ]
        print_json({"measure": "segments", "part": given["part"], "results": results})
        return
    print_table(
        ("", "segments", "ratings", "positives", "MAP@100,000"),
        [
            (name, one.segments, one.ratings, one.positives, figure(one.map))
            for name, one in found.items()
        ],
    )


def _ground(given: dict[str, Any]) -> Ground:
    """What predictions are held against."""
    from loquitur.vision.labels.judging import ground_of_data, ground_of_file, open_part
    from loquitur.vision.labels.judging.voices import data_of_run, named

    vocabulary = Path(given["vocabulary"]) if given["vocabulary"] else None
    if given["truth"]:
        if given["data"]:
            raise UsageError("--data and --truth both say what holds", hint="give one of them")
        if given["baselines"]:
            raise UsageError("baselines are fitted on a data set", hint="--data DATASET")
        return ground_of_file(Path(given["truth"]), vocabulary=vocabulary)
    place = given["data"]
    if not place:
        paths = [named(one)[1] for one in given["inputs"]]
        absent = next((path for path in paths if not path.exists()), None)
        if absent is not None:
            raise InputError(f"{display(str(absent))}: No such file or folder")
        runs = [data_of_run(path) for path in paths]
        place, own = next((one for one in runs if one[0]), ("", ""))
        vocabulary = vocabulary or (Path(own) if own else None)
    if not place:
        raise UsageError(
            "labels are held against which data set?", hint="--data DATASET, or --truth FILE"
        )
    going = bool(given["keep_going"])
    data = open_part(place, given["part"], keep_going=going)
    return ground_of_data(data, given["part"], place=place, vocabulary=vocabulary, keep_going=going)


def _voices(given: dict[str, Any], ground: Ground) -> list[Voice]:
    from loquitur.vision.labels.judging import voice_of

    streams = tuple(listed(given["streams"]))
    voices = [
        voice_of(one, ground, device=given["device"], streams=streams) for one in given["inputs"]
    ]
    if given["baselines"] and ground.data is not None:
        from loquitur.vision.labels.judging.floors import floors

        voices += floors(ground.data, seed=given["seed"])
    names = [one.name for one in voices]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"two inputs are called '{display(twice)}'", hint="NAME=INPUT names one")
    return voices


def _print(judgement: Judgement, *, by: str | None) -> None:
    from loquitur.evaluation.labels import MEASURES

    print_measures(judgement)
    click.echo(accuracy_note(judgement.judged[0].scores))
    if judgement.leads:
        click.echo(
            f"\nless {display(judgement.leads[0].over)}, with 95% intervals; * leaves 0 out:"
        )
        print_table(
            ("", *MEASURES.values()),
            [
                (
                    one.name,
                    *(
                        spanned(one.values[key], one.intervals[key], "+.3f") + " *" * one.clear(key)
                        for key in MEASURES
                    ),
                )
                for one in judgement.leads
            ],
        )
    if judgement.judged[0].decision is not None:
        print_decisions(judgement)
    if by == "vertical":
        print_verticals(judgement)
    elif by == "mistake":
        print_mistakes(judgement)
    elif by == "label":
        _print_labels(judgement)


def _print_labels(judgement: Judgement) -> None:
    """Labels that some video has, commonest first."""
    scores = [one.scores for one in judgement.judged]
    order = (-scores[0].class_positives).argsort(kind="stable")
    click.echo("\naverage precision by label:")
    print_table(
        ("label", "videos", *(one.name for one in judgement.judged)),
        [
            (
                judgement.vocabulary.labels[at].name,
                int(scores[0].class_positives[at]),
                *(f"{one.average_precision[at]:.3f}" for one in scores),
            )
            for at in order
            if scores[0].class_positives[at]
        ],
        fit=True,
        shrinkable=(0,),
    )
