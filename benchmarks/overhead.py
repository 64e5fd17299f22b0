"""What runner and store cost beside the engines, on ten minutes of sound.

    python benchmarks/overhead.py [--minutes 10] [--real-minutes 2]

Each case is done twice, one task at a time: bare (the same stage functions and engine objects on
the same sound and chunks, results handed over in memory), and as a whole run (acquisition, keys,
records, objects with fsync and digests, parts, leases, events). The time inside the engines' own
methods is taken out of both, so that a busy machine decides nothing:

    overhead = (run - engines in it) - (bare - engines in it), as a share of the bare engine time

The first case is ten minutes with quick engines, held against the minute that engines at 0.1 times
real time (a good recogniser on one core) would work on it; the second is two minutes of real
pocketsphinx, held against its own time. Bar: 2 %. A short case first warms up imports and caches.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

from measuring import seconds

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "parrot"))

from loquitur import api, registry, stages
from loquitur.media.pcm import MappedSamples
from loquitur.media.probe import probe
from loquitur.media.sources import expand
from loquitur.model.media import MediaRef
from loquitur.model.speech import EngineStamp
from loquitur.pipeline.executors.local import LocalExecutor
from loquitur.pipeline.plan import Recipe
from loquitur.pipeline.recipes import Wish, recipe
from loquitur.pipeline.runner import Runner
from loquitur.settings import Settings

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "harbour_dialogue.mp4"
BAR = 0.02
WARM_UP = "warm-up"
METHODS = {"vad": "detect", "asr": "transcribe", "diarization": "diarize", "emotion": "read"}
TYPICAL_RTF = 0.1  # of a good recogniser on one core; pocketsphinx needs twice that


class Meter:
    """Seconds spent inside the engines."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def watch(self, engine_class: type, method: str) -> None:
        """Count what a generator method spends, wherever it is called."""
        real = getattr(engine_class, method)

        @wraps(real)
        def timed(*args: Any, **kwargs: Any) -> Iterator[Any]:
            items = iter(real(*args, **kwargs))
            while True:
                began = time.perf_counter()
                try:
                    item = next(items)
                except StopIteration:
                    return
                finally:
                    self.seconds += time.perf_counter() - began
                yield item

        setattr(engine_class, method, timed)

    def take(self) -> float:
        """What was counted since this was asked last."""
        found, self.seconds = self.seconds, 0.0
        return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--real-minutes", type=int, default=2)
    given = parser.parse_args()
    meter = Meter()
    for kind, name in (
        *(("vad", "silero"), ("asr", "pocketsphinx"), ("emotion", "prosody")),
        *(("asr", "parrot"), ("diarization", "parrot")),
    ):
        meter.watch(registry.load(registry.find(kind, name)), METHODS[kind])
    quick = Wish(asr="parrot", diarizer="parrot")
    real = Wish(asr="pocketsphinx", diarizer="parrot")
    case(WARM_UP, quick, 1, meter, typical_s=1.0)
    worst = 0.0
    for title, wish, minutes in (
        ("quick engines", quick, given.minutes),
        ("pocketsphinx", real, given.real_minutes),
    ):
        typical_s = 60 * minutes * TYPICAL_RTF if wish is quick else 0.0
        worst = max(worst, case(title, wish, minutes, meter, typical_s))
    print(f"worst {worst:.2%} (bar: {BAR:.0%})")
    return 0 if worst <= BAR else 1


def case(title: str, wish: Wish, minutes: int, meter: Meter, typical_s: float) -> float:
    """One row; gives the overhead as a share of the engines' time (or `typical_s` if longer)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        media = repeated(folder / "long.wav", minutes)
        place = api.place_of(
            Settings(store=folder / "store", models=folder / "models", offline=True, threads=1)
        )
        chosen = recipe(wish, place.resources)
        meter.take()
        bare_s = seconds(lambda: run_bare(chosen, media, folder, place.resources))
        bare_engines_s = meter.take()
        whole_s = seconds(lambda: run_whole(chosen, media, place))
        whole_engines_s = meter.take()
    overhead_s = (whole_s - whole_engines_s) - (bare_s - bare_engines_s)
    against_s = max(bare_engines_s, typical_s)
    share = overhead_s / against_s
    if title == WARM_UP:
        return 0.0
    print(
        f"{title}, {minutes} min: bare {bare_s:.2f} s (engines {bare_engines_s:.2f}), "
        f"run {whole_s:.2f} s (engines {whole_engines_s:.2f}): overhead {overhead_s:.2f} s "
        f"= {share:.2%} of {against_s:.0f} s of engine work; decoding and everything else "
        f"included {(whole_s - whole_engines_s) / against_s:.2%}"
    )
    return share


def repeated(target: Path, minutes: int) -> Path:
    """The sample's sound over and over, as a 16 kHz mono WAV of some minutes."""
    import av

    sound = bytearray()
    with av.open(str(SAMPLE)) as source:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=16_000)
        for frame in source.decode(audio=0):
            for piece in resampler.resample(frame):
                sound += piece.to_ndarray().tobytes()
    wanted = minutes * 60 * 16_000 * 2
    with wave.open(str(target), "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(16_000)
        sink.writeframes((bytes(sound) * (wanted // len(sound) + 1))[:wanted])
    return target


def run_whole(chosen: Recipe, media: Path, place: Any) -> None:
    """A run as `loquitur run` does it, one task at a time."""
    executor = LocalExecutor(1)
    runner = Runner(place, chosen, executor, targets=frozenset({"weave", "subtitle"}))
    (outcome,) = runner.run(expand([str(media)]))
    executor.shutdown(cancel=False)
    if outcome.error is not None:
        raise outcome.error


def run_bare(chosen: Recipe, media: Path, folder: Path, resources: Any) -> None:
    """The same stages by hand, without runner and store."""
    examined = probe(media)
    reference = MediaRef(
        media_id="sha256:" + "0" * 64,
        title="long",
        source="",
        size_bytes=media.stat().st_size,
        container=examined.container,
        tracks=examined.tracks,
        has_video=examined.has_video,
        duration_ms=examined.duration_ms,
    )
    made: dict[str, Any] = {"media": reference}
    for step in chosen.steps:
        work = Bare(step, made, media, folder / "bare.pcm", resources)
        made[step.stage] = stages.load(step.stage).run(work)


class Bare:
    """What a stage is handed, without a store behind it."""

    def __init__(
        self, step: Any, made: dict[str, Any], media: Path, sound: Path, resources: Any
    ) -> None:
        import msgspec

        self._inputs = {name: made[source] for name, source in step.inputs if source in made}
        self._sound = sound
        self.options = msgspec.json.decode(step.options, type=stages.load(step.stage).options)
        self.media = made["media"]
        self.media_path = media
        self.parts = self
        if step.engine is not None and step.engine.kind != "media":  # the library that decodes
            engine_class = registry.load(registry.find(step.engine.kind, step.engine.name))
            options = msgspec.json.decode(step.engine.options, type=engine_class.Options)
            self.engine = engine_class(options, resources)
            self.stamp = EngineStamp(name=step.engine.name, version=step.engine.version)

    def fetch(self, name: str, make: Callable[[], bytes]) -> bytes:
        """A part is made and nowhere kept."""
        return make()

    def progress(self, done_ms: int, total_ms: int) -> None:
        """Nobody listens."""

    def has(self, name: str) -> bool:
        """Whether an earlier stage made it."""
        return name in self._inputs

    def take(self, name: str, kind: type) -> Any:
        """The artifact itself."""
        return self._inputs[name]

    def samples(self, audio: Any) -> MappedSamples:
        """The decoded sound."""
        return MappedSamples(self._sound, audio)

    @contextmanager
    def temporary(self, suffix: str = "") -> Iterator[Path]:
        """The one file there is."""
        yield self._sound

    def adopt(self, path: Path, name: str) -> str:
        """It stays where it is."""
        return "0" * 64


if __name__ == "__main__":
    sys.exit(main())
