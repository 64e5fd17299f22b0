"""Sentences spoken by flite, with the times of their words.

flite tells the end time of every phone (`-psdur`) but not which word it belongs to; each word's
own phones are asked for too, and the two are laid side by side by edit distance.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

RATE_HZ = 16_000
_VOWEL_LETTERS = ("a", "e", "i", "o", "u")
_MARGIN_S = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One spoken sentence: samples at 16 kHz, cut close, and (word, start_s, end_s) inside them."""

    samples: np.ndarray
    words: tuple[tuple[str, float, float], ...]


def speak(voice: str, text: str, *, pitch: float = 1.0, stretch: float = 1.0) -> Sentence:
    """Speak `text`; `pitch` multiplies the voice's own, `stretch` its durations."""
    settings = ("--setf", f"f0_shift={pitch}", "--setf", f"duration_stretch={stretch}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        phones = _flite("-voice", voice, *settings, "-psdur", "-t", text, "-o", str(path))
        with wave.open(io.BytesIO(path.read_bytes())) as file:
            if file.getframerate() != RATE_HZ or file.getnchannels() != 1:
                raise SystemExit(f"flite voice {voice}: expected {RATE_HZ} Hz mono")
            data = file.readframes(file.getnframes())
    samples = np.frombuffer(data, "<i2").astype(np.float64) / 32768
    words = _word_times(voice, text, phones)
    first = max(0.0, words[0][1] - _MARGIN_S)
    last = words[-1][2] + _MARGIN_S
    cut = samples[round(first * RATE_HZ) : round(last * RATE_HZ)].copy()
    ramp = np.linspace(0, 1, round(_MARGIN_S * RATE_HZ))
    cut[: len(ramp)] *= ramp
    cut[-len(ramp) :] *= ramp[::-1]
    moved = tuple((word, start - first, end - first) for word, start, end in words)
    return Sentence(samples=cut, words=moved)


def version() -> str:
    """Give flite's own version line, or stop with what to install."""
    if shutil.which("flite") is None:
        raise SystemExit(
            "flite is missing: it speaks the two voices and is needed only to make the sample "
            "again.\n  hint: apt install flite   (the finished clip lies in samples/ already)"
        )
    found = re.search(r"version: (\S+)", _flite("--version"))
    return found.group(1) if found else "unknown"


def _word_times(voice: str, text: str, phones: str) -> list[tuple[str, float, float]]:
    spans: list[tuple[str, float, float]] = []
    before = 0.0
    for name, end in re.findall(r"(\S+):([\d.]+)", phones):
        if float(end) < before:
            raise SystemExit(f"flite took {text!r} for more than one sentence: split it")
        if name != "pau":
            spans.append((name, before, float(end)))
        before = float(end)
    words = text.split()
    owners: list[int] = []
    expected: list[str] = []
    for index, word in enumerate(words):
        own = _word_phones(voice, re.sub(r"[^A-Za-z']", "", word))
        expected += own
        owners += [index] * len(own)
    owner = _align(expected, [name for name, _, _ in spans], owners)
    times = []
    for index, word in enumerate(words):
        mine = [span for span, who in zip(spans, owner, strict=True) if who == index]
        if not mine:
            raise SystemExit(f"no phone of {text!r} fell to the word {word!r}")
        times.append((word, mine[0][1], mine[-1][2]))
    return times


@cache
def _word_phones(voice: str, word: str) -> tuple[str, ...]:
    spoken = _flite("-voice", voice, "-ps", "-t", f" {word} ", "-o", "none").split()
    return tuple(name for name in spoken if name != "pau")


def _align(expected: list[str], heard: list[str], owners: list[int]) -> list[int]:
    """Give the word index of every heard phone, by the cheapest edit path."""
    cost = np.zeros((len(expected) + 1, len(heard) + 1))
    cost[:, 0] = np.arange(len(expected) + 1)
    cost[0, :] = np.arange(len(heard) + 1)
    for i, want in enumerate(expected, 1):
        for j, got in enumerate(heard, 1):
            cost[i, j] = min(
                cost[i - 1, j - 1] + _difference(want, got), cost[i - 1, j] + 1, cost[i, j - 1] + 1
            )
    owner = [0] * len(heard)
    i, j = len(expected), len(heard)
    while j:
        if i and np.isclose(
            cost[i, j], cost[i - 1, j - 1] + _difference(expected[i - 1], heard[j - 1])
        ):
            i, j = i - 1, j - 1
            owner[j] = owners[i]
        elif i and np.isclose(cost[i, j], cost[i - 1, j] + 1):
            i -= 1
        else:
            j -= 1
            owner[j] = owners[max(0, i - 1)]
    return owner


def _difference(want: str, got: str) -> float:
    if want == got:
        return 0.0
    return 0.4 if want.startswith(_VOWEL_LETTERS) == got.startswith(_VOWEL_LETTERS) else 1.2


def _flite(*arguments: str) -> str:
    done = subprocess.run(("flite", *arguments), capture_output=True, text=True, check=False)
    if done.returncode and "--version" not in arguments:
        raise SystemExit(f"flite failed: {done.stderr.strip()}")
    return done.stdout
