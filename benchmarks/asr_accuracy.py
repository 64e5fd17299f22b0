"""Word error rate of the embedded recognisers through the real chain, clip by clip.

    python benchmarks/asr_accuracy.py [--asr NAME[:MODEL] ...] [--data ../shared/data/speech]

Each clip is decoded, brought to level, cut by voice activity, transcribed, guarded and joined, as
the stages do it, by one engine for all clips: in the order of their names, then backwards. The
words must be the same in both orders. WER is of the plain form: lower case without punctuation. RTF
is processor time over length of sound, one thread. Then sounds in which nobody speaks: there, no
word may be heard.

The bars over the `read` clips are 0.32 for pocketsphinx and 0.12 for moonshine (whose model has to
be there: `loquitur models pull moonshine`); the script fails above them, where the order matters,
or where a word is heard and nobody speaks. Two clips have each other's text (what LJ002-0020 is
said to say is heard in LJ002-0035, and the reverse); the last line is the rate with both put right.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur import registry
from loquitur.engines.vad.silero import Silero, SileroOptions
from loquitur.evaluation.counting import align, count
from loquitur.evaluation.normalizing import plain
from loquitur.media.audio import MappedSamples, decode
from loquitur.model.media import SAMPLE_RATE_HZ, Audio
from loquitur.model.speech import Activity, EngineStamp, Word
from loquitur.protocols import Resources
from loquitur.settings import resolve
from loquitur.speech.activity import regions
from loquitur.speech.chunks import join, split
from loquitur.speech.hearing import HearOptions, hear_all
from loquitur.speech.loudness import apply, level_gain_db

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.protocols import Samples

BARS = {"pocketsphinx": 0.32, "moonshine": 0.12}
EXCHANGED = {"LJ002-0020": "LJ002-0035", "LJ002-0035": "LJ002-0020"}
DATA = Path(__file__).parents[2] / "shared" / "data" / "speech"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A recording and what is said in it."""

    name: str
    path: Path
    text: str


def recogniser(asr: str) -> Any:
    """An engine by `NAME[:MODEL]`, its model out of the machine's cache."""
    name, _, model = asr.partition(":")
    kind = registry.load(registry.find("asr", name))
    options = kind.Options(**({"model": model} if model else {}))
    return kind(options, Resources(models=resolve().settings.models))


def hearing(engine: Any) -> HearOptions:
    """How the pipeline cuts up sound for an engine."""
    timed = getattr(engine, "times", lambda options: "words")
    without = {} if timed(engine.Options()) == "words" else {"context_ms": 0}
    return HearOptions(**(without | dict(getattr(engine, "chunking", {}))))


class Chain:
    """The stages from sound to words, without store and runner; counts what each costs."""

    def __init__(self, folder: Path, asr: str) -> None:
        self.detector = Silero(SileroOptions(), Resources(models=folder))
        self.recogniser = recogniser(asr)
        self.options = replace(hearing(self.recogniser), language="en")
        self.folder = folder
        self.sound_s = self.detect_s = self.recognise_s = 0.0

    def hear_file(self, path: Path) -> tuple[Word, ...]:
        """The words of a file."""
        target = self.folder / "sound.pcm"
        decoded = decode(path, target, isolated=False)
        audio = Audio(
            media_id="sha256:0",
            samples="0",
            sample_count=decoded.sample_count,
            offset_ms=decoded.offset_ms,
            duration_ms=decoded.duration_ms,
            track_index=decoded.track_index,
        )
        return self.hear(MappedSamples(target, audio))

    def hear(self, samples: Samples) -> tuple[Word, ...]:
        """The words of decoded sound."""
        self.sound_s += (samples.end_ms - samples.offset_ms) / 1000
        began = time.process_time()
        gain_db = level_gain_db(samples.blocks(32_000))
        found = self.detector.detect(apply(block, gain_db) for block in samples.blocks(32_000))
        activity = Activity(
            frame_ms=self.detector.frame_ms,
            offset_ms=samples.offset_ms,
            probabilities=b"".join(np.rint(p * 255).astype(np.uint8).tobytes() for p in found),
            gain_db=gain_db,
            engine=EngineStamp(name="silero", version=""),
        )
        chunks = list(split(regions(activity), samples, options=self.options.cutting))
        self.detect_s += time.process_time() - began
        began = time.process_time()
        said = hear_all(self.recogniser, chunks, samples, activity, self.options)
        words = join((chunk, heard.words) for chunk, heard in said)
        self.recognise_s += time.process_time() - began
        return words


@dataclass(frozen=True, slots=True)
class Sound:
    """Samples in memory (`loquitur.protocols.Samples`)."""

    data: np.ndarray
    offset_ms: int = 0

    @property
    def end_ms(self) -> int:
        """Media time of the end."""
        return len(self.data) * 1000 // SAMPLE_RATE_HZ

    def read(self, start_ms: int, end_ms: int) -> np.ndarray:
        """Samples of a range."""
        return self.data[start_ms * 16 : end_ms * 16]

    def blocks(self, length_ms: int) -> Iterator[np.ndarray]:
        """All samples in blocks."""
        for first in range(0, len(self.data), length_ms * 16):
            yield self.data[first : first + length_ms * 16]


def unspoken() -> Iterator[tuple[str, np.ndarray]]:
    """Ten seconds each of sounds in which nobody speaks."""
    count = 10 * SAMPLE_RATE_HZ
    at_s = np.arange(count) / SAMPLE_RATE_HZ
    rng = np.random.default_rng(3)
    yield "digital silence", np.zeros(count)
    for level_db in (-80, -60, -40, -20, -10):
        yield f"white noise {level_db} dBFS", rng.standard_normal(count) * 10 ** (level_db / 20)
    brown = np.cumsum(rng.standard_normal(count))
    brown -= np.convolve(brown, np.ones(800) / 800, "same")
    yield "rumble -20 dBFS", brown / np.sqrt((brown**2).mean()) * 0.1
    yield "440 Hz tone", 0.3 * np.sin(2 * np.pi * 440 * at_s)
    yield "440 Hz tone, faint", 0.003 * np.sin(2 * np.pi * 440 * at_s)
    tremolo = 1 + 0.5 * np.sin(2 * np.pi * 2 * at_s)
    yield (
        "chord",
        0.08 * tremolo * sum(np.sin(2 * np.pi * hz * at_s) for hz in (220, 277, 330, 440)),
    )
    note = np.arange(count // 20) / SAMPLE_RATE_HZ
    tones = [np.sin(2 * np.pi * hz * note) * np.exp(-note * 8) for hz in (262, 330, 392, 523) * 5]
    yield "arpeggio", 0.3 * np.concatenate(tones)
    strings = [
        sum(np.sin(2 * np.pi * hz * k * note) / k for k in range(1, 12)) for hz in (110, 147)
    ]
    yield "sawtooth melody", 0.2 * np.concatenate(strings * 10)
    yield "clicks", 0.9 * (np.arange(count) % 8_000 == 0)


def errors(reference: str, heard: str) -> tuple[int, int]:
    """Wrong words and words of the reference."""
    counts = count(align(plain(reference).split(), plain(heard).split()))
    return counts.errors, counts.length


def clips(folder: Path) -> list[Clip]:
    found = []
    for text in sorted(folder.glob("*.txt")):
        for suffix in (".wav", ".flac"):
            path = text.with_suffix(suffix)
            if path.is_file():
                found.append(Clip(name=text.stem, path=path, text=text.read_text().strip()))
    return found


def measure(chain: Chain, listed: list[Clip]) -> tuple[float, bool]:
    """Print one row per clip; gives the error over all, and whether the order did not matter."""
    forwards = {clip.name: chain.hear_file(clip.path) for clip in listed}
    backwards = {clip.name: chain.hear_file(clip.path) for clip in reversed(listed)}
    texts = {name: " ".join(word.text for word in words) for name, words in forwards.items()}
    again = {name: " ".join(word.text for word in words) for name, words in backwards.items()}
    by_name = {clip.name: clip.text for clip in listed}
    wrong, total, mended, wrong_again = 0, 0, 0, 0
    print(f"{'clip':24s} {'words':>5s} {'WER':>6s} {'back':>6s}  heard")
    for clip in listed:
        bad, words = errors(clip.text, texts[clip.name])
        bad_again, _ = errors(clip.text, again[clip.name])
        right_text = by_name[EXCHANGED.get(clip.name, clip.name)]
        right_bad, _ = errors(right_text, texts[clip.name])
        wrong, total, wrong_again = wrong + bad, total + words, wrong_again + bad_again
        mended += right_bad
        print(
            f"{clip.name:24s} {words:5d} {bad / words:6.3f} {bad_again / words:6.3f}"
            f"  {texts[clip.name]}"
        )
    same = "the same words and times" if forwards == backwards else "DIFFERENT RESULTS"
    print(
        f"all: {wrong}/{total} = {wrong / total:.3f}, backwards {wrong_again / total:.3f}; {same}"
    )
    if any(clip.name in EXCHANGED for clip in listed):
        print(f"with the two exchanged texts put right: {mended}/{total} = {mended / total:.3f}")
    return wrong / total, forwards == backwards


def report(chain: Chain, data: Path, bar: float) -> bool:
    """Print what one recogniser hears; gives whether it is above its bar."""
    failed = False
    for name in ("read", "aligned"):
        listed = clips(data / name)
        if not listed:
            print(f"{data / name}: no clips, nothing measured")
            continue
        print(f"\n{name}" + (f" (bar {bar})" if name == "read" else ""))
        wer, same = measure(chain, listed)
        failed |= not same or (name == "read" and wer > bar)
    if chain.sound_s:
        print(
            f"\nRTF: level and voice activity {chain.detect_s / chain.sound_s:.4f}, "
            f"recognition {chain.recognise_s / chain.sound_s:.3f} ({chain.sound_s:.0f} s)"
        )
    print("\nnobody speaks")
    for name, sound in unspoken():
        words = chain.hear(Sound(np.clip(sound, -1, 1).astype(np.float32)))
        print(f"{name:24s} {len(words)} words {' '.join(word.text for word in words)}")
        failed |= bool(words)
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--asr", nargs="*", default=list(BARS), help="NAME, or NAME:MODEL")
    arguments = parser.parse_args()
    failed = False
    for asr in arguments.asr:
        print(f"\n== {asr}")
        with tempfile.TemporaryDirectory() as folder:
            chain = Chain(Path(folder), asr)
            failed |= report(chain, arguments.data, BARS.get(asr.partition(":")[0], 1.0))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
