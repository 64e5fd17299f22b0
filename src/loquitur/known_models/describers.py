"""Models that describe what is seen.

Sizes are by their cards, or by their numbers of weights; none was fetched here.
"""

from __future__ import annotations

from loquitur.known_models.spec import ModelSpec

_APACHE = "Apache-2.0"
_TOLD = "by its authors' announcement, not looked up here"

# the first of an engine is its default
GIT = (
    ModelSpec(
        name="microsoft/git-base-vatex",
        size_mb=709,
        licence="MIT",
        languages="en",
    ),
    ModelSpec(name="microsoft/git-large-vatex", size_mb=1580, licence="MIT", languages="en"),
    ModelSpec(name="microsoft/git-base-coco", size_mb=709, licence="MIT", languages="en"),
)
BLIP = (
    ModelSpec(
        name="Salesforce/blip-image-captioning-base",
        size_mb=990,
        licence=f"BSD-3-Clause: {_TOLD}",
        languages="en",
    ),
    ModelSpec(
        name="Salesforce/blip-image-captioning-large",
        size_mb=1880,
        licence=f"BSD-3-Clause: {_TOLD}",
        languages="en",
    ),
)
BLIP2 = (
    ModelSpec(
        name="Salesforce/blip2-flan-t5-xl",
        size_mb=15_800,
        licence=f"MIT: {_TOLD}",
        languages="en",
    ),
)
FLORENCE2 = (
    ModelSpec(
        name="florence-community/Florence-2-base",
        size_mb=470,
        licence=f"MIT: {_TOLD}",
        languages="en",
    ),
    ModelSpec(
        name="florence-community/Florence-2-large",
        size_mb=1550,
        licence=f"MIT: {_TOLD}",
        languages="en",
    ),
)
SMOLVLM = (
    ModelSpec(
        name="HuggingFaceTB/SmolVLM2-256M-Video-Instruct",
        size_mb=515,
        licence=_APACHE,
        languages="en",
    ),
    ModelSpec(
        name="HuggingFaceTB/SmolVLM2-500M-Video-Instruct",
        size_mb=1020,
        licence=_APACHE,
        languages="en",
    ),
    ModelSpec(
        name="HuggingFaceTB/SmolVLM2-2.2B-Instruct",
        size_mb=4500,
        licence=_APACHE,
        languages="en",
    ),
)
QWEN3_VL = (
    ModelSpec(
        name="Qwen/Qwen3-VL-2B-Instruct",
        size_mb=4260,
        licence=f"{_APACHE}: {_TOLD}",
        languages="many",
    ),
    ModelSpec(
        name="Qwen/Qwen3-VL-4B-Instruct",
        size_mb=8880,
        licence=f"{_APACHE}: {_TOLD}",
        languages="many",
    ),
)
