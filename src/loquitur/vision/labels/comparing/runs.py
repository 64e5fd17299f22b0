"""A run's folder as figures: those of its best evaluation, and what the machine gave for them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError
from loquitur.vision.training.folder import CONFIG, METRICS, RunFolder
from loquitur.vision.training.layers import kind_of
from loquitur.vision.training.options import TrainingOptions, changeable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_TAKEN = ("gap", "hit_at_one", "map", "perr", "accuracy", "accuracy_of_nothing", "vertical_gap",
          "calibration_error")  # fmt: skip
_WRITTEN = {
    "mlp": "neural net", "lstm": "LSTM", "gru": "GRU", "joined": "net + stream {cell}",
    "stream": "stream {cell}", "logistic": "logistic regression", "moe": "mixture of experts",
    "dbof": "deep bag of frames", "netvlad": "NetVLAD", "nextvlad": "NeXtVLAD",
}  # fmt: skip
"""How the requirement, or a paper, calls an architecture."""
_ROWS = ("neural net", "multi-layer bidirectional LSTM", "stream LSTM", "net + stream LSTM, joined")
"""The rows of the requirement's table; other nets stand below them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run.

    Args:
        name: Of its folder.
        net: What it is, in words: `multi-layer bidirectional LSTM`.
        seed: Of weights, order and chance.
        framework: torch or keras.
        device: On which it was trained.
        figures: By the keys of `columns.COLUMNS`; None where nobody knows.
        rows: Of its metrics.
        alike: What is equal of runs that differ by their seed alone.
        data: What is equal of runs that are measured on the same videos.
    """

    name: str
    net: str
    seed: int
    framework: str
    device: str
    figures: Mapping[str, float | None]
    rows: tuple[Mapping[str, Any], ...]
    alike: str
    data: str


def read_run(folder: Path) -> Run:
    """What a run of `label train` came to so far.

    Raises:
        InputError: It is no run, of something else than labels, or has no row yet.
    """
    config = RunFolder(folder).read_config()
    if config is None:
        raise InputError(
            f"{folder}: is no run: it has no {CONFIG}", hint="`loquitur label train` makes runs"
        )
    kind = kind_of(config)
    if kind != "label":
        what = "sentences (`loquitur describe eval` compares those)" if kind == "caption" else kind
        raise InputError(f"{folder}: is a run of {what}, not of labels")
    rows = RunFolder(folder).rows()
    if not rows:
        raise InputError(
            f"{folder / METRICS}: has no row yet: no epoch is behind",
            hint=f"loquitur label train {folder}",
        )
    task, options = _mapping(config, "task"), _mapping(config, "options")
    return Run(
        name=folder.resolve().name,
        net=_said(task),
        seed=int(_number(options.get("seed")) or 0),
        framework=str(task.get("framework", "torch")),
        device=str(config.get("device", "")),
        figures=_figures(task, rows),
        rows=tuple(rows),
        alike=_alike(task, options, str(config.get("device", ""))),
        data=_plain([task.get("dataset"), task.get("videos"), *_digests(task)]),
    )


def find_runs(
    places: Sequence[Path], *, tell: Callable[[str], None] = lambda _: None
) -> list[Path]:
    """The folders of runs in what a user names: runs, and folders of runs.

    What lies in a folder comes in the order of the requirement's table, further nets by name.

    Args:
        places: As they were named.
        tell: Is told of runs in a folder that have no epoch behind them; they are left out.

    Raises:
        InputError: A folder is neither.
    """
    found: list[Path] = []
    for place in places:
        if (place / CONFIG).exists() or not place.is_dir():
            found.append(place)
            continue
        inside = sorted(path.parent for path in place.glob(f"*/{CONFIG}"))
        if not inside:
            raise InputError(
                f"{place}: is no run, and has none in it",
                hint="`loquitur label train` makes runs",
            )
        begun = [path for path in inside if RunFolder(path).rows()]
        for path in inside:
            if begun and path not in begun:
                tell(f"{path}: left out: no epoch is behind it yet")
        found += sorted(begun or inside, key=_row)
    return list(dict.fromkeys(found))


def _row(folder: Path) -> int:
    """Where in the requirement's table a run stands; behind it where it is none of it.

    A net of some streams, or in Keras, stands with its row.
    """
    net = _said(_mapping(RunFolder(folder).read_config() or {}, "task"))
    alike = (at for at, row in enumerate(_ROWS) if net.startswith((row + " (", row + ", Keras")))
    return _ROWS.index(net) if net in _ROWS else next(alike, len(_ROWS))


def _figures(task: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Those of the best evaluation; of the machine, over all epochs."""
    judged = [row for row in rows if _number(row.get("gap")) is not None]
    best = next((row for row in reversed(judged) if row.get("best") is True), None)
    found: dict[str, float | None] = {name: _number((best or {}).get(name)) for name in _TAKEN}
    found["loss"] = _number((best or {}).get("validation_loss"))
    found["training_loss"] = _number((best or rows[-1]).get("loss"))
    found |= {name: _number(task.get(name)) for name in ("weights", "labels")}
    parts = sum(_number(row.get("part")) or 0.0 for row in rows)
    wall, cpu = _sum(rows, "wall_s"), _sum(rows, "cpu_s")
    clips = _sum(rows, "clips")
    found["epochs"] = parts or None
    found["best_epoch"] = _number((best or {}).get("epoch"))
    found["epoch_s"] = wall / parts if wall is not None and parts else None
    found["epoch_cpu_s"] = cpu / parts if cpu is not None and parts else None
    found["videos_per_s"] = clips / wall if wall and clips is not None else None
    for name in ("gpu_use", "cpu_use", "io_wait", "data_wait"):
        found[name] = _mean(rows, name)
    for name in ("gpu_memory_mb", "memory_mb"):
        held = [one for row in rows if (one := _number(row.get(name))) is not None]
        found[name] = max(held) if held else None
    return found


def _said(task: Mapping[str, Any]) -> str:
    """A net in words, with the streams where it does not read all of them."""
    net, label = _mapping(task, "net"), _mapping(task, "label")
    architecture = str(net.get("architecture", ""))
    cell = str(net.get("cell", "lstm")).upper()
    words = _WRITTEN.get(architecture, architecture).format(cell=cell)
    layers = _number(net.get("layers")) or 1
    if architecture in ("lstm", "gru", "stream", "joined"):
        words = f"bidirectional {words}" if net.get("bidirectional") is True else words
        words = f"multi-layer {words}" if layers > 1 and architecture != "joined" else words
    if architecture == "joined":
        words += ", joined"
    streams = str(label.get("streams", ""))
    words = f"{words} ({streams})" if streams else words
    return f"{words}, Keras" if task.get("framework") == "keras" else words


def _alike(task: Mapping[str, Any], options: Mapping[str, Any], device: str) -> str:
    free = changeable(TrainingOptions) - {"epochs", "steps", "cpu_s", "wall_s"}
    kept = {name: value for name, value in options.items() if name not in free | {"seed"}}
    told = {name: value for name, value in task.items() if name != "order"}
    return _plain({"task": told, "options": kept, "device": device.partition(":")[0]})


def _digests(task: Mapping[str, Any]) -> list[object]:
    data = _mapping(task, "data")
    return [data.get(name) for name in ("vocabulary", "counts")]


def _plain(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _mapping(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}


def _number(value: object) -> float | None:
    """A finite number; None of anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _sum(rows: Sequence[Mapping[str, Any]], name: str) -> float | None:
    found = [one for row in rows if (one := _number(row.get(name))) is not None]
    return sum(found) if found else None


def _mean(rows: Sequence[Mapping[str, Any]], name: str) -> float | None:
    """Over the time of the epochs that have the figure."""
    found = [
        (one, _number(row.get("wall_s")) or 0.0)
        for row in rows
        if (one := _number(row.get(name))) is not None
    ]
    weight = sum(each for _, each in found)
    if not found:
        return None
    if not weight:
        return sum(one for one, _ in found) / len(found)
    return sum(one * each for one, each in found) / weight
