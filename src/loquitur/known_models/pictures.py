"""Models that see: encoders of frames, writers of descriptions."""

from __future__ import annotations

from loquitur.known_models.spec import ModelSpec

# the first of an engine is its default; licences of timm's rows are those its own table tells
TIMM = (
    ModelSpec(
        name="vgg16",
        size_mb=553,
        licence="BSD-3-Clause",
        languages="-",
        source="timm/vgg16.tv_in1k",
    ),
    ModelSpec(
        name="resnet50",
        size_mb=102,
        licence="Apache-2.0",
        languages="-",
        source="timm/resnet50.a1_in1k",
    ),
    ModelSpec(
        name="resnet152",
        size_mb=241,
        licence="Apache-2.0",
        languages="-",
        source="timm/resnet152.a1h_in1k",
    ),
    ModelSpec(
        name="resnext101",
        size_mb=356,
        licence="BSD-3-Clause",
        languages="-",
        source="timm/resnext101_32x8d.tv_in1k",
    ),
    ModelSpec(
        name="inception_v4",
        size_mb=171,
        licence="Apache-2.0",
        languages="-",
        source="timm/inception_v4.tf_in1k",
    ),
)

_TOLD = "by its authors' announcement, not looked up here"
ENCODERS_TORCH = (
    ModelSpec(
        name="openai/clip-vit-base-patch32",
        size_mb=605,
        licence=f"MIT: {_TOLD}",
        languages="-",
    ),
    ModelSpec(
        name="openai/clip-vit-large-patch14",
        size_mb=1710,
        licence=f"MIT: {_TOLD}",
        languages="-",
    ),
    ModelSpec(
        name="google/siglip2-base-patch16-224",
        size_mb=1500,
        licence=f"Apache-2.0: {_TOLD}",
        languages="-",
    ),
    ModelSpec(
        name="google/siglip-base-patch16-224",
        size_mb=813,
        licence=f"Apache-2.0: {_TOLD}",
        languages="-",
    ),
    ModelSpec(
        name="facebook/dinov2-small",
        size_mb=88,
        licence=f"Apache-2.0: {_TOLD}",
        languages="-",
    ),
    ModelSpec(
        name="facebook/dinov2-base",
        size_mb=346,
        licence=f"Apache-2.0: {_TOLD}",
        languages="-",
    ),
    ModelSpec(
        name="facebook/dinov3-vits16-pretrain-lvd1689m",
        size_mb=86,
        licence=f"DINOv3 Licence, gated: {_TOLD}",
        languages="-",
    ),
)

IMAGE_TEXT = (
    ModelSpec(
        name="openai/clip-vit-base-patch32",
        size_mb=605,
        licence=f"MIT: {_TOLD}",
        languages="en",
    ),
    ModelSpec(
        name="google/siglip2-base-patch16-224",
        size_mb=1500,
        licence=f"Apache-2.0: {_TOLD}",
        languages="many languages",
    ),
    ModelSpec(
        name="openai/clip-vit-large-patch14",
        size_mb=1710,
        licence=f"MIT: {_TOLD}",
        languages="en",
    ),
    ModelSpec(
        name="google/siglip-base-patch16-224",
        size_mb=813,
        licence=f"Apache-2.0: {_TOLD}",
        languages="en",
    ),
)
"""Those of the first table that read texts too: a model pulled for one is there for both."""
