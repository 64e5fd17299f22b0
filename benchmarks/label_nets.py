"""What each net that labels weighs and costs, at YouTube-8M's rows; the published sizes counted.

    python benchmarks/label_nets.py                 # about 3 minutes of a processor
    python benchmarks/label_nets.py --videos 32 --rows 300 --labels 3862

Random rows as YouTube-8M's: 1,024 + 128 bytes a second. Milliseconds of the processor a video, on
one thread: to label it, and to learn from it (forward, loss, backward, no optimizer), each the
quickest of three. Beside each the ratio to a bare `torch.nn.LSTM` of 64 numbers over the same rows
in the same run. Bars: a video alone and in a batch of unlike lengths gets the same scores to 1e-5;
NeXtVLAD at its published size has 79 to 80 million weights as its paper counts them.

Needs the extra vision.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict

import torch
from torch import nn
from torch.nn import functional

from loquitur.vision.labels.nets.contract import BranchInput, LabelNetConfig, build
from loquitur.vision.labels.training.presets import PRESETS, NetOptions
from measuring import best_of

INPUTS = (BranchInput(name="rgb", dimension=1024), BranchInput(name="audio", dimension=128))
BAR_ALONE = 1e-5


def config(name: str, labels: int) -> LabelNetConfig:
    """The net of a preset."""
    sizes = asdict(NetOptions(**PRESETS[name].net))
    del sizes["encoders"]
    return LabelNetConfig(inputs=INPUTS, labels=labels, **sizes)


def quickest(call, videos: int) -> float:
    """Milliseconds a video."""
    return 1e3 * best_of(3, call).cpu_s / videos


def counted(name: str, labels: int) -> tuple[int, int]:
    """All weights, and those of the encoders and the layer that joins them."""
    with torch.device("meta"):
        net = build(config(name, labels))
    whole = sum(one.numel() for one in net.parameters())
    tails = [net.tail] if hasattr(net, "tail") else list(net.tails)
    behind = [part for tail in tails for part in (tail.head, tail.gate, tail.verticals) if part]
    return whole, whole - sum(one.numel() for part in behind for one in part.parameters())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", type=int, default=16)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--labels", type=int, default=3862)
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    videos, rows = given.videos, given.rows
    lengths = {one.name: torch.randint(rows // 3, rows + 1, (videos,)) for one in INPUTS}
    streams = {
        one.name: torch.randint(0, 256, (videos, rows, one.dimension), dtype=torch.uint8)
        for one in INPUTS
    }
    target = (torch.rand(videos, given.labels) < 3 / given.labels).float()
    bare = nn.LSTM(1152, 64, batch_first=True)
    plain = torch.randn(videos, rows, 1152)
    with torch.no_grad():
        bare_ms = quickest(lambda: bare(plain), videos)
    print(f"bare LSTM of 64 numbers: {bare_ms:.2f} ms a video")
    print(f"{'preset':10} {'weights':>11} {'label, ms':>10} {'x bare':>7}"
          f" {'learn, ms':>10} {'apart':>8}")  # fmt: skip
    holds = True
    for name in (each for each in PRESETS if not each.endswith("-paper") and each != "small"):
        net = build(config(name, given.labels)).eval()
        with torch.no_grad():
            label_ms = quickest(lambda net=net: net(streams, lengths), videos)
            together = net(streams, lengths)["logits"][1]
            few = {key: each[1:2, : int(lengths[key][1])] for key, each in streams.items()}
            alone = net(few, {key: each[1:2] for key, each in lengths.items()})["logits"][0]
        apart = float((together - alone).abs().max())
        holds = holds and apart <= BAR_ALONE
        net.train()

        def learn(net=net):
            said = net(streams, lengths)["logits"]
            functional.binary_cross_entropy_with_logits(said, target).backward()

        learn_ms = quickest(learn, videos)
        weights = sum(one.numel() for one in net.parameters())
        print(f"{name:10} {weights:>11,} {label_ms:>10.2f} {label_ms / bare_ms:>7.2f}"
              f" {learn_ms:>10.2f} {apart:>8.0e}", flush=True)  # fmt: skip
    print(f"\n{'published':16} {'weights':>13} {'without head and gate':>23}")
    for name in (each for each in PRESETS if each.endswith("-paper")):
        whole, before = counted(name, 3862)
        print(f"{name:16} {whole:>13,} {before:>23,}")
        if name == "nextvlad-paper":
            holds = holds and 79e6 <= before <= 80e6
    print("bars hold" if holds else "A BAR IS BROKEN")
    raise SystemExit(0 if holds else 1)


if __name__ == "__main__":
    main()
