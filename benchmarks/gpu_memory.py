"""Memory and devices of a graphics card under the engines on torch.

    python benchmarks/gpu_memory.py [--only NAME ...]

Which device and precision are taken; what is said where memory runs out while a model is loaded or
hears, in this process or because another program holds the card; what is left on the card when an
engine is replaced by another. It fills the card: run it where nobody else uses it.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gpu_engines import SOUNDS, Bench, exact, likeness, main, random_ctc
from loquitur.errors import LoquiturError
from loquitur.pipeline.engines import EnginePool, choose
from loquitur.testing import signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


def devices(bench: Bench) -> None:
    """Which device is taken, and what is said of one that is not there."""
    import torch

    from loquitur.testing import tiny_transformers as tiny

    if bench.card == "cpu":
        bench.tell("devices, memory", "not tried: they need a card")
        return
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
    folder = random_ctc(bench.root / "base")  # 95 million weights
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
    one, two = random_ctc(bench.root / "one"), random_ctc(bench.root / "two", seed=1)
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


SECTIONS: dict[str, Callable[[Bench], None]] = {
    "devices": devices,
    "memory": memory,
    "released": released,
}


if __name__ == "__main__":
    sys.exit(main(SECTIONS, __doc__))
