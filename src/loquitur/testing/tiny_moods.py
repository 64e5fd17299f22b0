"""A tiny classifier of moods as ONNX, with the inputs, outputs and files of real exports."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_WIDTH = 8
_KERNEL, _STRIDE = 400, 160


def tiny_mood_onnx(
    folder: Path,
    *,
    labels: Sequence[str] = ("neu", "hap", "ang", "sad"),
    masked: bool = False,
    seed: int = 0,
) -> Path:
    """A wave to logits: one strided convolution, its size averaged over time, one linear layer.

    Args:
        folder: Made where it is missing.
        labels: Its outputs in order.
        masked: With an `attention_mask` beside the wave, as exports of the large models have.
        seed: Decides the weights.

    Returns:
        The folder, with `model.onnx`, `config.json` and `preprocessor_config.json`.
    """
    import onnx
    from onnx import helper, numpy_helper

    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    constants: dict[str, Any] = {
        "kernel": generator.standard_normal((_WIDTH, 1, _KERNEL)) * 0.05,
        "linear": generator.standard_normal((_WIDTH, len(labels))),
        "bias": generator.standard_normal(len(labels)) * 0.1,
    }
    weights = [numpy_helper.from_array(v.astype(np.float32), k) for k, v in constants.items()]
    weights.append(numpy_helper.from_array(np.array([1], dtype=np.int64), "channel"))
    nodes = [
        helper.make_node("Unsqueeze", ["input_values", "channel"], ["wave"]),
        helper.make_node(
            "Conv", ["wave", "kernel"], ["raw"], kernel_shape=[_KERNEL], strides=[_STRIDE]
        ),
        helper.make_node("Abs", ["raw"], ["size"]),
        helper.make_node("ReduceMean", ["size"], ["mean"], axes=[2], keepdims=0),
        helper.make_node("Gemm", ["mean", "linear", "bias"], ["logits"]),
    ]
    real, whole = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64
    inputs = [helper.make_tensor_value_info("input_values", real, ["batch", "samples"])]
    if masked:
        inputs.append(helper.make_tensor_value_info("attention_mask", whole, ["batch", "samples"]))
    outputs = [helper.make_tensor_value_info("logits", real, ["batch", len(labels)])]
    graph = helper.make_graph(nodes, "moods", inputs, outputs, initializer=weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    config = {"id2label": {str(at): label for at, label in enumerate(labels)}}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    settings = {"do_normalize": True, "sampling_rate": 16_000}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder
