"""Whisper through faster-whisper and CTranslate2: one chunk after the other, or several at once."""

from __future__ import annotations

from loquitur.engines.asr.faster_whisper.engine import FasterWhisper, FasterWhisperOptions

__all__ = ["FasterWhisper", "FasterWhisperOptions"]
