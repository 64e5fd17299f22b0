"""What a run tells while it goes on, and what it writes of each epoch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from loquitur.errors import MissingError
from loquitur.vision.training import plots
from loquitur.vision.training.folder import METRICS, SAMPLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from loquitur.vision.training.checkpoint import State
    from loquitur.vision.training.events import Listener
    from loquitur.vision.training.folder import RunFolder
    from loquitur.vision.training.options import TrainingOptions
    from loquitur.vision.training.task import Sample, Validation


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What just happened in a run.

    Args:
        kind: `step`, `epoch` (with its row), or `notice` (a line for people).
        epoch: From 1.
        step: Of the optimizer, from 1.
        share: How much of the budget is spent, 0 to 1.
        loss: Per token, over the epoch so far.
        row: Of the metrics.
        samples: Of an evaluation.
        text: The notice; it may hold untrusted text.
    """

    kind: Literal["step", "epoch", "notice"]
    epoch: int = 0
    step: int = 0
    share: float = 0.0
    loss: float | None = None
    row: Mapping[str, Any] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a training came to.

    Args:
        folder: Of the run; the best net is in `best`, the last one in `last`.
        epochs: Whole epochs behind.
        steps: Of the optimizer.
        ended: By which budget, or `patience`.
        best_epoch: Of the best evaluation, None where there was none.
        best: Its figures.
        last: The last row of the metrics.
        cpu_s: Processor time of all steps.
        wall_s: Time of all steps by the clock.
        clips_per_s: Of this call's steps, its first ten aside; None where there was none.
        data_wait: The share of the same time in which a step waited for its data.
        notices: What a person should know.
    """

    folder: Path
    epochs: int
    steps: int
    ended: str
    best_epoch: int | None
    best: Mapping[str, float | None]
    last: Mapping[str, Any]
    cpu_s: float
    wall_s: float
    clips_per_s: float | None = None
    data_wait: float | None = None
    notices: tuple[str, ...] = ()


def row_of(
    state: State,
    steps: int,
    lr: float,
    used: Mapping[str, float | None],
    validation: Validation | None,
) -> dict[str, Any]:
    """The row of an epoch.

    Times are those of its steps; `cpu_use` is how many processors they kept busy, `data_wait` the
    share of them in which a step waited for its data, and like `clips_per_s` without a process's
    first ten steps, in which memory is asked for and the first batch is filled (where an epoch has
    others); `used` is what `Resources` says; `part` is how much of the epoch is behind, below 1
    where the run ended within it.
    """
    sums, pace = state.sums, state.sums.pace()
    row: dict[str, Any] = {
        "epoch": state.epoch,
        "step": state.spent.step,
        "part": 1.0 if state.done >= steps else state.done / steps,
        "loss": sums.plain / sums.count if sums.count else None,
        "objective": sums.total / sums.count if sums.count else None,
        "validation_loss": None,
        "lr": lr,
        "gradient_norm": sums.norm / sums.steps if sums.steps and sums.norm else None,
        "clips": sums.clips,
        "clips_per_s": pace.clips_per_s,
        "cpu_s": round(sums.cpu_s, 4),
        "wall_s": round(sums.wall_s, 4),
        "spent_cpu_s": round(state.spent.cpu_s, 4),
        "spent_wall_s": round(state.spent.wall_s, 4),
        "evaluation_s": round(state.evaluation_s, 4),
        "data_wait": pace.data_wait,
        "cpu_use": round(sums.cpu_s / sums.wall_s, 4) if sums.wall_s else None,
        **used,
    }
    if validation is not None:
        figures = dict(validation.metrics)
        row["validation_loss"] = figures.pop("loss", None)
        row |= figures
    return row


def sample_rows(state: State, samples: Sequence[Sample]) -> list[dict[str, Any]]:
    """What a net made of some clips, as rows."""
    return [
        {
            "epoch": state.epoch,
            "step": state.spent.step,
            "clip": one.clip_id,
            "output": one.output,
            "references": list(one.references),
            "score": one.score,
        }
        for one in samples
    ]


def ignore(news: News) -> None:
    """Nobody listens."""


class Records:
    """Writes rows, events and curves.

    Args:
        folder: Of the run.
        options: Which say what is wanted.
        listeners: Who else is told.
    """

    def __init__(
        self, folder: RunFolder, options: TrainingOptions, listeners: Sequence[Listener]
    ) -> None:
        self._folder = folder
        self._options = options
        self._listeners = listeners

    def epoch(self, row: Mapping[str, Any], state: State, samples: Sequence[Sample]) -> None:
        """Write what an epoch came to."""
        self._folder.append(METRICS, [row])
        self._folder.append(SAMPLES, sample_rows(state, samples))
        for one in self._listeners:
            one.epoch(row, samples)

    def draw(self) -> str:
        """Draw the curves; what is missing for them, where they may be left out.

        Raises:
            MissingError: matplotlib is not installed, and curves were asked for.
        """
        if self._options.plots == "no":
            return ""
        try:
            plots.draw(self._folder, self._folder.rows())
        except MissingError as exc:
            if self._options.plots == "yes":
                raise
            return f"no curves: {exc.hint}"
        return ""

    def close(self) -> None:
        """The run is over, or stops."""
        for one in self._listeners:
            one.close()
