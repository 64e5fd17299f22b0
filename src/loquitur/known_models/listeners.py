"""Models that listen: encoders of sound."""

from __future__ import annotations

from loquitur.known_models.spec import ModelSpec

_TOLD = "by its authors' announcement, not looked up here"
# the first is the default
LISTENERS_TORCH = (
    ModelSpec(
        name="MIT/ast-finetuned-audioset-10-10-0.4593",
        size_mb=346,
        licence=f"BSD-3-Clause: {_TOLD}",
        languages="-",
    ),
    ModelSpec(
        name="laion/clap-htsat-unfused",
        size_mb=615,
        licence=f"Apache-2.0: {_TOLD}",
        languages="-",
    ),
    ModelSpec(
        name="facebook/wav2vec2-base",
        size_mb=380,
        licence=f"Apache-2.0: {_TOLD}",
        languages="-",
    ),
    ModelSpec(
        name="facebook/hubert-base-ls960",
        size_mb=378,
        licence=f"Apache-2.0: {_TOLD}",
        languages="-",
    ),
)
