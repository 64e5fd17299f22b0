"""`describe train`: options, progress, what a run came to."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, tell
from loquitur.errors import UsageError
from loquitur.text import counted, display

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loquitur.settings import Settings
    from loquitur.vision.training.plans import Plan
    from loquitur.vision.training.records import News, Outcome

_SHORT = {
    "epochs": "train.epochs", "steps": "train.steps", "batch": "train.batch", "lr": "train.lr",
    "seed": "train.seed", "device": "train.device", "precision": "train.precision",
    "patience": "train.patience", "net": "net.architecture", "language": "caption.language",
}  # fmt: skip
_MEASURES = ("cider_d", "meteor", "bleu4", "rouge_l")


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
        values=_values(given, settings),
    )
    launched = launch()
    is_first = launched is None or launched.rank == 0
    task, notices = task_of(planned, allowed=given["allowed"])
    say = is_first and not quiet
    if say:
        _introduce(planned, task, notices)
    from loquitur.vision.training.loop import train as trained

    with _told(say) as listen:
        outcome = trained(
            task, planned.folder, planned.train, tell=listen, launch=launched,
            inputs=planned.inputs(),
        )  # fmt: skip
    if say:
        _conclude(outcome)
    if given["as_json"] and is_first:
        print_json(_summary(outcome, notices), line=True)


def _values(given: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """The options that were given, by their full names."""
    values: dict[str, Any] = {}
    for item in given["parameters"]:
        name, equals, value = item.partition("=")
        if not equals:
            raise UsageError(f"not a parameter: '{item}'", hint="expected --set PART.KEY=VALUE")
        values[name.strip()] = value.strip()
    values |= {full: given[short] for short, full in _SHORT.items() if given[short] is not None}
    if settings.threads:
        values.setdefault("train.threads", settings.threads)
    if given["wandb"]:
        from loquitur.settings import wandb_mode

        mode = "offline" if settings.offline else wandb_mode() or "online"
        if mode not in ("online", "offline"):
            mode = "no"
        values["train.wandb"] = mode
    return values


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


def _conclude(outcome: Outcome) -> None:
    best = ""
    if outcome.best_epoch is not None:
        figures = ", ".join(
            f"{name} {outcome.best[name]:.3f}"
            for name in ("loss", *_MEASURES)
            if outcome.best.get(name) is not None
        )
        best = f"; best in epoch {outcome.best_epoch}: {figures}"
    spent = f"{outcome.cpu_s:.0f}" if outcome.cpu_s >= 10 else f"{outcome.cpu_s:.1f}"
    nothing = "nothing was left to do: " if outcome.clips_per_s is None else ""
    tell(
        f"{nothing}{counted(outcome.epochs, 'epoch')}, {counted(outcome.steps, 'step')},"
        f" {spent} s of processor, ended by {outcome.ended}{best}"
    )


def _summary(outcome: Outcome, notices: tuple[str, ...]) -> dict[str, Any]:
    return {
        "run": str(outcome.folder),
        "epochs": outcome.epochs,
        "steps": outcome.steps,
        "ended": outcome.ended,
        "best_epoch": outcome.best_epoch,
        "best": dict(outcome.best),
        "last": dict(outcome.last),
        "cpu_s": round(outcome.cpu_s, 3),
        "wall_s": round(outcome.wall_s, 3),
        "notices": [*notices, *outcome.notices],
    }


@contextmanager
def _told(say: bool) -> Iterator[Callable[[News], None]]:
    """A listener: a bar on a terminal, a line an epoch elsewhere, nothing where it is quiet."""
    if not say:
        yield lambda _: None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        with bar:
            yield _Bar(bar)
    else:
        yield _print


class _Bar:
    """One bar for the whole run; epochs stay as lines above it."""

    def __init__(self, progress: Any) -> None:
        self._progress = progress
        self._task = progress.add_task("training", total=1.0)

    def __call__(self, news: News) -> None:
        with suppress(OSError):  # a terminal that went away stops no work
            if news.kind == "step":
                loss = "" if news.loss is None else f" loss {news.loss:.3f}"
                self._progress.update(
                    self._task, completed=news.share, description=f"epoch {news.epoch}{loss}"
                )
                return
            if news.kind == "epoch":
                self._progress.update(self._task, completed=min(1.0, news.share))
            from rich.text import Text

            text = Text(display(_line(news)), style="dim")
            if news.kind == "epoch":  # a line each, whatever the sentence
                self._progress.console.print(text, no_wrap=True, overflow="ellipsis")
            else:
                self._progress.console.print(text)


def _print(news: News) -> None:
    if news.kind != "step":
        tell(_line(news))


def _line(news: News) -> str:
    """News as one line."""
    if news.kind == "notice":
        return news.text
    row = news.row
    figures = [f"epoch {row['epoch']}", f"loss {_short(row['loss'])}"]
    if row.get("validation_loss") is not None:
        figures.append(f"validation {_short(row['validation_loss'])}")
    figures += [f"{name} {row[name]:.3f}" for name in _MEASURES if row.get(name) is not None]
    if row.get("clips_per_s"):
        figures.append(f"{row['clips_per_s']:,.0f} clips/s")
    line = "  ".join(figures) + ("  *" if row.get("best") else "")
    return f"{line}  '{news.samples[0].output}'" if news.samples else line


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
