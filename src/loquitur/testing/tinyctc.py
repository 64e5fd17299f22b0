"""Tiny CTC models in the layouts of the real ones: one hears tones, one is of random weights.

The first has the graph names and frame rate of a wav2vec2 export (`input_values` -> `logits`, a
window of 400 samples every 320) and a filter for each letter: a tone of `letter_hz(letter)` is
heard as that letter, so that what is aligned can be held against what was played. The second is a
NeMo conformer's CTC export as onnx-asr reads it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.model.media import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

LETTERS = "'ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SPECIAL = ("<pad>", "<s>", "</s>", "<unk>", "|")
_WINDOW, _STRIDE = 400, 320
_FEATURES, _SUBSAMPLING = 80, 8
PIECES = ("<unk>", "▁", "▁the", "▁a", "▁w", "or", "d", "s", "e", "t", "h", "o", "r", "n", "i", "l")


def letter_hz(letter: str) -> float:
    """The tone that the tiny wav2vec2 hears as a letter; `|` between words has one too."""
    return 400.0 + 120.0 * ("|" + LETTERS).index(letter.upper())


def played(
    text: Sequence[tuple[str, int]], *, level: float = 0.3, noise: float = 1e-3
) -> NDArray[np.float32]:
    """Tones for letters: (letter, length in ms) in a row; a blank is silence. 16 kHz, float32."""
    parts = []
    for letter, length_ms in text:
        at_s = np.arange(length_ms * SAMPLE_RATE_HZ // 1000) / SAMPLE_RATE_HZ
        tone = np.sin(2 * np.pi * letter_hz(letter) * at_s) if letter.strip() else 0.0 * at_s
        parts.append(level * tone)
    sound = np.concatenate(parts)
    sound += noise * np.random.default_rng(0).standard_normal(len(sound))
    return sound.astype(np.float32)


def tiny_wav2vec2(folder: Path) -> Path:
    """A CTC model that hears tones as letters, in a folder as of a wav2vec2 ONNX export.

    Returns:
        The folder, with `model.onnx`, `vocab.json`, `config.json`, `preprocessor_config.json`.
    """
    from onnx import TensorProto, helper

    folder.mkdir(parents=True, exist_ok=True)
    columns = [*_SPECIAL, *LETTERS]
    heard = ["|", *LETTERS]
    at_s = (np.arange(_WINDOW) - _WINDOW / 2) / SAMPLE_RATE_HZ
    shape = np.hanning(_WINDOW)
    angles = 2 * np.pi * np.array([letter_hz(letter) for letter in heard])[:, None] * at_s
    kernel = np.concatenate([np.cos(angles) * shape, np.sin(angles) * shape])[:, None, :]
    spread = np.zeros((len(heard), len(columns)))
    spread[np.arange(len(heard)), [columns.index(letter) for letter in heard]] = 1.0
    bias = np.full(len(columns), -40.0)
    bias[0] = 4.0  # nothing is heard where no tone is louder than this
    bias[[columns.index(letter) for letter in heard]] = 0.0
    constants: dict[str, NDArray[Any]] = {
        "kernel": (kernel / _WINDOW * 8).astype(np.float32),
        "axis": np.array([1], dtype=np.int64),
        "halves": np.array([len(heard), len(heard)], dtype=np.int64),
        "spread": (spread * 4.0).astype(np.float32),
        "bias": bias.astype(np.float32),
    }
    nodes = [
        helper.make_node("Unsqueeze", ["input_values", "axis"], ["channel"]),
        helper.make_node("Conv", ["channel", "kernel"], ["waves"], strides=[_STRIDE]),
        helper.make_node("Mul", ["waves", "waves"], ["powers"]),
        helper.make_node("Split", ["powers", "halves"], ["even", "odd"], axis=1),
        helper.make_node("Add", ["even", "odd"], ["power"]),
        helper.make_node("Transpose", ["power"], ["frames"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["frames", "spread"], ["scored"]),
        helper.make_node("Add", ["scored", "bias"], ["logits"]),
    ]
    info = helper.make_tensor_value_info
    data = _serialized(
        nodes,
        constants,
        [info("input_values", TensorProto.FLOAT, ["batch", "samples"])],
        [info("logits", TensorProto.FLOAT, ["batch", "steps", len(columns)])],
    )
    (folder / "model.onnx").write_bytes(data)
    _write(folder / "vocab.json", {name: at for at, name in enumerate(columns)})
    _write(folder / "config.json", {"model_type": "wav2vec2", "conv_stride": [_STRIDE]})
    _write(folder / "preprocessor_config.json", {"do_normalize": True, "sampling_rate": 16000})
    return folder


def tiny_nemo_ctc(folder: Path, *, seed: int = 0) -> Path:
    """A conformer CTC export of random weights in a folder that onnx-asr reads.

    Returns:
        The folder, with `model[.int8].onnx`, `vocab.txt` and `config.json`.
    """
    from onnx import TensorProto, helper

    folder.mkdir(parents=True, exist_ok=True)
    columns = len(PIECES) + 1
    random = np.random.default_rng(seed)
    constants: dict[str, NDArray[Any]] = {
        "kernel": (random.standard_normal((columns, _FEATURES, _SUBSAMPLING)) * 0.1).astype(
            np.float32
        ),
        "padding": np.array([0, 0, 0, 0, 0, _SUBSAMPLING - 1], dtype=np.int64),
        "zero": np.zeros(1, dtype=np.int64),
    }
    nodes = [
        helper.make_node("Pad", ["audio_signal", "padding"], ["padded"]),
        helper.make_node("Conv", ["padded", "kernel"], ["raw"], strides=[_SUBSAMPLING]),
        helper.make_node("Transpose", ["raw"], ["steps"], perm=[0, 2, 1]),
        helper.make_node("Mul", ["length", "zero"], ["nothing"]),  # the export takes lengths too
        helper.make_node("Cast", ["nothing"], ["none"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["none"], ["nil"], keepdims=0),
        helper.make_node("Add", ["steps", "nil"], ["summed"]),
        helper.make_node("LogSoftmax", ["summed"], ["logprobs"], axis=-1),
    ]
    info = helper.make_tensor_value_info
    data = _serialized(
        nodes,
        constants,
        [
            info("audio_signal", TensorProto.FLOAT, ["batch", _FEATURES, "frames"]),
            info("length", TensorProto.INT64, ["batch"]),
        ],
        [info("logprobs", TensorProto.FLOAT, ["batch", "steps", columns])],
    )
    for name in ("model.onnx", "model.int8.onnx"):
        (folder / name).write_bytes(data)
    lines = [f"{piece} {at}\n" for at, piece in enumerate((*PIECES, "<blk>"))]
    (folder / "vocab.txt").write_text("".join(lines), encoding="utf-8")
    config = {"model_type": "nemo-conformer-ctc", "features_size": _FEATURES}
    _write(folder / "config.json", config | {"subsampling_factor": _SUBSAMPLING})
    return folder


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _serialized(
    nodes: list[Any], constants: dict[str, NDArray[Any]], inputs: list[Any], outputs: list[Any]
) -> bytes:
    import onnx
    from onnx import helper, numpy_helper

    weights = [numpy_helper.from_array(value, key) for key, value in constants.items()]
    graph = helper.make_graph(nodes, "ctc", inputs, outputs, initializer=weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())
