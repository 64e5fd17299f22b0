"""Options of a run in layers: what it began with, or a preset's, and over them what is given now.

Whatever is trained; needs no torch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError, UsageError, near
from loquitur.vision.training.folder import CONFIG, RunFolder
from loquitur.vision.training.options import kept_options, with_values

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Values over the defaults, and what they are for.

    Args:
        says: What they are for, in one line.
        train: How it is trained (`options.TrainingOptions`).
        net: Which net.
        task: What is learnt, and how.
    """

    says: str
    train: dict[str, Any] = field(default_factory=dict)
    net: dict[str, Any] = field(default_factory=dict)
    task: dict[str, Any] = field(default_factory=dict)


def named(presets: Mapping[str, Preset], name: str) -> Preset:
    """A preset by its name.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in presets:
        raise UsageError(f"no preset is called '{name}'", hint=near(name, presets))
    return presets[name]


def kind_of(config: Mapping[str, Any]) -> object:
    """Of which kind a run's task is, as its configuration says: `caption` or `label`."""
    task = config.get("task")
    return task.get("kind") if isinstance(task, dict) else None


def began(folder: Path, kind: str) -> dict[str, Any] | None:
    """The configuration of a run that goes on; None where one may begin.

    Raises:
        InputError: The folder is of something else, or not ours to write into.
    """
    old = RunFolder(folder).read_config()
    if old is None:
        RunFolder(folder).check_free()
    elif kind_of(old) != kind:
        raise InputError(f"{folder}: is a run of something else", hint="name another folder")
    return old


def parted(values: Mapping[str, Any], parts: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Values by `PART.NAME`, part by part.

    Raises:
        UsageError: A name without one of the parts.
    """
    found: dict[str, dict[str, Any]] = {part: {} for part in parts}
    *others, last = (f"{part}.NAME" for part in parts)
    for name, value in values.items():
        part, dot, rest = name.partition(".")
        if part not in parts or not dot:
            raise UsageError(f"unknown option '{name}'", hint=f"{', '.join(others)} or {last}")
        found[part][rest] = value
    return found


def layered(
    defaults: Mapping[str, Any], *layers: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The options of each part: its defaults, and over them each layer's values.

    Raises:
        UsageError: A name or a value that does not fit.
    """
    made = dict(defaults)
    for layer in layers:
        made = {
            part: with_values(options, layer[part], where=part) for part, options in made.items()
        }
    return made


def first_of(
    defaults: Mapping[str, Any],
    chosen: Preset | None,
    *,
    folder: Path,
    config: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The options under what is given now: a preset's, or those that the run began with.

    Args:
        defaults: Of `train`, `net` and the task's own part, in this order.
        chosen: The preset; None for those of a run that goes on.
        folder: Of the run.
        config: Of a run that goes on.

    Raises:
        InputError: The run's configuration has none, or such as are none.
    """
    if chosen is None:
        return began_with(folder, config or {}, defaults)
    values = (chosen.train, chosen.net, chosen.task)
    return layered(defaults, dict(zip(defaults, values, strict=True)))


def began_with(
    folder: Path, config: Mapping[str, Any], defaults: Mapping[str, Any]
) -> dict[str, Any]:
    """The options in a run's configuration: `train` beside its task, the other parts in it.

    Raises:
        InputError: It has none, or such as are none.
    """
    task = config.get("task")
    task = task if isinstance(task, dict) else {}
    return {
        part: kept_options(
            options,
            config.get("options") if part == "train" else task.get(part),
            path=folder / CONFIG,
            where=part,
        )
        for part, options in defaults.items()
    }


def place(
    given: Path | str | None, config: Mapping[str, Any] | None, name: str, option: str
) -> str:
    """Where data are: as they are given, else as the run's configuration has it.

    Args:
        given: By the user.
        config: Of a run that goes on.
        name: Under which its `inputs` have it.
        option: By which it is given, for the message.

    Raises:
        UsageError: Neither says.
    """
    inputs = (config or {}).get("inputs")
    before = inputs.get(name) if isinstance(inputs, dict) else None
    if given or before:
        return str(given or before)
    raise UsageError(f"a run needs {name}", hint=option)
