"""What trainings have in common on a command line: options by name, progress, the outcome."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.cli.output import tell
from loquitur.errors import UsageError
from loquitur.text import counted, display

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from loquitur.settings import Settings
    from loquitur.vision.training.records import News, Outcome

SHORT = {
    "epochs": "train.epochs", "steps": "train.steps", "batch": "train.batch", "lr": "train.lr",
    "seed": "train.seed", "device": "train.device", "precision": "train.precision",
    "patience": "train.patience", "net": "net.architecture",
}  # fmt: skip
"""Options with a name of their own, whatever is trained, and what they set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What is told of an epoch.

    Args:
        measures: Of the validation, by their names in a row, in their order.
        unit: What is learnt from: clips, videos.
    """

    measures: tuple[str, ...]
    unit: str = "clips"


def values_of(
    given: Mapping[str, Any], settings: Settings, short: Mapping[str, str]
) -> dict[str, Any]:
    """The options that were given, by their full names."""
    values: dict[str, Any] = {}
    for item in given["parameters"]:
        name, equals, value = item.partition("=")
        if not equals:
            raise UsageError(f"not a parameter: '{item}'", hint="expected --set PART.KEY=VALUE")
        values[name.strip()] = value.strip()
    values |= {full: given[short] for short, full in short.items() if given[short] is not None}
    if settings.threads:
        values.setdefault("train.threads", settings.threads)
    if given["wandb"]:
        from loquitur.settings import wandb_mode

        mode = "offline" if settings.offline else wandb_mode() or "online"
        if mode not in ("online", "offline"):
            mode = "no"
        values["train.wandb"] = mode
    return values


def conclude(outcome: Outcome, telling: Telling) -> None:
    """Tell what a training came to."""
    best = ""
    if outcome.best_epoch is not None:
        figures = ", ".join(
            f"{name} {outcome.best[name]:.3f}"
            for name in ("loss", *telling.measures)
            if outcome.best.get(name) is not None
        )
        best = f"; best in epoch {outcome.best_epoch}: {figures}"
    spent = f"{outcome.cpu_s:.0f}" if outcome.cpu_s >= 10 else f"{outcome.cpu_s:.1f}"
    nothing = "nothing was left to do: " if outcome.clips_per_s is None else ""
    tell(
        f"{nothing}{counted(outcome.epochs, 'epoch')}, {counted(outcome.steps, 'step')},"
        f" {spent} s of processor, ended by {outcome.ended}{best}"
    )


def summary_of(outcome: Outcome, notices: tuple[str, ...]) -> dict[str, Any]:
    """What a training came to, for `--json`."""
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
def told(say: bool, telling: Telling) -> Iterator[Callable[[News], None]]:
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
            yield _Bar(bar, telling)
    else:
        yield lambda news: _print(news, telling)


class _Bar:
    """One bar for the whole run; epochs stay as lines above it."""

    def __init__(self, progress: Any, telling: Telling) -> None:
        self._progress, self._telling = progress, telling
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

            text = Text(display(_line(news, self._telling)), style="dim")
            if news.kind == "epoch":  # a line each, whatever the sentence
                self._progress.console.print(text, no_wrap=True, overflow="ellipsis")
            else:
                self._progress.console.print(text)


def _print(news: News, telling: Telling) -> None:
    if news.kind != "step":
        tell(_line(news, telling))


def _line(news: News, telling: Telling) -> str:
    """News as one line."""
    if news.kind == "notice":
        return news.text
    row = news.row
    figures = [f"epoch {row['epoch']}", f"loss {_short(row['loss'])}"]
    if row.get("validation_loss") is not None:
        figures.append(f"validation {_short(row['validation_loss'])}")
    figures += [f"{name} {row[name]:.3f}" for name in telling.measures if row.get(name) is not None]
    if row.get("clips_per_s"):
        figures.append(f"{row['clips_per_s']:,.0f} {telling.unit}/s")
    line = "  ".join(figures) + ("  *" if row.get("best") else "")
    return f"{line}  '{news.samples[0].output}'" if news.samples else line


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
