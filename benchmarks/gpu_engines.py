"""What the engines on torch say on a graphics card, held against the processor.

    python benchmarks/gpu_engines.py [--only NAME ...]

Random-weight models of real architectures hear the same sounds on the processor and on the card.
In single precision without TF32 the answers must be the same; with torch's own setting (TF32 in
convolutions) and in half precision the share that is the same is printed, and words and figures
must be sound ones. Then what `doctor` says of the card, and whole runs in worker processes.
`gpu_memory.py` has what happens where memory is short, `gpu_speed.py` the speeds.

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
from loquitur.protocols import Resources, SpeakerCount
from loquitur.testing import signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOUNDS = [signals.voice(900 + 700 * at, f0_hz=100.0 + 14.0 * at, seed=at) for at in range(10)]
FEW = {"max_new_tokens": 16}
START_MS = 40  # two steps of Whisper's clock
ROOT = Path(__file__).resolve().parents[1]


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


def main(sections: dict[str, Callable[[Bench], None]], described: str | None) -> int:
    """Runs the sections asked for; gives the exit code."""
    parser = argparse.ArgumentParser(description=described)
    parser.add_argument("--only", nargs="*", choices=[*sections], default=[*sections])
    parser.add_argument("--card", default="cuda", help="cpu: to try this script without a card")
    given = parser.parse_args()
    if is_nothing_to_measure(given.card):
        return 0
    import torch

    warnings.simplefilter("ignore")
    card = "no card" if given.card == "cpu" else torch.cuda.get_device_name()
    print(f"{card}, torch {torch.__version__}, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory() as name:
        threads = max(1, (os.cpu_count() or 2) // 2)
        resources = Resources(models=Path(name) / "models", threads=threads)
        bench = Bench(Path(name), resources, given.card)
        for section in given.only:
            began = time.perf_counter()
            try:
                sections[section](bench)
            except (LoquiturError, RuntimeError, ImportError, OSError, TypeError) as exc:
                bench.tell(section, f"{type(exc).__name__}: {exc}", ok=False)
                traceback.print_exc()
            print(f"    ({section}: {time.perf_counter() - began:.1f} s)", flush=True)
    print(f"bad: {', '.join(bench.bad)}" if bench.bad else "all as it should be")
    return 1 if bench.bad else 0


def is_nothing_to_measure(card: str = "cuda") -> bool:
    """Whether torch or the card is not here, which is then told."""
    if importlib.util.find_spec("torch") is None:
        print("nothing measured: needs torch")
        return True
    import torch

    if card != "cpu" and not torch.cuda.is_available():
        print("nothing measured: torch sees no graphics card here")
        return True
    return False


def random_ctc(folder: Path, *, seed: int = 0, device: str = "cpu", **shape: int) -> Path:
    """A wav2vec2-CTC of random weights, padding masked, in the shape of wav2vec2-base.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.
        device: Where they are drawn: a card is quick.
        shape: Of `Wav2Vec2Config`, where another shape is wanted.
    """
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

    from loquitur.testing import tiny_transformers as tiny

    tiny.tiny_ctc(folder, masked=True, seed=seed)
    config = Wav2Vec2Config(
        vocab_size=len(json.loads((folder / "vocab.json").read_bytes())),
        pad_token_id=0,
        feat_extract_norm="layer",
        do_stable_layer_norm=True,
        initializer_range=0.1,
        **shape,
    )
    torch.manual_seed(seed)
    with torch.device(device):
        model = Wav2Vec2ForCTC(config)
    model.save_pretrained(folder)
    return folder


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
    "families": families,
    "moods": moods,
    "doctor": doctor,
    "runs": runs,
    "nemo": nemo,
    "pyannote": pyannote,
}


if __name__ == "__main__":
    sys.exit(main(SECTIONS, __doc__))
