"""The rows of a run's records: one an epoch, and one of each sample sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loquitur.vision.training.checkpoint import State
    from loquitur.vision.training.task import Sample, Validation

OWN = frozenset({
    "epoch", "step", "part", "loss", "objective", "validation_loss", "lr", "gradient_norm", "clips",
    "clips_per_s", "cpu_s", "wall_s", "spent_cpu_s", "spent_wall_s", "evaluation_s", "data_wait",
    "cpu_use", "memory_mb", "gpu_memory_mb", "gpu_use", "io_wait", "best",
})  # fmt: skip
"""What the row of an epoch holds whatever is trained; all else in it are the task's measures."""


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


def flat(figures: Mapping[str, object]) -> dict[str, float | int | str | None]:
    """Figures of a training without nesting, as a model's card has them."""
    found: dict[str, float | int | str | None] = {}
    for name, value in figures.items():
        if isinstance(value, dict):
            found |= {f"{name}_{inner}": one for inner, one in flat(value).items()}
        elif value is None or isinstance(value, float | int | str):
            found[name] = value
    return found
