"""Tiny models with random weights and the real architectures' files, names and shapes.

They prove adapters through the real libraries: what they hear is meaningless, how it flows is not.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

VOCABULARY = (
    *("▁a", "▁the", "▁who", "▁wo", "▁what", "rd", "s", "er", "▁n", "o", "w", "▁mo", "▁ti"),
    *("od", ".", ",", "▁"),
)
_FEATURES = 128  # mel bands of Parakeet v2 and v3
_SUBSAMPLING = 8
_WIDTH = 16
_STATE = 8
_DURATIONS = 5  # 0 to 4 frames, as in Parakeet-TDT


def tiny_parakeet(
    folder: Path, *, vocabulary: Sequence[str] = VOCABULARY, seed: int = 0, blank_bias: float = 1.5
) -> Path:
    """A Parakeet-TDT of 72 kB in a folder that onnx-asr reads as the real one.

    The graphs have the inputs, outputs and names of the NeMo export (token-and-duration
    transducer, Xu et al. 2023); files come twice, with and without the `.int8` mark, so that both
    precisions are found. Features are normalised before the graph, so digital silence is equal in
    every band: then blank wins by its bias and nothing is heard.

    Args:
        folder: Made where it is missing.
        vocabulary: Pieces, without the blank.
        seed: Decides the weights.
        blank_bias: How much a piece's logit must rise before it is heard.

    Returns:
        The folder, with `encoder-model[.int8].onnx`, `decoder_joint-model[.int8].onnx`,
        `vocab.txt` and `config.json`.
    """
    generator = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    encoder = _encoder(generator)
    decoder_joint = _decoder_joint(generator, pieces=len(vocabulary) + 1, blank_bias=blank_bias)
    for mark in ("", ".int8"):
        (folder / f"encoder-model{mark}.onnx").write_bytes(encoder)
        (folder / f"decoder_joint-model{mark}.onnx").write_bytes(decoder_joint)
    lines = [f"{piece} {index}\n" for index, piece in enumerate((*vocabulary, "<blk>"))]
    (folder / "vocab.txt").write_text("".join(lines), encoding="utf-8")
    config = {
        "model_type": "nemo-conformer-tdt",
        "features_size": _FEATURES,
        "subsampling_factor": _SUBSAMPLING,
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def _encoder(generator: np.random.Generator) -> bytes:
    """`[B, 128, T]` features -> `[B, 16, T/8]`: one strided convolution, Tanh."""
    import onnx
    from onnx import helper

    kernel = generator.standard_normal((_WIDTH, _FEATURES, _SUBSAMPLING)) * 0.06
    kernel -= kernel.mean(axis=(1, 2), keepdims=True)  # deaf to what is equal in every band
    nodes = [
        helper.make_node("Pad", ["audio_signal", "padding"], ["padded"]),
        helper.make_node(
            "Conv",
            ["padded", "kernel"],
            ["raw"],
            kernel_shape=[_SUBSAMPLING],
            strides=[_SUBSAMPLING],
        ),
        helper.make_node("Tanh", ["raw"], ["outputs"]),
        helper.make_node("Sub", ["length", "one"], ["less"]),
        helper.make_node("Div", ["less", "eight"], ["whole"]),
        helper.make_node("Add", ["whole", "one"], ["encoded_lengths"]),
    ]
    constants: dict[str, NDArray[Any]] = {
        "kernel": kernel.astype(np.float32),
        "padding": np.array([0, 0, 0, 0, 0, _SUBSAMPLING - 1], dtype=np.int64),
        "one": np.array([1], dtype=np.int64),
        "eight": np.array([_SUBSAMPLING], dtype=np.int64),
    }
    real, whole = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64
    inputs = [
        helper.make_tensor_value_info("audio_signal", real, ["batch", _FEATURES, "frames"]),
        helper.make_tensor_value_info("length", whole, ["batch"]),
    ]
    outputs = [
        helper.make_tensor_value_info("outputs", real, ["batch", _WIDTH, "steps"]),
        helper.make_tensor_value_info("encoded_lengths", whole, ["batch"]),
    ]
    return _serialize("encoder", nodes, constants, inputs, outputs)


def _decoder_joint(generator: np.random.Generator, *, pieces: int, blank_bias: float) -> bytes:
    """One encoder frame, the last piece and two states -> logits `[B, T, U, pieces + 5]`."""
    import onnx
    from onnx import helper

    bias = np.zeros(pieces + _DURATIONS)
    bias[pieces - 1] = blank_bias
    bias[pieces:] = (-1.0, 0.5, 0.5, 0.0, -0.5)  # a duration of 0 is rare in the real model too
    embedding = generator.standard_normal((pieces, _STATE)).astype(np.float32) * 0.5
    embedding[pieces - 1] = 0.0  # nothing said yet: only the sound decides
    constants: dict[str, NDArray[Any]] = {
        "embedding": embedding,
        "recurrent": generator.standard_normal((_STATE, _STATE)).astype(np.float32) * 0.5,
        "from_state": generator.standard_normal((_STATE, _WIDTH)).astype(np.float32) * 0.2,
        "joint": generator.standard_normal((_WIDTH, pieces + _DURATIONS)).astype(np.float32),
        "bias": bias.astype(np.float32),
        "batch_axis": np.array([0], dtype=np.int64),
        "state_axis": np.array([2], dtype=np.int64),
        "piece_axis": np.array([1], dtype=np.int64),
    }
    nodes = [
        helper.make_node("Gather", ["embedding", "targets"], ["embedded"]),
        helper.make_node("MatMul", ["input_states_1", "recurrent"], ["carried"]),
        helper.make_node("Squeeze", ["carried", "batch_axis"], ["carried_rows"]),
        helper.make_node("Unsqueeze", ["carried_rows", "piece_axis"], ["carried_steps"]),
        helper.make_node("Add", ["embedded", "carried_steps"], ["predicted_raw"]),
        helper.make_node("Tanh", ["predicted_raw"], ["predicted"]),
        helper.make_node("ReduceMean", ["predicted"], ["state_rows"], axes=[1], keepdims=0),
        helper.make_node("Unsqueeze", ["state_rows", "batch_axis"], ["output_states_1"]),
        helper.make_node("Identity", ["input_states_2"], ["output_states_2"]),
        helper.make_node("MatMul", ["predicted", "from_state"], ["prediction"]),
        helper.make_node("Unsqueeze", ["prediction", "piece_axis"], ["prediction_grid"]),
        helper.make_node("Transpose", ["encoder_outputs"], ["frames"], perm=[0, 2, 1]),
        helper.make_node("Unsqueeze", ["frames", "state_axis"], ["frame_grid"]),
        helper.make_node("Add", ["frame_grid", "prediction_grid"], ["joined"]),
        helper.make_node("MatMul", ["joined", "joint"], ["scored"]),
        helper.make_node("Add", ["scored", "bias"], ["outputs"]),
        helper.make_node("Identity", ["target_length"], ["prednet_lengths"]),
    ]
    real, whole = onnx.TensorProto.FLOAT, onnx.TensorProto.INT32
    info = helper.make_tensor_value_info
    state = [1, "batch", _STATE]
    inputs = [
        info("encoder_outputs", real, ["batch", _WIDTH, "steps"]),
        info("targets", whole, ["batch", "pieces"]),
        info("target_length", whole, ["batch"]),
        info("input_states_1", real, state),
        info("input_states_2", real, state),
    ]
    outputs = [
        info("outputs", real, ["batch", "steps", "pieces", pieces + _DURATIONS]),
        info("prednet_lengths", whole, ["batch"]),
        info("output_states_1", real, state),
        info("output_states_2", real, state),
    ]
    return _serialize("decoder_joint", nodes, constants, inputs, outputs)


def _serialize(
    name: str,
    nodes: list[Any],
    constants: dict[str, NDArray[Any]],
    inputs: list[Any],
    outputs: list[Any],
) -> bytes:
    import onnx
    from onnx import helper, numpy_helper

    weights = [numpy_helper.from_array(value, key) for key, value in constants.items()]
    graph = helper.make_graph(nodes, name, inputs, outputs, initializer=weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())
