"""Every net in Keras and in PyTorch: same answers, same curves, seconds an epoch.

    python benchmarks/label_keras.py -o FOLDER            # about 10 minutes of a processor
    python benchmarks/label_keras.py --epochs 2 --rows net nextvlad

A generated data set; each net begins in both frameworks with the same weights, sees the same
batches in the same order, and drops the same numbers and streams, so nothing but rounding, and how
a framework counts a bias, can part the curves. Three trainings: PyTorch in the loop of `label
train`; Keras in the same loop (`--framework keras`); Keras by its own `fit`.

Bars: (1) with the weights that the training came to, both answer the same to 1e-5 for every subset
of the streams; (2) validation losses of both are within 2 % of each other at every epoch. Seconds
are of the processor, of the quickest epoch but the first; there is no bar: Keras runs a recurrent
net row by row in Python where torch has one call, and what that costs is what is asked.

Needs the extras vision and keras.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from loquitur.vision.labels.keras import backend
from loquitur.vision.labels.training.labelling import inputs_of
from loquitur.vision.labels.training.plans import plan, task_of
from loquitur.vision.training.loop import train

ROWS = {"net": "neural net", "bilstm": "bidirectional LSTM", "stream": "stream LSTM",
        "joined": "net + stream LSTM joined", "logistic": "logistic regression",
        "moe": "mixture of experts", "dbof": "deep bag of frames", "netvlad": "NetVLAD",
        "nextvlad": "NeXtVLAD", "lstm": "LSTM", "gru": "GRU"}  # fmt: skip
ACROSS = 4
BAR_FORWARD, BAR_CURVES = 1e-5, 0.02


def sample(folder: Path, videos: int) -> None:
    """A generated data set."""
    told = [sys.executable, "-m", "loquitur", "label", "data", "sample", str(folder)]
    told += ["--videos", str(videos), "--labels", "24", "--dimensions", "rgb=64,audio=32,words=32"]
    told += ["--seconds", "20-60", "--seed", "5", "--json"]
    subprocess.run(told, check=True, capture_output=True)


def planned(folder: Path, data: Path, row: str, framework: str, epochs: int):
    """A training with the chance that the preset has."""
    values = {"train.epochs": epochs, "train.device": "cpu", "train.threads": 1, "train.lr": 0.003,
              "train.batch": 64, "train.plots": "no", "train.tensorboard": "no"}  # fmt: skip
    return plan(folder, data=data, framework=framework, preset_name=row, values=values)


def trained(folder: Path, data: Path, row: str, framework: str, epochs: int):
    """The rows of a run, and its task."""
    made = planned(folder, data, row, framework, epochs)
    task, _ = task_of(made)
    train(task, folder, made.train, inputs=made.inputs())
    text = (folder / "metrics.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()], task


def fitted(task, epochs: int) -> list[float]:
    """Seconds of the processor of each epoch of Keras's own loop."""
    from loquitur.vision.labels.feeding.batches import LabelBatches
    from loquitur.vision.labels.keras.fitting import compiled, fed
    from loquitur.vision.labels.keras.weights import to_keras
    from loquitur.vision.labels.training.labelling import Labelling

    weight = task.options.vertical_weight
    model = compiled(to_keras(Labelling.net(task)), lr=0.003, vertical_weight=weight)
    batches = LabelBatches(task.data, "train", batch=64)
    endless = fed(batches.epochs(0, 0), model.sizes, task.genres if weight else None)
    found = []
    for _ in range(epochs):
        before = time.process_time()
        model.fit(endless, steps_per_epoch=batches.steps(), epochs=1, shuffle=False, verbose=0)
        found.append(time.process_time() - before)
    return found


def difference(run: Path, task) -> float:
    """How far both frameworks' answers are apart, over all subsets of the streams."""
    from loquitur.vision.labels.keras.files import read_model
    from loquitur.vision.labels.keras.net import KerasNet
    from loquitur.vision.labels.keras.weights import from_keras

    model = read_model(run / "best" / "model.keras")
    twins = KerasNet(model).eval(), from_keras(model)
    streams, lengths = inputs_of(task.tensors(next(task.validation_batches())))
    largest = 0.0
    for many in range(1, len(streams) + 1):
        for subset in itertools.combinations(streams, many):
            there = {name: each * (name in subset) for name, each in lengths.items()}
            with torch.no_grad():
                one, other = (net(streams, there) for net in twins)
            largest = max(largest, *(float((one[n] - other[n]).abs().max()) for n in one))
    return largest


def draw(path: Path, curves) -> None:
    """Both frameworks' curves, a picture for each net."""
    from matplotlib import pyplot

    across, down = min(ACROSS, len(curves)), -(-len(curves) // ACROSS)
    figure, panels = pyplot.subplots(down, across, figsize=(4 * across, 3.4 * down), squeeze=False)
    for panel in panels.flat[len(curves) :]:
        panel.remove()
    for panel, (row, (ours, theirs)) in zip(panels.flat, curves.items(), strict=False):
        for rows, style, name in ((ours, "-", "PyTorch"), (theirs, "o", "Keras")):
            epochs = [one["epoch"] for one in rows]
            for key, colour in (("loss", "#0b6bcb"), ("validation_loss", "#c4451c")):
                label = f"{name}, {'validation' if key != 'loss' else 'training'}"
                panel.plot(epochs, [one[key] for one in rows], style, color=colour, label=label)
        panel.set_title(ROWS[row])
        panel.set_xlabel("epoch")
    for panel in panels[:, 0]:
        panel.set_ylabel("loss per video (nats)")
    panels[0][0].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def measured(folder: Path, data: Path, row: str, epochs: int):
    """One net in three trainings: its curves, and whether the bars hold."""
    ours, task = trained(folder / f"{row}-torch", data, row, "torch", epochs)
    theirs, _ = trained(folder / f"{row}-keras", data, row, "keras", epochs)
    own = min(fitted(task, 2)[1:])
    quick, slow = (min(one["cpu_s"] for one in rows[1:] or rows) for rows in (ours, theirs))
    apart = max(
        abs(one["validation_loss"] / other["validation_loss"] - 1)
        for one, other in zip(theirs, ours, strict=True)
    )
    far = difference(folder / f"{row}-keras", task)
    weights = task.config()["weights"]
    print(f"{ROWS[row]:26} {weights:>9,} {far:>9.1e} {apart:>8.2%} {quick:>7.2f} {slow:>7.2f}"
          f" {own:>7.2f} {slow / quick:>6.1f} {own / quick:>6.1f}"
          f"   {ours[-1]['gap']:.3f} {theirs[-1]['gap']:.3f}", flush=True)  # fmt: skip
    return (ours, theirs), far <= BAR_FORWARD and apart <= BAR_CURVES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(1)
    backend.load()
    print(
        f"{'':26} {'weights':>9} {'forward':>9} {'curves':>8} {'torch':>7} {'keras':>7}"
        f" {'fit':>7} {'':>6} {'':>6}   GAP@20"
    )
    print(f"{'':26} {'':>9} {'apart':>9} {'apart':>8} {'CPU s an epoch':>23}"
          f" {'x':>6} {'x fit':>6}   torch keras")  # fmt: skip
    curves, holds = {}, True
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.output or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        data = Path(temporary) / "data"
        sample(data, given.videos)
        for row in given.rows:
            curves[row], held = measured(folder, data, row, given.epochs)
            holds = holds and held
        if given.output:
            draw(folder / "curves.png", curves)
            print(f"{folder / 'curves.png'}")
    print("bars hold" if holds else "A BAR IS BROKEN")
    raise SystemExit(0 if holds else 1)


if __name__ == "__main__":
    main()
