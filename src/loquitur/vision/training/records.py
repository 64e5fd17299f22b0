"""What a run tells while it goes on, what it came to, and who writes its rows down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from loquitur.errors import MissingError
from loquitur.vision.training import plots
from loquitur.vision.training.folder import METRICS, SAMPLES
from loquitur.vision.training.rows import sample_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from loquitur.vision.training.checkpoint import State
    from loquitur.vision.training.events import Listener
    from loquitur.vision.training.folder import RunFolder
    from loquitur.vision.training.options import TrainingOptions
    from loquitur.vision.training.task import Sample


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
        clips_per_s: Of the epochs that this call ended, the first ten steps aside; None where
            it ended none.
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
