"""Telephone sound: what 8 kHz costs the embedded recogniser, and whether times and speech stay.

    python benchmarks/telephone_sound.py [--data ../shared/data/speech/read]

Each read clip goes through the whole chain as it is, then at 8 kHz: as PCM, in the telephone's band
(300 to 3400 Hz) as mu-law and as A-law, and so through a narrowband speech codec (Opus at 12 kbit/s
where FFmpeg has it). WER; the median and the largest difference of word starts from those of the
16 kHz run (two words or more that are the same in both); how much speech the voice detector hears
of what it hears at 16 kHz.

Bars: the median difference of starts 20 ms, speech heard 0.95 to 1.05.
"""

from __future__ import annotations

import argparse
import difflib
import sys
import tempfile
import wave
from dataclasses import dataclass, field, replace
from pathlib import Path

import av
import numpy as np

from loquitur.api import run_many
from loquitur.delivery import Delivery
from loquitur.evaluation.counting import Counts, align, count
from loquitur.evaluation.normalizing import find
from loquitur.pipeline.recipes import Wish
from loquitur.settings import resolve
from loquitur.speech.activity import regions

DATA = Path(__file__).parents[2] / "shared" / "data" / "speech" / "read"
RATE_HZ = 8_000
START_BAR_MS, SPEECH_BAR = 20, 0.05
KINDS = {
    "as it is": None,
    "8 kHz": ("wav", "pcm_s16le", False),
    "8 kHz, telephone band, mu-law": ("wav", "pcm_mulaw", True),
    "8 kHz, telephone band, A-law": ("wav", "pcm_alaw", True),
    "8 kHz, telephone band, Opus 12 kbit/s": ("ogg", "libopus", True),
}


@dataclass(slots=True)
class Sums:
    """What all clips of one kind came to."""

    counts: Counts = field(default_factory=Counts)
    late_ms: list[int] = field(default_factory=list)
    speech_ms: int = 0


def telephone(source: Path, target: Path, codec: str, *, band: bool) -> Path:
    """A clip at 8 kHz, in the telephone's band where asked for, by a codec."""
    with av.open(str(source)) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        frames = [*container.decode(audio=0), None]
        pieces = [piece.to_ndarray()[0] for frame in frames for piece in resampler.resample(frame)]
    sound = np.concatenate(pieces).astype(np.float64)
    if band:
        spectrum = np.fft.rfft(sound)
        hertz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
        # Butterworth of order 4 at each edge: -3 dB there, -24 dB an octave on
        high = 1 / np.sqrt(1 + (300 / np.maximum(hertz, 1e-9)) ** 8)
        low = 1 / np.sqrt(1 + (hertz / 3400) ** 8)
        sound = np.fft.irfft(spectrum * high * low, len(sound))
    samples = np.clip(np.rint(sound), -32768, 32767).astype("<i2")
    plain = target.with_suffix(".plain.wav")
    with wave.open(str(plain), "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(RATE_HZ)
        sink.writeframes(samples.tobytes())
    with av.open(str(plain)) as container, av.open(str(target), "w") as sink:
        stream = sink.add_stream(codec, rate=RATE_HZ, layout="mono")
        if codec == "libopus":
            stream.codec_context.bit_rate = 12_000
        form = stream.codec_context.format.name
        size = stream.codec_context.frame_size
        resampler = av.AudioResampler(format=form, layout="mono", rate=RATE_HZ, frame_size=size)
        for frame in [*container.decode(audio=0), None]:
            for piece in resampler.resample(frame):
                sink.mux(stream.encode(piece))
        sink.mux(stream.encode(None))
    return target


def heard(path: Path, settings) -> tuple[list[tuple[str, int]], int]:
    """The words with their starts, and how much speech the detector hears."""
    wish = Wish(
        profile="offline", asr="pocketsphinx", diarizer="none", emotion="none", voices=False
    )
    delivery = Delivery(folder=path.parent)
    (result,) = run_many([str(path)], wish, settings, delivery=delivery)
    (detected,) = run_many([str(path)], replace(wish, until="detect"), settings, delivery=delivery)
    if result.error is not None:
        raise result.error
    words = [
        (word.text.lower(), word.start_ms)
        for utterance in result.transcript.utterances
        for word in utterance.words
    ]
    return words, sum(span.duration_ms for span in regions(detected.artifact))


def same_words(one: list[tuple[str, int]], other: list[tuple[str, int]]) -> list[int]:
    """How much later each word of both starts in the other; in ms."""
    matcher = difflib.SequenceMatcher(
        None, [text for text, _ in one], [text for text, _ in other], autojunk=False
    )
    return [
        other[block.b + step][1] - one[block.a + step][1]
        for block in matcher.get_matching_blocks()
        if block.size > 1  # a lone "the" may be another one
        for step in range(block.size)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    given = parser.parse_args()
    clips = sorted(path for path in given.data.glob("*") if path.suffix in (".wav", ".flac"))
    if not clips:
        print(f"no clips in {given.data}: nothing is measured")
        return 0
    normalizer = find("basic")
    sums = {kind: Sums() for kind in KINDS}
    with tempfile.TemporaryDirectory() as place:
        settings = replace(resolve().settings, store=Path(place) / "store", offline=True)
        for clip in clips:
            true = normalizer.words(clip.with_suffix(".txt").read_text())
            wide: list[tuple[str, int]] = []
            for number, (kind, how) in enumerate(KINDS.items()):
                path = clip
                if how is not None:
                    suffix, codec, band = how
                    path = Path(place) / f"{clip.stem}-{number}.{suffix}"
                    telephone(clip, path, codec, band=band)
                else:
                    path = Path(place) / clip.name
                    path.write_bytes(clip.read_bytes())
                words, speech_ms = heard(path, settings)
                wide = wide if how is not None else words
                said = [word for text, _ in words for word in normalizer.words(text)]
                sums[kind].counts += count(align(true, said))
                sums[kind].speech_ms += speech_ms
                sums[kind].late_ms += same_words(wide, words)
    print(f"{len(clips)} clips, {sums['as it is'].counts.length} words, pocketsphinx")
    print(f"{'':38s} {'WER':>6s} {'starts: median':>15s} {'largest':>8s} {'speech':>7s}")
    failed = False
    for kind, found in sums.items():
        late = np.abs(found.late_ms)
        share = found.speech_ms / sums["as it is"].speech_ms
        wer = found.counts.errors / found.counts.length
        print(f"{kind:38s} {wer:6.3f} {np.median(late):12.0f} ms {late.max():5d} ms {share:7.3f}")
        failed = failed or np.median(late) > START_BAR_MS or abs(share - 1) > SPEECH_BAR
    print("FAILED" if failed else "ok")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
