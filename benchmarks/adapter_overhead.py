"""What each recognition adapter costs over its library called bare: same model, same chunks.

    python benchmarks/adapter_overhead.py [--minutes 5]

Tiny models of the real architectures are built where their builders' packages are; an engine whose
package is absent is left out, and said. Chunks of 20 s of a synthetic voice are decoded bare and
through the adapter (words made, sorted and mended by `speech.guards`) in turn, chunk by chunk, so
that a busy machine hits both alike; the best of three rounds counts. Bars: 5 % for pocketsphinx,
0.01 of real time for the tiny models.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from loquitur import registry
from loquitur.protocols import Resources
from loquitur.speech.guards import guard
from loquitur.testing import signals, tiny_onnx_asr, tiny_whisper_onnx
from loquitur.testing.tiny import tiny_parakeet
from loquitur.timing import Span

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "harbour_dialogue.mp4"
CHUNK_S = 20
ROUNDS = 3
BAR_REAL = 0.05
BAR_TINY = 0.01

ONNX_ASR = {
    "nemo-conformer-tdt": tiny_parakeet,
    "nemo-conformer-rnnt": tiny_onnx_asr.tiny_nemo_rnnt,
    "nemo-conformer-ctc": tiny_onnx_asr.tiny_nemo_ctc,
    "nemo-conformer-aed": tiny_onnx_asr.tiny_canary,
    "whisper": tiny_whisper_onnx.tiny_whisper,
    "whisper-ort": tiny_whisper_onnx.tiny_whisper_ort,
    "gigaam-v3-ctc": tiny_onnx_asr.tiny_gigaam,
    "kaldi-rnnt": tiny_onnx_asr.tiny_vosk,
    "t-one-ctc": tiny_onnx_asr.tiny_t_one,
}

Bare = Callable[[Any], object]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--without", action="append", default=[], help="an engine to leave out")
    given = parser.parse_args()
    count = max(1, int(given.minutes * 60 / CHUNK_S))
    chunks = [
        signals.voice(CHUNK_S * 1000, f0_hz=100.0 + 10 * number, seed=number)
        for number in range(count)
    ]
    print(f"{count} chunks of {CHUNK_S} s, best of {ROUNDS} rounds")
    kept = True
    with tempfile.TemporaryDirectory() as name:
        for title, engine, bare, is_real in cases(Path(name), given.without):
            kept &= row(title, engine, bare, [spoken()] if is_real else chunks, is_real=is_real)
    return 0 if kept else 1


def row(title: str, engine: Any, bare: Bare, chunks: list[Any], *, is_real: bool) -> bool:
    """One line of the table; whether the bar is kept."""
    bare(chunks[0])
    through(engine, chunks[0])
    alone, adapted = [], []
    for _ in range(ROUNDS):
        sums = [0.0, 0.0]
        for chunk in chunks:
            for at, call in enumerate((bare, lambda sound: through(engine, sound))):
                began = time.perf_counter()
                call(chunk)
                sums[at] += time.perf_counter() - began
        alone.append(sums[0])
        adapted.append(sums[1])
    cost_s = min(adapted) - min(alone)
    sound_s = len(chunks) * CHUNK_S
    share, rtf = cost_s / min(alone), cost_s / sound_s
    kept = share <= BAR_REAL if is_real else rtf <= BAR_TINY
    bare_rtf = min(alone) / sound_s
    print(
        f"{title:30} bare {bare_rtf:.4f} of real time, adapter {cost_s * 1000:+8.1f} ms "
        f"on {sound_s} s: {share:+7.2%} of bare, {rtf:+.5f} of real time"
        f"{'' if kept else '  OVER THE BAR'}"
    )
    return kept


def through(engine: Any, sound: Any) -> None:
    """The adapter and the guard that every engine's words pass."""
    guard(engine.transcribe(sound, language="en"), span=Span(start_ms=0, end_ms=len(sound) // 16))


def spoken() -> Any:
    """Real speech for a real model: the first chunk of the sample clip."""
    import av

    with av.open(str(SAMPLE)) as source:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=16_000)
        parts = [
            piece.to_ndarray()[0]
            for frame in source.decode(audio=0)
            for piece in resampler.resample(frame)
        ]
    return np.concatenate(parts)[: CHUNK_S * 16_000]


def cases(root: Path, without: list[str]) -> Iterator[tuple[str, Any, Bare, bool]]:
    """(title, adapter, bare call, whether the model is a real one) of each engine that is here."""
    if "pocketsphinx" not in without:
        yield pocketsphinx(root)
    for family, build in ONNX_ASR.items():
        yield onnx_asr(family, build(root / family), root)
    for name, make in (("faster-whisper", faster_whisper), ("sherpa-onnx", sherpa)):
        spec = registry.find("asr", name)
        if registry.missing(spec):
            print(f"{name}: left out, {', '.join(registry.missing(spec))} is not installed")
            continue
        try:
            yield from make(root)
        except ImportError as exc:
            print(f"{name}: left out, its builder needs {exc.name}")


def pocketsphinx(root: Path) -> tuple[str, Any, Bare, bool]:
    """The one with a real model."""
    from loquitur.engines.asr.pocketsphinx import PocketSphinx, PocketSphinxOptions

    engine = PocketSphinx(PocketSphinxOptions(), Resources(models=root))
    other = PocketSphinx(PocketSphinxOptions(), Resources(models=root))._decoder  # noqa: SLF001

    def bare(sound: Any) -> object:
        other.reinit_feat()
        other.start_utt()
        pcm = np.round(np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()
        other.process_raw(pcm, no_search=False, full_utt=True)
        other.end_utt()
        return list(other.seg() or []) if other.hyp() else []

    return "pocketsphinx", engine, bare, True


def onnx_asr(family: str, folder: Path, root: Path) -> tuple[str, Any, Bare, bool]:
    """A family of onnx-asr against `recognize` of the same folder, times asked for too."""
    import onnx_asr as library
    import onnxruntime

    from loquitur.engines.asr.onnx_asr import OnnxAsr, OnnxAsrOptions

    engine = OnnxAsr(OnnxAsrOptions(model=str(folder)), Resources(models=root / "models"))
    session = onnxruntime.SessionOptions()
    session.intra_op_num_threads = 1
    session.inter_op_num_threads = 1
    model = library.load_model(
        family,
        folder,
        quantization=None if family == "t-one-ctc" else "int8",
        sess_options=session,
        providers=["CPUExecutionProvider"],
    ).with_timestamps()
    told = {"language": "en"} if OnnxAsr.times(OnnxAsrOptions(model=str(folder))) == "none" else {}
    return f"onnx-asr {family}", engine, lambda sound: model.recognize(sound, **told), False


def faster_whisper(root: Path) -> Iterator[tuple[str, Any, Bare, bool]]:
    """A converted Whisper against `WhisperModel.transcribe` with the same options."""
    from faster_whisper import WhisperModel

    from loquitur.engines.asr.faster_whisper import FasterWhisper, FasterWhisperOptions
    from loquitur.testing.tiny_whisper import tiny_faster_whisper

    folder = tiny_faster_whisper(root / "faster-whisper", languages=True)
    options = FasterWhisperOptions(
        model=str(folder), beam_size=1, max_new_tokens=20, log_prob_threshold=None,
        hallucination_silence_s=None,
    )  # fmt: skip
    engine = FasterWhisper(options, Resources(models=root / "models"))
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)

    def bare(sound: Any) -> object:
        segments, _ = model.transcribe(
            sound, language="en", beam_size=1, temperature=[0.0], word_timestamps=True,
            condition_on_previous_text=False, log_prob_threshold=None, max_new_tokens=20,
        )  # fmt: skip
        return list(segments)

    yield "faster-whisper", engine, bare, False


def sherpa(root: Path) -> Iterator[tuple[str, Any, Bare, bool]]:
    """Three recognizers of sherpa-onnx against the library's own calls on one of its own."""
    from loquitur.engines.asr.sherpa_onnx import SherpaAsr, SherpaAsrOptions
    from loquitur.testing import tiny_sherpa

    for name in ("nemo_ctc", "parakeet", "zipformer"):
        folder = getattr(tiny_sherpa, f"tiny_sherpa_{name}")(root / f"sherpa-{name}")
        options = SherpaAsrOptions(model=str(folder))
        engine = SherpaAsr(options, Resources(models=root / "models"))
        other = SherpaAsr(options, Resources(models=root / "models"))._recognizer  # noqa: SLF001

        def bare(sound: Any, recognizer: Any = other) -> object:
            stream = recognizer.create_stream()
            stream.accept_waveform(16_000, sound)
            recognizer.decode_stream(stream)
            return stream.result

        yield f"sherpa-onnx {name}", engine, bare, False


if __name__ == "__main__":
    sys.exit(main())
