"""Words that nobody said, through the real chain: half an hour each of silence, noise and music.

    python benchmarks/invented_text.py [--asr NAME[:MODEL]] [--minutes 30] [FILE ...]

All of it is made here: digital silence; white noise and rumble that come and go; music of chords,
melodies with overtones, drums and a voice-like lead. A recogniser hears it as the stages do. Then
the clips with real speech, and the files given, with the guards and without: what they remove.

The script fails where a word is heard and nobody speaks, or where the guards remove 0.2 % or more
of the words of real speech.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from asr_accuracy import DATA, Sound, clips, hearing, recogniser
from loquitur.engines.vad.silero import Silero, SileroOptions
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.model.speech import Activity, EngineStamp
from loquitur.protocols import Resources
from loquitur.speech.activity import regions
from loquitur.speech.chunks import join, split
from loquitur.speech.hearing import HearOptions, hear, voice_in
from loquitur.speech.loudness import apply, level_gain_db

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.model.speech import Finding, Word

BAR = 0.002


def noise(minutes: float, rng: np.random.Generator) -> np.ndarray:
    """White noise and rumble, each swelling and fading, from -60 to -10 dB."""
    count = int(minutes * 60) * SAMPLE_RATE_HZ
    at_s = np.arange(count) / SAMPLE_RATE_HZ
    white = rng.standard_normal(count).astype(np.float32)
    rumble = np.cumsum(white, dtype=np.float64)
    rumble -= np.convolve(rumble, np.ones(800) / 800, "same")
    rumble /= np.sqrt(np.mean(rumble**2)) + 1e-9
    loud = 10 ** ((-35 + 25 * np.sin(2 * np.pi * at_s / 37)) / 20)
    other = 10 ** ((-35 + 25 * np.sin(2 * np.pi * at_s / 61)) / 20)
    return np.clip(white * loud + rumble * other, -1, 1).astype(np.float32)


def music(minutes: float, rng: np.random.Generator) -> np.ndarray:
    """Bars of two seconds: a chord, a bass, drums, and a lead with vibrato and overtones."""
    bar = 2 * SAMPLE_RATE_HZ
    at_s = np.arange(bar) / SAMPLE_RATE_HZ
    scale = 220.0 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12]) / 12)
    bars = []
    for number in range(int(minutes * 30)):
        root = scale[rng.integers(0, 7)]
        sound = sum(0.05 * np.sin(2 * np.pi * root * ratio * at_s) for ratio in (1, 1.26, 1.5, 2))
        sound = sound + 0.12 * np.sin(np.pi * root * at_s) * np.exp(-3 * (at_s % 0.5))
        beat = np.exp(-40 * (at_s % 0.5)) * rng.standard_normal(bar)
        sound += (0.02 + 0.1 * (number % 8 > 3)) * beat
        if number % 4:
            for eighth in range(8):
                part = slice(eighth * bar // 8, (eighth + 1) * bar // 8)
                hz = scale[rng.integers(0, 8)] * (1 + 0.01 * np.sin(2 * np.pi * 5.5 * at_s[part]))
                phase = 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE_HZ
                shape = np.sin(np.pi * np.linspace(0, 1, len(phase))) ** 0.3
                lead = sum(np.sin(k * phase) / k**1.2 for k in range(1, 9))
                sound[part] += 0.08 * shape * lead
        bars.append(np.clip(sound, -1, 1).astype(np.float32))
    return np.concatenate(bars)


class Listener:
    """Level, voice activity, chunks, recogniser and guards, as the stages have them."""

    def __init__(self, folder: Path, asr: str) -> None:
        self.detector = Silero(SileroOptions(), Resources(models=folder))
        self.recogniser = recogniser(asr)

    def hear(
        self, sound: np.ndarray, options: HearOptions
    ) -> tuple[tuple[Word, ...], list[Finding], int]:
        """The words, what the guards met, and how many chunks were listened to."""
        samples = Sound(sound)
        gain_db = level_gain_db(samples.blocks(32_000))
        found = self.detector.detect(apply(block, gain_db) for block in samples.blocks(32_000))
        activity = Activity(
            frame_ms=self.detector.frame_ms,
            offset_ms=0,
            probabilities=b"".join(np.rint(p * 255).astype(np.uint8).tobytes() for p in found),
            gain_db=gain_db,
            engine=EngineStamp(name="silero", version=""),
        )
        spoken = regions(activity, options=options.regions)
        heard, findings = [], []
        for chunk in split(spoken, samples, options=hearing(self.recogniser).cutting):
            piece = apply(samples.read(chunk.span.start_ms, chunk.span.end_ms), gain_db)
            said = hear(
                self.recogniser,
                self.recogniser.transcribe(piece, language="en"),
                partial(_same, piece),
                voice_in(activity, spoken, chunk.span),
                language="en",
                options=options.guards,
            )
            heard.append((chunk, said.words))
            findings += said.findings
        return join(heard), findings, len(heard)


def _same(sound: np.ndarray) -> np.ndarray:
    return sound


def speech(folder: Path, more: list[Path]) -> Iterator[tuple[str, np.ndarray]]:
    """The clips with real speech and other files, as samples."""
    import av

    found = [one.path for name in ("read", "aligned") for one in clips(folder / name)]
    for path in [*found, *sorted((folder / "meetings").glob("*.[wf]*")), *more]:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)
        with av.open(str(path)) as media:
            frames = [f for frame in media.decode(audio=0) for f in resampler.resample(frame)]
        frames += resampler.resample(None)
        yield path.stem, np.concatenate([frame.to_ndarray()[0] for frame in frames])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--asr", default="moonshine", help="NAME, or NAME:MODEL")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    guarded = HearOptions()
    bare = HearOptions(
        guard_loops=False, guard_closings=False, guard_outside=False, guard_rate=False
    )
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        listener = Listener(Path(folder), arguments.asr)
        seconds = int(arguments.minutes * 60)
        rng = np.random.default_rng(7)
        for name, make in (
            ("silence", lambda: np.zeros(seconds * SAMPLE_RATE_HZ, dtype=np.float32)),
            ("noise", lambda: noise(arguments.minutes, rng)),
            ("music", lambda: music(arguments.minutes, rng)),
        ):
            began = time.monotonic()
            words, _, chunks = listener.hear(make(), guarded)
            print(
                f"{arguments.minutes:g} minutes of {name:8s} {len(words)} words, {chunks} chunks"
                f" ({time.monotonic() - began:.0f} s) {' '.join(word.text for word in words)[:80]}"
            )
            failed |= bool(words)
        total = lost = flagged = 0
        for name, sound in speech(arguments.data, arguments.files):
            every, _, _ = listener.hear(sound, bare)
            kept, findings, _ = listener.hear(sound, guarded)
            total, lost = total + len(every), lost + len(every) - len(kept)
            flagged += sum(finding.action == "flagged" for finding in findings)
            for finding in findings:
                print(f"  {name}: {finding.guard} {finding.action}: {finding.text}")
        if total:
            share = lost / total
            print(
                f"real speech: guards removed {lost} of {total} words ({share:.2%})"
                f" and flagged {flagged} passages"
            )
            failed |= share >= BAR
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
