"""What can be set of a training, whatever is trained; plain values, without torch."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args, get_type_hints

import msgspec

from loquitur.conversion import convert
from loquitur.errors import InputError, UsageError, near

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SWITCHES = {"yes": True, "no": False}
Optimizer = Literal["adam", "adamw", "sgd"]
Schedule = Literal["constant", "linear", "cosine"]
Precision = Literal["float32", "tf32", "bfloat16", "float16"]
Optional = Literal["auto", "yes", "no"]
Wandb = Literal["no", "online", "offline"]

_FREE = {"keyed": False}
"""Marks an option that may differ when a run goes on: what it has learnt so far stays of use. A
budget also moves, from there on, whatever follows its share: the fall of the learning rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOptions:
    """How a net is trained. None means: not bounded by that.

    A run ends at the first of its budgets. `cpu_s` and `wall_s` count the steps alone, neither
    evaluation nor checkpoints nor plots; a run bounded by them depends on the machine, since the
    learning rate follows the share of the budget that is spent.

    Args:
        seed: Of everything: weights, order of clips, choice of sentences, dropout.
        epochs: Times over the training clips.
        steps: Steps of the optimizer.
        cpu_s: Seconds of processor time; of several processes the first one's.
        wall_s: Seconds by the clock, likewise.
        batch: Clips a step, over all processes.
        accumulate: Batches whose gradients are added up before one step.
        optimizer: Adam (Kingma and Ba 2015), AdamW (Loshchilov and Hutter 2019) or plain SGD.
        lr: The highest learning rate.
        weight_decay: Of AdamW decoupled, else as an L2 penalty.
        momentum: Of SGD.
        schedule: How the learning rate falls over the budget: `linear` or `cosine` (Loshchilov and
            Hutter 2017) down to `lr_floor` times `lr`.
        lr_floor: See `schedule`.
        warmup_steps: Steps over which it rises first, from `lr` over that number.
        clip: The gradient's largest norm (Pascanu et al. 2013); 0 for no bound.
        precision: `bfloat16` and `float16` are mixed (Micikevicius et al. 2018): weights and their
            updates stay float32; `tf32` is an NVIDIA card's form of float32.
        ema: How much of the averaged weights stays at a step (0.999, say); 0 for no average. The
            averaged weights are then what is evaluated and kept.
        evaluate_every: Epochs between two evaluations; the last epoch is always evaluated.
        patience: Evaluations without a better one after which the run ends; 0 for never.
        checkpoint_s: Seconds between two checkpoints inside an epoch; one is always made at the
            end of an epoch.
        device: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.
        threads: Of torch; 0 leaves it to torch.
        workers: Batches prepared ahead in a thread; None for 4 on a card, and on a processor
            1 where batches are read from shards and 0 where they lie ready.
        samples: Sentences (or other examples) kept of each evaluation.
        plots: Curves as pictures; `auto` leaves them out where matplotlib is not installed.
        tensorboard: Events for TensorBoard, likewise.
        wandb: Also to Weights & Biases, `offline` into the run's folder alone.
        wandb_project: Under which name there.
    """

    seed: int = 0
    epochs: int | None = field(default=100, metadata=_FREE)
    steps: int | None = field(default=None, metadata=_FREE)
    cpu_s: float | None = field(default=None, metadata=_FREE)
    wall_s: float | None = field(default=None, metadata=_FREE)
    batch: int = 32
    accumulate: int = 1
    optimizer: Optimizer = "adam"
    lr: float = 1e-4
    weight_decay: float = 0.0
    momentum: float = 0.9
    schedule: Schedule = "constant"
    lr_floor: float = 0.05
    warmup_steps: int = 0
    clip: float = 5.0
    precision: Precision = "float32"
    ema: float = 0.0
    evaluate_every: int = field(default=1, metadata=_FREE)
    patience: int = field(default=0, metadata=_FREE)
    checkpoint_s: float = field(default=600.0, metadata=_FREE)
    device: str = field(default="auto", metadata=_FREE)
    threads: int = field(default=0, metadata=_FREE)
    workers: int | None = field(default=None, metadata=_FREE)
    samples: int = field(default=10, metadata=_FREE)
    plots: Optional = field(default="auto", metadata=_FREE)
    tensorboard: Optional = field(default="auto", metadata=_FREE)
    wandb: Wandb = field(default="no", metadata=_FREE)
    wandb_project: str = field(default="loquitur", metadata=_FREE)

    def __post_init__(self) -> None:
        require_ranges(self, _RANGES, what="training")
        if all(getattr(self, name) is None for name in BUDGETS):
            raise UsageError("a training without an end", hint="give " + ", ".join(BUDGETS))


BUDGETS = ("epochs", "steps", "cpu_s", "wall_s")
_RANGES: dict[str, tuple[float, float]] = {
    "seed": (0, 2**63 - 1), "epochs": (1, 1e6), "steps": (1, 1e12), "cpu_s": (0.001, 1e9),
    "wall_s": (0.001, 1e9), "batch": (1, 1 << 20), "accumulate": (1, 1 << 16), "lr": (1e-12, 1e3),
    "weight_decay": (0, 10), "momentum": (0, 1), "lr_floor": (0, 1), "warmup_steps": (0, 1e9),
    "clip": (0, 1e9), "ema": (0, 0.999999), "evaluate_every": (1, 1e6), "patience": (0, 1e6),
    "checkpoint_s": (0, 1e9), "threads": (0, 1024), "workers": (0, 256), "samples": (0, 10_000),
}  # fmt: skip


def require_ranges(options: Any, ranges: Mapping[str, tuple[float, float]], *, what: str) -> None:
    """Hold that numbers of a dataclass of options lie between the least and the most; None may be.

    Raises:
        UsageError: One does not.
    """
    for name, (least, most) in ranges.items():
        value = getattr(options, name)
        if value is not None and not least <= value <= most:
            raise UsageError(
                f"{what}: {name} is from {least:,.15g} to {most:,.15g}, not {value:,.15g}"
            )


def changed(old: TrainingOptions, new: TrainingOptions) -> tuple[str, ...]:
    """The options in which a run that goes on would differ from how it began, by name."""
    return tuple(
        item.name
        for item in dataclasses.fields(TrainingOptions)
        if item.metadata.get("keyed", True) and getattr(old, item.name) != getattr(new, item.name)
    )


def changeable(options: type[Any]) -> frozenset[str]:
    """The options that may differ when a run goes on, by name."""
    return frozenset(
        item.name for item in dataclasses.fields(options) if not item.metadata.get("keyed", True)
    )


def kept_options(options: Any, values: object, *, path: Path, where: str) -> Any:
    """A dataclass of options with the values that a run's configuration has.

    Args:
        options: Any frozen dataclass.
        values: What was read from the file.
        path: Of the file, for the message.
        where: Which part of it.

    Raises:
        InputError: They are no options, or of another version.
    """
    reason = f"no options under '{where}'"
    if isinstance(values, dict):
        try:
            return with_values(options, values, where=where)
        except UsageError as exc:
            reason = exc.message
    raise InputError(
        f"{path}: is damaged, or of another version ({reason})",
        hint="bring the file back, or name another folder to begin anew",
    )


def with_values(options: Any, values: Mapping[str, Any], *, where: str) -> Any:
    """A dataclass of options with other values, which may be text, checked and of the right type.

    Args:
        options: Any frozen dataclass.
        values: By the names of its fields; text such as `0.5`, `none`, `true` or `yes` is
            understood.
        where: Under which name they were given, for the message: `train`, `net`.

    Raises:
        UsageError: A name that it does not have, or a value that does not fit.
    """
    known = [item.name for item in dataclasses.fields(options) if item.init]
    for name in values:
        if name not in known:
            raise UsageError(f"unknown option '{where}.{name}'", hint=near(name, known))
    kinds = get_type_hints(type(options))
    plain = {name: getattr(options, name) for name in known} | {
        name: _plain(value, kinds[name]) for name, value in values.items()
    }
    try:
        return convert(plain, type(options), strict=False)
    except msgspec.ValidationError as exc:
        reason = str(exc).replace(" - at `$.", f" - at `{where}.")
        wrong = str(exc).rpartition("`$.")[2].rstrip("`")
        raise UsageError(f"wrong value: {reason}", hint=_right(kinds.get(wrong))) from exc


def _plain(value: Any, kind: Any) -> Any:
    if kind is bool and isinstance(value, str):
        return _SWITCHES.get(value.lower(), value)
    return None if value in ("none", "None") else value


def _right(kind: Any) -> str:
    """Which values would do, where they can be counted."""
    if kind is bool:
        return "yes or no"
    named = [each for each in get_args(kind) if isinstance(each, str)]
    return f"known: {', '.join(named)}" if named else ""
