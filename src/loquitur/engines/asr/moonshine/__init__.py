"""Moonshine in ONNX Runtime: the embedded recogniser of English, with capitals and punctuation."""

from __future__ import annotations

from loquitur.engines.asr.moonshine.engine import Moonshine, MoonshineOptions

__all__ = ["Moonshine", "MoonshineOptions"]
