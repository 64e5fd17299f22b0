"""Where else a run is told: TensorBoard's event files, and Weights & Biases."""

from __future__ import annotations

import importlib.util
import warnings
from typing import TYPE_CHECKING, Any, Protocol

from loquitur.errors import EngineError, MissingError
from loquitur.vision.training.rows import OWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from loquitur.vision.training.options import TrainingOptions
    from loquitur.vision.training.task import Sample

_LOSSES = {
    "loss": "loss/training", "validation_loss": "loss/validation", "objective": "loss/objective",
}  # fmt: skip
_NOT_TOLD = {"epoch", "step", "part", "clips"}


class Listener(Protocol):
    """Is told of each epoch."""

    def epoch(self, row: Mapping[str, Any], samples: Sequence[Sample]) -> None:
        """A row of the metrics, and what was made of some clips."""
        ...

    def close(self) -> None:
        """The run is over, or stops."""
        ...


def listeners(
    folder: Path, options: TrainingOptions, config: Mapping[str, Any], *, step: int
) -> tuple[list[Listener], list[str]]:
    """Who is told, and what a person should know: a package that is not there.

    Args:
        folder: Of the run.
        options: Which say who is wanted.
        config: Of the run, for who keeps it too.
        step: From which the run goes on: what was told of later steps is taken back.

    Raises:
        MissingError: One that was asked for is not installed.
    """
    found: list[Listener] = []
    notices = []
    if options.tensorboard != "no":
        if importlib.util.find_spec("tensorboard") is not None:
            found.append(_TensorBoard(folder / "tensorboard", step))
        elif options.tensorboard == "yes":
            raise MissingError("events need tensorboard", hint='pip install "loquitur[vision]"')
        else:
            notices.append('no TensorBoard events: pip install "loquitur[vision]"')
    if options.wandb != "no":
        found.append(_Wandb(folder, options, config))
    return found, notices


class _TensorBoard:
    """Event files by torch's own writer."""

    def __init__(self, folder: Path, step: int) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries that it tries, and does without
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(log_dir=str(folder), purge_step=step + 1 if step else None)

    def epoch(self, row: Mapping[str, Any], samples: Sequence[Sample]) -> None:
        for name, value in _figures(row).items():
            self._writer.add_scalar(name, value, row["step"])
        if samples:
            lines = [f"    {one.clip_id}: {one.output}" for one in samples]  # indented: not markup
            self._writer.add_text("samples", "\n".join(lines), row["step"])
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


class _Wandb:
    """Weights & Biases: online, or a folder `wandb` in the run that `wandb sync` sends."""

    def __init__(self, folder: Path, options: TrainingOptions, config: Mapping[str, Any]) -> None:
        try:
            import wandb
        except ImportError as exc:
            raise MissingError(
                "Weights & Biases needs wandb", hint='pip install "loquitur[wandb]"'
            ) from exc
        resume = {"resume": "allow"} if options.wandb == "online" else {}
        try:
            self._run = wandb.init(
                project=options.wandb_project,
                name=folder.resolve().name,
                id=_ident(folder),
                dir=str(folder),
                mode=options.wandb,
                config=dict(config),
                settings=wandb.Settings(silent=True, console="off"),
                **resume,
            )
        except wandb.errors.Error as exc:
            raise EngineError(
                f"Weights & Biases: {str(exc).splitlines()[0]}",
                hint="wandb login, or WANDB_MODE=offline",
            ) from exc

    def epoch(self, row: Mapping[str, Any], samples: Sequence[Sample]) -> None:
        del samples
        self._run.log({"epoch": row["epoch"], **_figures(row)}, step=row["step"])

    def close(self) -> None:
        self._run.finish()


def _ident(folder: Path) -> str:
    """A run keeps its name there however often it goes on: it follows from the folder's place."""
    import hashlib

    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]


def _group(name: str) -> str:
    """Under which heading a figure of a row is told."""
    return _LOSSES.get(name) or f"{'run' if name in OWN else 'measures'}/{name}"


def _figures(row: Mapping[str, Any]) -> dict[str, float]:
    return {
        _group(name): float(value)
        for name, value in row.items()
        if name not in _NOT_TOLD and isinstance(value, int | float) and not isinstance(value, bool)
    }
