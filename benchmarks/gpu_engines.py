"""What the engines on torch do on a graphics card: the same answers, little memory, two in a row.

    python benchmarks/gpu_engines.py [--only NAME ...] [--minutes 5]

Random-weight models of real architectures hear the same sounds on the processor and on the card.
In single precision without TF32 the answers must be the same; with torch's own setting (TF32 in
convolutions) and in half precision the share that is the same is printed, and words and figures
must be sound ones. Then: which device is chosen, what is said where memory runs out (in this
process, or because of another program's), what is left on the card when an engine is replaced,
what `doctor` says, and whole runs in worker processes. `gpu_speed.py` has the speeds.

Engines whose library is not installed are told as not tried. Without a card nothing is measured.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur import registry
from loquitur.errors import LoquiturError
from loquitur.model.speech import Turn
from loquitur.pipeline.engines import EnginePool, choose
from loquitur.protocols import Resources, SpeakerCount
from loquitur.testing import signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOUNDS = [signals.voice(900 + 700 * at, f0_hz=100.0 + 14.0 * at, seed=at) for at in range(10)]
FEW = {"max_new_tokens": 16}
START_MS = 40  # two steps of Whisper's clock
ROOT = Path(__file__).resolve().parents[1]
_HOLD = """
import sys, torch
leave, held = int(sys.argv[1]) << 20, []
size = max(0, torch.cuda.mem_get_info()[0] - leave)
while size > 1 << 20 and torch.cuda.mem_get_info()[0] > leave:
    try:
        held.append(torch.empty(size, dtype=torch.uint8, device="cuda"))
    except torch.OutOfMemoryError:
        size //= 2
print("held", torch.cuda.mem_get_info()[0] >> 20, flush=True)
sys.stdin.read()
"""
_LOAD = """
import sys
from pathlib import Path
from loquitur import registry
from loquitur.errors import LoquiturError
from loquitur.protocols import Resources
kind = registry.load(registry.find("asr", "transformers"))
try:
    kind(kind.Options(model=sys.argv[1], device="cuda"), Resources(models=Path("none")))
except LoquiturError as exc:
    print(f"{exc.code}|{exc.message}|{exc.hint}")
else:
    print("loaded||")
"""


@dataclass(slots=True)
class Bench:
    """Where models lie, and what was found."""

    root: Path
    resources: Resources
    card: str
    bad: list[str] = field(default_factory=list)

    def tell(self, name: str, says: str, *, ok: bool | None = None) -> None:
        """One line; None is neither good nor bad."""
        mark = {None: "    ", True: "ok  ", False: "BAD "}[ok]
        print(f"{mark}{name}: {says}", flush=True)
        if ok is False:
            self.bad.append(name)

    def open(self, kind: str, name: str, **options: Any) -> Any:
        """A loaded engine."""
        found = registry.load(registry.find(kind, name))
        return found(found.Options(**options), self.resources)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=[*SECTIONS], default=[*SECTIONS])
    parser.add_argument("--card", default="cuda", help="cpu: to try this script without a card")
    given = parser.parse_args()
    if importlib.util.find_spec("torch") is None:
        print("nothing measured: needs torch")
        return 0
    import torch

    if given.card != "cpu" and not torch.cuda.is_available():
        print("nothing measured: torch sees no graphics card here")
        return 0
    warnings.simplefilter("ignore")
    card = "no card" if given.card == "cpu" else torch.cuda.get_device_name()
    print(f"{card}, torch {torch.__version__}, Python {sys.version[:6]}")
    with tempfile.TemporaryDirectory() as name:
        threads = max(1, (os.cpu_count() or 2) // 2)
        bench = Bench(
            Path(name), Resources(models=Path(name) / "models", threads=threads), given.card
        )
        for section in given.only:
            began = time.perf_counter()
            try:
                SECTIONS[section](bench)
            except (LoquiturError, RuntimeError, ImportError, OSError, TypeError) as exc:
                bench.tell(section, f"{type(exc).__name__}: {exc}", ok=False)
                traceback.print_exc()
            print(f"    ({section}: {time.perf_counter() - began:.1f} s)", flush=True)
    print(f"bad: {', '.join(bench.bad)}" if bench.bad else "all as it should be")
    return 1 if bench.bad else 0


@contextlib.contextmanager
def exact() -> Iterator[None]:
    """Single precision as it says: without TF32, which torch takes in convolutions."""
    import torch

    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


def heard(engine: Any, language: str = "en") -> list[list[Any]]:
    if hasattr(engine, "transcribe_batch"):
        return [list(words) for words in engine.transcribe_batch(SOUNDS, language=language)]
    return [list(engine.transcribe(sound, language=language)) for sound in SOUNDS]


def likeness(one: list[list[Any]], other: list[list[Any]]) -> tuple[float, float, float]:
    """Share of the sounds with the same text; of those the most ms and confidence apart."""
    same = [
        (a, b)
        for a, b in zip(one, other, strict=True)
        if [word.text for word in a] == [word.text for word in b]
    ]
    pairs = [(x, y) for a, b in same for x, y in zip(a, b, strict=True)]
    late = [abs(x.start_ms - y.start_ms) for x, y in pairs if x.start_ms is not None]
    sure = [abs(x.confidence - y.confidence) for x, y in pairs if x.confidence is not None]
    return len(same) / len(one), max(late, default=0.0), max(sure, default=0.0)


def sound_words(rows: list[list[Any]]) -> bool:
    """Whether there are words, and every confidence is a probability."""
    words = [word for row in rows for word in row]
    return bool(words) and all(
        word.confidence is None or 0.0 < word.confidence <= 1.0 for word in words
    )


def compare_words(
    bench: Bench, title: str, make: Callable[..., Any], variants: dict[str, dict[str, Any]]
) -> None:
    """One recogniser on the processor, and its variants on the card; "exact" must be the same."""
    wanted = heard(make(device="cpu"))
    count = sum(len(row) for row in wanted)
    for name, options in variants.items():
        with exact() if name == "exact" else contextlib.nullcontext():
            try:
                found = heard(make(device=bench.card, **options))
            except LoquiturError as exc:
                bench.tell(f"{title}, {name}", f"{exc.code}: {exc.message}", ok=False)
                continue
        share, late, sure = likeness(wanted, found)
        ok = sound_words(found) or not count
        if name == "exact":
            ok = ok and share == 1.0 and late <= START_MS and sure <= 0.01
        bench.tell(
            f"{title}, {name}",
            f"{share:.0%} of {len(SOUNDS)} sounds the same ({count} words), starts within "
            f"{late:.0f} ms, confidences within {sure:.4f}",
            ok=ok,
        )


def families(bench: Bench) -> None:
    """Every family of the transformers recogniser."""
    from loquitur.testing import tiny_speech_llm as llm
    from loquitur.testing import tiny_transformers as tiny

    models: dict[str, tuple[Any, dict[str, Any], dict[str, Any]]] = {
        "whisper": (tiny.tiny_whisper, {}, FEW),
        "whisper-en": (tiny.tiny_whisper, {"multilingual": False}, FEW),
        "ctc": (tiny.tiny_ctc, {}, {}),
        "ctc-masked": (tiny.tiny_ctc, {"masked": True}, {}),
        "mms": (tiny.tiny_mms, {}, {"adapter": "fra"}),
        "parakeet-tdt": (llm.tiny_parakeet_tdt, {}, {}),
        "moonshine": (tiny.tiny_moonshine, {}, FEW),
        "qwen3-asr": (llm.tiny_qwen3_asr, {}, FEW),
        "cohere": (llm.tiny_cohere_asr, {}, FEW),
        "granite-speech": (llm.tiny_granite_speech, {}, FEW),
    }
    if importlib.util.find_spec("torchaudio") is None:
        del models["granite-speech"]
        bench.tell("granite-speech", "not tried: it needs torchaudio")
    for title, (build, shape, options) in models.items():
        folder = build(bench.root / title, **shape)

        def make(folder: Path = folder, options: Any = options, **more: Any) -> Any:
            return bench.open("asr", "transformers", model=str(folder), **(options | more))

        single = {"dtype": "float32"}
        compare_words(
            bench,
            title,
            make,
            {
                "exact": single,
                "float32": single,
                "one at a time": single | {"batch_size": 1},
                "auto": {},
                "bfloat16": {"dtype": "bfloat16"},
            },
        )


def moods(bench: Bench) -> None:
    """The emotion engines on torch."""
    from loquitur.testing import tiny_transformers as tiny

    half = {"exact": {"dtype": "float32"}, "auto": {}, "bfloat16": {"dtype": "bfloat16"}}
    cases: list[tuple[str, str, Any, dict[str, Any]]] = [
        ("mood classifier", "transformers", tiny.tiny_classifier, half),
        ("mood pooled head", "transformers", tiny.tiny_pooled_head, half),
        ("mood speechbrain", "speechbrain", tiny.tiny_speechbrain, {"exact": {}}),
    ]
    if importlib.util.find_spec("funasr") is None:
        bench.tell("emotion2vec", "not tried: needs funasr")
    else:
        from loquitur.testing.tiny_emotion2vec import tiny_emotion2vec

        cases.append(("emotion2vec", "emotion2vec", tiny_emotion2vec, {"exact": {}}))
    for title, engine, build, variants in cases:
        folder = bench.root / title.replace(" ", "-")
        build(folder)
        wanted = felt(bench.open("emotion", engine, model=str(folder), device="cpu"))
        for name, options in variants.items():
            with exact() if name == "exact" else contextlib.nullcontext():
                more = {"model": str(folder), "device": bench.card, **options}
                found = felt(bench.open("emotion", engine, **more))
            apart = float(np.abs(np.array(found) - np.array(wanted)).max())
            ok = apart <= (1e-3 if name == "exact" else 0.1)
            bench.tell(f"{title}, {name}", f"scores at most {apart:.6f} apart", ok=ok)


def felt(engine: Any) -> list[list[float]]:
    sound = np.concatenate(SOUNDS)
    samples = signals.ArraySamples(sound=sound)
    spans = [(at, at + 2000) for at in range(0, samples.end_ms - 2000, 2000)]
    turns = [Turn(start_ms=start, end_ms=end, speaker="A") for start, end in spans]
    spoken = signals.activity(spans, duration_ms=samples.end_ms)
    return [[score for _, score in one.raw] for one in engine.read(samples, spoken, turns)]


def nemo(bench: Bench) -> None:
    """NeMo's recognisers and Sortformer, where the toolkit is installed."""
    if importlib.util.find_spec("nemo") is None:
        bench.tell("nemo, sortformer", "not tried: needs nemo_toolkit")
        return
    from loquitur.testing import tiny_nemo, tiny_sortformer

    folder = bench.root / "nemo"
    tiny_nemo.tiny_tdt(folder)
    tiny_nemo.tiny_salm(folder / "salm")
    for name in ("tiny.nemo", "salm"):

        def make(name: str = name, **more: Any) -> Any:
            return bench.open("asr", "nemo", model=str(folder / name), max_new_tokens=12, **more)

        compare_words(bench, f"nemo {name}", make, {"exact": {}, "float32": {}})
    for name, streaming in (("streaming", True), ("offline", False)):
        path = folder / f"{name}.nemo"
        tiny_sortformer.tiny_sortformer(path, streaming=streaming)
        compare_turns(bench, f"sortformer {name}", "sortformer", path)


def pyannote(bench: Bench) -> None:
    """Both pipelines, where pyannote.audio is installed."""
    if importlib.util.find_spec("pyannote") is None or not importlib.util.find_spec(
        "pyannote.audio"
    ):
        bench.tell("pyannote", "not tried: needs pyannote.audio")
        return
    from loquitur.testing.tiny_pyannote import tiny_pyannote

    for kind in ("community", "3.1"):
        folder = tiny_pyannote(bench.root / "pyannote", kind)
        compare_turns(bench, f"pyannote {kind}", "pyannote", folder)


def compare_turns(bench: Bench, title: str, engine: str, model: Path) -> None:
    voices = [signals.voice(3000, f0_hz=100.0 + 90.0 * (at % 2), seed=at) for at in range(20)]
    samples = signals.ArraySamples(sound=np.concatenate(voices))
    spoken = signals.activity([(0, samples.end_ms)], duration_ms=samples.end_ms)
    maps = []
    for device in ("cpu", bench.card):
        opened = bench.open("diarization", engine, model=str(model), device=device)
        with exact():
            turns = list(opened.diarize(samples, spoken, speakers=SpeakerCount()))
        grid = np.zeros((samples.end_ms // 10, 8), dtype=bool)
        for turn in turns:
            number = int(turn.speaker.rpartition("_")[2]) % 8
            grid[turn.start_ms // 10 : turn.end_ms // 10, number] = True
        maps.append((grid, len(turns)))
    (one, count), (other, found) = maps
    share = float((one == other).all(axis=1).mean())
    bench.tell(
        title, f"{share:.2%} of the time the same, {count} and {found} turns", ok=share > 0.99
    )


def devices(bench: Bench) -> None:
    """Which device is taken, and what is said of one that is not there."""
    import torch

    from loquitur.testing import tiny_transformers as tiny

    folder = tiny.tiny_ctc(bench.root / "devices")
    for wanted, kind in (("auto", "cuda"), ("cuda", "cuda"), ("cuda:0", "cuda"), ("cpu", "cpu")):
        engine = bench.open("asr", "transformers", model=str(folder), device=wanted)
        weight = next(engine._listener._model.parameters())  # noqa: SLF001
        ok = weight.device.type == kind and weight.dtype == (
            torch.float16 if kind == "cuda" else torch.float32
        )
        bench.tell(f"device={wanted}", f"{weight.device}, {weight.dtype}", ok=ok)
    number = torch.cuda.device_count()
    try:
        bench.open("asr", "transformers", model=str(folder), device=f"cuda:{number}")
    except LoquiturError as exc:
        says = f"{exc.code}: {exc.message} ({exc.hint})"
        bench.tell(f"device=cuda:{number}", says, ok=exc.code == "LQ-NO-CUDA")
    else:
        bench.tell(f"device=cuda:{number}", "was taken", ok=False)


def base_ctc(folder: Path, *, seed: int = 0) -> Path:
    """A wav2vec2-CTC of 95 million random weights (wav2vec2-base's shape, padding masked)."""
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

    from loquitur.testing import tiny_transformers as tiny

    tiny.tiny_ctc(folder, masked=True, seed=seed)
    vocabulary = json.loads((folder / "vocab.json").read_bytes())
    torch.manual_seed(seed)
    config = Wav2Vec2Config(
        vocab_size=len(vocabulary),
        pad_token_id=0,
        feat_extract_norm="layer",
        do_stable_layer_norm=True,
        initializer_range=0.1,
    )
    Wav2Vec2ForCTC(config).save_pretrained(folder)
    return folder


@contextlib.contextmanager
def filled(leave_mb: int) -> Iterator[None]:
    """The card full but for so much."""
    import torch

    torch.cuda.empty_cache()
    held = []
    size = max(0, torch.cuda.mem_get_info()[0] - (leave_mb << 20))
    while size > 1 << 20 and torch.cuda.mem_get_info()[0] > leave_mb << 20:
        try:
            held.append(torch.empty(size, dtype=torch.uint8, device="cuda"))
        except torch.OutOfMemoryError:
            size //= 2
    try:
        yield
    finally:
        held.clear()
        torch.cuda.empty_cache()


def refusal(bench: Bench, name: str, call: Callable[[], object]) -> None:
    """`call` must fail for want of memory, and say what to do."""
    try:
        call()
    except LoquiturError as exc:
        says = f"{exc.code}: {exc.message} ({exc.hint})"
        bench.tell(name, says, ok=exc.code == "LQ-NO-MEMORY" and "device=cpu" in exc.hint)
    else:
        bench.tell(name, "did not fail", ok=False)


def memory(bench: Bench) -> None:
    """A card that is full: while loading, while hearing, before anything."""
    import torch

    if bench.card == "cpu":
        return
    folder = base_ctc(bench.root / "base")
    given = {"model": str(folder), "dtype": "float32", "device": "cuda", "batch_size": 16}
    with filled(100):
        refusal(bench, "full card, loading", lambda: bench.open("asr", "transformers", **given))
    engine = bench.open("asr", "transformers", **given)
    sounds = [signals.voice(20_000, f0_hz=90.0 + 5 * at, seed=at) for at in range(16)]
    sizes: list[int] = []
    hook = engine._listener._model.register_forward_pre_hook(  # noqa: SLF001
        lambda _, args, kwargs: sizes.append(len((args or [kwargs["input_values"]])[0])),
        with_kwargs=True,
    )
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    with exact():
        wanted = [list(words) for words in engine.transcribe_batch(sounds, language="en")]
    need_mb = (torch.cuda.max_memory_allocated() - before) >> 20
    first = list(sizes)
    sizes.clear()
    with filled(max(80, need_mb // 3)), exact():
        found = [list(words) for words in engine.transcribe_batch(sounds, language="en")]
    share, _, sure = likeness(wanted, found)
    bench.tell(
        "full card, hearing",
        f"batches of {first} need {need_mb} MB; with a third of it {sizes}, {share:.0%} the same, "
        f"confidences within {sure:.4f}",
        ok=share == 1.0 and sizes[0] == 16 and sizes[-1] < 16,
    )
    with filled(0):
        refusal(
            bench,
            "full card, one chunk",
            lambda: list(engine.transcribe(sounds[0], language="en")),
        )
    hook.remove()
    words = list(engine.transcribe(sounds[0], language="en"))
    bench.tell("after that", f"{len(words)} words", ok=bool(words))
    crowded(bench, folder)


def crowded(bench: Bench, folder: Path) -> None:
    """Another program holds all of the card but so many MB."""
    for leave_mb in (0, 150, 700):
        holder = subprocess.Popen(
            [sys.executable, "-c", _HOLD, str(leave_mb)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdout.readline()
        done = subprocess.run(
            [sys.executable, "-c", _LOAD, str(folder)], capture_output=True, text=True, check=False
        )
        holder.stdin.close()
        holder.wait()
        last = (done.stdout.strip() or done.stderr.strip()[-300:]).splitlines()[-1:]
        says = last[0] if last else "nothing was said"
        ok = says.startswith("LQ-NO-MEMORY")
        bench.tell(f"another program leaves {leave_mb} MB", says, ok=ok)


def released(bench: Bench) -> None:
    """One engine after another on one card, as a run lends them."""
    import torch

    from loquitur.testing.tiny import tiny_parakeet

    if bench.card == "cpu":
        return
    one, two = base_ctc(bench.root / "one"), base_ctc(bench.root / "two", seed=1)
    mb = torch.cuda.memory_allocated() >> 20
    torch.cuda.empty_cache()
    pool = EnginePool()
    for folder in (one, two):
        torch.cuda.reset_peak_memory_stats()
        given = {"dtype": "float32", "device": "cuda"}
        engine = choose("asr", f"transformers:{folder}", given, bench.resources)
        with pool.lend(engine, bench.resources) as loaded:
            peak_mb = torch.cuda.max_memory_allocated() >> 20
            list(loaded.transcribe(SOUNDS[0], language="en"))
        del loaded
        bench.tell(
            f"engine {folder.name}",
            f"while it loads at most {peak_mb} MB are held, {mb} before",
            ok=peak_mb < mb + 550,
        )
    other = tiny_parakeet(bench.root / "parakeet")
    with pool.lend(choose("asr", f"onnx-asr:{other}", {}, bench.resources), bench.resources):
        held_mb, kept_mb = torch.cuda.memory_allocated() >> 20, torch.cuda.memory_reserved() >> 20
    bench.tell(
        "replaced by one without a card",
        f"{held_mb} MB in use, {kept_mb} MB kept from others",
        ok=held_mb <= mb + 8 and kept_mb <= mb + 64,
    )


def doctor(bench: Bench) -> None:
    """What `loquitur doctor` says of the card."""
    done = loquitur("doctor")
    lines = [line for line in done.stdout.splitlines() if "gpu:" in line]
    bench.tell("doctor", " / ".join(lines) or done.stderr[-300:], ok=bool(lines))


def loquitur(*arguments: str, timeout_s: int = 240) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "loquitur.cli.main", *arguments],
        capture_output=True, text=True, check=False, timeout=timeout_s,
    )  # fmt: skip


def runs(bench: Bench) -> None:
    """Whole runs in worker processes: two files side by side, on the card and on the processor."""
    from loquitur.testing import tiny_transformers as tiny

    words, feelings = tiny.tiny_ctc(bench.root / "rw"), tiny.tiny_classifier(bench.root / "rm")
    clip = (ROOT / "samples" / "harbour_dialogue.mp4").read_bytes()
    files = [str(bench.root / f"talk{at}.mp4") for at in range(2)]
    for at, path in enumerate(files):
        Path(path).write_bytes(clip + bytes(at))  # a byte more: another medium
    said: dict[str, list[Any]] = {}
    for device in ("cpu", bench.card):
        target = bench.root / f"out-{device}"
        began = time.perf_counter()
        done = loquitur(
            "run", *files, "-o", str(target), "--store", str(bench.root / f"store-{device}"),
            "--asr", f"transformers:{words}", "--emotion", f"transformers:{feelings}",
            "--format", "json", "--jobs", "2", "--diarizer", "none", "--language", "en",
            "--set", f"transcribe.device={device}", "--set", f"emotion.device={device}",
            "--set", "transcribe.dtype=float32", "--set", "emotion.dtype=float32",
        )  # fmt: skip
        found = sorted(target.glob("**/*.json"))
        said[device] = [
            [(one["text"], (one.get("emotion") or {}).get("label")) for one in document]
            for document in (json.loads(path.read_bytes())["utterances"] for path in found)
        ]
        bench.tell(
            f"run, two files, {device}",
            f"exit {done.returncode}, {len(found)} documents, {time.perf_counter() - began:.1f} s"
            + (f": {done.stderr.strip()[-400:]}" if done.returncode else ""),
            ok=done.returncode == 0 and len(found) == 2 and all(map(bool, said[device])),
        )
    same = sum(a == b for a, b in zip(said["cpu"], said[bench.card], strict=False))
    bench.tell("the same transcripts", f"{same} of {len(said['cpu'])}", ok=None)


SECTIONS: dict[str, Callable[[Bench], None]] = {
    "devices": devices,
    "families": families,
    "moods": moods,
    "memory": memory,
    "released": released,
    "doctor": doctor,
    "runs": runs,
    "nemo": nemo,
    "pyannote": pyannote,
}


if __name__ == "__main__":
    sys.exit(main())
