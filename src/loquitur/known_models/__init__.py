"""The models that engines know by name: size, licence, languages, published figures, where from.

One row a model. Sizes are about what a fetch brings, in MB. Figures are other people's, on other
people's data: they rank models, they promise nothing about your recordings. Which files a model
has is its engine's business.
"""

from __future__ import annotations

from loquitur.known_models.listeners import LISTENERS_TORCH
from loquitur.known_models.pictures import ENCODERS_TORCH, IMAGE_TEXT, TIMM
from loquitur.known_models.sound import (
    CTC,
    EMOTION2VEC,
    FASTER_WHISPER,
    MOODS,
    MOONSHINE,
    MOONSHINE_PAPER,
    NEMO,
    ONNX_ASR,
    OPEN_ASR,
    PYANNET,
    PYANNOTE_DIARIZATION,
    RUSSIAN_LIBRI,
    SHERPA_ASR,
    SHERPA_DIARIZATION,
    SORTFORMER,
    SPEECHBRAIN,
    TRANSFORMERS_ASR,
    VOXPOPULI,
    WHISPER_PAPER,
)
from loquitur.known_models.spec import ModelSpec
from loquitur.known_models.texts import (
    OPINIONS,
    RERANKERS,
    SENTENCES,
    SENTENCES_TORCH,
    STATIC,
)

__all__ = [
    "CTC",
    "EMOTION2VEC",
    "ENCODERS_TORCH",
    "FASTER_WHISPER",
    "IMAGE_TEXT",
    "LISTENERS_TORCH",
    "MOODS",
    "MOONSHINE",
    "MOONSHINE_PAPER",
    "NEMO",
    "ONNX_ASR",
    "OPEN_ASR",
    "OPINIONS",
    "PYANNET",
    "PYANNOTE_DIARIZATION",
    "RERANKERS",
    "RUSSIAN_LIBRI",
    "SENTENCES",
    "SENTENCES_TORCH",
    "SHERPA_ASR",
    "SHERPA_DIARIZATION",
    "SORTFORMER",
    "SPEECHBRAIN",
    "STATIC",
    "TIMM",
    "TRANSFORMERS_ASR",
    "VOXPOPULI",
    "WHISPER_PAPER",
    "ModelSpec",
]
