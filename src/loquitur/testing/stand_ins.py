"""For every built-in engine that needs a model: what makes a tiny one of its real architecture.

The conformance tests and the table (`python -m loquitur.testing.conformance`) take them from here.
An engine that is not named needs no model, or takes that of the machine's own cache.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import loquitur
from loquitur.environments.process import interpreter_of
from loquitur.errors import EngineError

if TYPE_CHECKING:
    from loquitur.registry import EngineSpec

Build = Callable[[Path, str], dict[str, Any]]
_MAKING_S = 600
# such an environment has none of Loquitur's own packages: its source is named by its place
_RUN = """
import runpy, sys
sys.path.insert(0, sys.argv[1])
sys.argv = sys.argv[2:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """A tiny model of an engine's, and what the suites must know of the engine.

    `build` makes it in a folder, with the interpreter of the engine's own environment where it has
    one, and gives the options that name it; `second` is a second language that it knows; `invents`
    that its random weights say something where nobody speaks; `needs` are packages to build it.
    """

    build: Build | None = None
    second: str = ""
    invents: bool = False
    needs: tuple[str, ...] = ()


def _made(module: str, name: str, *, maker: Mapping[str, Any] | None = None, **more: Any) -> Build:
    """What one of our builders makes; the module is imported when it is used."""

    def build(folder: Path, _place: str) -> dict[str, Any]:
        import importlib

        make = getattr(importlib.import_module(f"loquitur.testing.{module}"), name)
        return {"model": str(make(folder, **(maker or {})))} | more

    return build


def _whisper(folder: Path, _place: str) -> dict[str, Any]:
    from loquitur.testing.tiny_whisper import tiny_faster_whisper

    tiny_faster_whisper(folder, languages=True)
    # a model of random weights is never sure: its words would all be thrown away
    unsure = {"log_prob_threshold": None, "hallucination_silence_s": None}
    return {"model": str(folder), "beam_size": 1, "max_new_tokens": 20} | unsure


def _there(module: str, arguments: tuple[str, ...], made: str) -> Build:
    """What a builder makes that needs the packages of the engine's own environment."""

    def build(folder: Path, place: str) -> dict[str, Any]:
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(  # noqa: S603 - our own module
            [
                *(str(interpreter_of(place)), "-c", _RUN, str(Path(loquitur.__file__).parents[1])),
                *(f"loquitur.testing.{module}", str(folder), *arguments),
            ],
            capture_output=True,
            text=True,
            timeout=_MAKING_S,
            check=False,
        )
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
            raise EngineError(f"no tiny model could be made in {place}: {said[-1][:200]}")
        return {"model": str(folder / made)}

    return build


STAND_INS: dict[tuple[str, str], StandIn] = {
    ("alignment", "ctc"): StandIn(build=_made("tinyctc", "tiny_nemo_ctc")),
    ("asr", "moonshine"): StandIn(build=_made("tiny_moonshine", "tiny_moonshine")),
    ("asr", "onnx-asr"): StandIn(build=_made("tiny", "tiny_parakeet"), second="de"),
    ("asr", "faster-whisper"): StandIn(
        build=_whisper, second="de", invents=True, needs=("torch", "transformers")
    ),
    ("asr", "sherpa-onnx"): StandIn(
        build=_made("tiny_sherpa", "tiny_sherpa_parakeet"), second="de"
    ),
    ("asr", "transformers"): StandIn(
        # a random model does not stop by itself
        build=_made("tiny_transformers", "tiny_whisper", max_new_tokens=16),
        invents=True,
    ),
    ("asr", "nemo"): StandIn(build=_there("tiny_nemo", (), "tiny.nemo"), invents=True),
    **{
        ("description", name): StandIn(build=_made("tiny_describers", made, most_tokens=8))
        for name, made in (
            *(("git", "tiny_git"), ("blip", "tiny_blip"), ("blip2", "tiny_blip2")),
            *(("florence2", "tiny_florence2"), ("smolvlm", "tiny_smolvlm")),
            ("qwen3-vl", "tiny_qwen3_vl"),
        )
    },
    ("audio", "onnx"): StandIn(build=_made("tiny_listeners", "tiny_vggish_onnx"), needs=("onnx",)),
    ("audio", "yt8m"): StandIn(
        build=_made("tiny_yt8m", "tiny_yt8m", maker={"only": "sound"}), needs=("onnx",)
    ),
    ("audio", "transformers"): StandIn(build=_made("tiny_listeners", "tiny_ast")),
    ("description", "trained"): StandIn(build=_made("tiny_captioners", "tiny_trained")),
    ("description", "trained-onnx"): StandIn(
        build=_made("tiny_captioners", "tiny_exported"), needs=("torch", "onnx")
    ),
    ("diarization", "sherpa-onnx"): StandIn(build=_made("tiny_sherpa", "tiny_sherpa_diarization")),
    ("diarization", "pyannote"): StandIn(
        build=_there("tiny_pyannote", ("community",), "speaker-diarization-community-1")
    ),
    ("diarization", "sortformer"): StandIn(build=_there("tiny_sortformer", (), "streaming.nemo")),
    ("embedding", "model2vec"): StandIn(build=_made("tiny_sentences", "tiny_model2vec")),
    ("embedding", "onnx"): StandIn(build=_made("tiny_sentences", "tiny_sentence_bert")),
    ("embedding", "sentence-transformers"): StandIn(
        build=_made("tiny_sentences", "tiny_sentence_bert")
    ),
    ("emotion", "emotion2vec"): StandIn(build=_there("tiny_emotion2vec", (), "")),
    ("emotion", "onnx"): StandIn(build=_made("tiny_moods", "tiny_mood_onnx")),
    ("emotion", "speechbrain"): StandIn(build=_made("tiny_transformers", "tiny_speechbrain")),
    ("emotion", "transformers"): StandIn(build=_made("tiny_transformers", "tiny_classifier")),
    ("reranking", "onnx"): StandIn(
        build=_made("tiny_sentences", "tiny_sentence_bert", maker={"classes": 1})
    ),
    ("sentiment", "onnx"): StandIn(build=_made("tiny_opinions", "tiny_opinion_onnx")),
    ("sentiment", "transformers"): StandIn(build=_made("tiny_opinions", "tiny_xlm_roberta")),
    ("vision", "onnx"): StandIn(build=_made("tiny_vision", "tiny_vision_onnx"), needs=("onnx",)),
    ("vision", "timm"): StandIn(build=_made("tiny_vision", "tiny_timm")),
    ("vision", "transformers"): StandIn(build=_made("tiny_vision", "tiny_clip")),
    ("vision", "yt8m"): StandIn(
        build=_made("tiny_yt8m", "tiny_yt8m", maker={"only": "pictures"}), needs=("onnx",)
    ),
    ("zeroshot", "onnx"): StandIn(
        build=_made("tiny_zeroshot", "tiny_clip_onnx"), needs=("torch", "transformers", "onnx")
    ),
    ("zeroshot", "transformers"): StandIn(build=_made("tiny_zeroshot", "tiny_clip_words")),
}
REMOTE = frozenset(
    {
        *(("asr", "openai-compatible"), ("llm", "gemini"), ("llm", "openai-compatible")),
        *(("embedding", "openai-compatible"), ("reranking", "openai-compatible")),
        ("description", "openai-compatible"),
    }
)
"""Those that need a server: the tests give them one, the table leaves them out."""


def stand_in_of(spec: EngineSpec) -> StandIn:
    """The stand-in of an engine; one that builds nothing where it needs no model of ours."""
    return STAND_INS.get((spec.kind, spec.name), StandIn())
