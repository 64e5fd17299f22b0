"""NeXtVLAD and LSTM at YouTube-8M's sizes on a card: examples a second, how busy it is, days.

    python benchmarks/label_training_gpu.py --device cuda              # the published sizes
    python benchmarks/label_training_gpu.py --device cpu --small       # the same on a processor

Shards of frame level as YouTube-8M's (1,024 + 128 bytes a row, 120 to 300 rows, 3,862 labels, 24
genres), random, on the disk, read over and over by the loop of the house; the presets
`nextvlad-paper` and `lstm-paper`, float32 with TF32 and bfloat16, batches of some sizes. Printed:
weights, examples a second without the first ten steps, the share of time in which the card stood
still for lack of data, its mean utilisation (NVML), the most memory of its tensors, and what that
makes of the full set: about 3.9 million training videos (the vocabulary of May 2018 counts
11,711,620 labels in them, 3.0 a video), five epochs. Bar: the card waits for data less than 5 % of
the time. Random rows are as much work as real ones, and nothing is said of quality here.

Needs torch, numpy, msgspec, safetensors and google-crc32c. About three minutes on a card.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from loquitur.vision.labels.dataset import YOUTUBE_8M, DatasetInfo
from loquitur.vision.labels.dataset_files import write_dataset
from loquitur.vision.labels.examples import Examples, Stream
from loquitur.vision.labels.feeding.sharded import open_data
from loquitur.vision.labels.records.writing import write_shard
from loquitur.vision.labels.training.labelling import Labelling
from loquitur.vision.labels.training.presets import LabelOptions, NetOptions, preset
from loquitur.vision.labels.vocabulary import Label, LabelVocabulary
from loquitur.vision.training.loop import train
from loquitur.vision.training.options import TrainingOptions, with_values

TRAINING_VIDEOS, EPOCHS = 3_900_000, 5
BAR_WAIT = 0.05
_DAY_S = 86_400.0
_GENRES = 24


def make(folder: Path, info: DatasetInfo, videos: int, rows: tuple[int, int]) -> None:
    """Shards of random rows: two to learn from, a small one to judge by."""
    for number, (part, many) in enumerate(
        (("train", videos // 2), ("train", videos // 2), ("validate", 128))
    ):
        chance = np.random.default_rng(number)
        lengths = chance.integers(rows[0], rows[1] + 1, many)
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        streams = {
            one.name: Stream(
                rows=chance.integers(0, 256, (offsets[-1], one.dimension), dtype=np.uint8),
                offsets=offsets,
            )
            for one in info.streams
        }
        labels = [np.sort(chance.choice(info.labels, 3, replace=False)) for _ in range(many)]
        examples = Examples(
            video_ids=tuple(f"{number}{at:07}" for at in range(many)),
            labels=np.concatenate(labels).astype(np.int64),
            label_offsets=3 * np.arange(many + 1),
            streams=streams,
        )
        write_shard(folder / f"{part}{number:04}.tfrecord", examples, info)
    write_dataset(folder, info)


def measure(
    folder: Path,
    vocabulary: LabelVocabulary,
    name: str,
    given: argparse.Namespace,
    **changes: object,
) -> dict[str, float | None]:
    """Some steps of a preset; its figures."""
    chosen = preset(name)
    net = with_values(NetOptions(), chosen.net, where="net")
    if given.small:
        net = dataclasses.replace(
            net, hidden=min(net.hidden, 64), cell_size=min(net.cell_size, 64),
            clusters=min(net.clusters, 8),
        )  # fmt: skip
    options = with_values(
        TrainingOptions(),
        {
            **chosen.train, "epochs": None, "steps": given.steps, "device": given.device,
            "plots": "no", "tensorboard": "no", "samples": 0, **changes,
        },
        where="train",
    )  # fmt: skip
    task = Labelling(
        open_data(folder), vocabulary, net=net, options=LabelOptions(validation_videos=16),
        batch=options.batch, seed=0,
    )  # fmt: skip
    if options.device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats()
    with tempfile.TemporaryDirectory() as run:
        outcome = train(task, run, options)
    found = {name: outcome.last.get(name) for name in ("gpu_use", "gpu_memory_mb", "memory_mb")}
    return {
        **found,
        "weights": float(str(task.config()["weights"])),
        "videos_per_s": outcome.clips_per_s,
        "data_wait": outcome.data_wait,
    }


def said(value: float | None, digits: int = 0, share: bool = False) -> str:
    """A figure, or `-`."""
    if value is None:
        return "-"
    return f"{100 * value:.{digits}f} %" if share else f"{value:,.{digits}f}"


def bench() -> int:
    """Measure, print, hold the bar."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true", help="small nets, short videos")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--videos", type=int, default=4096)
    parser.add_argument("--batches", default="")
    given = parser.parse_args()
    info, rows = YOUTUBE_8M, (120, 300)
    if given.small:
        info, rows = dataclasses.replace(YOUTUBE_8M, labels=100), (10, 20)
    genres = [f"genre {at}" for at in range(_GENRES)]
    vocabulary = LabelVocabulary(
        labels=tuple(
            Label(name=f"label {at}", verticals=(genres[at % _GENRES],))
            for at in range(info.labels)
        )
    )
    info = dataclasses.replace(info, vocabulary=vocabulary.digest)
    is_card = given.device.startswith("cuda")
    sizes = [int(one) for one in given.batches.split(",") if one] or (
        [160, 512] if is_card else [32]
    )
    precisions = ["tf32", "bfloat16"] if is_card else ["float32"]
    held = True
    print(f"{torch.cuda.get_device_name() if is_card else 'processor'}, torch {torch.__version__}")
    print("net, precision, batch: weights; videos/s; card waits; card busy; MB; days for the set")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make(folder, info, given.videos, rows)
        for name in ("nextvlad-paper", "lstm-paper"):
            for precision in precisions:
                for batch in sizes:
                    found = measure(
                        folder, vocabulary, name, given, precision=precision, batch=batch
                    )
                    speed, wait = found["videos_per_s"], found["data_wait"]
                    days = TRAINING_VIDEOS * EPOCHS / speed / _DAY_S if speed else None
                    print(
                        f"{name}, {precision}, {batch}: {said(found['weights'])};"
                        f" {said(speed)}; {said(wait, 1, True)}; {said(found['gpu_use'], 0, True)};"
                        f" {said(found['gpu_memory_mb'] if is_card else found['memory_mb'])};"
                        f" {said(days, 2)}",
                        flush=True,
                    )
                    held = held and (not is_card or (wait is not None and wait < BAR_WAIT))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(bench())
