"""Words lost or doubled where sound is cut: clips one by one against all of them as one recording.

    python benchmarks/seams.py [--asr NAME[:MODEL] ...] [--pause-ms 700] [--data DIR]

Twenty clips of read and spontaneous speech and of meetings are heard alone, then joined to one
recording with a pause between, through the real chain (`asr_accuracy.Chain`). Then one long
recording without a pause is made of the longest clips, so that it must be cut through speech. The
share is that of words which differ (by edit distance) from the words of the clips alone.

The bar is 1 %; the script fails above it. A recogniser hears a clip's words otherwise where it has
its neighbours' beside it, so the same measure with each clip in a chunk of its own
(`alone in a chunk`) says what the joining itself costs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from asr_accuracy import BARS, DATA, Chain, Sound
from invented_text import speech
from loquitur.evaluation.counting import align, count
from loquitur.evaluation.normalizing import plain
from loquitur.model.media import SAMPLE_RATE_HZ

BAR = 0.01
CLIPS = 20


def difference(alone: list[str], together: list[str]) -> tuple[int, int]:
    """Words that differ, and words heard alone."""
    counts = count(align(plain(" ".join(alone)).split(), plain(" ".join(together)).split()))
    return counts.errors, counts.length


def level(sound: np.ndarray) -> np.ndarray:
    """A clip at -20 dBFS: a recording has one level, and clips of many sources have not."""
    return (sound * (0.1 / max(float(np.sqrt(np.mean(sound**2))), 1e-6))).astype(np.float32)


def measure(asr: str, sounds: list[np.ndarray], pause_ms: int) -> float:
    """Print the rows of one recogniser; gives the share of words that differ."""
    pause = np.zeros(pause_ms * SAMPLE_RATE_HZ // 1000, dtype=np.float32)
    joined = np.clip(np.concatenate([part for sound in sounds for part in (sound, pause)]), -1, 1)
    share = 0.0
    with tempfile.TemporaryDirectory() as folder:
        chain = Chain(Path(folder), asr)
        for name, options in (
            ("as the pipeline cuts", chain.chunk_options),
            ("alone in a chunk", replace(chain.chunk_options, join_ms=min(500, pause_ms))),
        ):
            chain.chunk_options = options
            alone = [word.text for sound in sounds for word in chain.hear(Sound(sound))]
            together = [word.text for word in chain.hear(Sound(joined))]
            wrong, total = difference(alone, together)
            print(f"{asr:14s} {name:22s} {wrong:4d} of {total} words differ ({wrong / total:.2%})")
            share = wrong / total
    return share


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--asr", nargs="*", default=list(BARS), help="NAME, or NAME:MODEL")
    parser.add_argument("--pause-ms", type=int, default=700)
    arguments = parser.parse_args()
    sounds = [level(sound) for _, sound in speech(arguments.data, [])][:CLIPS]
    if len(sounds) < CLIPS:
        print(f"{arguments.data}: {len(sounds)} clips, {CLIPS} wanted: nothing measured")
        return 0
    shares = [measure(asr, sounds, arguments.pause_ms) for asr in arguments.asr]
    return int(max(shares) > BAR)


if __name__ == "__main__":
    sys.exit(main())
