"""The engines that see: features of frames, sentences about them."""

from __future__ import annotations

from loquitur.builtin.spec import EngineSpec

PICTURES: tuple[EngineSpec, ...] = ()
