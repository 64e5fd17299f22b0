"""Tiny encoders of pictures with random weights, in the architectures and files of the real ones.

What the libraries themselves write: timm's `config.json` and `model.safetensors`, transformers'
own folders with `preprocessor_config.json`; and graphs of ONNX, one written by hand without torch,
others exported from those.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from loquitur.testing.quiet import saved

SIDE_PX = 32
_CLIP_MEAN, _CLIP_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]

_TOWER = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 4}
_PICTURES = _TOWER | {"image_size": SIDE_PX, "patch_size": 8, "num_hidden_layers": 2}
_MARKS = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
_TEXT = {"vocab_size": 50, "max_position_embeddings": 16, "num_hidden_layers": 1}
_WORDS = _TOWER | _TEXT | _MARKS


def tiny_timm(folder: Path, *, architecture: str = "test_resnet", seed: int = 0) -> Path:
    """A network of timm in the files that its own `save_for_hf` writes.

    Args:
        folder: Made where it is missing.
        architecture: `test_resnet`, `test_vit` and the like are timm's own small ones; `vgg16`
            gets all of its convolutions, 40 numbers in fc6, and pictures of 64 x 64.
        seed: Decides the weights.

    Returns:
        The folder, with `config.json` and `model.safetensors`.
    """
    import timm
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(seed)
    given = {"mlp_ratio": 0.01} if architecture == "vgg16" else {}
    model: Any = timm.create_model(architecture, pretrained=False, **given)
    config = timm.models.get_pretrained_cfg(architecture).to_dict()
    if architecture == "vgg16":
        config["input_size"] = [3, 64, 64]
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.contiguous() for name, value in model.state_dict().items()}
    save_file(weights, folder / "model.safetensors")
    content = {"architecture": architecture, "num_classes": 1000, "pretrained_cfg": config}
    if given:
        content["model_args"] = given
    (folder / "config.json").write_text(json.dumps(content, default=str), encoding="utf-8")
    return folder


def tiny_clip(folder: Path, *, seed: int = 0) -> Path:
    """A CLIP of both towers, as transformers saves one."""
    import torch
    import transformers

    torch.manual_seed(seed)
    shared = {"projection_dim": 24}
    config = transformers.CLIPConfig(
        vision_config=_PICTURES | shared,
        text_config=_WORDS | shared,
        **shared,
    )
    _save(transformers.CLIPModel(config), folder)
    processor = transformers.CLIPImageProcessor(
        size={"shortest_edge": SIDE_PX}, crop_size={"height": SIDE_PX, "width": SIDE_PX}
    )
    processor.save_pretrained(folder)
    return folder


def tiny_siglip(folder: Path, *, seed: int = 0) -> Path:
    """A SigLIP of both towers (SigLIP 2 of a fixed size is the same), as transformers saves one."""
    import torch
    import transformers

    torch.manual_seed(seed)
    config = transformers.SiglipConfig(vision_config=_PICTURES, text_config=_WORDS)
    _save(transformers.SiglipModel(config), folder)
    size = {"height": SIDE_PX, "width": SIDE_PX}
    transformers.SiglipImageProcessor(size=size).save_pretrained(folder)
    return folder


def tiny_dino(folder: Path, *, version: int = 2, seed: int = 0) -> Path:
    """A DINOv2 or DINOv3, as transformers saves one."""
    import torch
    import transformers

    torch.manual_seed(seed)
    shared = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    if version == 2:
        config = transformers.Dinov2Config(**shared, image_size=28, patch_size=14)
        _save(transformers.Dinov2Model(config), folder)
        transformers.BitImageProcessor(
            size={"shortest_edge": 32}, crop_size={"height": 28, "width": 28}
        ).save_pretrained(folder)
    else:
        config = transformers.DINOv3ViTConfig(
            **shared, intermediate_size=64, image_size=SIDE_PX, patch_size=8
        )
        _save(transformers.DINOv3ViTModel(config), folder)
        transformers.DINOv3ViTImageProcessor(
            size={"height": SIDE_PX, "width": SIDE_PX}
        ).save_pretrained(folder)
    return folder


def tiny_vision_onnx(folder: Path, *, batch: int | None = None, seed: int = 0) -> Path:
    """A graph made without torch: one convolution, ReLU, means of the maps; 12 numbers a picture.

    Args:
        folder: Made where it is missing.
        batch: Pictures that it takes at once; any number where None.
        seed: Decides the weights.

    Returns:
        The folder, with `model.onnx` and `preprocessor_config.json` in CLIP's form.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(seed)
    kernel = (rng.normal(size=(12, 3, 4, 4)) / 4).astype(np.float32)
    many: Any = batch or "n"
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["pixel_values", "kernel"], ["maps"], strides=[4, 4]),
            helper.make_node("Relu", ["maps"], ["bent"]),
            helper.make_node("GlobalAveragePool", ["bent"], ["means"]),
            helper.make_node("Flatten", ["means"], ["image_embeds"]),
        ],
        "tiny",
        [
            helper.make_tensor_value_info(
                "pixel_values", TensorProto.FLOAT, [many, 3, SIDE_PX, SIDE_PX]
            )
        ],
        [helper.make_tensor_value_info("image_embeds", TensorProto.FLOAT, [many, 12])],
        [numpy_helper.from_array(kernel, "kernel")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / "model.onnx")
    settings = {
        "do_resize": True,
        "size": {"shortest_edge": SIDE_PX},
        "do_center_crop": True,
        "crop_size": {"height": SIDE_PX, "width": SIDE_PX},
        "resample": 3,
        "image_mean": _CLIP_MEAN,
        "image_std": _CLIP_STD,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


def export_onnx(engine: Any, folder: Path) -> Path:
    """An encoder on torch as a folder for the engine `onnx`, its batch of any size.

    Args:
        engine: Of `loquitur.engines.pictures.TorchEncoder`, made.
        folder: Made where it is missing.

    Returns:
        The folder, with `model.onnx` and `preprocessing.json`.
    """
    import msgspec
    import torch

    class Forward(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.network = engine.network

        def forward(self, values: Any) -> Any:
            return engine.forward(values)

    how = engine.preprocessing
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice about the other exporter
        torch.onnx.export(
            Forward().eval(),
            (torch.zeros(2, 3, how.height_px, how.width_px),),
            str(folder / "model.onnx"),
            input_names=["pixel_values"],
            output_names=["features"],
            dynamic_axes={"pixel_values": {0: "n"}, "features": {0: "n"}},
            dynamo=False,
        )
    (folder / "preprocessing.json").write_bytes(msgspec.json.encode(how))
    return folder


def _save(model: Any, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with saved():
        model.eval().save_pretrained(folder)
