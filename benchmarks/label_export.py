"""Exported nets that label: the same log odds, how large, how fast; and what evidence costs.

For each net at the size of YouTube-8M (1024 numbers of pictures and 128 of sound a second, 3,862
labels, 200 rows; hidden 512, 32 clusters): megabytes, how far log odds are apart over every set of
streams (bar: 1e-4), processor milliseconds a video on one thread by torch and by ONNX Runtime, 16
videos side by side, and the same of one video with its evidence (each stream alone, 20 spans of
each).

    python benchmarks/label_export.py
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from loquitur.vision.labels.dataset import YOUTUBE_8M
from loquitur.vision.labels.evidence import explain, track_of
from loquitur.vision.labels.examples import Examples, Stream
from loquitur.vision.labels.exporting import TOLERANCE, compare, export
from loquitur.vision.labels.modelcard import LabelModelCard
from loquitur.vision.labels.modelfile import load, save
from loquitur.vision.labels.nets import LABEL_NETS
from loquitur.vision.labels.nets.config import BranchInput, LabelNetConfig
from loquitur.vision.labels.nets.contract import build
from loquitur.vision.labels.vocabulary import Label

VIDEOS, ROWS = 16, 200


def main() -> int:
    torch.set_num_threads(1)
    print("processor time, one thread")
    print("net          M weights     MB    apart   torch ms   onnx ms   onnx ms with evidence")
    faults = 0
    with tempfile.TemporaryDirectory() as place:
        for name in sys.argv[1:] or LABEL_NETS:
            faults += report(name, Path(place) / name)
    return faults


def report(name: str, folder: Path) -> int:
    """A line; 1 where the bar is missed."""
    torch.manual_seed(0)
    config = LabelNetConfig(
        architecture=name,
        inputs=tuple(
            BranchInput(name=one.name, dimension=one.dimension) for one in YOUTUBE_8M.streams
        ),
        labels=YOUTUBE_8M.labels,
        clusters=32,
        mixtures=2 if name == "moe" else 0,
    )
    net = build(config)
    card = LabelModelCard(
        net=config,
        labels=tuple(Label(name=f"label {at}") for at in range(config.labels)),
        data=YOUTUBE_8M,
    )
    save(folder / "net", net, card)
    model = load(folder / "net")
    export(model, folder / "graph")
    graph = load(folder / "graph")
    examples = random_videos()
    apart = compare(model, graph).difference
    one = {stream.name: track_of(examples, 0, stream.name) for stream in YOUTUBE_8M.streams}
    weights = sum(each.numel() for each in net.parameters())
    print(
        f"{name:12s}{weights / 1e6:10.1f}"
        f"{(folder / 'graph' / 'labeller.onnx').stat().st_size / 1e6:7.1f}{apart:9.1e}"
        f"{cpu_ms(lambda: model.scores(examples)) / VIDEOS:11.1f}"
        f"{cpu_ms(lambda: graph.scores(examples)) / VIDEOS:10.1f}"
        f"{cpu_ms(lambda: explain(graph, one)):16.0f}",
        flush=True,
    )
    return int(apart > TOLERANCE)


def random_videos() -> Examples:
    chance = np.random.default_rng(0)
    offsets = np.arange(VIDEOS + 1, dtype=np.int64) * ROWS
    return Examples(
        video_ids=tuple(map(str, range(VIDEOS))),
        labels=np.zeros(0, np.int64),
        label_offsets=np.zeros(VIDEOS + 1, np.int64),
        streams={
            one.name: Stream(
                rows=chance.integers(0, 256, (VIDEOS * ROWS, one.dimension), dtype=np.uint8),
                offsets=offsets,
            )
            for one in YOUTUBE_8M.streams
        },
    )


def cpu_ms(call: Callable[[], object]) -> float:
    """Processor milliseconds of a call, the better of two after a first one."""
    call()
    found = []
    for _ in range(2):
        start = time.process_time()
        call()
        found.append(1000 * (time.process_time() - start))
    return min(found)


if __name__ == "__main__":
    sys.exit(main())
