"""How near `subs sync` brings captions to real speech.

`python benchmarks/sync_accuracy.py`.

Clips of read, spontaneous, played and far-field speech with known times (../shared/data/speech, the
sample) are strung together with pauses to films of some minutes, in orders drawn by seed; captions
are made of their words, up to 120 ms early and staying up to 500 ms. Each file is then shifted by
-30 to +30 s, stretched by the six ratios of 23.976, 24 and 25 frames per second, and cut in three
with advertisements between. `held` has clips that no constant was looked at with. Captions of the
other films must be refused.
"""

from __future__ import annotations

import json
import random
import re
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from loquitur.engines.vad.silero import Silero, SileroOptions
from loquitur.errors import InputError
from loquitur.model.captions import CaptionTrack, Cue
from loquitur.protocols import Resources
from loquitur.speech.loudness import apply, level_gain_db
from loquitur.subtitles.syncing import RATIOS, synced
from loquitur.subtitles.voice_mask import VoiceMask

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
SPEECH = SHARED / "speech"
SETS = {
    "dev": (
        range(4),
        [
            "ss-0870",
            "ss-0880",
            "ss-0890",
            "mfa-cold_corpus",
            "trn00",
            "trn04",
            "trn05",
            "trn06",
            "trn07",
            "trn08",
        ],
    ),
    "held": (range(10, 14), ["ss-0920", "ss-0930", "harbour", "dev00", "dev01", "nasa"]),
}
SHIFTS_MS = (-30_000, -17_321, -4_000, -700, 0, 450, 9_000, 30_000)


def sound(path: Path, stream: int = 0) -> np.ndarray:
    """The samples of a clip, 16 kHz."""
    pieces = []
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=16_000)
        for frame in [*container.decode(audio=stream), None]:
            pieces += [piece.to_ndarray()[0] for piece in resampler.resample(frame)]
    return np.concatenate(pieces).astype(np.float32) / 32768


def clip(name: str) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """A clip's samples and the spans of its captions, in ms."""
    if name.startswith("ss-"):
        words = json.loads((SPEECH / f"read/{name}.words.json").read_text())["w"]
        spans = [(w["b"], w["b"] + w["d"]) for w in words if w["t"][0] not in "<["]
        return sound(SPEECH / f"read/{name}.wav"), grouped(spans)
    if name == "mfa-cold_corpus":
        grid = (SPEECH / f"aligned/{name}.TextGrid").read_text().partition('"words"')[2]
        rows = re.findall(r'^([\d.]+)\n([\d.]+)\n"([^"]+)"', grid, re.MULTILINE)
        rows = [(float(a), float(b)) for a, b, _ in rows]
        last = next((at for at in range(1, len(rows)) if rows[at][0] < rows[at - 1][0]), len(rows))
        return sound(SPEECH / f"aligned/{name}.flac"), grouped(rows[:last])
    if name == "harbour":
        truth = json.loads((ROOT / "samples/harbour_dialogue.truth.json").read_text())
        spans = [(w["start_ms"] / 1000, w["end_ms"] / 1000)
                 for said in truth["utterances"] for w in said["words"]]  # fmt: skip
        return sound(ROOT / "samples/harbour_dialogue.mp4"), grouped(spans)
    if name == "nasa":
        borders = (210, 4_260, 8_350, 12_470, 13_056)
        return (sound(SHARED / "media/video/nasa_13013.mp4", 1),
                list(pairwise(borders)))  # fmt: skip
    rows = (SPEECH / f"meetings/ami-{name}.rttm").read_text().splitlines()
    turns = sorted((float(r.split()[3]), float(r.split()[3]) + float(r.split()[4]))
                   for r in rows if r.startswith("SPEAKER"))  # fmt: skip
    return sound(SPEECH / f"meetings/ami-{name}.flac"), turn_cues(turns)


def grouped(words: list[tuple[float, float]]) -> list[tuple[int, int]]:
    """Words as captions: a new one after a pause of 0.3 s or 3.5 s."""
    cues: list[list[float]] = []
    for start, end in sorted(words):
        if cues and start - cues[-1][1] < 0.3 and end - cues[-1][0] < 3.5:
            cues[-1][1] = max(cues[-1][1], end)
        else:
            cues.append([start, end])
    return [(int(start * 1000), int(end * 1000)) for start, end in cues]


def turn_cues(turns: list[tuple[float, float]]) -> list[tuple[int, int]]:
    """Turns as captions of at most 5 s."""
    merged: list[list[float]] = []
    for start, end in turns:
        if merged and start <= merged[-1][1] + 0.1:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    cues = []
    for start, end in merged:
        at = start
        while end - at > 5:
            cues.append((int(at * 1000), int(at * 1000) + 4_000))
            at += 4
        cues.append((int(at * 1000), int(end * 1000)))
    return cues


def film(names: list[str], seed: int, clips: dict) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Clips in an order of their own with pauses between, and captions as people make them."""
    rng, noise = random.Random(seed), np.random.default_rng(seed)
    pieces, spans, at = [], [], 0
    for name in rng.sample(names, len(names)):
        gap_ms = int(rng.uniform(300, 6_000))
        pieces.append(noise.normal(0, 0.0005, gap_ms * 16).astype(np.float32))
        at += gap_ms
        samples, cues = clips[name]
        loud = 0.1 / np.sqrt(np.mean(samples**2)) if rng.random() < 0.5 else 1.0
        pieces.append(np.clip(samples * loud, -1, 1))
        spans += [(at + start, at + end) for start, end in cues]
        at += len(samples) // 16
    pieces.append(np.zeros(48_000, np.float32))
    made = []
    for number, (start, end) in enumerate(spans):
        early = start - int(rng.uniform(0, 120))
        late = max(end + int(rng.uniform(0, 500)), early + 200)
        if number + 1 < len(spans):
            late = min(late, max(spans[number + 1][0], early + 100))
        made.append((max(0, early), late))
    return np.concatenate(pieces), made


def mask_of(samples: np.ndarray) -> VoiceMask:
    """Voice activity as the stage `detect` has it."""
    engine = Silero(SileroOptions(), Resources(models=Path()))
    blocks = [samples[at : at + 512_000] for at in range(0, len(samples), 512_000)]
    gain = level_gain_db(blocks)
    levels = np.concatenate(list(engine.detect(apply(block, gain) for block in blocks)))
    return VoiceMask(levels=levels.astype(float), frame_ms=engine.frame_ms)


def track_of(spans: list[tuple[float, float]]) -> CaptionTrack:
    """Captions of some spans."""
    cues = tuple(Cue(start_ms=int(start), end_ms=int(end), payload=f"cue {number}")
                 for number, (start, end) in enumerate(spans))  # fmt: skip
    return CaptionTrack(language="en", cues=cues)


def cases(spans: list[tuple[int, int]], rng: random.Random):
    """(kind, spans of a file that does not fit)."""
    for by in SHIFTS_MS:
        yield "shifted", [(start + by, end + by) for start, end in spans]
    for ratio in RATIOS[1:]:
        for by in (0, rng.uniform(-20_000, 20_000)):
            yield "stretched", [(s * float(ratio) + by, e * float(ratio) + by) for s, e in spans]
    for _ in range(6):
        first = rng.uniform(-30_000, 30_000)
        by = [first]
        for _ in range(2):
            by.append(by[-1] + rng.uniform(3_000, 40_000))
        third = len(spans) / 3
        yield "cut", [(s + by[int(n / third)], e + by[int(n / third)])
                      for n, (s, e) in enumerate(spans)]  # fmt: skip


def main() -> None:
    """Print the distribution of errors, and what wrong films get."""
    films = {}
    for name, (seeds, names) in SETS.items():
        clips = {one: clip(one) for one in names}
        for seed in seeds:
            samples, spans = film(names, seed, clips)
            films[name, seed] = (mask_of(samples), spans)
    rng = random.Random(5)
    print("set   file       files refused   p50   p90   p95   max ms  cues within 100 ms")
    for name in SETS:
        found: dict[str, list] = {}
        for (owner, _), (mask, spans) in films.items():
            for kind, moved in cases(spans, rng) if owner == name else ():
                try:
                    track = synced(track_of(moved), mask).track
                except InputError:
                    found.setdefault(kind, []).append(None)
                    continue
                pairs = zip(track.cues, spans, strict=True)
                found.setdefault(kind, []).append([abs(c.start_ms - s) for c, (s, _) in pairs])
        for kind, errors in found.items():
            flat = np.concatenate([one for one in errors if one is not None])
            p50, p90, p95, most = np.percentile(flat, [50, 90, 95, 100])
            refused = errors.count(None)
            print(f"{name:5} {kind:10} {len(errors):5} {refused:7} {p50:5.0f} {p90:5.0f} "
                  f"{p95:5.0f} {most:8.0f}  {(flat <= 100).mean():.3f}")  # fmt: skip
    accepted = tried = 0
    for (name, _), (mask, _) in films.items():
        for (other, _), (_, spans) in films.items():
            if name != other:
                tried += 1
                try:
                    synced(track_of(spans), mask)
                    accepted += 1
                except InputError:
                    pass
    print(f"captions of another film: {accepted} of {tried} were taken")


if __name__ == "__main__":
    main()
