"""The requirement's table, from runs: four nets and NeXtVLAD, several seeds, each stream alone.

    python benchmarks/label_table.py -o TABLE                 # about 6 minutes of a processor
    python benchmarks/label_table.py -o TABLE --seeds 1       # a fifth of that
    python benchmarks/label_table.py -o TABLE --videos 20000 --labels 400 --device cuda

A generated set (`label data sample`: labels that are seen, heard, said, noticed by two senses
together, or by the order in time; one label in ten is missing, one video in twenty has a wrong
one). Each run is a process of its own, so that memory is its own; runs that are there are gone on
with. Bars: (1) NeXtVLAD of all streams is above the same net of each stream alone in GAP@20, by
more than the spread (highest less lowest) of the seeds of either; (2) the same of the fourth row
(neural net and stream LSTM joined); (3) a step waits for
its data less than 5 % of the time: in each row of the table (the steps of `net` take 8 ms), and
where rows are as wide and videos as long as YouTube-8M's (1,024 + 128 + 128 numbers, 120 to 300
rows), presets `small` and `stream`.

Needs torch. Writes `comparison.md`, `.html`, `.json`, `.svg`, `.png` of the rows, and those of the
streams alone in `streams/`.
"""

from __future__ import annotations

import argparse
import multiprocessing
from pathlib import Path

import torch

from loquitur.cli.main import main
from loquitur.vision.labels.comparing.groups import Comparison, compare
from loquitur.vision.labels.comparing.runs import read_run
from loquitur.vision.labels.comparing.tables import markdown
from loquitur.vision.labels.comparing.writing import write
from loquitur.vision.training import loop
from loquitur.vision.training.folder import RunFolder

ROWS = ("net", "bilstm", "stream", "joined", "nextvlad")
JOINT = ("nextvlad", "joined")
STREAMS = ("rgb", "audio", "words")
BAR_WAIT = 0.05
DIMENSIONS = "rgb=64,audio=32,words=32"
LOADED = (torch, loop)
"""What each process begins with: loaded once."""


def call(*words: str) -> None:
    """A command of Loquitur, in a process of its own, so that its memory is its own."""
    process = multiprocessing.get_context("fork").Process(target=_run, args=(words,))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"loquitur {' '.join(words)}: failed")


def _run(words: tuple[str, ...]) -> None:
    torch.set_num_threads(1)
    main(list(words))


def trained(folder: Path, data: Path, preset: str, given: argparse.Namespace, *more: str) -> Path:
    """A run, begun or gone on with."""
    call(
        "label", "train", str(folder), "--data", str(data), "--preset", preset,
        "--epochs", str(given.epochs), "--device", given.device, "--quiet",
        "--set", "train.plots=no", "--set", "train.tensorboard=no", *more,
    )  # fmt: skip
    return folder


def gaps(comparison: Comparison) -> dict[str, list[float]]:
    """GAP@20 of each seed, by row."""
    return {
        group.name: [run.figures["gap"] or 0.0 for run in group.runs] for group in comparison.groups
    }


def is_above(joint: list[float], alone: list[float]) -> bool:
    """Whether the means differ by more than either one's spread."""
    spread = max(max(joint) - min(joint), max(alone) - min(alone))
    return sum(joint) / len(joint) - sum(alone) / len(alone) > spread


def waits(runs: list[Path]) -> dict[str, float]:
    """The share of time that was waited for data, by run."""
    found = {}
    for folder in runs:
        rows = RunFolder(folder).rows()
        wall = sum(row["wall_s"] for row in rows)
        found[folder.name] = sum(row["data_wait"] * row["wall_s"] for row in rows) / wall
    return found


def at_real_size(given: argparse.Namespace) -> dict[str, float]:
    """What is waited where rows are as wide and videos as long as YouTube-8M's."""
    data = given.output / "real"
    call("label", "data", "sample", str(data), "--videos", "300", "--labels", "100", "--jobs", "1")
    more = ("--batch", "16", "--set", "label.validation_videos=10", "--epochs", "1")
    return waits([
        trained(given.output / "real-runs" / name, data, name, given, *more)
        for name in ("small", "stream")
    ])  # fmt: skip


def bench() -> int:
    """Make the set, train, compare, hold the bars."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--videos", type=int, default=2400)
    parser.add_argument("--labels", type=int, default=50)
    parser.add_argument("--seconds", default="12-24")
    parser.add_argument("--dimensions", default=DIMENSIONS)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    data = given.output / "data"
    call(
        "label", "data", "sample", str(data), "--videos", str(given.videos),
        "--labels", str(given.labels), "--seconds", given.seconds,
        "--dimensions", given.dimensions, "--jobs", "1",
    )  # fmt: skip
    runs, alone = [], []
    for seed in range(given.seeds):
        for preset in ROWS:
            folder = given.output / "runs" / f"{preset}-{seed}"
            runs.append(trained(folder, data, preset, given, "--seed", str(seed)))
        for preset in JOINT:
            for stream in STREAMS:
                folder = given.output / "alone" / f"{preset}-{stream}-{seed}"
                more = ("--seed", str(seed), "--streams", stream)
                alone.append(trained(folder, data, preset, given, *more))
    table = compare([read_run(one) for one in runs])
    streams = compare([read_run(one) for one in alone])
    write(table, given.output)
    write(streams, given.output / "streams")
    print(markdown(table))
    print(markdown(streams))
    held = [
        is_above(joint, below)
        for name, joint in gaps(table).items()
        for other, below in gaps(streams).items()
        if other.startswith(f"{name} (")
    ]
    waited, real = waits(runs), at_real_size(given)
    print(f"joint above each stream alone by more than the spread: {sum(held)} of {len(held)}")
    by_row = {
        name: sum(one for run, one in waited.items() if run.startswith(f"{name}-")) / given.seeds
        for name in ROWS
    }
    told = ", ".join(f"{name} {one:.1%}" for name, one in by_row.items())
    print(f"data wait, mean of the seeds: {told}; bar {BAR_WAIT:.0%}")
    told = ", ".join(f"{name} {one:.1%}" for name, one in real.items())
    print(f"data wait at YouTube-8M's sizes: {told}; bar {BAR_WAIT:.0%}")
    return 0 if all(held) and held and max(*real.values(), *by_row.values()) < BAR_WAIT else 1


if __name__ == "__main__":
    raise SystemExit(bench())
