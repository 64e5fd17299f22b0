"""The engines that listen: features of sound."""

from __future__ import annotations

from loquitur import known_models
from loquitur.builtin.spec import EngineSpec

LISTENERS: tuple[EngineSpec, ...] = (
    EngineSpec(
        kind="audio",
        name="logmel",
        target="loquitur.engines.audio.logmel:LogMel",
        summary="loudness of 64 bands and how much it varies, a second each: 128 numbers, no model",
        licence="Apache-2.0",
        languages="-",
        rtf=0.005,
        tried="real",
    ),
    EngineSpec(
        kind="audio",
        name="onnx",
        target="loquitur.engines.audio.onnx:OnnxAudio",
        summary="any encoder of sound as ONNX, without torch: of waves, or of VGGish's patches",
        licence="Apache-2.0 (code)",
        languages="-",
        own_model="onnx:FOLDER with model.onnx",
        rtf=0.05,
    ),
    EngineSpec(
        kind="audio",
        name="transformers",
        target="loquitur.engines.audio.transformers:TransformersAudio",
        summary="AST, CLAP, wav2vec 2.0, HuBERT, WavLM, on torch",
        licence="Apache-2.0 (code)",
        languages="-",
        needs=("transformers", "torch"),
        extra="transformers",
        models=known_models.LISTENERS_TORCH,
        rtf=0.2,
        unverified="the published weights; tried with random weights in the same architectures",
    ),
    EngineSpec(
        kind="audio",
        name="yt8m",
        target="loquitur.engines.yt8m.sound:Yt8mSound",
        summary="YouTube-8M's sound, nearly: VGGish, its PCA, 8 bits; 128 numbers a second",
        licence="Apache-2.0 (code)",
        languages="-",
        own_model="yt8m:FOLDER with vggish.onnx and the published PCA",
        rtf=0.05,
        unverified="the published files; tried with random ones of the same shapes",
    ),
)
