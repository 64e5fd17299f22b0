"""What the transformers adapters cost over calling the library bare.

    python benchmarks/transformers_cost.py [--chunks 12] [--rounds 5] [--folder MODEL ...]

Tiny random-weight models of real architectures hear the same chunks in one process: through the
library's own pipeline, and through our engine. Rounds take turns, and the quickest of each counts,
so that a busy machine decides little. Whisper is asked for word times by both, and both generate
the same number of tokens. The bar is 0.01 of real time over the pipeline, which with models this
small is all overhead; the engines also do what the pipeline does not (posteriors, words inside the
sound). With `--folder` a real model is measured as well.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from loquitur.engines.asr.transformers import Transformers, TransformersOptions
from loquitur.engines.emotion.transformers import TransformersMood, TransformersMoodOptions
from loquitur.model.speech import Turn
from loquitur.protocols import Resources
from loquitur.testing import signals
from loquitur.testing import tiny_transformers as tiny

BAR = 0.01  # of real time
CHUNK_MS = 8_000
TOKENS = 16


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", nargs="*", default=[])
    given = parser.parse_args()
    if importlib.util.find_spec("torch") is None:
        print("nothing measured: needs the extra transformers")
        return 0
    warnings.simplefilter("ignore")
    chunks = [signals.voice(CHUNK_MS, f0_hz=100.0 + 12 * at, seed=at) for at in range(given.chunks)]
    worst = -1.0
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        cases = [
            ("whisper, word times", tiny.tiny_whisper(root / "whisper")),
            ("wav2vec2-CTC, word times", tiny.tiny_ctc(root / "ctc")),
            ("moonshine, text", tiny.tiny_moonshine(root / "moonshine")),
            *((folder, Path(folder)) for folder in given.folder),
        ]
        for title, folder in cases:
            worst = max(worst, recogniser(title, folder, chunks, given.rounds, root))
        folder = tiny.tiny_classifier(root / "moods")
        worst = max(worst, classifier("wav2vec2 moods", folder, chunks, given.rounds, root))
    print(f"worst {worst:+.4f} of real time (bar: {BAR})")
    return 0 if worst <= BAR else 1


def recogniser(title: str, folder: Path, chunks: list[Any], rounds: int, root: Path) -> float:
    """One row; gives the engine's time less the pipeline's, as a share of the sound's length."""
    import transformers

    pipe = transformers.pipeline("automatic-speech-recognition", str(folder), device="cpu")
    generates = pipe.type != "ctc"
    if generates:
        pipe.model.generation_config.max_length = None
    limits = {"max_new_tokens": TOKENS, "num_beams": 1, "do_sample": False}
    asked: dict[str, Any] = {"generate_kwargs": limits} if generates else {}
    if pipe.type in ("ctc", "seq2seq_whisper"):
        asked["return_timestamps"] = "word"
    if pipe.type == "seq2seq_whisper":
        limits |= {"language": "<|en|>", "task": "transcribe"}
    options = TransformersOptions(model=str(folder), max_new_tokens=TOKENS, batch_size=1)
    engine = Transformers(options, Resources(models=root / "models", threads=1))

    def bare() -> None:
        for chunk in chunks:
            pipe({"raw": chunk, "sampling_rate": 16_000}, **asked)

    def ours() -> None:
        for chunk in chunks:
            list(engine.transcribe(chunk, language="en"))

    return compared(title, bare, ours, rounds, len(chunks))


def classifier(title: str, folder: Path, chunks: list[Any], rounds: int, root: Path) -> float:
    """The same for moods, one turn a chunk."""
    import transformers

    pipe = transformers.pipeline("audio-classification", str(folder), top_k=None, device="cpu")
    options = TransformersMoodOptions(model=str(folder))
    engine = TransformersMood(options, Resources(models=root / "models", threads=1))
    samples = signals.ArraySamples(sound=np.concatenate(chunks))
    spans = [(at * CHUNK_MS, (at + 1) * CHUNK_MS) for at in range(len(chunks))]
    spoken = signals.activity(spans, duration_ms=spans[-1][1])
    turns = [Turn(start_ms=start, end_ms=end, speaker="A") for start, end in spans]

    def bare() -> None:
        for chunk in chunks:
            pipe(chunk)

    def ours() -> None:
        list(engine.read(samples, spoken, turns))

    return compared(title, bare, ours, rounds, len(chunks))


def compared(title: str, bare: Any, ours: Any, rounds: int, count: int) -> float:
    """Runs both in turn with one thread and prints the quickest of each."""
    import torch

    torch.set_num_threads(1)
    spent: dict[Any, list[float]] = {bare: [], ours: []}
    bare(), ours()  # caches, lazy imports
    for _ in range(rounds):
        for call, seconds in spent.items():
            began = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - began)
    length_s = count * CHUNK_MS / 1000
    bare_s, ours_s = min(spent[bare]), min(spent[ours])
    share = (ours_s - bare_s) / length_s
    print(
        f"{title}: library's pipeline {bare_s:.2f} s, engine {ours_s:.2f} s for {length_s:.0f} s "
        f"of sound: {share:+.4f} of real time"
    )
    return share


if __name__ == "__main__":
    sys.exit(main())
