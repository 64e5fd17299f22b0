"""The engines that say how well pictures fit labels of the user's own."""

from __future__ import annotations

from loquitur import known_models
from loquitur.builtin.spec import EngineSpec

MATCHERS: tuple[EngineSpec, ...] = (
    EngineSpec(
        kind="zeroshot",
        name="onnx",
        target="loquitur.engines.zeroshot.onnx:OnnxZeroShot",
        summary="CLIP or SigLIP as one graph of both towers, without torch: a folder",
        licence="Apache-2.0 (code)",
        languages="en",
        needs=("onnxruntime", "tokenizers"),
        extra="library",
        own_model="onnx:FOLDER with model.onnx, tokenizer.json, preprocessor_config.json",
        rtf=0.1,
        unverified="published exports; tried with exports of random weights",
    ),
    EngineSpec(
        kind="zeroshot",
        name="transformers",
        target="loquitur.engines.zeroshot.transformers:TransformersZeroShot",
        summary="how well pictures fit labels of your own: CLIP, SigLIP and SigLIP 2, on torch",
        licence="Apache-2.0 (code)",
        languages="en",
        needs=("transformers", "torch"),
        extra="vision",
        models=known_models.IMAGE_TEXT,
        rtf=0.2,
        unverified="the published weights; tried with random weights in the same architectures",
    ),
)
