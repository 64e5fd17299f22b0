"""The engines that see: features of frames, sentences about them."""

from __future__ import annotations

from loquitur.builtin.spec import EngineSpec

PICTURES: tuple[EngineSpec, ...] = (
    EngineSpec(
        kind="vision",
        name="descriptor",
        target="loquitur.engines.vision.descriptor:Descriptor",
        summary="named colours by place, contours, motion: 896 numbers, no objects, no model",
        licence="Apache-2.0",
        languages="-",
        rtf=0.01,
        tried="real",
    ),
    EngineSpec(
        kind="vision",
        name="things",
        target="loquitur.engines.vision.things:Things",
        summary="patches on a smooth ground, followed: place, movement, colour, figure; no model",
        licence="Apache-2.0",
        languages="-",
        rtf=0.01,
        tried="real",
    ),
)
