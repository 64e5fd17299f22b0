"""The engines that see: features of frames, sentences about them."""

from __future__ import annotations

from loquitur import known_models
from loquitur.builtin.spec import EngineSpec

_UNVERIFIED = "the published weights; tried with random weights in the same architectures"

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
    EngineSpec(
        kind="vision",
        name="onnx",
        target="loquitur.engines.vision.onnx:OnnxVision",
        summary="any encoder of pictures as ONNX, without torch: a folder with graph and settings",
        licence="Apache-2.0 (code)",
        languages="-",
        own_model="onnx:FOLDER with model.onnx and preprocessor_config.json",
        rtf=0.05,
    ),
    EngineSpec(
        kind="vision",
        name="timm",
        target="loquitur.engines.vision.timm:Timm",
        summary="VGG16's fc7, ResNet, ResNeXt, Inception and every other network of timm, on torch",
        licence="Apache-2.0 (code)",
        languages="-",
        needs=("timm", "torch"),
        extra="vision",
        models=known_models.TIMM,
        rtf=0.2,
        unverified=_UNVERIFIED,
    ),
    EngineSpec(
        kind="vision",
        name="transformers",
        target="loquitur.engines.vision.transformers:TransformersVision",
        summary="CLIP, SigLIP and SigLIP 2, DINOv2 and DINOv3, plain ViTs, on torch",
        licence="Apache-2.0 (code)",
        languages="-",
        needs=("transformers", "torch"),
        extra="vision",
        models=known_models.ENCODERS_TORCH,
        rtf=0.2,
        unverified=_UNVERIFIED,
    ),
    EngineSpec(
        kind="vision",
        name="yt8m",
        target="loquitur.engines.yt8m.pictures:Yt8mPictures",
        summary="YouTube-8M's pictures, nearly: Inception of 2015, its PCA, 8 bits; 1,024 numbers",
        licence="Apache-2.0 (code)",
        languages="-",
        own_model="yt8m:FOLDER with inception.onnx and the published PCA",
        rtf=0.1,
        unverified="the published files; tried with random ones of the same shapes",
    ),
)
