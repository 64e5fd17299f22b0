"""Speakers by their channels: real speech as a call on two channels, with bleed and overlaps.

    python benchmarks/channel_calls.py [--data ../shared/data/speech/read] [--store DIR]

Two readers of the shared clips answer each other at 48 kHz stereo, a channel each; every second
remark begins before the other has ended. Each call goes through the whole chain three times:
`diarize.by=channel` (each channel transcribed alone), the same with `transcribe.by=mix`, and
the embedded diarizer on the mix. DER: collar 0, overlapped speech scored, against the spans in
which a channel is loud before bleed (35 dB below its loudest; no detector has a say). cpWER: word
errors where a word counts from the right speaker only; beside it, the WER of each channel without
bleed as a file of its own.

Bars, by channel at 5 % bleed: DER 0.10, and cpWER at most 0.05 above that of the channels alone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from loquitur.api import run_many
from loquitur.delivery import Delivery
from loquitur.evaluation.counting import Counts, align, count
from loquitur.evaluation.diarization import diarization_error
from loquitur.evaluation.normalizing import find
from loquitur.evaluation.speakers import match_texts
from loquitur.media.audio import MappedSamples, decode
from loquitur.model.media import Audio
from loquitur.pipeline.recipes import Wish
from loquitur.settings import resolve
from loquitur.testing.calls import Remark, loud_spans, make_call, write_wav

DATA = Path(__file__).parents[2] / "shared" / "data" / "speech" / "read"
LEFT = ("ss-0870", "ss-0880", "ss-0890", "ss-0920", "ss-0930")
RIGHT = ("cards-005", "cards-002", "LJ002-0020", "cards-001", "LJ002-0035")
DER_BAR, CPWER_BAR = 0.10, 0.05
ROWS = (
    ("by channel", {"diarize.by": "channel"}),
    ("by channel, words of the mix", {"diarize.by": "channel", "transcribe.by": "mix"}),
    ("dvector on the mix", {}),
)
SCENES = {
    "no bleed": {"bleed": 0.0},
    "5 % bleed": {"bleed": 0.05},
    "5 %, 8 ms late, right 12 dB quieter": {"bleed": 0.05, "delay_ms": 8.0, "gains": (1.0, 0.25)},
    "20 % bleed": {"bleed": 0.2},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one run of one call came to."""

    der: float
    cpwer: float
    right: int
    words: int
    speakers: int


def clip(name: str, folder: Path) -> tuple[np.ndarray, str]:
    path = next(item for item in folder.glob(f"{name}.*") if item.suffix in (".wav", ".flac"))
    with tempfile.TemporaryDirectory() as place:
        target = Path(place) / "sound"
        found = decode(path, target)
        audio = Audio(
            media_id="sha256:" + "0" * 64,
            samples="0" * 64,
            sample_count=found.sample_count,
            offset_ms=0,
            duration_ms=found.duration_ms,
            track_index=0,
        )
        sound = MappedSamples(target, audio).read(0, found.duration_ms)
    level = 0.08 / max(1e-9, float(np.sqrt(np.mean(sound**2))))
    return (sound * level).astype(np.float32), (folder / f"{name}.txt").read_text().strip()


def remarks(folder: Path) -> list[Remark]:
    found = []
    for number, pair in enumerate(zip(LEFT, RIGHT, strict=True)):
        for channel, name in enumerate(pair):
            sound, text = clip(name, folder)
            early = channel == 1 and number % 2 == 0  # the answer begins before the end
            found.append(
                Remark(channel=channel, sound=sound, text=text, after_ms=-900 if early else 300)
            )
    return found


def run(path: Path, parameters: dict[str, str], settings, until: str = "subtitle"):
    wish = Wish(
        profile="offline",
        asr="pocketsphinx",
        emotion="none",
        parameters=parameters,
        until=until,
        voices=False,
    )
    (result,) = run_many([str(path)], wish, settings, delivery=Delivery(folder=path.parent))
    if result.error is not None:
        raise result.error
    return result


def measure(result, turns, said: list[Remark], clean) -> Figures:
    normalizer = find("basic")
    true_turns = [
        (start, end, f"C{channel}")
        for channel, sound in enumerate(clean)
        for start, end in loud_spans(sound)
    ]
    true = {
        f"C{channel}": [
            word
            for remark in said
            if remark.channel == channel
            for word in normalizer.words(remark.text)
        ]
        for channel in (0, 1)
    }
    heard: dict[str, list[str]] = {}
    for utterance in result.transcript.utterances:
        heard.setdefault(utterance.speaker, []).extend(normalizer.words(utterance.text))
    counts, _ = match_texts(true, heard)
    der = diarization_error(
        true_turns, [(turn.start_ms, turn.end_ms, turn.speaker) for turn in turns]
    )
    return Figures(
        der=der.rate,
        cpwer=counts.errors / counts.length,
        right=counts.hits,
        words=counts.length,
        speakers=len(heard),
    )


def alone_rate(said: list[Remark], root: Path, settings) -> float:
    """WER of the recogniser on each channel without bleed, as a file of its own."""
    normalizer = find("basic")
    clean = make_call(said, bleed=0.0).heard
    total = Counts()
    for channel, sound in enumerate(clean):
        path = write_wav(root / f"alone-{channel}.wav", sound[None, :])
        heard = [
            word
            for utterance in run(path, {}, settings).transcript.utterances
            for word in normalizer.words(utterance.text)
        ]
        true = [
            word
            for remark in said
            if remark.channel == channel
            for word in normalizer.words(remark.text)
        ]
        total += count(align(true, heard))
    return total.errors / total.length


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    given = parser.parse_args()
    if not given.data.is_dir():
        print(f"no data in {given.data}: nothing is measured")
        return 0
    said = remarks(given.data)
    failed = False
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        settings = replace(resolve().settings, store=root / "store", offline=True)
        alone = alone_rate(said, root, settings)
        print(f"each channel by itself, nothing else in the file: WER {alone:.3f}")
        print(f"{'call':36s} {'how':30s} {'DER':>6s} {'cpWER':>6s} {'right':>8s} speakers")
        for scene, setting in SCENES.items():
            call = make_call(said, **setting)
            path = write_wav(root / f"{scene.replace(' ', '-').replace('%', '')}.wav", call.heard)
            for name, parameters in ROWS:
                result = run(path, parameters, settings)
                turns = run(path, parameters, settings, until="diarize").artifact.turns
                found = measure(result, turns, said, call.clean)
                right = f"{found.right}/{found.words}"
                print(
                    f"{scene:36s} {name:30s} {found.der:6.3f} {found.cpwer:6.3f} {right:>8s}"
                    f" {found.speakers}"
                )
                if name == "by channel" and scene == "5 % bleed":
                    failed = found.der > DER_BAR or found.cpwer > alone + CPWER_BAR
    print("FAILED" if failed else "ok")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
