"""The state of a training on the disk: tensors as safetensors, all else as JSON, no pickle.

Which random numbers a step draws follows from the seed, the step and the process (see
`chance.py`), so there are no generators to keep.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
import torch

from loquitur.conversion import convert
from loquitur.errors import InputError
from loquitur.store.writing import write_temporary
from loquitur.vision.training.folder import read_json
from loquitur.vision.training.schedule import Spent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from loquitur.vision.training.averaging import Average

STATE_JSON = "state.json"
STATE_TENSORS = "state.safetensors"
SCHEMA = "loquitur/training-state/1"
_ANEW = "name another folder to begin anew"


@dataclass(slots=True)
class Sums:
    """What the steps of an epoch add up to, until its row is written.

    Args:
        total: Of the loss.
        plain: Of the loss without smoothing.
        count: Over how many tokens.
        clips: How many clips.
        norm: Of the gradients' norms, and over `steps` steps.
        steps: See `norm`.
        wait_s: What was waited for data.
        cpu_s: Of the processor.
        wall_s: By the clock.
        cold_clips: What of `clips` came in a process's first steps, before it was at its pace.
        cold_wait_s: The same of `wait_s`.
        cold_wall_s: The same of `wall_s`.
    """

    total: float = 0.0
    plain: float = 0.0
    count: float = 0.0
    clips: int = 0
    norm: float = 0.0
    steps: int = 0
    wait_s: float = 0.0
    cpu_s: float = 0.0
    wall_s: float = 0.0
    cold_clips: int = 0
    cold_wait_s: float = 0.0
    cold_wall_s: float = 0.0

    def pace(self) -> Pace:
        """How fast steps went, without the first ones of a process where there are others."""
        if self.clips <= self.cold_clips or self.wall_s <= self.cold_wall_s:
            return Pace(clips=self.clips, wait_s=self.wait_s, wall_s=self.wall_s)
        return Pace(
            clips=self.clips - self.cold_clips,
            wait_s=max(0.0, self.wait_s - self.cold_wait_s),
            wall_s=self.wall_s - self.cold_wall_s,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Clips of some steps, what was waited for them, and the time of all of it."""

    clips: int = 0
    wait_s: float = 0.0
    wall_s: float = 0.0

    @property
    def clips_per_s(self) -> float | None:
        """None where there was no step."""
        return round(self.clips / self.wall_s, 3) if self.wall_s else None

    @property
    def data_wait(self) -> float | None:
        """The share of the time that was waited."""
        return round(self.wait_s / self.wall_s, 4) if self.wall_s else None

    def __add__(self, other: Pace) -> Pace:
        return Pace(
            clips=self.clips + other.clips,
            wait_s=self.wait_s + other.wait_s,
            wall_s=self.wall_s + other.wall_s,
        )


@dataclass(slots=True)
class Best:
    """The best evaluation so far."""

    merit: float | None = None
    epoch: int = 0
    metrics: dict[str, float | None] = field(default_factory=dict)
    worse: int = 0


@dataclass(slots=True)
class State:
    """Where a run stands.

    Args:
        epoch: Which one is under way, from 1.
        done: Batches of it that are behind.
        spent: Steps and time.
        sums: Of the epoch so far.
        best: Which evaluation was best, and how many came after it.
        evaluation_s: Time by the clock that evaluations took.
        sizes: How long the records were, in bytes.
        scaler: Of float16's gradients.
        ended: Why the run is over; empty while it is not.
    """

    epoch: int = 1
    done: int = 0
    spent: Spent = field(default_factory=Spent)
    sums: Sums = field(default_factory=Sums)
    best: Best = field(default_factory=Best)
    evaluation_s: float = 0.0
    sizes: dict[str, int] = field(default_factory=dict)
    scaler: dict[str, int | float] = field(default_factory=dict)
    ended: str = ""


def save(
    folder: Path,
    state: State,
    net: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    average: Average | None,
) -> None:
    """Write the state into a folder.

    Raises:
        FullError: The disk is full.
    """
    from safetensors.torch import save as packed

    kept = optimizer.state_dict()
    tensors = {f"net.{name}": value for name, value in net.state_dict().items()}
    if average is not None:
        tensors |= {f"average.{name}": value for name, value in average.weights.items()}
    scalars: dict[str, dict[str, Any]] = {}
    for number, values in kept["state"].items():
        for name, value in values.items():
            if isinstance(value, torch.Tensor):
                tensors[f"optimizer.{number}.{name}"] = value
            else:
                scalars.setdefault(str(number), {})[name] = value
    own = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    data = packed(own)
    document = {
        "schema": SCHEMA,
        "tensors": hashlib.sha256(data).hexdigest(),
        "state": dataclasses.asdict(state),
        "groups": kept["param_groups"],
        "scalars": scalars,
    }
    write_temporary(folder / STATE_TENSORS, data, mode=0o644)
    write_temporary(folder / STATE_JSON, json.dumps(document).encode(), mode=0o644)


def load(
    folder: Path,
    net: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    average: Average | None,
) -> State | None:
    """Take up what `save` wrote; None where there is nothing.

    Raises:
        InputError: It is damaged, not ours, or of another net.
    """
    document = read_json(folder / STATE_JSON)
    if document is None:
        if folder.exists():
            raise InputError(
                f"{folder}: has no {STATE_JSON}, without which no run goes on",
                hint="bring the file back, or " + _ANEW,
            )
        return None
    if document.get("schema") != SCHEMA:
        raise InputError(f"{folder / STATE_JSON}: is no state of a training", hint=_ANEW)
    tensors = _read(folder / STATE_TENSORS, document.get("tensors"))
    try:
        state = convert(document["state"], State)
        scalars = convert(document["scalars"], dict[str, dict[str, Any]])
        groups = convert(document["groups"], list[dict[str, Any]])
    except (KeyError, msgspec.ValidationError) as exc:
        raise InputError(f"{folder / STATE_JSON}: is damaged ({exc})", hint=_ANEW) from exc
    values = _parted(tensors)
    _take(net.state_dict(), values.get("net", {}), folder)
    if average is not None:
        _take(average.weights, values.get("average", {}), folder)
    _take_optimizer(optimizer, values.get("optimizer", {}), scalars, groups, folder)
    return state


def _read(path: Path, digest: object) -> dict[str, torch.Tensor]:
    """The tensors of a file, whose sha256 is told; None: by an earlier version, which had none."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        found: dict[str, torch.Tensor] = load_file(path)
    except (SafetensorError, OSError, ValueError) as exc:
        raise InputError(f"{path}: is no whole file of tensors ({exc})", hint=_ANEW) from exc
    if digest is not None and digest != _digest(path):
        raise InputError(f"{path}: is not the one that {STATE_JSON} tells of", hint=_ANEW)
    return found


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror}", hint=_ANEW) from exc


def _parted(tensors: Mapping[str, torch.Tensor]) -> dict[str, dict[str, torch.Tensor]]:
    parts: dict[str, dict[str, torch.Tensor]] = {}
    for name, value in tensors.items():
        part, _, rest = name.partition(".")
        parts.setdefault(part, {})[rest] = value
    return parts


def _take(own: Mapping[str, torch.Tensor], kept: Mapping[str, torch.Tensor], folder: Path) -> None:
    """Copy kept tensors into those of the same name."""
    for name in sorted(own.keys() | kept.keys()):
        if name not in own or name not in kept:
            where = "the net" if name not in own else "the checkpoint"
            raise InputError(f"{folder}: of another net: {where} has no '{name}'", hint=_ANEW)
        if own[name].shape != kept[name].shape:
            raise InputError(
                f"{folder}: of another net: '{name}' is {list(kept[name].shape)} there,"
                f" {list(own[name].shape)} here",
                hint=_ANEW,
            )
    with torch.no_grad():
        for name, value in own.items():
            value.copy_(kept[name])


def _take_optimizer(
    optimizer: torch.optim.Optimizer,
    tensors: Mapping[str, torch.Tensor],
    scalars: Mapping[str, dict[str, Any]],
    groups: list[dict[str, Any]],
    folder: Path,
) -> None:
    state: dict[int, dict[str, Any]] = {}
    try:
        for name, value in tensors.items():
            number, _, key = name.partition(".")
            state.setdefault(int(number), {})[key] = value
        for number, values in scalars.items():
            state.setdefault(int(number), {}).update(values)
        optimizer.load_state_dict({"state": state, "param_groups": groups})
    except (ValueError, KeyError, TypeError) as exc:
        raise InputError(f"{folder}: of another optimizer ({exc})", hint=_ANEW) from exc
