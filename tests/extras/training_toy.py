"""A small task for the loop: a line to be learnt, with dropout, so that chance counts.

python training_toy.py: trains what lines of JSON on its standard input say, each in a fork.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import signal
import sys
import time
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
    """Batches of eight, the last of four; all processes but the first may drag at each."""

    def __init__(self, batch=8, dropout=0.3, drag_s=0.0, data_seed=0):
        chance = np.random.default_rng(data_seed)
        self.x = torch.from_numpy(chance.normal(size=(ROWS, WIDTH)).astype(np.float32))
        self.y = self.x @ torch.arange(1.0, WIDTH + 1)[:, None] / WIDTH
        self.batch, self.dropout, self.drag_s = batch, dropout, drag_s
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

    def readers(self):
        return 0

    def batches(self, epoch, *, done, shard, workers, pinned=False):
        for number in itertools.count(epoch):
            order = np.random.default_rng((3, number)).permutation(ROWS)
            for at in range(done * self.batch, ROWS, self.batch):
                if shard.rank:
                    began = time.process_time()
                    while time.process_time() - began < self.drag_s:
                        pass
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


def tell_until(last):
    """A listener that kills its own process after some steps."""

    def tell(news):
        if last and news.step >= last:
            os.kill(os.getpid(), signal.SIGKILL)

    return tell


def run_one(order, tell_others):
    """A training in a process of its own, from a line of JSON."""
    from loquitur.vision.training import loop

    if order.get("kill_after"):
        loop._TOLD_S = -1.0
    toy = _task(order)
    tell_others("begun")
    try:
        train(
            toy, Path(order["folder"]), options(**order["options"]),
            tell=tell_until(order.get("kill_after", 0)), launch=launch(),
        )  # fmt: skip
    except BaseException as exc:
        tell_others(type(exc).__name__)
        raise


def _task(order):
    if order.get("labels"):
        import labels_toy

        net = dataclasses.replace(labels_toy.NET, dropout=0.0, branch_dropout=0.0)
        return labels_toy.labelling(net=net, **order["labels"])
    return Toy(**order.get("toy", {}))


def fork(order, rank, say):
    """Begin what an order says in a process of its own; its number."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        if order["world"] > 1:  # what torchrun tells
            os.environ |= {
                "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(order["world"]),
                "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(order["port"]),
            }  # fmt: skip
        run_one(order, say)
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def serve():
    """Torch is imported once; each order is a fork, whose death costs nobody anything."""

    def say(*words):
        os.write(1, (" ".join(map(str, words)) + "\n").encode())

    for line in sys.stdin:
        order = {"world": 1, "options": {}, **json.loads(line)}
        pids = [fork(order, rank, say) for rank in range(order["world"])]
        say("pid", *pids)
        codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
        say("ended", *codes)


if __name__ == "__main__":
    torch.set_num_threads(1)
    serve()
