"""Exported captioners: the same words, how large, how fast; and a clip of 30 s from file to words.

For each net, at the size of the generated benchmark and at the book's (hidden 512, 80 frames of
4096 numbers, 12,000 words): seconds to export, megabytes, whether the graphs write the same words
at other batch sizes and lengths (bar: all), how far log-probabilities are apart (bar: 1e-4), and
milliseconds a clip on one thread by torch and by ONNX Runtime, one by one and 32 at once.

Then a generated clip of 30 s (1280x720, 30 fps, H.264) on one thread: processor seconds for 80
frames, for their features by the embedded descriptor, for the sentence from the graphs.

    python benchmarks/vision_export.py [RUN OR MODEL OF ONE'S OWN]
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from loquitur.media.frames import sample
from loquitur.model.speech import EngineStamp
from loquitur.model.vision import Sampling
from loquitur.protocols import Resources
from loquitur.vision.decoding.options import Decoding
from loquitur.vision.encoders import encode_frames, open_encoder
from loquitur.vision.exporting import TOLERANCE, compare, export, random_clips
from loquitur.vision.modelcard import ModelCard
from loquitur.vision.modelfile import load, save
from loquitur.vision.nets import NETS
from loquitur.vision.nets.contract import NetConfig, build
from loquitur.vision.vocabulary import SPECIAL
from vision_frames import write_film

SIZES = {
    "shapes": {
        "dimension": 896, "words": 45, "hidden": 128, "embedding": 64, "most_frames": 16,
        "most_words": 14,
    },
    "book": {"dimension": 4096, "words": 12_000, "hidden": 512, "embedding": 512},
}  # fmt: skip


def main() -> int:
    torch.set_num_threads(1)
    faults = 0
    print("processor time, one thread")
    print("size    net             export s     MB  words      apart      torch ms  onnx ms  (32)")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if len(sys.argv) > 1:
            model = load(Path(sys.argv[1]))
            faults += report("own", model, folder / "own-onnx")
        else:
            for size, numbers in SIZES.items():
                for name in NETS:
                    random_model(name, numbers, folder / f"{size}-{name}")
                    model = load(folder / f"{size}-{name}")
                    faults += report(size, model, folder / f"{size}-{name}-onnx")
        whole_way(folder)
    return faults


def random_model(name: str, numbers: dict[str, int], folder: Path) -> None:
    """A model whose weights are chance, sure enough of itself to have no ties."""
    torch.manual_seed(3)
    config = NetConfig(architecture=name, **numbers)
    net = build(config)
    with torch.no_grad():
        net.say.weight *= 4
    card = ModelCard(
        net=config,
        vocabulary=(*SPECIAL, *(f"word{at}" for at in range(config.words - 4))),
        encoder=EngineStamp(name="descriptor", version="1"),
        mean=(0.1,) * config.dimension,
        std=(0.5,) * config.dimension,
    )
    save(folder, net, card)


def report(size, model, target) -> int:
    """A line about a model and its export; 1 where it broke a bar."""
    _, export_s = timed(lambda: export(model, target))
    graphs = load(target)
    found = compare(model, graphs)
    usual = model.card.net.most_frames
    clips = [clip for clip in random_clips(model.card, 1) if len(clip) <= usual][:8]
    torch_ms, onnx_ms = (
        1e3 * timed(lambda m=each: [m.describe(clip) for clip in clips * 4])[1] / (4 * len(clips))
        for each in (model, graphs)
    )
    _, batch_s = timed(lambda: graphs.describe_all((clips * 8)[:32]))
    size_mb = sum(path.stat().st_size for path in target.iterdir()) / 1e6
    print(
        f"{size:7} {model.card.net.architecture:15} {export_s:8.1f} {size_mb:6.1f} "
        f" {found.same:2} of {found.clips}  {found.difference:.1e} {torch_ms:10.1f} "
        f"{onnx_ms:8.1f} {1e3 * batch_s / 32:7.1f}",
        flush=True,
    )
    return int(found.same < found.clips or found.difference > TOLERANCE)


def whole_way(folder: Path) -> None:
    """A film of 30 s to a sentence, without torch."""
    film = folder / "film.mp4"
    write_film(film, 30)
    resources = Resources(models=folder, threads=1)
    encoder = open_encoder("descriptor", resources)
    numbers = SIZES["shapes"] | {"dimension": encoder.dimension, "most_frames": 80}
    random_model("s2vt-attention", numbers, folder / "way")
    export(load(folder / "way"), folder / "way-onnx")
    graphs, load_s = timed(lambda: load(folder / "way-onnx"))
    batches, frames_s = timed(lambda: list(sample(film, Sampling(count=80))))
    parts, features_s = timed(lambda: [part for _, part in encode_frames(encoder.engine, batches)])
    features = np.concatenate(parts)
    _, greedy_s = timed(lambda: graphs.describe(features))
    _, beam_s = timed(lambda: graphs.describe(features, Decoding(by="beam")))
    print(
        f"30 s of 1280x720: 80 frames {frames_s:.2f} s, {encoder.dimension} numbers of each"
        f" {features_s:.2f} s; model loaded {load_s:.2f} s, greedy {greedy_s:.3f} s, beam of five"
        f" {beam_s:.3f} s: {frames_s + features_s + load_s + beam_s:.2f} s in all"
    )


def timed(run):
    """What a call gives, and the processor seconds that it took, a child's with them."""
    start = sum(os.times()[:4])
    found = run()
    return found, sum(os.times()[:4]) - start


if __name__ == "__main__":
    sys.exit(main())
