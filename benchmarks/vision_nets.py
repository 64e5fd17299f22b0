"""The four nets at the size of the S2VT paper, on the processor or a card: right, and how fast.

Hidden 1000, frames and words brought to 500, 80 frames of 4096 numbers, a vocabulary of 12,000;
random weights and features. For each net: how far word by word is from all at once, and padded
from unpadded (bar: 1e-4 in log-probability); on a card also how far it is from the processor, and
how many greedy sentences are the same under bfloat16 (random weights have near ties: no bar).
Clips described a second, greedy and with a beam of five, and how many of those beams are less
likely than greedy (bar: none).

With runs that were trained on shapes, and their features: of the clips to test and unseen ones, how
many greedy sentences are the same under bfloat16, how many say the same, and how many are right.

    python benchmarks/vision_nets.py [--device cuda] [--clips 256] [--small]
    python benchmarks/vision_nets.py --shapes FOLDER --run RUN [--run RUN ...]
"""

from __future__ import annotations

import argparse
import copy
import sys
from pathlib import Path

import numpy as np
import torch

from loquitur.vision import corpora
from loquitur.vision.decoding.options import Decoding
from loquitur.vision.decoding.search import decode
from loquitur.vision.features import open_set
from loquitur.vision.modelfile import load
from loquitur.vision.nets import NETS
from loquitur.vision.nets.contract import NetConfig, build, shifted
from loquitur.vision.nets.stepping import TorchStepper
from loquitur.vision.shapes import parse, slot_figures
from measuring import timed

BAR = 1e-4


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--clips", type=int, default=0)
    parser.add_argument("--small", action="store_true", help="the generated benchmark's sizes")
    parser.add_argument("--run", action="append", default=[], help="a net trained on shapes")
    parser.add_argument("--shapes", help="a folder with clips.jsonl and features")
    given = parser.parse_args()
    if given.run:
        return trained([Path(run) for run in given.run], Path(given.shapes), given.device)
    on_card = given.device != "cpu"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    if not on_card:
        torch.set_num_threads(1)
    sizes = {"dimension": 4096, "words": 12_000, "hidden": 1000, "embedding": 500}
    frames = 80
    if given.small:
        sizes = {"dimension": 896, "words": 45, "hidden": 128, "embedding": 64}
        frames = 16
    count = given.clips or (256 if on_card else 8)
    where = torch.cuda.get_device_name() if on_card else "one thread of the processor"
    print(f"torch {torch.__version__}, {where}; {count} clips of {frames} x {sizes['dimension']}")
    print("net             M par  step=all  padding  =cpu      bf16 same  greedy/s  beam5/s  below")
    faults = 0
    for name in NETS:
        torch.manual_seed(1)
        narrow = {} if given.small or name == "transformer" else {"projection": 500}
        net = build(NetConfig(architecture=name, **sizes, **narrow)).eval()
        with torch.no_grad():
            net.say.weight *= 3  # less sure of nothing
        line, fine = one(net, given.device, count, frames)
        faults += not fine
        print(f"{name:15} {line}", flush=True)
    return faults


def one(net, device, count, frames):
    """A net's line, and whether it held its bars."""
    net = net.to(device)
    stepwise, padded, home = differences(net, device, frames)
    chance = np.random.default_rng(2)
    clips = [
        chance.normal(size=(frames, net.config.dimension)).astype(np.float32) for _ in range(count)
    ]
    stepper = TorchStepper(net)
    decode(stepper, clips[:2])  # wakes the card
    greedy, once = timed(lambda: decode(stepper, clips))
    half = Halved(net)
    same = np.mean(
        [a[0].words == b[0].words for a, b in zip(greedy, decode(half, clips), strict=True)]
    )
    beams, wide = timed(lambda: decode(stepper, clips, Decoding(by="beam", width=5)))
    # the beam's own greedy sentence was made in another batch: its last digits differ
    below = sum(
        b[0].log_probability < a[0].log_probability - BAR
        for a, b in zip(greedy, beams, strict=True)
    )
    parameters = sum(each.numel() for each in net.parameters()) / 1e6
    line = (
        f"{parameters:6.1f}  {stepwise:.1e}  {padded:.1e}  {home:.1e}  {same:8.2f}  "
        f"{count / once.wall_s:9.1f} {count / wide.wall_s:8.1f} {below:6}"
    )
    return line, max(stepwise, padded, home) <= BAR and below == 0


def differences(net, device, frames):
    """Word by word against all at once, padded against alone, the card against the processor."""
    chance = torch.Generator().manual_seed(3)
    lengths = torch.tensor([frames, frames // 2, 1])
    features = torch.randn(3, frames, net.config.dimension, generator=chance)
    words = shifted(torch.randint(4, net.config.words, (3, 12), generator=chance)).to(device)
    there = features.to(device)
    at_home = copy.deepcopy(net).to("cpu")
    with torch.inference_mode():
        wanted = net(there, lengths, words).log_softmax(-1)
        state, steps = net.encode(there, lengths), []
        for at in range(12):
            logits, state = net.step(words[:, at], state)
            steps.append(logits.log_softmax(-1))
        stepwise = (torch.stack(steps, 1) - wanted).abs().max().item()
        padded = max(
            (
                net(there[at : at + 1, :length], lengths[at : at + 1], words[at : at + 1])
                .log_softmax(-1)
                .sub(wanted[at])
                .abs()
                .max()
                .item()
            )
            for at, length in enumerate(lengths.tolist())
        )
        home = 0.0
        if device != "cpu":
            here = at_home(features, lengths, words.cpu()).log_softmax(-1)
            home = (here - wanted.cpu()).abs().max().item()
    return stepwise, padded, home


class Halved(TorchStepper):
    """The same net under bfloat16."""

    def begin(self, features, lengths):
        """Read clips."""
        with torch.autocast(self._device.type, torch.bfloat16):
            return super().begin(features, lengths)

    def step(self, words, state):
        """Write a word."""
        with torch.autocast(self._device.type, torch.bfloat16):
            return super().step(words, state)


def trained(runs, folder, device):
    """Half precision on nets that know what they say."""
    torch.set_num_threads(1)
    features = open_set(folder / "features")
    sources = {
        clip.clip_id: clip.source
        for clip in corpora.read(folder / "clips.jsonl").clips
        if clip.split in ("test", "unseen")
    }
    print(f"torch {torch.__version__}, {device}; {len(sources)} clips of shapes, greedy")
    print("run                         same words  same sense  apart a word     right   bf16")
    for run in runs:
        model = load(run, device=device)
        clips = [model.normalised(features.get(name)[1]) for name in sources]
        words = model.card.words()
        both = [decode(each, clips) for each in (model.stepper, Halved(model.stepper.net))]
        pairs = [(one, other) for (one, *_), (other, *_) in zip(*both, strict=True)]
        said, again = (
            {name: words.decode(found[0].words) for name, found in zip(sources, each, strict=True)}
            for each in both
        )
        alike = np.mean([one.words == other.words for one, other in pairs])
        sense = np.mean([meaning(said[name]) == meaning(again[name]) for name in sources])
        apart = max(
            abs(one.score - other.score) for one, other in pairs if one.words == other.words
        )
        right, halved = (slot_figures(sources, each).whole for each in (said, again))
        print(
            f"{run.name:26} {alike:11.3f} {sense:11.3f} {apart:13.4f} {right:9.3f} {halved:6.3f}",
            flush=True,
        )
    return 0


def meaning(sentence):
    """What a sentence says, whatever its words; itself where it is none of the grammar."""
    found = parse(sentence)
    return sentence if found is None else found.key


if __name__ == "__main__":
    sys.exit(main())
