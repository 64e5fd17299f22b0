"""Which kind of recogniser a checkpoint holds, told from its `config.json` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from loquitur.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

Family = Literal["whisper", "ctc", "transducer", "text"]
Asking = Literal["sound", "request", "language", "chat"]

# How a model that only writes text is asked for it, by `model_type`. "sound": the processor takes
# sound and nothing else. "request": it has `apply_transcription_request`. "language": it takes the
# language beside the sound and must have it. "chat": it takes a prompt in the model's chat form.
ASKING: Mapping[str, Asking] = {
    "moonshine": "sound",
    "moonshine_streaming": "sound",
    "speech_to_text": "sound",
    "speech-encoder-decoder": "sound",
    "kyutai_speech_to_text": "sound",
    "audioflamingo3": "request",
    "canary": "request",
    "fun_asr_nano": "request",
    "glmasr": "request",
    "omniasr": "request",
    "qwen3_asr": "request",
    "vibevoice_asr": "request",
    "voxtral": "request",
    "cohere_asr": "language",
    "granite_speech": "chat",
    "granite_speech_plus": "chat",
}


def asks_language(config: Mapping[str, Any]) -> bool:
    """Whether a checkpoint must be told the language, by its `config.json`."""
    return ASKING.get(str(config.get("model_type", ""))) == "language"


def family_of(config: Mapping[str, Any], generation: Mapping[str, Any], *, name: str) -> Family:
    """The family of a checkpoint; decides whether its words have times of their own.

    Args:
        config: Its `config.json`.
        generation: Its `generation_config.json`, empty where it has none.
        name: The model, for the message.

    Raises:
        InputError: It holds no recogniser that is known here.
    """
    classes = [str(item) for item in config.get("architectures") or []]
    kind = str(config.get("model_type", ""))
    if "WhisperForConditionalGeneration" in classes:
        # without a list of the heads that follow the sound there are no times to be had
        return "whisper" if generation.get("alignment_heads") else "text"
    if any(item.endswith("ForCTC") for item in classes):
        return "ctc"
    if any(item.endswith(("ForTDT", "ForRNNT")) for item in classes):
        return "transducer"
    if kind in ASKING and not any("Classification" in item for item in classes):
        return "text"
    what = ", ".join(classes) or kind or "nothing that names itself"
    raise InputError(
        f"{name} is no speech recogniser: it holds {what}",
        hint="expected Whisper, a CTC or TDT model, Moonshine, or a speech LLM "
        f"({', '.join(sorted(ASKING))})",
        code="LQ-NO-MODEL",
    )
