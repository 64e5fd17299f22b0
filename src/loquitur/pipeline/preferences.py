"""Which engines the profiles `auto` and `best` prefer, in what order, and why: rows, no decisions.

The order is that of published error rates (`known_models` says by whom measured); where two engines
run the same model, the one whose words have true ends and which needs less goes first. What sends
sound elsewhere (`openai-compatible`) and what a third party adds is never taken unasked.
"""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

AUTO, OFFLINE, LIGHT, BEST = "auto", "offline", "light", "best"

# Engines per profile; an empty name is one to be found in `PREFERENCES`.
PROFILES: Mapping[str, Mapping[str, str]] = {
    AUTO: {"asr": "", "diarization": "", "emotion": ""},
    OFFLINE: {"asr": "moonshine", "diarization": "pyannet", "emotion": "prosody"},
    LIGHT: {"asr": "onnx-asr", "diarization": "sherpa-onnx", "emotion": "prosody"},
    BEST: {"asr": "", "diarization": "", "emotion": ""},
}
EMBEDDED_ASR = "moonshine"
DRAFT_ASR = "pocketsphinx"  # where not even that is here
VOICE_ENGINE = "campplus"
# where a profile's own is not here: the first of these that is
EMBEDDED = {
    "diarization": ("pyannet", "dvector"),
    "emotion": ("prosody",),
    "voice": ("campplus", "ge2e"),
}
PREFERRED_ASR = ("onnx-asr:parakeet-tdt-0.6b-v3", "onnx-asr:parakeet-tdt-0.6b-v2")
"""What is offered to who has none: torch-free, 670 MB, keeps up on a processor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An engine with a model of it, in the order of a table.

    `why` says in a few words what puts it there; `needs_gpu` that it is slower than the sound on a
    processor; `untimed` that its words have no times, so that an aligner must know the language.
    `languages` are what it was made for, empty for what the model's own row says.
    """

    wanted: str
    why: str
    needs_gpu: bool = False
    untimed: bool = False
    languages: tuple[str, ...] = ()


def _llm(wanted: str, figure: str) -> Candidate:
    """A language model that hears: the lowest error rates, no times, gigabytes."""
    return Candidate(wanted=wanted, why=f"WER {figure} %", needs_gpu=True, untimed=True)


PREFERENCES: Mapping[str, tuple[Candidate, ...]] = {
    "asr": (
        _llm("transformers:ibm-granite/granite-speech-4.1-2b", "5.33"),
        _llm("transformers:CohereLabs/cohere-transcribe-03-2026", "5.42"),
        _llm("nemo:canary-qwen-2.5b", "5.63"),
        _llm("transformers:Qwen/Qwen3-ASR-1.7B-hf", "5.76"),
        Candidate(wanted="onnx-asr:gigaam-v3-rnnt", why="Russian WER 4.39 %", languages=("ru",)),
        Candidate(wanted="nemo:parakeet-tdt-0.6b-v2", why="WER 6.05 %, own times", needs_gpu=True),
        Candidate(wanted="onnx-asr:parakeet-tdt-0.6b-v2", why="WER 6.05 %, own times, no torch"),
        Candidate(wanted="sherpa-onnx:parakeet-tdt-0.6b-v2", why="WER 6.05 %, no torch"),
        Candidate(wanted="nemo:parakeet-tdt-0.6b-v3", why="WER 6.3 %, own times", needs_gpu=True),
        Candidate(wanted="onnx-asr:parakeet-tdt-0.6b-v3", why="WER 6.3 %, own times, no torch"),
        Candidate(wanted="sherpa-onnx:parakeet-tdt-0.6b-v3", why="WER 6.3 %, no torch"),
        Candidate(wanted="faster-whisper:large-v3", why="WER 7.4 %, 99 languages", needs_gpu=True),
        Candidate(wanted="transformers:openai/whisper-large-v3", why="WER 7.4 %", needs_gpu=True),
        Candidate(wanted="faster-whisper:large-v3-turbo", why="WER 7.75 %, 99 languages"),
        Candidate(
            wanted="transformers:openai/whisper-large-v3-turbo", why="WER 7.75 %", needs_gpu=True
        ),
        Candidate(wanted="sherpa-onnx:sense-voice", why="zh, ja, ko and yue, no torch"),
        Candidate(wanted="faster-whisper:medium", why="99 languages", needs_gpu=True),
        Candidate(wanted="faster-whisper:small", why="99 languages"),
        Candidate(wanted="faster-whisper:base", why="99 languages"),
    ),
    "diarization": (
        Candidate(
            wanted="pyannote:speaker-diarization-community-1",
            why="DER 17.0 % on AMI's headsets, overlaps kept",
            needs_gpu=True,
        ),
        Candidate(
            wanted="pyannote:speaker-diarization-3.1",
            why="DER 18.8 % on AMI's headsets, overlaps kept",
            needs_gpu=True,
        ),
        Candidate(wanted="pyannet", why="embedded, overlaps kept, no torch"),
        Candidate(wanted="sherpa-onnx", why="pyannote's segmentation, overlaps kept, no torch"),
        Candidate(wanted="dvector", why="embedded, the smaller one"),
    ),
    "emotion": (
        Candidate(
            wanted="speechbrain:speechbrain/emotion-recognition-wav2vec2-IEMOCAP",
            why="78.7 % of IEMOCAP's moods",
            languages=("en",),
        ),
        Candidate(
            wanted="transformers:superb/hubert-large-superb-er",
            why="67.6 % of IEMOCAP's moods",
            languages=("en",),
        ),
        Candidate(
            wanted="transformers:superb/wav2vec2-base-superb-er",
            why="63.4 % of IEMOCAP's moods",
            languages=("en",),
        ),
        Candidate(wanted="prosody", why="embedded, any language"),
    ),
}


def has_gpu() -> bool:
    """Whether a graphics card that torch can use seems to be here; nothing is loaded for it."""
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    if sys.platform == "win32":
        return shutil.which("nvidia-smi") is not None
    return any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/dxg").exists()
