"""What a run is made with, and whether that is what it began with."""

from __future__ import annotations

import dataclasses
import json
import platform
from typing import TYPE_CHECKING, Any

import numpy
import torch

import loquitur
from loquitur.errors import UsageError
from loquitur.vision.training.folder import CONFIG, LAST
from loquitur.vision.training.options import TrainingOptions, changed, kept_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loquitur.vision.training.folder import RunFolder
    from loquitur.vision.training.task import TrainingTask


def configuration(
    task: TrainingTask,
    options: TrainingOptions,
    *,
    inputs: Mapping[str, str],
    device: torch.device,
    processes: int,
) -> dict[str, Any]:
    """What a run is made with, as plain values: `config.json`.

    Args:
        task: What is trained.
        options: How.
        inputs: Where the data are, by name.
        device: Of this process.
        processes: How many share each batch.
    """
    return {
        "task": dict(task.config()),
        "options": dataclasses.asdict(options),
        "inputs": dict(inputs),
        "versions": {
            "loquitur": loquitur.__version__,
            "torch": torch.__version__,
            "numpy": numpy.__version__,
            "python": platform.python_version(),
        },
        "device": str(device),
        "processes": processes,
    }


def hold_to(folder: RunFolder, config: Mapping[str, Any], options: TrainingOptions) -> None:
    """Hold that a run begins in this folder, or goes on as it began.

    Args:
        folder: Of the run.
        config: What it is made with now.
        options: Those in it.

    Raises:
        UsageError: It began with something else that changes the curve.
        InputError: What lies here is no run, its configuration is damaged, or it lost its last
            checkpoint.
    """
    old = folder.read_config()
    if old is None:
        folder.check_free()
    folder.check_whole()
    if old is None or not (folder.path / LAST).exists():
        return
    began = kept_options(
        TrainingOptions(), old.get("options"), path=folder.path / CONFIG, where="options"
    )
    names = [f"train.{name}" for name in changed(began, options)]
    task = old.get("task")
    names += _differences(task if isinstance(task, dict) else {}, config["task"])
    if names:
        raise UsageError(
            f"{folder.path}: this run began with another {', another '.join(names[:4])}",
            hint="name another folder, or leave the option out",
        )


def _differences(old: Mapping[str, Any], new: Mapping[str, Any], above: str = "") -> list[str]:
    """The names under which two plain documents differ."""
    found = []
    new = json.loads(json.dumps(new, default=str))
    for name in sorted(old.keys() | new.keys()):
        one, other = old.get(name), new.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            found += _differences(one, other, f"{above}{name}.")
        elif one != other:
            found.append(f"{above}{name}")
    return found
