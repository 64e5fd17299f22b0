"""Words lost or doubled where sound is cut: clips one by one against all of them as one recording.

    python benchmarks/seams.py [--asr NAME[:MODEL] ...] [--data ../shared/data/speech]

The clips with a reference (read speech, spontaneous, a meeting's headset) and the sentences of the
sample are heard alone, then as one recording with pauses of four lengths between, through the real
chain (`asr_accuracy.Chain`). Printed are the share of words that differ (by edit distance)
from those of the clips alone, and the word error rate of both against what is said.

Recognisers hear a word otherwise where its neighbours are beside it, better as a rule, so words
differ; what is lost or doubled at the seams shows as errors. Wanted: the joined recording has no
more than a hundredth more errors than the clips alone; where it has, the row ends in `OVER`. One
of the clips is of another room, of which the voice detector misses the first seconds: so the bar
that the script holds is four hundredths.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from asr_accuracy import BARS, DATA, EXCHANGED, Chain, Sound, clips
from loquitur.evaluation.counting import align, count
from loquitur.evaluation.normalizing import plain
from loquitur.model.media import SAMPLE_RATE_HZ

WANTED, BAR = 0.01, 0.04
PAUSES_MS = (300, 700, 1500, 5000)
SAMPLE = Path(__file__).parents[1] / "samples" / "harbour_dialogue.mp4"


def difference(wanted: str, heard: str) -> tuple[int, int]:
    """Words that differ, and words wanted."""
    counts = count(align(plain(wanted).split(), plain(heard).split()))
    return counts.errors, counts.length


def sound_of(path: Path) -> np.ndarray:
    """A file's samples at -20 dBFS: a recording has one level, clips of many sources have not."""
    import av

    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)
    with av.open(str(path)) as media:
        frames = [f for frame in media.decode(audio=0) for f in resampler.resample(frame)]
    frames += resampler.resample(None)
    sound = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    return (sound * (0.1 / max(float(np.sqrt(np.mean(sound**2))), 1e-6))).astype(np.float32)


def spoken(data: Path) -> list[tuple[str, np.ndarray]]:
    """What is said in each clip, and its sound."""
    found = [one for name in ("read", "aligned", "meetings") for one in clips(data / name)]
    texts = {one.name: one.text for one in found}
    pairs = [
        (texts.get(EXCHANGED.get(one.name, ""), one.text), sound_of(one.path)) for one in found
    ]
    sample = sound_of(SAMPLE)
    truth = json.loads(SAMPLE.with_suffix(".truth.json").read_text())
    per_ms = SAMPLE_RATE_HZ // 1000
    ends_ms = [0, *(one["end_ms"] for one in truth["utterances"])]
    for one, before_ms in zip(truth["utterances"], ends_ms, strict=False):
        if one["start_ms"] >= before_ms and one["mood"] != "excited":  # there they speak at once
            start_ms, end_ms = one["start_ms"] - 150, one["end_ms"] + 150
            pairs.append((one["text"], sample[start_ms * per_ms : end_ms * per_ms]))
    return pairs


def measure(asr: str, pairs: list[tuple[str, np.ndarray]], folder: Path) -> bool:
    """Print the rows of one recogniser; gives whether it is above its bar."""
    chain = Chain(folder, asr)
    reference = " ".join(text for text, _ in pairs)
    alone = " ".join(word.text for _, sound in pairs for word in chain.hear(Sound(sound)))
    wrong_alone, said = difference(reference, alone)
    failed = False
    for pause_ms in PAUSES_MS:
        pause = np.zeros(pause_ms * SAMPLE_RATE_HZ // 1000, dtype=np.float32)
        joined = np.concatenate([part for _, sound in pairs for part in (sound, pause)])
        heard = " ".join(word.text for word in chain.hear(Sound(np.clip(joined, -1, 1))))
        wrong, total = difference(alone, heard)
        row = f"{asr:14s} pauses of {pause_ms:4d} ms: {wrong:3d} of {total} words differ"
        row += f" ({wrong / max(1, total):.2%})"
        wrong_joined, _ = difference(reference, heard)
        failed |= wrong_joined - wrong_alone > BAR * said
        row += f"; WER {wrong_joined / said:.3f}, alone {wrong_alone / said:.3f}"
        row += " OVER" * (wrong_joined - wrong_alone > WANTED * said)
        print(row, flush=True)
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--asr", nargs="*", default=list(BARS), help="NAME, or NAME:MODEL")
    arguments = parser.parse_args()
    pairs = spoken(arguments.data)
    print(f"{len(pairs)} clips, {sum(len(sound) for _, sound in pairs) / SAMPLE_RATE_HZ:.0f} s")
    failed = False
    for asr in arguments.asr:
        with tempfile.TemporaryDirectory() as folder:
            failed |= measure(asr, pairs, Path(folder))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
