"""`label train`: options, progress, what a run came to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, tell
from loquitur.cli.training import SHORT, Telling, conclude, summary_of, told, values_of
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.settings import Launch
    from loquitur.vision.labels.training.plans import Plan
    from loquitur.vision.training.records import Outcome

_TELLING = Telling(measures=("gap", "hit_at_one", "perr", "map"), unit="videos")


def _nets() -> Iterator[str]:
    from loquitur.vision.labels.nets import LABEL_NETS

    return iter(LABEL_NETS)


def _presets() -> Iterator[str]:
    from loquitur.vision.labels.training.presets import PRESETS

    return iter(PRESETS)


@click.command(
    "train",
    help="Train a net on labelled videos, into the folder RUN: its last and its best weights, its"
    " configuration, a row of figures an epoch, sample labels, curves. The same command goes on"
    " where a run stopped, whatever stopped it; then RUN alone is enough. `label compare` sets runs"
    " side by side. Several cards: torchrun --nproc-per-node 2 -m loquitur label train ...",
)
@click.argument("run", metavar="RUN", shell_complete=completing.folders)
@click.option(
    "--data",
    metavar="DATASET",
    shell_complete=completing.folders,
    help="The data set: a folder of shards, or its address (label data, label features).",
)
@click.option(
    "--vocabulary",
    metavar="FILE",
    shell_complete=completing.files,
    help="What its labels are called, where it does not say.",
)
@click.option(
    "--preset",
    default="",
    metavar="NAME",
    shell_complete=completing.names(_presets),
    help="small (the default), net, bilstm, stream, joined, nextvlad, netvlad, dbof, moe, gru, lstm"
    " or logistic; the published sizes end in -paper.",
)
@click.option(
    "--net",
    metavar="NAME",
    shell_complete=completing.names(_nets),
    help="logistic, moe, mlp, dbof, netvlad, nextvlad, lstm, gru, stream or joined.",
)
@click.option("--streams", metavar="NAMES", help="Only these: rgb,audio,words.")
@click.option(
    "--framework",
    metavar="NAME",
    shell_complete=completing.names(lambda: ("torch", "keras")),
    help="torch, or keras.",
)
@click.option("--epochs", metavar="N", help="Times over the training videos.")
@click.option("--steps", metavar="N", help="Steps at most.")
@click.option("--batch", metavar="N", help="Videos a step.")
@click.option("--lr", metavar="X", help="Learning rate.")
@click.option("--seed", metavar="N", help="Of weights, order and chance.")
@click.option("--patience", metavar="N", help="Evaluations without a better one; 0 for no end.")
@click.option("--device", metavar="NAME", help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--precision", metavar="NAME", help="float32, tf32, bfloat16 or float16.")
@click.option("--wandb", is_flag=True, help="Also to Weights & Biases (WANDB_MODE=offline heeded).")
@click.option("--keep-going", is_flag=True, help="Leave damaged records out, and tell.")
@click.option(
    "--set",
    "parameters",
    multiple=True,
    metavar="PART.KEY=VALUE",
    help="Any option: train.clip=1, net.hidden=256, label.loss=focal (repeatable).",
)
@everywhere
@click.pass_context
def train(ctx: click.Context, /, **given: Any) -> None:
    """Train."""
    globals_ = take_globals(ctx, given)
    settings = settings_of(globals_)
    from loquitur.settings import launch
    from loquitur.vision.labels.training.plans import plan

    values = values_of(given, settings, SHORT | {"streams": "label.streams"})
    if given["keep_going"]:
        values["label.keep_going"] = True
    planned = plan(
        Path(given["run"]),
        data=given["data"],
        vocabulary=given["vocabulary"],
        framework=given["framework"],
        preset_name=given["preset"],
        values=values,
    )
    launched = launch()
    is_first = launched is None or launched.rank == 0
    say = is_first and not globals_["quiet"]
    outcome, notices = _trained(planned, launched, say)
    if say:
        conclude(outcome, _TELLING)
    if given["as_json"] and is_first:
        print_json(summary_of(outcome, notices), line=True)


def _trained(planned: Plan, launched: Launch | None, say: bool) -> tuple[Outcome, tuple[str, ...]]:
    """Train in the framework of the plan."""
    from loquitur.vision.labels.training.plans import task_of

    task, notices = task_of(planned)
    if say:
        _introduce(planned, task, notices)
    with told(say, _TELLING) as listen:
        from loquitur.vision.training.loop import train as trained

        outcome = trained(
            task, planned.folder, planned.train, tell=listen, launch=launched,
            inputs=planned.inputs(),
        )  # fmt: skip
    return outcome, notices


def _introduce(planned: Plan, task: Any, notices: tuple[str, ...]) -> None:
    for text in notices:
        tell(text)
    net = task.config_of_net
    streams = ", ".join(f"{one.name} ({one.dimension:,})" for one in net.inputs)
    learnt = "video" if task.videos == 1 else "videos"
    tell(
        f"{display(str(planned.folder))}: {net.architecture}, {task.config()['weights']:,} weights;"
        f" {streams}; {net.labels:,} labels; {task.videos:,} {learnt} to learn from,"
        f" {task.validated_videos:,} to judge by"
    )
