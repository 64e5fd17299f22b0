"""Makes samples/harbour_dialogue.mp4 and its ground truth again.

    .venv/bin/python samples/make_sample.py [OUTPUT_FOLDER]

Needs flite (`apt install flite`) besides the project's own environment; only the making does.
The same flite, numpy and PyAV give the same audio track, byte for byte; the versions used are in
the truth file.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import flite_voice
import harbour_clip
import harbour_play as play
import harbour_sound
import numpy as np

NAME = "harbour_dialogue"
_SCHEMA = "loquitur/sample-truth/1"
_SENTENCE_GAP_MS = 260


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A line of the play: 16 kHz samples from `samples_ms` on, and its words' times in the clip."""

    line: play.Line
    samples: np.ndarray
    samples_ms: int
    words: tuple[tuple[str, int, int], ...]

    @property
    def start_ms(self) -> int:
        """Where the first word starts."""
        return self.words[0][1]

    @property
    def end_ms(self) -> int:
        """Where the last word ends."""
        return self.words[-1][2]


def main() -> None:
    """Make the clip, the truth, the reference text and the RTTM in the folder given."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    folder.mkdir(parents=True, exist_ok=True)
    flite_version = flite_voice.version()
    spoken = speak_all()
    music = music_spans(spoken)
    sound = harbour_sound.mix(
        duration_ms=play.DURATION_MS,
        voices=[(s.samples_ms, s.samples, play.PAN[s.line.speaker]) for s in spoken],
        speech=[(s.start_ms, s.end_ms) for s in spoken],
        music=music,
    )
    truth = describe(spoken, music)
    text = " ".join(plain(word) for s in spoken for word, _, _ in s.words)
    (folder / f"{NAME}.txt").write_text(text + "\n", "utf-8")
    (folder / f"{NAME}.rttm").write_text(rttm(spoken), "utf-8")
    path = folder / f"{NAME}.mp4"
    excited = [s for s in spoken if s.line.mood == "excited"]
    visit_ms = (excited[0].start_ms - 900, excited[-1].end_ms + 900)
    tools = harbour_clip.write_clip(path, sound, visit_ms=visit_ms)
    truth["made_with"] = {"flite": flite_version, "numpy": np.__version__, **tools}
    truth["audio_packets_sha256"] = sha256(harbour_clip.audio_packets(path)).hexdigest()
    document = json.dumps(truth, indent=1, ensure_ascii=False)
    (folder / f"{NAME}.truth.json").write_text(_compact(document) + "\n", "utf-8")
    print(f"{path}: {path.stat().st_size} bytes, {play.DURATION_MS / 1000:.0f} s")


def speak_all() -> list[Spoken]:
    """Speak every line and place it in time."""
    spoken: list[Spoken] = []
    for line in play.LINES:
        samples, words = _speak_line(line)
        start_ms = spoken[-1].end_ms + line.gap_ms if spoken else play.OPENING_MS
        shift_ms = start_ms - words[0][1]
        moved = tuple((word, begin + shift_ms, end + shift_ms) for word, begin, end in words)
        spoken.append(Spoken(line=line, samples=samples, samples_ms=shift_ms, words=moved))
    rest_ms = play.DURATION_MS - spoken[-1].end_ms
    if not 2_000 <= rest_ms <= 4_000:
        raise SystemExit(f"{rest_ms} ms are left after the play: set DURATION_MS to fit")
    return spoken


def _speak_line(line: play.Line) -> tuple[np.ndarray, list[tuple[str, int, int]]]:
    """Give a line's samples, evenly loud whoever speaks, and (word, start_ms, end_ms) in them."""
    mood = play.MOODS[line.mood]
    voice = play.VOICES[line.speaker]
    parts: list[np.ndarray] = []
    words: list[tuple[str, int, int]] = []
    for text in line.sentences:
        if parts:
            parts.append(np.zeros(_SENTENCE_GAP_MS * flite_voice.RATE_HZ // 1000))
        offset_s = sum(map(len, parts)) / flite_voice.RATE_HZ
        said = flite_voice.speak(voice, text, pitch=mood.pitch, stretch=mood.stretch)
        level = harbour_sound.SPEECH_RMS * 10 ** (mood.gain_db / 20)
        parts.append(said.samples * level / np.sqrt((said.samples**2).mean()))
        words += [
            (word, round((offset_s + start) * 1000), round((offset_s + end) * 1000))
            for word, start, end in said.words
        ]
    return np.concatenate(parts), words


def music_spans(spoken: list[Spoken]) -> list[tuple[int, int]]:
    """Where music plays: at the opening, from the pause through the calm lines, at the end."""
    calm = [s for s in spoken if s.line.mood == "calm"]
    before = spoken[spoken.index(calm[0]) - 1]
    return [
        (0, spoken[0].end_ms),
        (before.end_ms, calm[-1].end_ms),
        (spoken[-1].start_ms, play.DURATION_MS),
    ]


def describe(spoken: list[Spoken], music: list[tuple[int, int]]) -> dict[str, object]:
    """Give the ground truth as plain data."""
    utterances = [
        {
            "speaker": s.line.speaker,
            "start_ms": s.start_ms,
            "end_ms": s.end_ms,
            "mood": s.line.mood,
            "text": " ".join(s.line.sentences),
            "words": [{"text": w, "start_ms": b, "end_ms": e} for w, b, e in s.words],
        }
        for s in spoken
    ]
    pairs = list(pairwise(spoken))
    moods = [m for m in play.MOODS if m != "neutral"]
    return {
        "schema": _SCHEMA,
        "clip": f"{NAME}.mp4",
        "title": play.TITLE.title(),
        "language": "en",
        "duration_ms": play.DURATION_MS,
        "text": " ".join(s for line in play.LINES for s in line.sentences),
        "speakers": [{"name": n, "voice": f"flite {v}"} for n, v in play.VOICES.items()],
        "utterances": utterances,
        "passages": [_span(*_passage(spoken, mood), mood=mood) for mood in moods],
        "overlaps": [_span(b.start_ms, a.end_ms) for a, b in pairs if b.start_ms < a.end_ms],
        "pauses": [_span(a.end_ms, b.start_ms) for a, b in pairs if b.start_ms - a.end_ms > 2_000],
        "music": [_span(*span) for span in music],
    }


def _passage(spoken: list[Spoken], mood: str) -> tuple[int, int]:
    lines = [s for s in spoken if s.line.mood == mood]
    return lines[0].start_ms, lines[-1].end_ms


def _span(start_ms: int, end_ms: int, *, mood: str | None = None) -> dict[str, object]:
    span: dict[str, object] = {"start_ms": start_ms, "end_ms": end_ms}
    return {"mood": mood, **span} if mood else span


def rttm(spoken: list[Spoken]) -> str:
    """One SPEAKER row per utterance, as NIST's RT-09 plan lays it out; seconds."""
    rows = [
        f"SPEAKER {NAME} 1 {s.start_ms / 1000:.3f} {(s.end_ms - s.start_ms) / 1000:.3f}"
        f" <NA> <NA> {s.line.speaker} <NA> <NA>\n"
        for s in sorted(spoken, key=lambda s: s.start_ms)
    ]
    return "".join(rows)


def plain(word: str) -> str:
    """Lower case, without punctuation: the form that word error rate is counted on."""
    return re.sub(r"[^a-z']", "", word.lower())


def _compact(document: str) -> str:
    """Put each innermost object on one line, so that the file reads like a table."""
    return re.sub(r"\{[^{}\[\]]*\}", lambda found: " ".join(found.group().split()), document)


if __name__ == "__main__":
    main()
