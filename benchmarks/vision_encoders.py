"""Frames a second through each encoder, and how busy it is kept, from memory and from films.

On the processor: the embedded encoders, a graph of ONNX and, where torch is, networks of timm with
random weights; each against its bare network in the same run. On a card (`--device cuda`): VGG16
and ResNet-50 in half precision, batches of 64 to 256, from memory, then from films that are
decoded meanwhile; the card's own word on how busy it is (nvidia-smi). Bars: an encoder that takes
longer than decoding is kept busy for 90 % of its time; the way around a network costs at most a
tenth of it.

    python benchmarks/vision_encoders.py [--device cpu|cuda] [--clips N] [--jobs N]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from loquitur import registry
from loquitur.model.speech import EngineStamp
from loquitur.model.vision import Sampling
from loquitur.protocols import Resources
from loquitur.vision import encoders
from loquitur.vision.clips import Clip
from loquitur.vision.features import write_set

if TYPE_CHECKING:
    from collections.abc import Iterator

BAR_BUSY, BAR_AROUND = 0.90, 1.10
WIDTH_PX, HEIGHT_PX, SECONDS, RATE = 320, 240, 10, 25
FRAMES = 80


def write_film(path: Path, seed: int) -> Path:
    """A clip as MSVD's are: ten seconds of 320 x 240."""
    rng = np.random.default_rng(seed)
    ground = np.kron(rng.integers(40, 200, (9, 12, 3)), np.ones((40, 40, 1))).astype(np.uint8)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=RATE, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        for number in range(SECONDS * RATE):
            at = number % 120
            made = np.ascontiguousarray(ground[at : at + HEIGHT_PX, at : at + WIDTH_PX])
            output.mux(stream.encode(av.VideoFrame.from_ndarray(made, format="rgb24")))
        output.mux(stream.encode(None))
    return path


def films(folder: Path, count: int) -> list[Clip]:
    """So many clips of a few films: decoding takes its time for each."""
    paths = [write_film(folder / f"film{seed}.mp4", seed) for seed in range(min(count, 4))]
    return [
        Clip(clip_id=f"c{at}", video_id=f"c{at}", source=str(paths[at % len(paths)]))
        for at in range(count)
    ]


def random_timm(architecture: str, device: str, dtype: str, batch: int, threads: int) -> Any:
    """A network of timm with random weights as the engine runs it."""
    import timm
    import torch

    from loquitur.engines.pictures import TorchEncoder
    from loquitur.engines.vision.timm import preprocessing_of

    engine = TorchEncoder()
    torch.manual_seed(0)
    model = timm.create_model(architecture, pretrained=False, num_classes=0)
    engine.preprocessing = preprocessing_of(timm.models.get_pretrained_cfg(architecture).to_dict())
    engine.settle(
        torch,
        model,
        model,
        name=architecture,
        device=device,
        dtype=getattr(torch, dtype),
        threads=threads,
        batch_size=batch,
    )
    return engine


def noise(count: int) -> np.ndarray:
    """Pictures of noise: on zeros some cards run faster than on real ones."""
    return np.random.default_rng(0).integers(0, 256, (count, 224, 224, 3), dtype=np.uint8)


class Card:
    """What nvidia-smi says while a block runs: the mean share of time in which the card worked."""

    def __init__(self, device: str) -> None:
        self._used: list[float] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._asked = device.startswith("cuda")

    def __enter__(self) -> Card:
        if self._asked:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._asked:
            self._thread.join()

    @property
    def said(self) -> str:
        """The mean share, in words; empty where nobody was asked."""
        return f"card busy {statistics.mean(self._used):.0f} %" if self._used else ""

    def _ask(self) -> None:
        command = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
        while not self._stop.wait(0.25):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            found = done.stdout.split()
            if done.returncode or not found or not found[0].isdigit():
                return
            self._used.append(float(found[0]))


def synchronised(device: str) -> None:
    """Wait for a card to have done what it was given."""
    if device.startswith("cuda"):
        import torch

        torch.cuda.synchronize()


def now(device: str) -> float:
    """Seconds: of this process on a processor, which others share; on a card by the clock."""
    return time.perf_counter() if device.startswith("cuda") else time.process_time()


def from_memory(engine: Any, fitted: np.ndarray, seconds: float, device: str) -> float:
    """Pictures a second through an encoder, of pictures that lie ready."""
    engine.encode_fitted(fitted)
    began, count = now(device), 0
    while now(device) - began < seconds:
        engine.encode_fitted(fitted)
        count += len(fitted)
    synchronised(device)
    return count / (now(device) - began)


def bare(engine: Any, count: int, seconds: float, device: str, threads: int) -> float:
    """Pictures a second through the network alone: prepared pictures that stay where they are."""
    import torch

    how = engine.preprocessing
    torch.set_num_threads(threads)
    values = torch.randn(count, 3, how.height_px, how.width_px, device=device)
    values = values.to(next(engine.network.parameters()).dtype)
    if device.startswith("cuda"):
        values = values.to(memory_format=torch.channels_last)
    with torch.inference_mode():
        engine.network(values)
        synchronised(device)
        began, done = now(device), 0
        while now(device) - began < seconds:
            engine.network(values)
            synchronised(device)
            done += count
    return done / (now(device) - began)


def from_films(
    engine: Any, clips: list[Clip], jobs: int, device: str, frames: int = FRAMES
) -> tuple[float, float, str]:
    """Frames a second and busy share over a set that is made from films, and what it cost."""
    encoder = encoders.Encoder(
        engine=engine, stamp=EngineStamp(name="bench", version="1"), wanted="bench"
    )
    before = os.times()
    with tempfile.TemporaryDirectory() as folder, Card(device) as card:
        made = write_set(Path(folder) / "set", clips, encoder, Sampling(count=frames), jobs=jobs)
    after = os.times()
    if made.failures:
        raise SystemExit(f"{made.failures[0].clip_id}: {made.failures[0].reason}")
    whole = made.encode_s + made.wait_s
    own, others = (
        (sum(after[at : at + 2]) - sum(before[at : at + 2])) / len(clips) for at in (0, 2)
    )
    cost = f"CPU s a film: here {own:.3f}, decoding children {others:.3f}"
    return made.frames / whole, made.busy or 0.0, ", ".join(filter(None, (card.said, cost)))


def on_processor(clips: list[Clip], jobs: int, folder: Path) -> Iterator[tuple[str, float]]:
    """Print the rows of a processor; yields what a bar is held against."""
    from loquitur.testing.tiny_vision import tiny_vision_onnx

    resources = Resources(models=folder, threads=1)
    onnx = tiny_vision_onnx(folder / "tiny")
    print(f"{'encoder':28} {'a CPU s':>10} {'films, /s':>10} {'busy':>6}   {jobs} jobs")
    for wanted in ("descriptor", "things", f"onnx:{onnx}"):
        if wanted.partition(":")[0] not in {spec.name for spec in registry.specs("vision")}:
            continue
        engine = encoders.open_encoder(wanted, resources).engine
        how = engine.preprocessing
        rng = np.random.default_rng(0)
        fitted = rng.integers(0, 256, (FRAMES, how.height_px, how.width_px, 3), dtype=np.uint8)
        memory = from_memory(engine, fitted, 1.0, "cpu")
        rate, busy, cost = from_films(engine, clips, jobs, "cpu")
        name = wanted.partition(":")[0]
        print(f"{name:28} {memory:10.0f} {rate:10.0f} {busy:6.0%}   {cost}", flush=True)
    try:
        import timm  # noqa: F401
        import torch
    except ImportError:
        print("timm is not installed: no networks")
        return
    torch.set_num_threads(1)
    for architecture in ("resnet50", "vgg16"):
        engine = random_timm(architecture, "cpu", "float32", 8, 1)
        fitted = noise(16)
        alone = bare(engine, 8, 3.0, "cpu", 1)
        memory = from_memory(engine, fitted, 3.0, "cpu")
        rate, busy, _ = from_films(engine, clips[:4], jobs, "cpu", frames=8)
        label = f"timm:{architecture} (random)"
        print(f"{label:28} {memory:10.1f} {rate:10.1f} {busy:6.0%}   bare {alone:.1f}", flush=True)
        yield f"{architecture} busy", busy / BAR_BUSY
        yield f"{architecture} around the network", memory / alone * BAR_AROUND


def on_card(clips: list[Clip], jobs: int, device: str) -> Iterator[tuple[str, float]]:
    """Print the rows of a card; yields what a bar is held against."""
    import torch

    print(torch.cuda.get_device_name(0), f"torch {torch.__version__}, {jobs} jobs")
    for architecture in ("vgg16", "resnet50"):
        for dtype in ("bfloat16", "float16"):
            for batch in (64, 128, 256):
                torch.cuda.reset_peak_memory_stats()
                engine = random_timm(architecture, device, dtype, batch, 1)
                fitted = noise(4 * batch)
                alone = bare(engine, batch, 0.7, device, 1)
                with Card(device) as card:
                    memory = from_memory(engine, fitted, 0.9, device)
                peak = torch.cuda.max_memory_allocated() / 1e9
                print(
                    f"{architecture:9} {dtype:9} batch {batch:4}: memory {memory:7.0f}, bare"
                    f" {alone:7.0f} images/s, peak {peak:.1f} GB, {card.said}",
                    flush=True,
                )
                del engine
                torch.cuda.empty_cache()
        engine = random_timm(architecture, device, "bfloat16", 128, 1)
        rate, busy, said = from_films(engine, clips, jobs, device)
        print(
            f"{architecture:9} bfloat16  from {len(clips)} films of {WIDTH_PX}x{HEIGHT_PX}: "
            f"{rate:.0f} frames/s, encoder busy {busy:.0%}, {said}",
            flush=True,
        )
        yield f"{architecture} busy", busy / BAR_BUSY


def main() -> int:
    """Print the figures; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--clips", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=0)
    given = parser.parse_args()
    on_gpu = given.device.startswith("cuda")
    jobs = given.jobs or max(2, (os.cpu_count() or 2) - (1 if on_gpu else 0))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        clips = films(folder, given.clips or (160 if on_gpu else 8))
        rows = on_card(clips, jobs, given.device) if on_gpu else on_processor(clips, jobs, folder)
        missed = [name for name, share in rows if share < 1]
    for name in missed:
        print(f"missed: {name}")
    # how busy a card is kept depends on the cores that decode for it: told, not held
    return 0 if on_gpu else bool(missed)


if __name__ == "__main__":
    sys.exit(main())
