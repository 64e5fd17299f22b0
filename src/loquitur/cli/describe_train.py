"""`describe train`: options, progress, what a run came to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, tell
from loquitur.cli.training import SHORT, Telling, conclude, summary_of, told, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.vision.training.plans import Plan

_TELLING = Telling(measures=("cider_d", "meteor", "bleu4", "rouge_l"))


def _nets() -> Iterator[str]:
    from loquitur.vision.nets import NETS

    return iter(NETS)


def _presets() -> Iterator[str]:
    from loquitur.vision.training.presets import PRESETS

    return iter(PRESETS)


@click.command(
    "train",
    help="Train a net on clips with sentences, into the folder RUN: its last and its best weights,"
    " its configuration, a row of figures an epoch, sample sentences, curves. The same command"
    " goes on where a run stopped, whatever stopped it; then RUN alone is enough. Several cards:"
    " torchrun --nproc-per-node 2 -m loquitur describe train ...",
)
@click.argument("run", metavar="RUN", shell_complete=completing.folders)
@click.option(
    "--clips", metavar="FILE", shell_complete=completing.files, help="The corpus (describe data)."
)
@click.option(
    "--features",
    metavar="DIR",
    shell_complete=completing.folders,
    help="Its features (describe features).",
)
@click.option(
    "--preset",
    default="",
    metavar="NAME",
    shell_complete=completing.names(_presets),
    help="small (the default), things (that of features of things), book or paper.",
)
@click.option(
    "--net",
    metavar="NAME",
    shell_complete=completing.names(_nets),
    help="s2vt, s2vt-state, s2vt-attention or transformer.",
)
@click.option("--epochs", metavar="N", help="Times over the training clips.")
@click.option("--steps", metavar="N", help="Steps at most.")
@click.option("--batch", metavar="N", help="Clips a step.")
@click.option("--lr", metavar="X", help="Learning rate.")
@click.option("--seed", metavar="N", help="Of weights, order and chance.")
@click.option("--patience", metavar="N", help="Evaluations without a better one; 0 for no end.")
@click.option("--device", metavar="NAME", help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--precision", metavar="NAME", help="float32, tf32, bfloat16 or float16.")
@click.option("--language", metavar="CODE", help="Sentences of this language alone.")
@click.option("--wandb", is_flag=True, help="Also to Weights & Biases (WANDB_MODE=offline heeded).")
@click.option(
    "--allow",
    "allowed",
    multiple=True,
    metavar="CODE",
    help="Train in spite of this finding of `describe data check` (repeatable).",
)
@click.option(
    "--set",
    "parameters",
    multiple=True,
    metavar="PART.KEY=VALUE",
    help="Any option: train.clip=1, net.hidden=256, caption.sampling=0.25 (repeatable).",
)
@everywhere
@click.pass_context
def train(ctx: click.Context, /, **given: Any) -> None:
    """Train."""
    globals_ = take_globals(ctx, given)
    settings = settings_of(globals_)
    quiet = bool(globals_["quiet"])
    from loquitur.settings import launch
    from loquitur.vision.training.plans import plan, task_of

    planned = plan(
        Path(given["run"]),
        clips=given["clips"],
        features=given["features"],
        preset_name=given["preset"],
        values=values_of(given, settings, SHORT | {"language": "caption.language"}),
    )
    launched = launch()
    is_first = launched is None or launched.rank == 0
    task, notices = task_of(planned, allowed=given["allowed"])
    say = is_first and not quiet
    if say:
        _introduce(planned, task, notices)
    from loquitur.vision.training.loop import train as trained

    with told(say, _TELLING) as listen:
        outcome = trained(
            task, planned.folder, planned.train, tell=listen, launch=launched,
            inputs=planned.inputs(),
        )  # fmt: skip
    if say:
        conclude(outcome, _TELLING)
    if given["as_json"] and is_first:
        print_json(summary_of(outcome, notices), line=True)


def _introduce(planned: Plan, task: Any, notices: tuple[str, ...]) -> None:
    for text in notices:
        tell(text)
    net = task.config_of_net
    tell(
        f"{planned.folder}: {net.architecture}, {net.dimension} numbers a frame"
        f"{f' of {net.things} things' if net.things > 1 else ''},"
        f" {net.words:,} words; {len(task.training):,} clips to learn from,"
        f" {len(task.validation):,} to judge by"
    )
