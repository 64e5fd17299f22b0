"""What the training loop does a second, how long it waits for data, and that it goes on bitwise.

    python benchmarks/vision_training.py                          # a processor, one thread
    python benchmarks/vision_training.py --device cuda --paper    # S2VT, hidden 1000, on a card
    python benchmarks/vision_training.py --gather                 # batches alone, at that size

On a processor: the four nets at the size for shapes (896 numbers, 16 frames, hidden 128); a bare
loop over the same net and batches beside the house's (bar: at least 0.9 of its clips a second of
processor time); six epochs at once against three, an exception, one and a part, Ctrl-C, and the
rest (bitwise).

With `--paper`: hidden 1000, words 500, 80 frames of 4096 numbers, a vocabulary of 12,000: the
paper's sizes but for one. Here frames are brought to 1000 numbers before the first LSTM reads them,
in the paper and in the preset `paper` to 500, which is the smaller net; and steps are Adam's.
Features lie on disk in the form of `describe features`. Float32 (TF32 off), tf32 and bfloat16,
batches of 32 to 512: clips a second, the share of time in which the card stood still between two
steps because data were absent, its mean utilisation as nvidia-smi has it while steps are told, its
memory. All but the memory are of the steps after the first ten, evaluations and checkpoints aside.
Needs torch, numpy, msgspec and safetensors only; about 100 s on a card.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from loquitur.model.speech import EngineStamp
from loquitur.vision.batches import ClipBatches
from loquitur.vision.clips import Clip, Corpus, Sentence
from loquitur.vision.features import SetInfo
from loquitur.vision.training.captioning import Captioning
from loquitur.vision.training.loop import train
from loquitur.vision.training.options import TrainingOptions
from loquitur.vision.training.presets import CaptionOptions, NetOptions
from loquitur.vision.training.task import ALONE, Validation
from loquitur.vision.vocabulary import Vocabulary

BAR_OVERHEAD = 0.9
NETS = ("s2vt", "s2vt-state", "s2vt-attention", "transformer")


ENCODER = EngineStamp(name="random", version="1")


class Held:
    """Random features in memory, float16, a few matrices over and over."""

    def __init__(self, frames: int, dimension: int) -> None:
        self.info = SetInfo(encoder=ENCODER, dimension=dimension)
        chance = np.random.default_rng(0)
        self._some = [
            np.maximum(chance.normal(size=(frames, dimension)), 0).astype(np.float16)
            for _ in range(32)
        ]

    def get(self, clip_id: str) -> tuple[None, Any]:
        """No times, and a matrix."""
        return None, self._some[int(clip_id) % len(self._some)]

    def statistics(self, clip_ids: Any) -> tuple[Any, Any]:
        """Mean and deviation, about right."""
        return np.full(self.info.dimension, 0.4, np.float32), np.full(
            self.info.dimension, 0.6, np.float32
        )


class Timed(Captioning):
    """The task without its evaluation and its model's file: the steps are what is timed."""

    def validate(self, net: torch.nn.Module, *, samples: int) -> Validation:
        """Nothing is measured."""
        return Validation(metrics={"loss": None})

    def save_model(self, folder: Path, net: torch.nn.Module, figures: Any) -> None:
        """Nothing is kept but the training's own state."""
        (folder / "none").touch()


def corpus(clips: int, sentences: int, words: int) -> Corpus:
    """Clips with sentences of 6 to 12 words drawn from a vocabulary by a falling chance."""
    chance = np.random.default_rng(1)
    rank = np.minimum(chance.zipf(1.3, size=(clips, sentences, 12)) - 1, words - 1)
    some = np.where(chance.random(rank.shape) < 0.5, rank, chance.integers(0, words, rank.shape))
    length = chance.integers(6, 13, (clips, sentences))

    def clip(at: int, split: str) -> Clip:
        told = tuple(
            Sentence(text=" ".join(f"w{word}" for word in some[at, k, : length[at, k]]))
            for k in range(sentences)
        )
        return Clip(clip_id=str(at), video_id=str(at), sentences=told, split=split)

    made = [clip(at, "train" if at else "validation") for at in range(clips)]
    return Corpus(name="random", clips=tuple(made))


def options(**changes: Any) -> TrainingOptions:
    given = {"epochs": None, "plots": "no", "tensorboard": "no", "threads": 1, **changes}
    return TrainingOptions(**given)


def bare(task: Timed, seconds: float, lr: float) -> float:
    """Clips a second of processor time of the shortest loop there is."""
    net = task.net()
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    clips, began = 0, time.process_time()
    for batch in task.batches(1, done=0, shard=ALONE, workers=0):
        optimizer.zero_grad()
        loss = task.loss(net, batch, done=0.0)
        (loss.total / loss.count).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        clips += len(batch["words"])
        if time.process_time() - began > seconds:
            break
    return clips / (time.process_time() - began)


def on_processor(seconds: float) -> bool:
    torch.set_num_threads(1)
    good = True
    corpus_ = corpus(600, 5, 40)
    print("net             clips/s of CPU   bare loop   ratio   waits for data   memory MB")
    for name in NETS:
        net = NetOptions(architecture=name, hidden=128, embedding=64, dropout=0.3)
        task = Timed(corpus_, Held(16, 896), net=net, batch=64)
        alone = bare(task, seconds, 2e-3)
        with tempfile.TemporaryDirectory() as folder:
            given = options(cpu_s=seconds, lr=2e-3, batch=64, device="cpu")
            done = train(task, Path(folder) / "run", given)
        clips = done.steps / task.steps() * len(task.training)
        ours, row = clips / done.cpu_s, done.last
        good &= ours >= BAR_OVERHEAD * alone
        print(
            f"{name:15} {ours:14.0f} {alone:11.0f} {ours / alone:7.2f} {done.data_wait:16.1%}"
            f" {row['memory_mb']:11.0f}"
        )
    return resumed(corpus_) and good


class StopError(Exception):
    """Breaks a run off."""


def resumed(corpus_: Corpus) -> bool:
    """Whether a run that broke off, in the middle of an epoch, ends as one that did not."""

    def made() -> Timed:
        return Timed(corpus_, Held(16, 896), batch=64)

    def break_off(news: Any) -> None:
        if news.kind == "epoch" and news.epoch == 3:
            raise StopError

    rows, states = [], []
    with tempfile.TemporaryDirectory() as place:
        for name in ("whole", "parts"):
            folder = Path(place) / name
            given = options(epochs=6, lr=2e-3, batch=64, device="cpu")
            if name == "parts":
                with contextlib.suppress(StopError):
                    train(made(), folder, given, tell=break_off)
                with contextlib.suppress(KeyboardInterrupt):
                    train(made(), folder, given, tell=interrupt)
            train(made(), folder, given)
            rows.append([(row["epoch"], row["loss"]) for row in records(folder)])
            states.append((folder / "last/state.safetensors").read_bytes())
    equal = rows[0] == rows[1] and states[0] == states[1]
    print(f"six epochs at once = three, broken off, one and a half, Ctrl-C, the rest: {equal}")
    return equal


def interrupt(news: Any) -> None:
    """Ctrl-C in the fifth epoch."""
    import os
    import signal

    if news.kind == "step" and news.epoch == 5:
        os.kill(os.getpid(), signal.SIGINT)


def records(folder: Path) -> list[dict[str, Any]]:
    from loquitur.vision.training.folder import RunFolder

    return RunFolder(folder).rows()


@contextlib.contextmanager
def watched() -> Iterator[list[tuple[float, float]]]:
    """Samples (when, utilisation %) of the card while the block runs."""
    seen: list[tuple[float, float]] = []
    command = [
        "nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "100",
    ]  # fmt: skip
    try:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    except OSError:
        yield seen
        return

    def read() -> None:
        for line in child.stdout or ():
            with contextlib.suppress(ValueError):
                seen.append((time.monotonic(), float(line)))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield seen
    finally:
        child.terminate()
        child.wait()
        reader.join()


def features_on_disk(folder: Path, clips: int) -> Any:
    """A feature set of random vectors as VGG16's fc7 has them: 80 x 4096, most of them 0."""
    from loquitur.model.vision import Sampling
    from loquitur.vision.features import open_set
    from loquitur.vision.features.sets import write_info
    from loquitur.vision.features.shards import Row, write_shard

    folder.mkdir()
    chance = np.random.default_rng(0)
    some = np.maximum(chance.standard_normal((24, 80, 4096), np.float32), 0).astype(np.float16)
    write_info(
        folder,
        SetInfo(encoder=ENCODER, dimension=4096, sampling=Sampling()),
    )
    times = np.arange(80, dtype=np.int64) * 40
    for number, start in enumerate(range(0, clips, 100)):
        rows = [
            Row(clip_id=str(at), fingerprint="", times_ms=times, matrix=some[at % 24])
            for at in range(start, min(clips, start + 100))
        ]
        write_shard(folder / f"clips-{number:05d}.safetensors", rows)
    return open_set(folder)


def busy(seen: list[tuple[float, float]], steps: list[float]) -> float:
    """Mean utilisation % over the samples before which steps had gone on for a while."""
    during = [
        use for at, use in seen
        if any(at - 0.3 < one <= at for one in steps) and any(one < at - 0.5 for one in steps)
    ]  # fmt: skip
    return sum(during) / len(during) if during else float("nan")


def gathering(seconds: float, clips: int) -> bool:
    """How fast batches are filled, with nothing that uses them; memory is used again."""
    print("batch  workers  clips/s by the clock  clips/s of CPU  MB/s of CPU")
    with tempfile.TemporaryDirectory() as place:
        held = features_on_disk(Path(place) / "features", clips)
        some = corpus(clips, 20, 11_996).clips
        words = Vocabulary.of(text for clip in some for text in clip.texts())
        for batch, workers in ((32, 1), (32, 2), (128, 1), (128, 2)):
            again = [np.empty((batch, 80, 4096), np.float16) for _ in range(workers + 4)]
            turn = itertools.cycle(again)
            made = ClipBatches(
                held, some, words, batch=batch, all_captions=True, workers=workers, half=True,
                room=lambda shape, kind, turn=turn: next(turn)[: shape[0]],
            )  # fmt: skip
            onward = made.epochs(1)
            for _ in range(2 * clips // batch):  # each clip is looked through once
                next(onward)
            many, wall, cpu = 0, time.perf_counter(), time.process_time()
            while time.process_time() - cpu < seconds:
                many += len(next(onward))
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            onward.close()
            print(
                f"{batch:5} {workers:8} {many / wall:21.0f} {many / cpu:15.0f}"
                f" {many / cpu * 80 * 4096 * 2 / 1e6:12.0f}",
                flush=True,
            )
    return True


def paper(device: str, *, seconds: float, clips: int, net: str, workers: int | None) -> bool:
    """S2VT of hidden 1000 on 80 x 4096 numbers, on whatever device: see above for what is built."""
    if device.startswith("cuda"):
        print(torch.cuda.get_device_name(), torch.__version__)
    runs = [(32, "float32"), (32, "bfloat16"), (128, "float32"), (128, "tf32"), (128, "bfloat16"),
            (512, "tf32"), (512, "bfloat16")]  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        began = time.perf_counter()
        held = features_on_disk(Path(place) / "features", clips)
        corpus_ = corpus(clips, 20, 11_996)
        print(f"{clips} clips of 80 x 4096 on disk in {time.perf_counter() - began:.1f} s")
        print("batch  precision   clips/s  steps/s  waits for data  utilisation  peak MB  loss")
        for number, (batch, precision) in enumerate(runs):
            options_ = CaptionOptions(all_captions=True, normalise=False)
            sizes = NetOptions(architecture=net, hidden=1000, embedding=500, dropout=0.5)
            task = Timed(corpus_, held, net=sizes, options=options_, batch=batch)
            common = {
                "batch": batch, "lr": 1e-4, "device": device, "precision": precision,
                "threads": 0, "checkpoint_s": 1e9, "workers": workers,
            }  # fmt: skip
            steps: list[float] = []

            def tell(news: Any, steps: list[float] = steps) -> None:
                if news.kind == "step" and news.step > 10:
                    steps.append(time.monotonic())

            if device.startswith("cuda"):
                torch.cuda.reset_peak_memory_stats()
            with watched() as seen:
                given = options(wall_s=seconds, **common)
                done = train(task, Path(place) / f"run{number}", given, tell=tell)
            row, pace = done.last, done.clips_per_s or 0.0
            print(
                f"{batch:5}  {precision:9} {pace:9.0f}"
                f" {pace / batch:8.1f} {done.data_wait:14.1%} {busy(seen, steps):11.0f}%"
                f" {row['gpu_memory_mb'] or row['memory_mb']:9.0f}  {row['loss']:.3f}",
                flush=True,
            )
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each measurement")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--paper", action="store_true")
    parser.add_argument("--gather", action="store_true")
    parser.add_argument("--workers", type=int, help="threads that fill batches")
    parser.add_argument("--clips", type=int, default=1200)
    parser.add_argument("--net", default="s2vt")
    given = parser.parse_args()
    if given.gather:
        good = gathering(given.seconds, given.clips)
    elif given.paper:
        good = paper(
            given.device, seconds=given.seconds, clips=given.clips, net=given.net,
            workers=given.workers,
        )  # fmt: skip
    else:
        good = on_processor(given.seconds)
    print("bars met" if good else "a bar is missed")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
