"""What chat models that see are asked: one sentence about what happens, and nothing else."""

from __future__ import annotations

TONGUES = {
    "ar": "Arabic", "cs": "Czech", "de": "German", "el": "Greek", "en": "English", "es": "Spanish",
    "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi", "id": "Indonesian",
    "it": "Italian", "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sv": "Swedish", "th": "Thai",
    "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
"""The languages that such a model may be told to write."""
PROMPT = (
    "Describe in one short sentence what is seen and what happens in these frames of a video."
    " Say only what can be seen; do not guess names, feelings or causes."
)


def asked(prompt: str, language: str) -> str:
    """The prompt, with the language to answer in where it is not English."""
    return prompt if language == "en" else f"{prompt} Answer in {TONGUES[language]}."


def check_language(language: str) -> None:
    """Hold that a model may be told to write a language.

    Raises:
        ValueError: It is none of `TONGUES`.
    """
    if language not in TONGUES:
        raise ValueError(f"language is one of {' '.join(TONGUES)}, not '{language[:20]}'")
