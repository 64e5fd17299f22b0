"""Tiny encoders of sound with random weights, in the architectures and files of the real ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from loquitur.testing.quiet import saved

if TYPE_CHECKING:
    from pathlib import Path

_FRAMES, _BANDS, _WIDTH = 96, 64, 16


def tiny_vggish_onnx(
    folder: Path, *, shape: Literal["torch", "tensorflow", "wave"] = "torch", seed: int = 0
) -> Path:
    """A graph of log-mel patches, as exports of VGGish are: `[n, 1, 96, 64]`, or `[n, 96, 64, 1]`.

    Args:
        folder: Made where it is missing.
        shape: Whose patches it takes; `wave` takes waves and gives a vector a frame.
        seed: Decides the weights.

    Returns:
        The folder, with `model.onnx`.
    """
    import onnx
    from onnx import helper, numpy_helper

    generator = np.random.default_rng(seed)
    size = _FRAMES * _BANDS
    weights = {"matrix": generator.standard_normal((size, _WIDTH)) / 80}
    if shape == "wave":
        weights = {"matrix": generator.standard_normal((_WIDTH, 1, 400)) / 20}
        nodes = [
            helper.make_node("Unsqueeze", ["sound", "one"], ["wave"]),
            helper.make_node(
                "Conv", ["wave", "matrix"], ["raw"], kernel_shape=[400], strides=[160]
            ),
            helper.make_node("Abs", ["raw"], ["size"]),
            helper.make_node("Transpose", ["size"], ["last_hidden_state"], perm=[0, 2, 1]),
        ]
        given: list[str | int] = ["n", "samples"]
        found: list[str | int] = ["n", "frames", _WIDTH]
    else:
        nodes = [
            helper.make_node("Flatten", ["sound"], ["flat"], axis=1),
            helper.make_node("MatMul", ["flat", "matrix"], ["raw"]),
            helper.make_node("Tanh", ["raw"], ["embeddings"]),
        ]
        given = ["n", 1, _FRAMES, _BANDS] if shape == "torch" else ["n", _FRAMES, _BANDS, 1]
        found = ["n", _WIDTH]
    stored = [numpy_helper.from_array(v.astype(np.float32), k) for k, v in weights.items()]
    stored.append(numpy_helper.from_array(np.array([1], dtype=np.int64), "one"))
    real = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "sound",
        [helper.make_tensor_value_info("sound", real, given)],
        [helper.make_tensor_value_info(nodes[-1].output[0], real, found)],
        initializer=stored,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    if shape == "wave":
        settings = {"do_normalize": True, "sampling_rate": 16_000}
        (folder / "preprocessor_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


def tiny_ast(folder: Path, *, seed: int = 0) -> Path:
    """An audio spectrogram transformer that hears 64 frames of 32 bands.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.

    Returns:
        The folder, with weights and `preprocessor_config.json`.
    """
    import torch
    from transformers import ASTConfig, ASTFeatureExtractor, ASTModel

    torch.manual_seed(seed)
    sizes: dict[str, Any] = {"max_length": 64, "num_mel_bins": 32}
    config = ASTConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        patch_size=16, initializer_range=0.3, **sizes,
    )  # fmt: skip
    with saved():
        ASTModel(config).save_pretrained(folder)
        ASTFeatureExtractor(**sizes).save_pretrained(folder)
    return folder


def tiny_clap(folder: Path, *, seed: int = 0) -> Path:
    """A CLAP with both of its towers, of which the one that hears is used.

    Args:
        folder: Made where it is missing.
        seed: Decides the weights.

    Returns:
        The folder, with weights and `preprocessor_config.json`.
    """
    import torch
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

    torch.manual_seed(seed)
    config = ClapConfig(
        audio_config={
            "window_size": 4, "num_mel_bins": 64, "spec_size": 64, "patch_size": 4,
            "patch_stride": [4, 4], "depths": [1, 1], "num_attention_heads": [2, 2],
            "hidden_size": 32, "patch_embeds_hidden_size": 16, "num_classes": 4,
            "projection_dim": 24,
        },
        text_config={
            "vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
            "intermediate_size": 16, "projection_dim": 24,
        },
        projection_dim=24,
    )  # fmt: skip
    with saved():
        ClapModel(config).save_pretrained(folder)
        ClapFeatureExtractor(
            feature_size=64, hop_length=9600, truncation="rand_trunc", padding="repeatpad"
        ).save_pretrained(folder)
    return folder


def tiny_wave(folder: Path, *, kind: Literal["wav2vec2", "hubert"] = "wav2vec2") -> Path:
    """A wav2vec 2.0 or HuBERT without a head.

    Args:
        folder: Made where it is missing.
        kind: Which of the two.

    Returns:
        The folder, with weights and `preprocessor_config.json`.
    """
    import torch
    import transformers

    torch.manual_seed(0)
    sizes: dict[str, Any] = {
        "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 64, "conv_dim": (16,) * 7, "num_conv_pos_embeddings": 16,
        "num_conv_pos_embedding_groups": 2, "initializer_range": 0.3,
    }  # fmt: skip
    config, model = {
        "wav2vec2": (transformers.Wav2Vec2Config, transformers.Wav2Vec2Model),
        "hubert": (transformers.HubertConfig, transformers.HubertModel),
    }[kind]
    with saved():
        model(config(**sizes)).save_pretrained(folder)
        transformers.Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
    return folder
