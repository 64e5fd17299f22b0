"""Any recogniser that the transformers library loads: Whisper, CTC, Parakeet, Moonshine, LLMs."""

from __future__ import annotations

from loquitur.engines.asr.transformers.engine import Transformers, TransformersOptions

__all__ = ["Transformers", "TransformersOptions"]
