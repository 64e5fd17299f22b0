"""A small task for the loop: a line to be learnt, with dropout, so that chance counts.

python training_toy.py FOLDER OPTIONS(JSON) [kill-after-steps]
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from loquitur.settings import launch
from loquitur.vision.training.loop import train
from loquitur.vision.training.options import TrainingOptions
from loquitur.vision.training.task import Loss, Sample, Validation

ROWS, WIDTH = 44, 6


class Toy:
    """Batches of eight, the last of four."""

    def __init__(self, batch=8, dropout=0.3, spoil_at=None, data_seed=0):
        chance = np.random.default_rng(data_seed)
        self.x = torch.from_numpy(chance.normal(size=(ROWS, WIDTH)).astype(np.float32))
        self.y = self.x @ torch.arange(1.0, WIDTH + 1)[:, None] / WIDTH
        self.batch, self.dropout, self.spoil_at = batch, dropout, spoil_at
        self.data_seed = data_seed
        self.saved = 0

    def net(self):
        layers = torch.nn
        return layers.Sequential(
            layers.Linear(WIDTH, 16), layers.Tanh(), layers.Dropout(self.dropout),
            layers.Linear(16, 1),
        )  # fmt: skip

    def steps(self):
        return -(-ROWS // self.batch)

    def batches(self, epoch, *, done, shard, workers, pinned=False):
        for number in itertools.count(epoch):
            order = np.random.default_rng((3, number)).permutation(ROWS)
            for at in range(done * self.batch, ROWS, self.batch):
                rows = order[at : at + self.batch][shard.rank :: shard.world]
                if len(rows):
                    yield {"x": self.x[rows], "y": self.y[rows]}
                else:
                    yield {"x": self.x[:1], "y": self.y[:1], "counted": torch.zeros(1)}
            done = 0

    def loss(self, net, batch, *, done):
        weights = batch.get("counted", torch.ones(len(batch["x"])))[:, None]
        total = (((net(batch["x"]) - batch["y"]) ** 2) * weights).sum()
        return Loss(total=total, count=weights.sum(), plain=total.detach())

    def validate(self, net, *, samples):
        assert not net.training
        error = float(((net(self.x) - self.y) ** 2).mean())
        torch.rand(7)  # whatever an evaluation draws
        shown = tuple(Sample(clip_id=str(n), output=f"{error:.3f}") for n in range(samples))
        return Validation(metrics={"loss": error, "fit": -error}, samples=shown)

    def merit(self, metrics):
        return metrics["fit"]

    def save_model(self, folder, net, figures):
        self.saved += 1
        save_file({k: v.clone() for k, v in net.state_dict().items()}, folder / "model.safetensors")

    def config(self):
        return {"kind": "toy", "data": self.data_seed}


def options(**changes):
    given = {"epochs": 6, "batch": 8, "lr": 0.01, "device": "cpu", "threads": 1, "plots": "no",
             "tensorboard": "no", "samples": 1, **changes}  # fmt: skip
    return TrainingOptions(**given)


if __name__ == "__main__":
    folder, given = Path(sys.argv[1]), json.loads(sys.argv[2])
    last = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    toy = Toy()

    def tell(news):
        if last and news.step >= last:
            os.kill(os.getpid(), signal.SIGKILL)

    if last:
        from loquitur.vision.training import loop

        loop._TOLD_S = 0.0
    print("begun", flush=True)
    train(toy, folder, options(**given), tell=tell, launch=launch())
