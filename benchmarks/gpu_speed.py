"""How fast the engines on torch are on a graphics card, with models of the real sizes.

    python benchmarks/gpu_speed.py [--minutes 5] [--only TITLE ...]

Random weights in the shapes of Whisper small and large-v3, wav2vec2-large and Parakeet-TDT 0.6B
hear chunks of 30 s of made sound. What they write means nothing, so Whisper is made to write 128
tokens a chunk, about as many as quick speech has in 30 s, and the end of the text is forbidden;
its vocabulary is that of the tiny model (2,000 of 51,866 rows). The processor hears one chunk or
two, since it takes long; the first chunk, which loads libraries, is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpu_engines import is_nothing_to_measure, random_ctc
from loquitur import registry
from loquitur.errors import LoquiturError
from loquitur.protocols import Resources
from loquitur.testing import signals

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK_S = 30
TOKENS = 128
SMALL = {"d_model": 768, "layers": 12, "heads": 12, "bands": 80}
LARGE = {"d_model": 1280, "layers": 32, "heads": 20, "bands": 128}
HEADS = {12: [[5, 3], [5, 9], [8, 0], [8, 4], [8, 7], [8, 8], [9, 0], [9, 7], [9, 9], [10, 5]],
         32: [[7, 0], [10, 17], [12, 18], [13, 12], [16, 1], [17, 14], [19, 11], [21, 4], [24, 1],
              [25, 6]]}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--only", nargs="*", choices=[*MODELS], default=[*MODELS])
    given = parser.parse_args()
    if is_nothing_to_measure():
        return 0
    import torch

    warnings.simplefilter("ignore")
    threads = os.cpu_count() or 1
    print(f"{torch.cuda.get_device_name()}, {threads} cores, torch {torch.__version__}")
    count = max(1, round(given.minutes * 60 / CHUNK_S))
    chunks = [signals.voice(CHUNK_S * 1000, f0_hz=90.0 + 3 * at, seed=at) for at in range(count)]
    with tempfile.TemporaryDirectory() as name:
        resources = Resources(models=Path(name) / "models", threads=threads)
        folders = {}
        for title in given.only:
            began = time.perf_counter()
            folders[title] = MODELS[title][0](Path(name) / title.replace(" ", "-"))
            print(f"{title}: written in {time.perf_counter() - began:.1f} s", flush=True)
        for wanted in ("cuda", "cpu"):  # the quick ones first
            for title, folder in folders.items():
                _, most, cases = MODELS[title]
                heard = chunks if wanted == "cuda" else chunks[:most]
                for device, options in cases:
                    if device != wanted:
                        continue
                    try:
                        measure(title, folder, heard, resources, {"device": device, **options})
                    except LoquiturError as exc:
                        print(f"{title} {device} {options}: {exc.code}: {exc.message}", flush=True)
    return 0


def measure(
    title: str, folder: Path, chunks: list[Any], resources: Resources, options: dict[str, Any]
) -> None:
    """One line: the time for the sound, its share, the memory it took."""
    import torch

    kind = registry.load(registry.find("asr", "transformers"))
    if title.startswith("whisper"):
        options = {**options, "max_new_tokens": TOKENS}
    on_card = options["device"] == "cuda"
    if on_card:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    began = time.perf_counter()
    engine = kind(kind.Options(model=str(folder), **options), resources)
    loading_s = time.perf_counter() - began
    list(engine.transcribe(chunks[0][:160_000], language="en"))
    steps: list[int] = []
    hook = None
    if title.startswith("whisper"):
        decoder = engine._listener._model.get_decoder()  # noqa: SLF001
        hook = decoder.register_forward_pre_hook(lambda *_: steps.append(1))
    began = time.perf_counter()
    words = [word for row in engine.transcribe_batch(chunks, language="en") for word in row]
    spent_s = time.perf_counter() - began
    if hook:
        hook.remove()
    sound_s = len(chunks) * CHUNK_S
    peak = f", {torch.cuda.max_memory_allocated() / 1e9:.1f} GB of the card" if on_card else ""
    told = " ".join(f"{key}={value}" for key, value in options.items())
    print(
        f"{title} {told}: {spent_s:.2f} s for {sound_s} s, {spent_s / sound_s:.4f} of real time "
        f"({sound_s / spent_s:.0f} times as fast), loaded in {loading_s:.1f} s{peak}, "
        f"{len(words)} words" + (f", {len(steps)} steps" if steps else ""),
        flush=True,
    )


def whisper(folder: Path, shape: dict[str, int]) -> Path:
    """A Whisper of random weights in half precision, with the tokens of the tiny one."""
    import torch
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
    )

    from loquitur.testing import tiny_transformers as tiny

    tiny.tiny_whisper(folder)
    settings = GenerationConfig.from_pretrained(folder)
    settings.alignment_heads = HEADS[shape["layers"]]
    settings.suppress_tokens = [settings.eos_token_id]
    known = json.loads((folder / "config.json").read_bytes())
    config = WhisperConfig(
        vocab_size=known["vocab_size"],
        num_mel_bins=shape["bands"],
        d_model=shape["d_model"],
        encoder_layers=shape["layers"],
        decoder_layers=shape["layers"],
        encoder_attention_heads=shape["heads"],
        decoder_attention_heads=shape["heads"],
        encoder_ffn_dim=4 * shape["d_model"],
        decoder_ffn_dim=4 * shape["d_model"],
        decoder_start_token_id=known["decoder_start_token_id"],
        pad_token_id=known["pad_token_id"],
        bos_token_id=known["bos_token_id"],
        eos_token_id=known["eos_token_id"],
    )
    with drawn_on_card(torch):
        model = WhisperForConditionalGeneration(config).half()
    model.generation_config = settings
    model.save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=shape["bands"]).save_pretrained(folder)
    return folder


def drawn_on_card(torch: Any) -> Any:
    """Weights are drawn where it is quick."""
    torch.manual_seed(0)
    return torch.device("cuda")


def wav2vec2_large(folder: Path) -> Path:
    """wav2vec2-large's shape: 315 million weights."""
    return random_ctc(
        folder,
        device="cuda",
        hidden_size=1024,
        num_hidden_layers=24,
        num_attention_heads=16,
        intermediate_size=4096,
    )


def parakeet(folder: Path) -> Path:
    """Parakeet-TDT 0.6B's shape over the tiny one's pieces."""
    import torch
    from transformers import ParakeetForTDT, ParakeetTDTConfig

    from loquitur.testing.tiny_speech_llm import tiny_parakeet_tdt

    tiny_parakeet_tdt(folder)
    settings = ParakeetForTDT.from_pretrained(folder).generation_config
    known = ParakeetTDTConfig.from_pretrained(folder)
    encoder = known.encoder_config
    encoder.hidden_size, encoder.num_hidden_layers, encoder.num_attention_heads = 1024, 24, 8
    encoder.intermediate_size, encoder.subsampling_conv_channels = 4096, 256
    encoder.initializer_range = 0.02
    known.decoder_hidden_size, known.num_decoder_layers, known.initializer_range = 640, 2, 0.02
    with drawn_on_card(torch):
        model = ParakeetForTDT(known)
    with torch.no_grad():
        model.joint.head.bias[known.blank_token_id] += 0.05
    model.generation_config = settings
    model.save_pretrained(folder)
    return folder


Cases = list[tuple[str, dict[str, Any]]]
_CARD: Cases = [("cuda", {"batch_size": 1}), ("cuda", {"batch_size": 10})]
_SINGLE: Cases = [("cuda", {"batch_size": 10, "dtype": "float32"})]
_PROCESSOR: Cases = [("cpu", {"batch_size": 10, "dtype": "float32"})]
MODELS: dict[str, tuple[Callable[[Path], Path], int, Cases]] = {
    "whisper small": (lambda folder: whisper(folder, SMALL), 1, [*_CARD, *_SINGLE, *_PROCESSOR]),
    "wav2vec2 large": (wav2vec2_large, 4, [*_CARD, *_SINGLE, *_PROCESSOR]),
    "whisper large-v3": (lambda folder: whisper(folder, LARGE), 1, [*_CARD, *_PROCESSOR]),
    "parakeet-tdt 0.6b": (parakeet, 2, [*_CARD, *_PROCESSOR]),
}


if __name__ == "__main__":
    sys.exit(main())
